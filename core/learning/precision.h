// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/device.h"

#include <torch/torch.h>

namespace eyepiece {

// Within its life, convolutions of this thread compute in bfloat16 where the device has units for it; nothing
// changes elsewhere.
class EYEPIECE_EXPORT Autocast {
public:
    explicit Autocast(const ComputeDevice& device);
    ~Autocast();
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
    bool active_ = false, before_ = false;
};

// A batch (N,C,H,W) and a model's weights on the device, in channels-last order: what its convolutions and our
// fused layers (core/models/channels_last.h) like best, in bfloat16 and in float32.
EYEPIECE_EXPORT torch::Tensor for_device(const torch::Tensor& batch, const ComputeDevice& device);
EYEPIECE_EXPORT void move_to_device(torch::nn::Module& model, const ComputeDevice& device);

// While it lives, memory that tensors free is kept for the next ones rather than given back to the system:
// the page faults of fresh memory cost a third to a half of a training step. The last one gives all back.
class EYEPIECE_EXPORT KeepMemory {
public:
    KeepMemory();
    ~KeepMemory();
    KeepMemory(const KeepMemory&) = delete;
    KeepMemory& operator=(const KeepMemory&) = delete;
};

} // namespace eyepiece
