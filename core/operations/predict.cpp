// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/learning/augmentation.h"
#include "core/operations/open.h"
#include "core/operations/train.h"
#include "core/project/project.h"

#include <algorithm>
#include <cstring>

namespace eyepiece {
namespace {

// {"model", "input", "region"?, "set", "out"?}: see Task::predict.
class PredictOperation : public Operation {
public:
    explicit PredictOperation(EngineServices& services) : services_(services) {}

    // The task is the model's; until a model is named, segmentation's parameters are shown.
    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        std::string task = "semantic-segmentation";
        if (spec.contains("model") && spec["model"].is_string())
            task = open_network(services_, spec["model"], select_device(spec))->card().value("task", task);
        return services_.registries.tasks.make(task)->prediction_parameters();
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        const auto network = open_network(services_, model_of(spec), select_device(spec));
        const auto input = open_input(spec.value("input", Json()));
        const ImageInfo& info = input.source->info();
        network->normalisation().arranged(input.source->read({0, 0, 1, 1})); // says whether the channels fit
        OperationCheck result;
        result.summary =
            input.name + ": " + std::to_string(info.width) + " x " + std::to_string(info.height) + " px";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto network = open_network(services_, model_of(spec), select_device(spec));
        const auto input = open_input(spec.value("input", Json()));
        const auto task = services_.registries.tasks.make(network->card().at("task").get<std::string>());
        return task->predict(*network, *input.source, spec, context);
    }

    static std::string model_of(const Json& spec) {
        if (!spec.contains("model") || !spec["model"].is_string())
            throw Error(ErrorCode::BadInput,
                        "Say which model is to predict: PROJECT:RUN, or an exported file.");
        return spec["model"];
    }

private:
    EngineServices& services_;
};

// {"project", "run", "split", "set"}: how well a run does on the images of a split. Also writes
// runs/<id>/evaluation-<split>.json.
class EvaluateOperation : public Operation {
public:
    explicit EvaluateOperation(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        std::string task = "semantic-segmentation";
        if (spec.contains("project") && spec.contains("run"))
            task = open_network(services_, reference(spec), select_device(spec))->card().value("task", task);
        return services_.registries.tasks.make(task)->prediction_parameters();
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        const auto project = Project::open(spec.at("project").get<std::string>(), Project::Access::Shared);
        const std::string split = spec.value("split", "test");
        const auto items = items_of(*project, split);
        OperationCheck result;
        result.summary = std::to_string(items.size()) + " images of the split \"" + split + "\"";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto project = Project::open(spec.at("project").get<std::string>(), Project::Access::Shared);
        const std::string split = spec.value("split", "test");
        const auto items = items_of(*project, split);
        const auto network = open_network(services_, reference(spec), select_device(spec));
        const auto task = services_.registries.tasks.make(network->card().at("task").get<std::string>());
        Json result = task->evaluate(*network, *project, items, spec, context);
        const RunInfo run = project->runs().at(spec.at("run").get<std::string>());
        result["split"] = split;
        result["run"] = run.id;
        write_file_atomically(run.folder / ("evaluation-" + split + ".json"), result.dump(1));
        return {result};
    }

private:
    static std::string reference(const Json& spec) {
        if (!spec.contains("run") || !spec["run"].is_string())
            throw Error(ErrorCode::BadInput, "Say which run is to be evaluated.");
        return spec.at("project").get<std::string>() + ":" + spec.at("run").get<std::string>();
    }

    static std::vector<Item> items_of(Project& project, const std::string& split) {
        std::vector<Item> items;
        for (const Item& item : project.items().all())
            if (item.split == split && (item.objects > 0 || item.complete))
                items.push_back(item);
        if (items.empty())
            throw Error(ErrorCode::BadInput,
                        "No labelled image is in the split \"" + split +
                            "\". Split the images in the stage Data, or choose another split.");
        return items;
    }

    EngineServices& services_;
};

// {"project", "item", "set", "count", "seed", "size"?}: what augmentation makes of an item's middle; RGB
// images one after another.
class AugmentationPreview : public Operation {
public:
    OperationCheck check(const Json&, JobContext&) override { return {}; }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto input = open_input(Json{{"project", spec.at("project")}, {"item", spec.at("item")}});
        const Json values = Augmentation::parameters().complete(spec.value("set", Json::object()));
        const auto count = std::clamp(spec.value("count", 8), 1, 64);
        const auto seed = spec.value("seed", std::uint64_t{1});
        const std::int64_t size = std::clamp<std::int64_t>(spec.value("size", 256), 32, 1024);
        const ImageInfo& info = input.source->info();
        // Room around the patch for turning and scaling.
        const std::int64_t reach = 2 * size;
        Region region{(info.width - reach) / 2, (info.height - reach) / 2, reach, reach};
        region = region.intersected({0, 0, info.width, info.height});

        LabelledImage image;
        image.pixels = input.source->read(region);
        Normalisation normalisation;
        normalisation.channels = info.rgb ? "rgb" : "all";
        normalisation.input_channels = image.pixels.channels();
        image.limits = normalisation.measure(*input.source);
        image.classes.assign(static_cast<std::size_t>(region.width * region.height), 0);
        const Augmentation augmentation(values);
        OperationResult result;
        result.bytes.resize(static_cast<std::size_t>(count * size * size * 3));
        auto* to = reinterpret_cast<std::uint8_t*>(result.bytes.data());
        for (int i = 0; i < count; ++i) {
            context.throw_if_cancelled();
            const auto middle_x = static_cast<double>(region.width) / 2,
                       middle_y = static_cast<double>(region.height) / 2;
            // The first one is the image as it is.
            const Example example = (i == 0 ? Augmentation::none() : augmentation)
                                        .draw(image, normalisation, middle_x, middle_y, size, size,
                                              seed + static_cast<std::uint64_t>(i));
            const auto channels = example.input.size(0);
            const float* from = example.input.data_ptr<float>();
            for (std::int64_t p = 0; p < size * size; ++p)
                for (std::int64_t c = 0; c < 3; ++c) {
                    const float value =
                        from[(channels == 1 ? 0 : std::min(c, channels - 1)) * size * size + p];
                    *to++ = static_cast<std::uint8_t>(std::clamp(value, 0.f, 1.f) * 255.f + 0.5f);
                }
        }
        result.json = {{"count", count}, {"width", size}, {"height", size}};
        return result;
    }
};

} // namespace

void register_prediction(EngineServices& services) {
    auto& operations = services.registries.operations;
    operations.add({"predict", "Predict", "Asks a trained model what an image shows.", {}, [&services] {
                        return std::make_unique<PredictOperation>(services);
                    }});
    operations.add(
        {"evaluate", "Evaluate", "Compares a run's predictions with the labels of a split.", {}, [&services] {
             return std::make_unique<EvaluateOperation>(services);
         }});
    operations.add({"augmentation-preview", "Augmentation preview",
                    "Shows what augmentation makes of an image.", Augmentation::parameters(),
                    [] { return std::make_unique<AugmentationPreview>(); }});
}

} // namespace eyepiece
