// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>
#include <torch/torch.h>

// Building blocks of convolutional networks that are faster on a processor than LibTorch's own, and the same
// otherwise. During tracing and on other devices they are LibTorch's.
namespace eyepiece {

// 3 x 3 convolution, normalisation ("batch" | "group" | "none"), ReLU. fold() puts a batch normalisation's
// fixed statistics into the convolution: from then on it only predicts.
class ConvolutionUnit : public torch::nn::Module {
public:
    ConvolutionUnit(int in, int out, const std::string& norm);
    torch::Tensor forward(const torch::Tensor& input);
    void fold();

private:
    torch::nn::Conv2d convolution_{nullptr};
    torch::nn::BatchNorm2d batch_norm_{nullptr};
    torch::nn::GroupNorm group_norm_{nullptr};
};

torch::Tensor halve(const torch::Tensor& input); // maximum of each 2 x 2
// The channels of `skip` (N,C,2H,2W), then those of `low` (N,D,H,W) with each pixel four times.
torch::Tensor join(const torch::Tensor& skip, const torch::Tensor& low);

} // namespace eyepiece
