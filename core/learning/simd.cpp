// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/simd.h"

namespace eyepiece {

EYEPIECE_SIMD float squared_distance(const float* a, const float* b, std::int64_t columns) {
    Lanes sum = {};
    std::int64_t j = 0;
    for (; j + 16 <= columns; j += 16) {
        const Lanes d = *reinterpret_cast<const Lanes*>(a + j) - *reinterpret_cast<const Lanes*>(b + j);
        sum += d * d;
    }
    float total = 0;
    for (int lane = 0; lane < 16; ++lane)
        total += sum[lane];
    for (; j < columns; ++j)
        total += (a[j] - b[j]) * (a[j] - b[j]);
    return total;
}

} // namespace eyepiece
