// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/device.h"

#include "core/base/error.h"

#include <algorithm>
#include <sched.h>
#include <thread>

namespace eyepiece {
namespace {

// In a cluster's job or a container the process may use fewer cores than the machine has.
int usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Units for bfloat16, not merely an emulation of them, which is slower than float32.
bool cpu_has_bfloat16() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

} // namespace

Json ComputeDevice::to_json() const {
    return {{"device", name}, {"threads", threads}, {"precision", precision()}};
}

ComputeDevice select_device(const std::string& request, int threads) {
    if (request != "auto" && request != "cpu" && request != "cuda")
        throw Error(ErrorCode::BadInput, "There is no device \"" + request + "\". Choose auto, cpu or cuda.");
    if (threads < 0)
        throw Error(ErrorCode::BadInput, "The number of threads cannot be negative. Use 0 for all cores.");
    const bool cuda = request != "cpu" && torch::cuda::is_available();
    if (request == "cuda" && !cuda)
        throw Error(ErrorCode::Unsupported,
                    "No CUDA device can be used: this LibTorch was built without CUDA, or no driver answers. "
                    "Choose the device cpu or auto.");
    ComputeDevice chosen;
    chosen.threads = threads > 0 ? threads : usable_cores();
    if (cuda) {
        chosen.device = torch::Device(torch::kCUDA, 0);
        chosen.name = "cuda:0";
        chosen.bfloat16 = false; // CUDA takes float32 through its own TF32 setting
    } else {
        chosen.name = "cpu";
        chosen.bfloat16 = cpu_has_bfloat16();
    }
    return chosen;
}

ComputeDevice select_device(const Json& spec) {
    return select_device(spec.value("device", "auto"), spec.value("threads", 0));
}

void use_threads(int threads) {
    at::set_num_threads(threads);
}

} // namespace eyepiece
