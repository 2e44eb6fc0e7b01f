// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/forest_operations.h"

#include "core/base/error.h"
#include "core/learning/device.h"
#include "core/operations/part_of_job.h"
#include "plugins/label/engine/forest_learning.h"
#include "plugins/label/engine/image_classifying.h"
#include "plugins/label/engine/pixel_model.h"

#include <algorithm>
#include <chrono>

namespace eyepiece::label {

namespace fs = std::filesystem;

namespace {

std::string text(const Json& spec, const char* member, const std::string& missing) {
    const auto found = spec.find(member);
    if (found == spec.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
        throw Error(ErrorCode::BadInput, missing);
    return *found;
}

class TrainForest final : public Operation {
public:
    explicit TrainForest(std::shared_ptr<LiveMemory> memory) : memory_(std::move(memory)) {}

    OperationCheck check(const Json& spec, JobContext& context) override {
        OperationCheck result;
        try {
            const auto project = open_project(spec);
            const fs::path file = file_of(spec);
            const ImageInfo kind = kind_of_labelled_images(*project, options(settings(spec)), context);
            result.summary = "Learns from the labelled images of " + std::to_string(kind.channels) +
                             (kind.channels == 1 ? " channel." : " channels.");
            if (fs::exists(file))
                result.warnings.push_back("The classifier " + file.stem().string() + " is replaced.");
        } catch (const Error& error) {
            result.errors.emplace_back(error.what());
        }
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto project = open_project(spec);
        const fs::path file = file_of(spec);
        const Json set = settings(spec);
        const int threads = select_device(spec).threads;
        PixelModel model;
        model.options = options(set);
        model.kind = kind_of_labelled_images(*project, model.options, context);
        model.seed = spec.value("seed", std::uint64_t{0});
        context.progress(0, "Reading the labels");
        const PixelFeatures features(model.options, model.kind);
        const LabelledPixels labels = labelled_pixels(*project, features, *memory_, threads, context);
        require_two_classes(*project, labels);
        context.progress(0.5, "Learning");
        model.forest = learn_forest(labels, set, model.seed, threads, context);
        for (const ClassId id : labels.classes)
            model.classes.push_back(
                project->classes().find(id).value_or(LabelClass{id, std::to_string(id), {}, {}}));
        model.pixel_count = labels.pixel_count;
        model.images = labels.images;
        OperationResult result;
        result.json = model.card();
        result.json["name"] = file.stem().string();
        result.json["file"] = file.string();
        result.json["replaced"] = fs::exists(file);
        context.throw_if_cancelled();
        write_pixel_model(file, model);
        context.progress(1, "Done");
        return result;
    }

private:
    static std::unique_ptr<Project> open_project(const Json& spec) {
        return Project::open(text(spec, "project", "Say which project's labels are to be learnt from."),
                             Project::Access::ReadOnly);
    }
    static fs::path file_of(const Json& spec) {
        return pixel_model_file(spec.at("project").get<std::string>(), spec.value("name", "pixels"));
    }
    static Json settings(const Json& spec) {
        const auto found = spec.find("set");
        return forest_parameters().complete(found == spec.end() || found->is_null() ? Json::object()
                                                                                    : *found);
    }
    static PixelFeatureOptions options(const Json& set) { return PixelFeatureOptions::from_parameters(set); }

    std::shared_ptr<LiveMemory> memory_;
};

class ClassifyPixels final : public Operation {
public:
    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        try {
            const PixelModel model = read_pixel_model(file_of(spec));
            const auto inputs = inputs_of(spec);
            classified_files(inputs, folder_of(spec), spec.value("probabilities", false));
            result.summary = std::to_string(inputs.size()) + (inputs.size() == 1 ? " image, " : " images, ") +
                             std::to_string(model.classes.size()) + " classes";
        } catch (const Error& error) {
            result.errors.emplace_back(error.what());
        }
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto start = std::chrono::steady_clock::now();
        const fs::path file = file_of(spec), folder = folder_of(spec);
        const PixelModel model = read_pixel_model(file);
        const std::vector<fs::path> inputs = inputs_of(spec);
        const int threads = select_device(spec).threads;
        std::error_code error;
        fs::create_directories(folder, error);
        if (!fs::is_directory(folder))
            throw Error(ErrorCode::Storage, "The folder " + folder.string() + " cannot be made" +
                                                (error ? ": " + error.message() : std::string()) + ".");
        const auto outputs = classified_files(inputs, folder, spec.value("probabilities", false));
        Json done = Json::array(), failed = Json::array();
        for (std::size_t at = 0; at < inputs.size(); ++at) {
            const auto all = static_cast<double>(inputs.size());
            PartOfJob part(context, static_cast<double>(at) / all, static_cast<double>(at + 1) / all);
            try {
                done.push_back(classify_image(model, inputs[at], outputs[at], threads, part));
            } catch (const Error& problem) {
                if (inputs.size() == 1 || problem.code() == ErrorCode::Cancelled)
                    throw;
                context.warn(inputs[at].string() + " was skipped: " + problem.what());
                failed.push_back({{"input", inputs[at].string()}, {"reason", problem.what()}});
            }
        }
        OperationResult result;
        result.json = {
            {"classifier", file.string()},
            {"outputs", std::move(done)},
            {"failed", std::move(failed)},
            {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()}};
        return result;
    }

private:
    static fs::path file_of(const Json& spec) {
        return find_pixel_model(
            text(spec, "classifier", "Say which classifier is to be used: PROJECT:NAME, or its file."));
    }
    static fs::path folder_of(const Json& spec) {
        return text(spec, "out", "Say which folder the results are to go to.");
    }
    static std::vector<fs::path> inputs_of(const Json& spec) {
        std::vector<fs::path> inputs;
        if (const auto found = spec.find("input"); found != spec.end() && found->is_array())
            for (const Json& one : *found)
                if (one.is_string())
                    inputs.emplace_back(one.get<std::string>());
        if (inputs.empty())
            throw Error(ErrorCode::BadInput, "Say which images are to be classified.");
        return inputs;
    }
};

} // namespace

void register_forest_operations(OperationRegistry& operations, std::shared_ptr<LiveMemory> memory) {
    operations.add(
        {.name = "train-forest",
         .title = "Keep a classifier",
         .help = "Learns to classify pixels from all labels of a project, and keeps what it learnt.",
         .parameters = forest_parameters(),
         .make = [memory] { return std::make_unique<TrainForest>(memory); }});
    operations.add({.name = "classify-pixels",
                    .title = "Classify images",
                    .help = "Applies a kept classifier to images: a label image of objects for each.",
                    .parameters = {},
                    .make = [] { return std::make_unique<ClassifyPixels>(); }});
}

} // namespace eyepiece::label
