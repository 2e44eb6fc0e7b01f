// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/sparse_matrix.h"

#include <cstdint>
#include <span>

namespace eyepiece {

// Numbers as rows and columns, row after row, that someone else owns. All are finite: who reads a file
// checks. Wide counts stay sparse for the methods that say they take them: then `values` is empty.
struct MatrixView {
    std::span<const float> values; // rows * columns
    std::int64_t rows = 0, columns = 0;
    const SparseMatrix* sparse = nullptr;

    std::span<const float> row(std::int64_t index) const {
        return values.subspan(static_cast<std::size_t>(index * columns), static_cast<std::size_t>(columns));
    }
};

} // namespace eyepiece
