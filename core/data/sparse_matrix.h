// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece {

// Compressed sparse rows (CSR): what is not stored is zero. Wide counts (cells x genes) are kept in this form
// from the file to the algorithm. Within a row the column indices rise and none occurs twice. A stored NaN is
// a missing value.
struct EYEPIECE_EXPORT SparseMatrix {
    std::size_t rows = 0;
    std::size_t columns = 0;                 // < 2^32
    std::vector<std::uint64_t> starts = {0}; // rows + 1: row i is [starts[i], starts[i + 1])
    std::vector<std::uint32_t> indices;
    std::vector<float> values;

    std::size_t stored() const { return values.size(); }
    std::span<const std::uint32_t> row_indices(std::size_t row) const {
        return std::span(indices).subspan(starts[row], starts[row + 1] - starts[row]);
    }
    std::span<const float> row_values(std::size_t row) const {
        return std::span(values).subspan(starts[row], starts[row + 1] - starts[row]);
    }
    float at(std::size_t row, std::size_t column) const; // by bisection
    std::size_t missing() const;                         // stored NaN

    SparseMatrix transposed() const;
    SparseMatrix take_rows(std::span<const std::size_t> which) const;
    // Of any order and with repeats.
    SparseMatrix take_columns(std::span<const std::size_t> which) const;

    // What keeps the rules above, brought into order: rows sorted, repeats added up. Throws
    // Error(BadInput) when the parts do not fit together (a start that falls, an index out of range).
    static SparseMatrix checked(std::size_t rows, std::size_t columns, std::vector<std::uint64_t> starts,
                                std::vector<std::uint32_t> indices, std::vector<float> values);
};

// What one pass over a sparse matrix says of each column; zeros count as values.
struct SparseColumnSummary {
    std::size_t stored = 0; // values that are not zero, without missing ones
    std::size_t missing = 0;
    double mean = 0, variance = 0; // sample variance (n - 1); 0 for a single row
    float minimum = 0, maximum = 0;
};
EYEPIECE_EXPORT std::vector<SparseColumnSummary> summarise_columns(const SparseMatrix& matrix);

} // namespace eyepiece
