// SPDX-License-Identifier: GPL-3.0-or-later
// predict, explain, export: what is done with a trained network.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/verb.h"

#include <algorithm>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

const char* const model_help = "A run as PROJECT:RUN, or an exported file";

struct PredictOptions {
    std::string model, out, region;
    std::vector<std::string> inputs, set;
};

// Progress of one of several files as part of the whole.
class PartOfWhole : public JobContext {
public:
    PartOfWhole(Terminal& terminal, std::size_t index, std::size_t count, std::string name)
        : terminal_(terminal), index_(index), count_(count), name_(std::move(name)) {}
    bool cancelled() const noexcept override { return terminal_.cancelled(); }
    bool finish_early_requested() const noexcept override { return false; }
    void progress(double fraction, std::string_view) override {
        terminal_.progress(
            (static_cast<double>(index_) + std::max(fraction, 0.0)) / static_cast<double>(count_), name_);
    }
    void metric(std::string_view, std::int64_t, double) override {}
    void partial(const Json&, std::span<const std::byte>) override {}
    void warn(std::string_view message) override { terminal_.warn(name_ + ": " + std::string(message)); }

private:
    Terminal& terminal_;
    const std::size_t index_, count_;
    const std::string name_;
};

void predict(Terminal& terminal, const PredictOptions& options) {
    const std::vector<fs::path> inputs = image_files(options.inputs);
    const std::vector<fs::path> outputs = output_files(inputs, options.out, ".tif");
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    spec["model"] = options.model;
    spec["set"] = read_settings(*engine, "predict", spec, options.set, terminal);
    if (!options.region.empty())
        spec["region"] = read_numbers("--region", options.region, 4);
    Json results = Json::array(), failed = Json::array();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        spec["input"] = {{"path", inputs[i].string()}};
        spec["out"] = outputs[i].string();
        PartOfWhole context(terminal, i, inputs.size(), inputs[i].filename().string());
        try {
            Json result = engine->run("predict", spec, context).json;
            terminal.say(inputs[i].string() + " -> " + outputs[i].string() + ": " +
                         std::to_string(result.value("objects", Json::array()).size()) + " objects");
            result["input"] = inputs[i].string();
            result["out"] = outputs[i].string();
            results.push_back(std::move(result));
        } catch (const Error& error) {
            // One broken file of many is named and skipped. Without a model or time, none can be done.
            if (inputs.size() == 1 || error.code() == ErrorCode::Cancelled ||
                (i == 0 && error.code() == ErrorCode::NotFound))
                throw;
            terminal.warn(inputs[i].string() + " was skipped: " + error.what());
            failed.push_back({{"input", inputs[i].string()}, {"reason", error.what()}});
        }
    }
    terminal.answer({{"outputs", results}, {"failed", failed}});
    if (!failed.empty())
        throw Error(ErrorCode::BadInput,
                    std::to_string(failed.size()) + " of " + std::to_string(inputs.size()) +
                        " images could not be predicted; the others are in " + options.out + ".");
}

struct ExplainOptions {
    std::string model, input, method, target, layer, region, point, out;
    std::vector<std::string> set;
};

void explain(Terminal& terminal, const ExplainOptions& options) {
    const fs::path out = output_files(image_files({options.input}), options.out, ".tif").front();
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    spec["model"] = options.model;
    spec["input"] = {{"path", options.input}};
    spec["method"] = options.method;
    if (!options.target.empty())
        spec["target"] = options.target;
    if (!options.layer.empty())
        spec["layer"] = options.layer;
    if (!options.region.empty())
        spec["region"] = read_numbers("--region", options.region, 4);
    if (!options.point.empty())
        spec["point"] = read_numbers("--point", options.point, 2);
    // The map is of floating-point numbers, which only TIFF holds; the PNG beside it is for looking.
    spec["out"] = fs::path(out).replace_extension(".tif").string();
    spec["set"] = read_settings(*engine, "explain", spec, options.set, terminal);
    const Json result = engine->run("explain", spec, terminal).json;
    terminal.say("Explained: " + result.value("explained", "") +
                 (result.value("layer", "").empty() ? "" : ", at layer " + result.value("layer", "")));
    terminal.say("Wrote " + result.value("out", "") + " and " + result.value("overlay", ""));
    terminal.answer(result);
}

struct ExportOptions {
    std::string model, format = "torchscript", out;
    std::vector<std::string> set;
};

void export_model(Terminal& terminal, const ExportOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    spec["model"] = options.model;
    spec["format"] = options.format;
    spec["out"] = fs::absolute(options.out).string();
    spec["set"] = read_settings(*engine, "export", spec, options.set, terminal);
    const Json result = engine->run("export", spec, terminal).json;
    char difference[32];
    std::snprintf(difference, sizeof difference, "%.2g", result.value("largest_difference", 0.0));
    terminal.say("Wrote " + result.value("file", "") + " and its card " + result.value("card", ""));
    terminal.say("Checked on " + std::to_string(result.value("checked_inputs", 0)) +
                 " inputs: the largest difference to the network is " + difference);
    terminal.answer(result);
}

} // namespace

void add_model_verbs(CommandLine& command_line) {
    auto predict_options = std::make_shared<PredictOptions>();
    CLI::App& predict_command = command_line.add(
        "predict", "Predict images with a trained network: a label image of object ids for each",
        "eyepiece-cli predict nuclei:3 new_images/ --out labels/\n"
        "eyepiece-cli predict nuclei.pt field.tif --out field_labels.tif",
        [predict_options](Terminal& terminal) { predict(terminal, *predict_options); });
    predict_command.add_option("model", predict_options->model, model_help)->required();
    predict_command.add_option("input", predict_options->inputs, "Images, or folders of images")->required();
    predict_command.add_option("--out", predict_options->out, "A folder; or for one image, a .tif or .png")
        ->required();
    predict_command.add_option("--region", predict_options->region, "Only x,y,width,height in px");
    predict_command
        .add_option("--set", predict_options->set, "A setting as name=value (`list parameters predict`)")
        ->allow_extra_args(false);

    auto explain_options = std::make_shared<ExplainOptions>();
    CLI::App& explain_command =
        command_line.add("explain", "Show which pixels mattered for what a network sees",
                         "eyepiece-cli explain nuclei:3 field.tif --method grad-cam --target nucleus "
                         "--region 40,60,32,32 --out looked/",
                         [explain_options](Terminal& terminal) { explain(terminal, *explain_options); });
    explain_command.add_option("model", explain_options->model, model_help)->required();
    explain_command.add_option("input", explain_options->input, "The image")->required();
    explain_command.add_option("--method", explain_options->method, "The explainer (`list explainers`)")
        ->required();
    explain_command.add_option("--target", explain_options->target,
                               "The class; by default what the network sees there");
    explain_command.add_option("--layer", explain_options->layer, "The layer, for methods that look at one");
    auto* region = explain_command.add_option("--region", explain_options->region,
                                              "The rectangle x,y,width,height in px");
    explain_command.add_option("--point", explain_options->point, "The object at x,y in px")
        ->excludes(region);
    explain_command
        .add_option("--out", explain_options->out, "A folder, or a .tif; a .png for looking goes beside it")
        ->required();
    explain_command.add_option("--set", explain_options->set, "A setting as name=value (`list explainers`)")
        ->allow_extra_args(false);

    auto export_options = std::make_shared<ExportOptions>();
    CLI::App& export_command =
        command_line.add("export", "Write a trained network to a file that works without this program",
                         "eyepiece-cli export nuclei:3 --format torchscript --out nuclei.pt",
                         [export_options](Terminal& terminal) { export_model(terminal, *export_options); });
    export_command.add_option("model", export_options->model, "The run as PROJECT:RUN")->required();
    export_command.add_option("--format", export_options->format, "The format (`list exporters`)")
        ->capture_default_str();
    export_command.add_option("--out", export_options->out, "The file")->required();
    export_command
        .add_option("--set", export_options->set, "A setting as name=value (`list parameters export`)")
        ->allow_extra_args(false);
}

} // namespace eyepiece::cli
