// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace eyepiece::label {

// Of 64 numbers, which are larger than the threshold: bit i says it of number i.
inline std::uint64_t larger_in_cell(const std::int16_t* codes, std::int16_t threshold) {
#if !defined(__x86_64__)
    std::uint64_t larger = 0;
    for (int i = 0; i < 64; ++i)
        larger |= static_cast<std::uint64_t>(codes[i] > threshold) << i;
    return larger;
#else // every x86-64 processor has SSE2: sixteen comparisons make sixteen bits
    const __m128i limit = _mm_set1_epi16(threshold);
    std::uint64_t larger = 0;
    for (int part = 0; part < 4; ++part) {
        const auto* from = reinterpret_cast<const __m128i*>(codes + 16 * part);
        const __m128i low = _mm_cmpgt_epi16(_mm_loadu_si128(from), limit),
                      high = _mm_cmpgt_epi16(_mm_loadu_si128(from + 1), limit);
        larger |= static_cast<std::uint64_t>(
                      static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high))))
                  << (16 * part);
    }
    return larger;
#endif
}

// Adds `share` to those of 64 sums whose bit is set.
inline void add_in_cell(std::uint16_t* sums, std::uint64_t pixels, std::uint8_t share) {
    if (pixels == ~std::uint64_t{0}) {
        for (int i = 0; i < 64; ++i)
            sums[i] = static_cast<std::uint16_t>(sums[i] + share);
        return;
    }
    while (pixels != 0) {
        const int i = __builtin_ctzll(pixels);
        sums[i] = static_cast<std::uint16_t>(sums[i] + share);
        pixels &= pixels - 1;
    }
}

} // namespace eyepiece::label
