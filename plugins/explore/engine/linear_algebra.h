// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/matrix.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace eyepiece::explore {

// A matrix as it lies in memory, or its transpose: element (i,j) is at values[i * row_step + j *
// column_step].
struct Operand {
    const float* values = nullptr;
    std::int64_t rows = 0, columns = 0, row_step = 0, column_step = 1;
    Operand() = default;
    Operand(const float* v, std::int64_t r, std::int64_t c)
        : values(v), rows(r), columns(c), row_step(c), column_step(1) {}
    explicit Operand(MatrixView view) : Operand(view.values.data(), view.rows, view.columns) {}
    Operand transposed() const {
        Operand other = *this;
        std::swap(other.rows, other.columns);
        std::swap(other.row_step, other.column_step);
        return other;
    }
};

// a * b, row after row. Ours rather than a BLAS's because the sums are made in one order whatever the number
// of threads. Products are summed in float over 256 terms, and those sums in double for the second.
std::vector<float> multiply(const Operand& a, const Operand& b, int threads);
std::vector<double> multiply_in_double(const Operand& a, const Operand& b, int threads);
// a * a^T, at half the work.
std::vector<double> product_with_transpose(const Operand& a, int threads);

// An orthonormal basis of the columns of a tall matrix (rows, columns), by Householder's reflections.
std::vector<float> orthonormal(const std::vector<float>& values, std::int64_t rows, std::int64_t columns);

} // namespace eyepiece::explore
