// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/layers.h"

namespace eyepiece {

namespace nn = torch::nn;

ConvolutionUnit::ConvolutionUnit(int in, int out, const std::string& norm) {
    convolution_ = register_module("convolution",
                                   nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).bias(norm == "none")));
    nn::init::kaiming_normal_(convolution_->weight, 0, torch::kFanOut, torch::kReLU);
    if (norm == "batch")
        batch_norm_ = register_module("norm", nn::BatchNorm2d(nn::BatchNormOptions(out)));
    else if (norm == "group")
        group_norm_ = register_module("norm", nn::GroupNorm(nn::GroupNormOptions(8, out)));
}

torch::Tensor ConvolutionUnit::forward(const torch::Tensor& input) {
    torch::Tensor x = convolution_->forward(input);
    if (batch_norm_)
        x = batch_norm_->forward(x);
    else if (group_norm_)
        x = group_norm_->forward(x);
    return torch::relu_(x);
}

void ConvolutionUnit::fold() {
    if (!batch_norm_)
        return;
    const torch::NoGradGuard no_grad;
    // In double: the folded network's labels are compared with the unfolded one's.
    const auto scale = batch_norm_->weight.to(torch::kFloat64) /
                       (batch_norm_->running_var.to(torch::kFloat64) + batch_norm_->options.eps()).sqrt();
    const auto bias =
        batch_norm_->bias.to(torch::kFloat64) - batch_norm_->running_mean.to(torch::kFloat64) * scale;
    nn::Conv2d convolution(nn::Conv2dOptions(convolution_->options.in_channels(),
                                             convolution_->options.out_channels(),
                                             convolution_->options.kernel_size())
                               .padding(1));
    convolution->to(convolution_->weight.device());
    convolution->weight.copy_(convolution_->weight.to(torch::kFloat64) * scale.view({-1, 1, 1, 1}));
    convolution->bias.copy_(bias);
    convolution_ = replace_module("convolution", convolution);
    unregister_module("norm");
    batch_norm_ = nullptr;
}

torch::Tensor halve(const torch::Tensor& input) {
    return torch::max_pool2d(input, 2);
}

torch::Tensor twice(const torch::Tensor& input) {
    // By factor, not to a size: a traced network must take images of any size.
    return torch::upsample_nearest2d(input, c10::nullopt, at::ArrayRef<double>{2.0, 2.0});
}

} // namespace eyepiece
