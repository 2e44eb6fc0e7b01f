// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/linear_algebra.h"

#include "core/learning/parallel.h"
#include "core/learning/simd.h"

#include <Eigen/Dense>
#include <algorithm>

namespace eyepiece::explore {
namespace {

// Blocks of the result: two packed operands of this size fit a core's second cache, and packing is little
// beside multiplying.
constexpr std::int64_t depth = 256, tall = 192, wide = 192;

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

// Rows from `top` on, in fours: of each four, term after term. Zeros where rows end.
EYEPIECE_SIMD void pack_rows(const Operand& a, std::int64_t top, std::int64_t height, std::int64_t first_term,
                             std::int64_t count, float* packed) {
    const std::int64_t row_step = a.row_step, column_step = a.column_step;
    for (std::int64_t i = 0; i < height; i += 4) {
        const float* from = a.values + (top + i) * row_step + first_term * column_step;
        float* to = packed + i * depth;
        if (height - i < 4) {
            for (std::int64_t k = 0; k < count; ++k)
                for (std::int64_t r = 0; r < 4; ++r)
                    to[4 * k + r] = i + r < height ? from[r * row_step + k * column_step] : 0;
        } else if (row_step == 1) {
            for (std::int64_t k = 0; k < count; ++k, from += column_step)
                for (std::int64_t r = 0; r < 4; ++r)
                    to[4 * k + r] = from[r];
        } else {
            for (std::int64_t k = 0; k < count; ++k, from += column_step)
                for (std::int64_t r = 0; r < 4; ++r)
                    to[4 * k + r] = from[r * row_step];
        }
    }
}

// Columns from `left` on, in panels of 32: of each panel, term after term. Zeros where columns end.
EYEPIECE_SIMD void pack_columns(const Operand& b, std::int64_t left, std::int64_t width,
                                std::int64_t first_term, std::int64_t count, float* packed) {
    const std::int64_t row_step = b.row_step, column_step = b.column_step;
    for (std::int64_t j = 0; j < width; j += 32) {
        const float* from = b.values + first_term * row_step + (left + j) * column_step;
        float* to = packed + j * depth;
        const std::int64_t here = std::min<std::int64_t>(32, width - j);
        if (here < 32)
            std::fill(to, to + 32 * count, 0.0F);
        if (here == 32 && column_step == 1) {
            for (std::int64_t k = 0; k < count; ++k, from += row_step)
                for (std::int64_t c = 0; c < 32; ++c)
                    to[32 * k + c] = from[c];
        } else {
            for (std::int64_t c = 0; c < here; ++c)
                for (std::int64_t k = 0; k < count; ++k)
                    to[32 * k + c] = from[k * row_step + c * column_step];
        }
    }
}

// With `symmetric`, a is the transpose of b: only what lies on and above the diagonal is multiplied.
template<class Real>
std::vector<Real> product(const Operand& a, const Operand& b, int threads, bool symmetric = false) {
    const std::int64_t rows = a.rows, columns = b.columns, terms = a.columns;
    std::vector<Real> result(static_cast<std::size_t>(rows * columns));
    const std::int64_t down = (rows + tall - 1) / tall, across = (columns + wide - 1) / wide;
    for_blocks(down * across, threads, [&](std::int64_t block) {
        const std::int64_t top = block / across * tall, left = block % across * wide;
        const std::int64_t height = std::min(tall, rows - top), width = std::min(wide, columns - left);
        if (symmetric && left + width <= top)
            return;
        std::vector<float> packed_a(static_cast<std::size_t>(tall * depth));
        std::vector<float> packed_b(static_cast<std::size_t>(wide * depth));
        alignas(64) float out[4 * 32];
        for (std::int64_t k0 = 0; k0 < terms; k0 += depth) {
            const std::int64_t count = std::min(depth, terms - k0);
            pack_rows(a, top, height, k0, count, packed_a.data());
            pack_columns(b, left, width, k0, count, packed_b.data());
            for (std::int64_t j = 0; j < width; j += 32) // a panel of columns stays in the first cache
                for (std::int64_t i = 0; i < height; i += 4) {
                    product_tile(packed_a.data() + i * depth, packed_b.data() + j * depth, count, out);
                    const std::int64_t here = std::min<std::int64_t>(32, width - j);
                    for (std::int64_t r = 0; r < std::min<std::int64_t>(4, height - i); ++r) {
                        Real* const sums = result.data() + (top + i + r) * columns + left + j;
                        for (std::int64_t c = 0; c < here; ++c)
                            sums[c] += out[32 * r + c];
                    }
                }
        }
    });
    if (symmetric)
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t j = 0; j < i; ++j)
                result[static_cast<std::size_t>(i * columns + j)] =
                    result[static_cast<std::size_t>(j * columns + i)];
    return result;
}

// Long sums for a small result would leave all but one thread idle: pieces of them are summed apart, and
// added in order.
std::vector<double> product_in_pieces(const Operand& a, const Operand& b, int threads, bool symmetric) {
    constexpr std::int64_t piece = 32 * depth;
    const std::int64_t pieces = (a.columns + piece - 1) / piece;
    if (a.rows > tall || b.columns > wide || pieces < 2)
        return product<double>(a, b, threads, symmetric);
    std::vector<std::vector<double>> parts(static_cast<std::size_t>(pieces));
    for_blocks(pieces, threads, [&](std::int64_t at) {
        Operand left = a, right = b;
        left.values += at * piece * a.column_step;
        right.values += at * piece * b.row_step;
        left.columns = right.rows = std::min(piece, a.columns - at * piece);
        parts[static_cast<std::size_t>(at)] = product<double>(left, right, 1, symmetric);
    });
    std::vector<double> result = std::move(parts.front());
    for (std::size_t at = 1; at < parts.size(); ++at)
        for (std::size_t i = 0; i < result.size(); ++i)
            result[i] += parts[at][i];
    return result;
}

} // namespace

std::vector<float> multiply(const Operand& a, const Operand& b, int threads) {
    return product<float>(a, b, threads);
}

std::vector<double> multiply_in_double(const Operand& a, const Operand& b, int threads) {
    return product_in_pieces(a, b, threads, false);
}

std::vector<double> product_with_transpose(const Operand& a, int threads) {
    return product_in_pieces(a, a.transposed(), threads, true);
}

std::vector<float> orthonormal(const std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
    using FloatRows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::MatrixXf matrix = Eigen::Map<const FloatRows>(values.data(), rows, columns);
    const Eigen::HouseholderQR<Eigen::MatrixXf> qr(matrix);
    const FloatRows q = qr.householderQ() * Eigen::MatrixXf::Identity(rows, columns);
    return std::vector<float>(q.data(), q.data() + rows * columns);
}

} // namespace eyepiece::explore
