// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/linear_algebra.h"

#include "core/learning/parallel.h"
#include "core/learning/simd.h"

#include <algorithm>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t depth = 256, tall = 64, wide = 128;

// out[4][32] = four rows of a times a panel of 32 columns, over `count` terms.
EYEPIECE_SIMD void product_tile(const float* a, const float* panel, std::int64_t count, float* out) {
    Lanes sum[4][2] = {};
    for (std::int64_t k = 0; k < count; ++k) {
        const Lanes low = *reinterpret_cast<const Lanes*>(panel + 32 * k);
        const Lanes high = *reinterpret_cast<const Lanes*>(panel + 32 * k + 16);
        for (int r = 0; r < 4; ++r) {
            const float x = a[4 * k + r];
            sum[r][0] += low * x;
            sum[r][1] += high * x;
        }
    }
    for (int r = 0; r < 4; ++r) {
        *reinterpret_cast<Lanes*>(out + 32 * r) = sum[r][0];
        *reinterpret_cast<Lanes*>(out + 32 * r + 16) = sum[r][1];
    }
}

template<class Real>
std::vector<Real> product(const Operand& a, const Operand& b, int threads) {
    const std::int64_t rows = a.rows, columns = b.columns, terms = a.columns;
    std::vector<Real> result(static_cast<std::size_t>(rows * columns));
    const std::int64_t down = (rows + tall - 1) / tall, across = (columns + wide - 1) / wide;
    for_blocks(down * across, threads, [&](std::int64_t block) {
        const std::int64_t top = block / across * tall, left = block % across * wide;
        const std::int64_t height = std::min(tall, rows - top), width = std::min(wide, columns - left);
        std::vector<float> packed_a(static_cast<std::size_t>(tall * depth));
        std::vector<float> packed_b(static_cast<std::size_t>(wide * depth));
        alignas(64) float out[4 * 32];
        for (std::int64_t k0 = 0; k0 < terms; k0 += depth) {
            const std::int64_t count = std::min(depth, terms - k0);
            for (std::int64_t i = 0; i < (height + 3) / 4 * 4; ++i)
                for (std::int64_t k = 0; k < count; ++k)
                    packed_a[static_cast<std::size_t>(i / 4 * 4 * depth + 4 * k + i % 4)] =
                        i < height ? a.values[(top + i) * a.row_step + (k0 + k) * a.column_step] : 0;
            const std::int64_t padded = (width + 31) / 32 * 32;
            for (std::int64_t k = 0; k < count; ++k)
                for (std::int64_t j = 0; j < padded; ++j)
                    packed_b[static_cast<std::size_t>(j / 32 * 32 * depth + 32 * k + j % 32)] =
                        j < width ? b.values[(k0 + k) * b.row_step + (left + j) * b.column_step] : 0;
            for (std::int64_t i = 0; i < height; i += 4)
                for (std::int64_t j = 0; j < width; j += 32) {
                    product_tile(packed_a.data() + i * depth, packed_b.data() + j * depth, count, out);
                    for (std::int64_t r = 0; r < std::min<std::int64_t>(4, height - i); ++r)
                        for (std::int64_t c = 0; c < std::min<std::int64_t>(32, width - j); ++c)
                            result[static_cast<std::size_t>((top + i + r) * columns + left + j + c)] +=
                                out[32 * r + c];
                }
        }
    });
    return result;
}

} // namespace

std::vector<float> multiply(const Operand& a, const Operand& b, int threads) {
    return product<float>(a, b, threads);
}

std::vector<double> multiply_in_double(const Operand& a, const Operand& b, int threads) {
    return product<double>(a, b, threads);
}

} // namespace eyepiece::explore
