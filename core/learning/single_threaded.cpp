// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/single_threaded.h"

#include <mutex>
#include <torch/torch.h>

// Of OpenBLAS, where that is LibTorch's BLAS; null where it is another, which heeds at::set_num_threads().
extern "C" {
__attribute__((weak)) void openblas_set_num_threads(int threads);
__attribute__((weak)) int openblas_get_num_threads();
}

namespace eyepiece {
namespace {

std::mutex blas_mutex;
int blas_users = 0, blas_before = 0;

} // namespace

SingleThreaded::SingleThreaded() : before_(at::get_num_threads()) {
    at::set_num_threads(1);
    if (!openblas_set_num_threads || !openblas_get_num_threads)
        return;
    const std::lock_guard lock(blas_mutex);
    if (blas_users++ > 0)
        return;
    blas_before = openblas_get_num_threads();
    openblas_set_num_threads(1);
}

SingleThreaded::~SingleThreaded() {
    at::set_num_threads(before_);
    if (!openblas_set_num_threads || !openblas_get_num_threads)
        return;
    const std::lock_guard lock(blas_mutex);
    if (--blas_users == 0)
        openblas_set_num_threads(blas_before);
}

} // namespace eyepiece
