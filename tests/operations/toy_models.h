// SPDX-License-Identifier: GPL-3.0-or-later
// Networks small enough to reckon by hand.
#pragma once
#include "core/learning/model.h"

namespace eyepiece::testing {

// One linear layer: out[k](x,y) = sum over channels of weight[k][c] * in[c](x,y) + bias[k].
class LinearModel : public Model {
public:
    LinearModel(int channels, int classes)
        : layer_(
              register_module("linear", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, classes, 1)))) {}
    torch::Tensor forward(torch::Tensor input, const LayerTap& tap = {}) override {
        torch::Tensor output = layer_->forward(input);
        return tap ? tap("linear", output) : output;
    }
    std::vector<std::string> layers() const override { return {"linear"}; }
    int margin() const override { return 0; }
    torch::Tensor weight() const { return layer_->weight; } // (K,C,1,1)

private:
    torch::nn::Conv2d layer_;
};

// Two scales: convolve, normalise, halve, convolve, enlarge, join, classify. Like a U-Net of one level.
class TinyNet : public Model {
public:
    explicit TinyNet(int channels = 1, int classes = 2, int width = 4)
        : first_(register_module("first", conv(channels, width, 3)))
        , norm_(register_module("norm", torch::nn::BatchNorm2d(width)))
        , second_(register_module("second", conv(width, 2 * width, 3)))
        , head_(register_module("head", conv(3 * width, classes, 1))) {}

    torch::Tensor forward(torch::Tensor input, const LayerTap& tap = {}) override {
        const auto tapped = [&](const char* name, torch::Tensor value) {
            return tap ? tap(name, value) : value;
        };
        const torch::Tensor fine = tapped("first", norm_->forward(first_->forward(input)).relu());
        const torch::Tensor coarse = tapped("second", second_->forward(torch::max_pool2d(fine, 2)).relu());
        const torch::Tensor enlarged =
            torch::upsample_nearest2d(coarse, c10::nullopt, at::ArrayRef<double>{2.0, 2.0});
        return tapped("head", head_->forward(torch::cat({fine, enlarged}, 1)));
    }
    std::vector<std::string> layers() const override { return {"first", "second", "head"}; }
    int size_multiple() const override { return 2; }
    int margin() const override { return 4; }

private:
    static torch::nn::Conv2d conv(int in, int out, int size) {
        return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, size).padding(size / 2));
    }
    torch::nn::Conv2d first_;
    torch::nn::BatchNorm2d norm_;
    torch::nn::Conv2d second_, head_;
};

} // namespace eyepiece::testing
