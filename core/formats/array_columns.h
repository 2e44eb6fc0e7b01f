// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// The type of an array's elements, as files of binary numbers have them.
struct ElementType {
    enum class Kind { Boolean, Signed, Unsigned, Float } kind = Kind::Float;
    std::size_t size = 4; // bytes: 1, 2, 4 or 8; of Float also 2
    bool big_endian = false;

    std::string name() const; // "uint8", "float32", "bool"
};

// Turns the numbers of a row-major (or column-major) array into columns, kept as narrow as they come.
class ArrayColumns {
public:
    ArrayColumns(std::size_t rows, std::size_t columns, ElementType type);
    // What finish() will hold, at most.
    static double memory(double rows, double columns, ElementType type);

    // Whole rows that follow those before.
    void add_rows(std::span<const std::byte> bytes);
    // Elements [first, first + n) of one column, that lie side by side.
    void add_run(std::size_t column, std::size_t first, std::span<const std::byte> bytes);

    std::vector<Column> finish(const std::vector<std::string>& names);

private:
    std::size_t rows_, columns_, at_ = 0;
    ElementType type_;
    std::vector<Column::Values> values_;
};

// "column 1", ... for a matrix; "[3,17]" for elements of more dimensions, counted from 0 as NumPy does;
// "value" for a single one. `item_shape`: without the first dimension.
std::vector<std::string> element_names(const std::vector<std::size_t>& item_shape);

// rows x columns of an array of that shape: everything after the first dimension is a row. Throws
// Error(BadInput) on an overflow.
std::pair<std::size_t, std::size_t> as_matrix(const std::vector<std::size_t>& shape,
                                              const std::filesystem::path& path);

// The role of an array that lies beside a matrix, by its name: "labels", "y", "target" are targets.
ColumnRole role_by_name(const std::string& name);

double half_to_double(std::uint16_t bits);

} // namespace eyepiece
