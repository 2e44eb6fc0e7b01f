// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <bit>
#include <cstdint>

namespace eyepiece::explore {

// 2^x and log2(x) to about 2e-7 and 1e-6 of their size, by polynomials without branches, so that loops over
// them use vector units. x of exp2 is held within [-126,126]; x of log2 must be positive and normal.
[[gnu::always_inline]] inline float fast_exp2(float x) {
    x = x < -126.f ? -126.f : x > 126.f ? 126.f : x;
    const float shifted = x + 12582912.f; // 1.5 * 2^23: its last bits are the nearest whole number
    const auto whole = std::bit_cast<std::int32_t>(shifted) - 0x4b400000;
    const float f = (x - (shifted - 12582912.f)) * 0.69314718056f; // within +-0.347
    const float p =
        1 +
        f * (1 + f * (0.5f + f * (0.16666666f + f * (0.041666577f + f * (0.0083333700f + f * 0.0013888f)))));
    return std::bit_cast<float>((whole + 127) << 23) * p;
}

[[gnu::always_inline]] inline float fast_exp(float x) {
    return fast_exp2(x * 1.44269504089f);
}

[[gnu::always_inline]] inline float fast_log2(float x) {
    const auto bits = std::bit_cast<std::int32_t>(x);
    const std::int32_t exponent = (bits - 0x3f3504f3) >> 23; // the rest lies in [0.707,1.414)
    const float m = std::bit_cast<float>(bits - (exponent << 23));
    const float t = (m - 1) / (m + 1), s = t * t; // 2 atanh(t)
    const float p = t * (2 + s * (0.66666667f + s * (0.4f + s * (0.28571430f + s * 0.2222f))));
    return static_cast<float>(exponent) + p * 1.44269504089f;
}

} // namespace eyepiece::explore
