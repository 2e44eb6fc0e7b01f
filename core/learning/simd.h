// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstdint>

// A function marked so is compiled for several widths of vector units, and the widest that the processor has
// is taken when the program starts. The same machine gives the same numbers; another may round otherwise.
// Sanitizers run before the choice is made, so their builds take the plain one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define EYEPIECE_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EYEPIECE_SIMD
#endif

namespace eyepiece {

// Sixteen floats: one register of AVX-512, two of AVX2, four of SSE. Only for locals: never passed by value.
typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int IntLanes __attribute__((vector_size(64), aligned(4), may_alias));

// Of two rows of numbers.
EYEPIECE_EXPORT float squared_distance(const float* a, const float* b, std::int64_t columns);

} // namespace eyepiece
