// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <string>
#include <torch/torch.h>

namespace eyepiece {

// What computes, and how: chosen once for a request and said in the status line.
struct ComputeDevice {
    torch::Device device{torch::kCPU};
    std::string name;      // "cpu", "cuda:0"
    int threads = 1;       // of the processor
    bool bfloat16 = false; // the device multiplies matrices of bfloat16 in hardware: worth an autocast
    std::string precision() const { return bfloat16 ? "bfloat16" : "float32"; }
    Json to_json() const; // {"device", "threads", "precision"}
};

// `request` is auto, cpu or cuda; `threads` 0 means all cores this process may use. Auto takes CUDA where
// this LibTorch has it and a device answers. Throws Error(Unsupported) when cuda is asked for and there is
// none, Error(BadInput) for another word.
EYEPIECE_EXPORT ComputeDevice select_device(const std::string& request, int threads = 0);

// The same from a spec's members "device" and "threads".
EYEPIECE_EXPORT ComputeDevice select_device(const Json& spec);

// Makes LibTorch's operations of the calling thread use that many threads. LibTorch keeps this number per
// thread, and Debian's begins with one: each thread that computes calls this first.
EYEPIECE_EXPORT void use_threads(int threads);

} // namespace eyepiece
