// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/unet.h"

#include "core/base/error.h"
#include "core/models/layers.h"

#include <string>

namespace eyepiece {
namespace {

namespace nn = torch::nn;

// Two 3 x 3 convolutions, each with its normalisation and ReLU.
class DoubleConvolution : public nn::Module {
public:
    DoubleConvolution(int in, int out, const std::string& norm)
        : first_(register_module("1", std::make_shared<ConvolutionUnit>(in, out, norm)))
        , second_(register_module("2", std::make_shared<ConvolutionUnit>(out, out, norm))) {}

    torch::Tensor forward(const torch::Tensor& input) { return second_->forward(first_->forward(input)); }

private:
    std::shared_ptr<ConvolutionUnit> first_, second_;
};

class UNet : public Model {
public:
    UNet(const ModelShape& shape, const Json& parameters) : depth_(parameters.at("depth").get<int>()) {
        const int base = parameters.at("base-width").get<int>();
        const std::string norm = parameters.at("norm").get<std::string>();
        if (norm == "group" && base % 8 != 0)
            throw Error(ErrorCode::BadInput, "Group normalisation takes a base width that 8 divides, not " +
                                                 std::to_string(base) + ".");
        int in = shape.input_channels;
        for (int level = 0; level < depth_; ++level) {
            const int width = base << level;
            const std::string number = std::to_string(level + 1);
            encoders_.push_back(
                register_module("encoder_" + number, std::make_shared<DoubleConvolution>(in, width, norm)));
            reducers_.push_back(
                register_module("up_" + number, nn::Conv2d(nn::Conv2dOptions(2 * width, width, 1))));
            decoders_.push_back(register_module("decoder_" + number,
                                                std::make_shared<DoubleConvolution>(2 * width, width, norm)));
            in = width;
        }
        bottleneck_ =
            register_module("bottleneck", std::make_shared<DoubleConvolution>(in, base << depth_, norm));
        dropout_ = register_module("dropout", nn::Dropout2d(parameters.at("dropout").get<double>()));
        head_ = register_module("head", nn::Conv2d(nn::Conv2dOptions(base, shape.output_channels, 1)));
    }

    torch::Tensor forward(torch::Tensor x, const LayerTap& tap) override {
        const auto through = [&](const char* layer, int level, torch::Tensor value) {
            if (!tap)
                return value;
            return tap(level > 0 ? layer + std::to_string(level) : std::string(layer), std::move(value));
        };
        std::vector<torch::Tensor> skips;
        for (int level = 0; level < depth_; ++level) {
            x = through("encoder.", level + 1, encoders_[static_cast<std::size_t>(level)]->forward(x));
            skips.push_back(x);
            x = halve(x);
        }
        x = through("bottleneck", 0, dropout_(bottleneck_->forward(x)));
        for (int level = depth_ - 1; level >= 0; --level) {
            const auto at = static_cast<std::size_t>(level);
            x = join(skips[at], reducers_[at]->forward(x));
            x = through("decoder.", level + 1, decoders_[at]->forward(x));
        }
        return through("head", 0, head_->forward(x));
    }

    std::vector<std::string> layers() const override {
        std::vector<std::string> names;
        for (int level = 1; level <= depth_; ++level)
            names.push_back("encoder." + std::to_string(level));
        names.push_back("bottleneck");
        for (int level = depth_; level >= 1; --level)
            names.push_back("decoder." + std::to_string(level));
        names.push_back("head");
        return names;
    }

    int size_multiple() const override { return 1 << depth_; }

    void prepare_for_prediction() override {
        eval();
        for (const auto& module : modules(false))
            if (auto* unit = module->as<ConvolutionUnit>())
                unit->fold();
    }

    // Half of the receptive field is 2 * (3 * 2^depth - 2) px, but its rim hardly counts (Luo et al. 2016:
    // the effective one is about a third): one bottleneck pixel each way, twice over.
    int margin() const override { return 2 << depth_; }

private:
    int depth_;
    std::vector<std::shared_ptr<DoubleConvolution>> encoders_, decoders_;
    std::vector<nn::Conv2d> reducers_;
    std::shared_ptr<DoubleConvolution> bottleneck_;
    nn::Dropout2d dropout_{nullptr};
    nn::Conv2d head_{nullptr};
};

} // namespace

UNetFactory::~UNetFactory() = default;

ParameterSchema UNetFactory::parameters() {
    return {
        integer_parameter("depth", nullptr, "Depth",
                          "How often the image is halved. Deeper sees more context and larger objects.")
            .range(1, 6)
            .in("Model"),
        integer_parameter(
            "base-width", nullptr, "Width",
            "Channels at full size, doubled at each level. Wider can learn more and takes longer.")
            .range(4, 128)
            .in("Model"),
        choice_parameter(
            "norm", "batch", {"batch", "group", "none"}, "Normalisation layers",
            "Batch normalisation learns fastest; group normalisation suits batches of one or two.")
            .in("Model")
            .rarely(),
        real_parameter("dropout", 0.0, "Dropout",
                       "Share of the bottleneck's channels left out at random in training.")
            .range(0, 0.9)
            .in("Model")
            .rarely(),
    };
}

std::shared_ptr<Model> UNetFactory::make(const ModelShape& shape, const Json& parameters) const {
    if (shape.dimensions != 2)
        throw Error(ErrorCode::Unsupported, "This U-Net is for two-dimensional images.");
    return std::make_shared<UNet>(shape, parameters);
}

} // namespace eyepiece
