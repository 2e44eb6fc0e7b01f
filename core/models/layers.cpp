// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/layers.h"

#include "core/models/channels_last.h"

#include <torch/csrc/jit/frontend/tracer.h>

namespace eyepiece {

namespace nn = torch::nn;

namespace {

// What is traced becomes a file for other programs: it holds LibTorch's own operators only.
bool fast(const torch::Tensor& input) {
    return channels_last::suits(input) && !torch::jit::tracer::isTracing();
}

// As nn::BatchNorm2d does it after a step of training.
void remember(nn::BatchNorm2dImpl& norm, const channels_last::Normalised& batch, std::int64_t count) {
    const torch::NoGradGuard no_grad;
    norm.num_batches_tracked += 1;
    const double share = norm.options.momentum().value_or(1.0 / norm.num_batches_tracked.item<double>());
    const double unbiased =
        static_cast<double>(count) / static_cast<double>(std::max<std::int64_t>(1, count - 1));
    norm.running_mean.mul_(1 - share).add_(batch.mean, share);
    norm.running_var.mul_(1 - share).add_(batch.variance, share * unbiased);
}

} // namespace

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
    if (batch_norm_ && is_training() && fast(x)) {
        const auto batch = channels_last::batch_norm_relu(x, batch_norm_->weight, batch_norm_->bias,
                                                          batch_norm_->options.eps());
        remember(*batch_norm_, batch, x.numel() / x.size(1));
        return batch.output;
    }
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
    return fast(input) ? channels_last::halve(input) : torch::max_pool2d(input, 2);
}

torch::Tensor join(const torch::Tensor& skip, const torch::Tensor& low) {
    if (fast(skip) && fast(low))
        return channels_last::join(skip, low);
    // By factor, not to a size: a traced network must take images of any size.
    return torch::cat({skip, torch::upsample_nearest2d(low, c10::nullopt, at::ArrayRef<double>{2.0, 2.0})},
                      1);
}

} // namespace eyepiece
