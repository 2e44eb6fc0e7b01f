// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/precision.h"

#include <ATen/autocast_mode.h>
#include <atomic>
#include <malloc.h>
#include <torch/version.h>

namespace eyepiece {
namespace {

// The only state of the process here: glibc's own settings, which are the process's, and how many want them.
std::atomic<int> keepers{0};

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool cpu_autocast() {
    return at::autocast::is_autocast_enabled(at::kCPU);
}
void set_cpu_autocast(bool on) {
    at::autocast::set_autocast_enabled(at::kCPU, on);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
}
#else
bool cpu_autocast() {
    return at::autocast::is_cpu_enabled();
}
void set_cpu_autocast(bool on) {
    at::autocast::set_cpu_enabled(on);
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
}
#endif

} // namespace

Autocast::Autocast(const ComputeDevice& device) : active_(device.bfloat16 && device.device.is_cpu()) {
    if (!active_)
        return;
    before_ = cpu_autocast();
    set_cpu_autocast(true);
}

Autocast::~Autocast() {
    if (!active_)
        return;
    at::autocast::clear_cache(); // the weights it holds in bfloat16 are of this step
    set_cpu_autocast(before_);
}

torch::Tensor for_device(const torch::Tensor& batch, const ComputeDevice& device) {
    return batch.to(device.device).contiguous(torch::MemoryFormat::ChannelsLast);
}

void move_to_device(torch::nn::Module& model, const ComputeDevice& device) {
    model.to(device.device);
    const torch::NoGradGuard no_grad;
    for (auto& parameter : model.parameters())
        if (parameter.dim() == 4)
            parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
}

KeepMemory::KeepMemory() {
    if (keepers.fetch_add(1) > 0)
        return;
    // No block is too large for the heap, and the heap's end is never given back.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
    mallopt(M_TOP_PAD, 64 << 20);
}

KeepMemory::~KeepMemory() {
    if (keepers.fetch_sub(1) > 1)
        return;
    mallopt(M_MMAP_MAX, 65536);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
    mallopt(M_TOP_PAD, 128 << 10);
    malloc_trim(0);
}

} // namespace eyepiece
