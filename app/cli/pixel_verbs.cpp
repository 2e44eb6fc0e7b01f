// SPDX-License-Identifier: GPL-3.0-or-later
// learn, classify: a classifier of pixels, made of a project's labels, and applied.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/verb.h"
#include "core/project/project.h"

#include <cmath>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

struct LearnOptions {
    std::string project, name = "pixels";
    std::vector<std::string> set;
};

void learn(Terminal& terminal, const LearnOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    spec["project"] = options.project;
    spec["name"] = options.name;
    spec["set"] = read_settings(*engine, "train-forest", spec, options.set, terminal);
    const Json result = engine->run("train-forest", spec, terminal).json;
    const int images = result.at("images");
    terminal.say("Learnt " + std::to_string(result.at("classes").size()) + " classes from " +
                 std::to_string(images) + (images == 1 ? " image." : " images."));
    if (const Json& right = result.at("out_of_bag"); right.is_number())
        terminal.say("Of labelled pixels that a tree had not seen, " +
                     std::to_string(std::lround(100 * right.get<double>())) + " % were told rightly.");
    terminal.say("Wrote " + result.at("file").get<std::string>());
    terminal.answer(result);
}

struct ClassifyOptions {
    std::string classifier, out;
    std::vector<std::string> inputs;
    bool probabilities = false;
};

void classify(Terminal& terminal, const ClassifyOptions& options) {
    Json inputs = Json::array();
    for (const std::string& input : options.inputs) {
        if (!Project::is_project(input)) {
            for (const fs::path& file : image_files({input}))
                inputs.push_back(file.string());
            continue;
        }
        for (const Item& item : Project::open(input, Project::Access::ReadOnly)->items().all())
            inputs.push_back(item.path.string());
    }
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    spec["classifier"] = options.classifier;
    spec["input"] = inputs;
    spec["out"] = options.out;
    spec["probabilities"] = options.probabilities;
    const Json result = engine->run("classify-pixels", spec, terminal).json;
    for (const Json& one : result.at("outputs"))
        terminal.say(one.at("input").get<std::string>() + " -> " + one.at("out").get<std::string>() + ": " +
                     std::to_string(one.at("objects").get<std::int64_t>()) + " objects");
    terminal.answer(result);
    if (const std::size_t failed = result.at("failed").size(); failed > 0)
        throw Error(ErrorCode::BadInput, std::to_string(failed) + " of " + std::to_string(inputs.size()) +
                                             " images could not be classified; the others are in " +
                                             options.out + ".");
}

} // namespace

void add_pixel_verbs(CommandLine& command_line) {
    auto learn_options = std::make_shared<LearnOptions>();
    CLI::App& learn_command =
        command_line.add("learn", "Learn to classify pixels from a project's labels: a forest, in seconds",
                         "eyepiece-cli learn nuclei\n"
                         "eyepiece-cli learn nuclei --name fine --set sigmas=0.7,1,1.6 --set trees=200",
                         [learn_options](Terminal& terminal) { learn(terminal, *learn_options); });
    learn_command.add_option("project", learn_options->project, "The project's folder")->required();
    learn_command
        .add_option("--name", learn_options->name,
                    "What it is kept as; an earlier one of that name is replaced")
        ->capture_default_str();
    learn_command
        .add_option("--set", learn_options->set, "A setting as name=value (`list parameters train-forest`)")
        ->allow_extra_args(false);

    auto classify_options = std::make_shared<ClassifyOptions>();
    CLI::App& classify_command = command_line.add(
        "classify", "Classify every pixel of images: a label image of object ids for each",
        "eyepiece-cli classify nuclei:pixels new_images/ --out labels/\n"
        "eyepiece-cli classify nuclei/classifiers/fine.pixels slide.tif --out labels/ --probabilities",
        [classify_options](Terminal& terminal) { classify(terminal, *classify_options); });
    classify_command
        .add_option("classifier", classify_options->classifier,
                    "What `learn` made: PROJECT:NAME, its file, or a PROJECT that has one")
        ->required();
    classify_command.add_option("input", classify_options->inputs, "Images, folders of images, or projects")
        ->required();
    classify_command.add_option("--out", classify_options->out, "A folder")->required();
    classify_command.add_flag("--probabilities", classify_options->probabilities,
                              "Also a TIFF of each class's probability, one channel a class");
}

} // namespace eyepiece::cli
