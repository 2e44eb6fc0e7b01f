// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/image_reader.h"
#include "core/learning/engine_plugin.h"

namespace {

using namespace eyepiece;

// image-statistics: {"input": {"path"}, "set": {"channel"}} -> {"mean", "deviation"}
class ImageStatistics final : public Operation {
public:
    OperationCheck check(const Json&, JobContext&) override {
        OperationCheck result;
        result.summary = "Reads the image once.";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const Image image =
            read_image(spec.at("input").at("path").get<std::string>()).converted(PixelType::Float64);
        context.throw_if_cancelled();
        const int channel = spec.at("set").at("channel").get<int>();
        if (channel >= image.channels())
            throw Error(ErrorCode::BadInput,
                        "The image has only " + std::to_string(image.channels()) + " channels.");
        const auto plane = image.plane_as<double>(channel);
        const torch::Tensor values =
            torch::tensor(at::ArrayRef<double>(plane.data(), plane.size()), torch::kFloat64);
        return {{{"mean", values.mean().item<double>()}, {"deviation", values.std(false).item<double>()}}};
    }
};

class ExamplePlugin final : public EnginePlugin {
public:
    void register_into(EngineRegistries& registries) override {
        registries.operations.add(
            {.name = "image-statistics",
             .title = "Image statistics",
             .help = "Mean and deviation of a channel of an image.",
             .parameters =
                 {integer_parameter("channel", 0, "Channel", "Which channel, from 0.").range(0, 100)},
             .make = [] { return std::make_unique<ImageStatistics>(); }});
    }
};

} // namespace

EYEPIECE_ENGINE_PLUGIN(ExamplePlugin)
