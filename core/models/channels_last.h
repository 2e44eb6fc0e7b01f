// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <torch/torch.h>

// What stands between the convolutions of a U-Net, for training on a processor: between them these layers do
// little arithmetic and much reading and writing, so each is one pass over memory, forward and back, where
// LibTorch takes two to four. Tensors are (N,C,H,W) in channels-last order, float32 or bfloat16, arithmetic
// is float32, sums over the batch are double. The result does not depend on the number of threads. All are
// differentiable, once.
namespace eyepiece::channels_last {

// Whether the functions below take this tensor; where not, use LibTorch's.
EYEPIECE_EXPORT bool suits(const torch::Tensor& input);

struct Normalised {
    torch::Tensor output;         // relu(weight * (input - mean) / sqrt(variance + eps) + bias)
    torch::Tensor mean, variance; // (C) of the batch; the variance is the biased one
};
// Batch normalisation in training (Ioffe, Szegedy 2015) with ReLU. weight and bias: (C) float32.
EYEPIECE_EXPORT Normalised batch_norm_relu(const torch::Tensor& input, const torch::Tensor& weight,
                                           const torch::Tensor& bias, double eps);

// Maximum of each 2 x 2; an odd last row or column is left out. A tie's gradient goes to the first.
EYEPIECE_EXPORT torch::Tensor halve(const torch::Tensor& input);

// The channels of `skip` (N,C,2H,2W), then those of `low` (N,D,H,W) with each pixel four times.
EYEPIECE_EXPORT torch::Tensor join(const torch::Tensor& skip, const torch::Tensor& low);

} // namespace eyepiece::channels_last
