// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// The rows of a matrix in their order, read as they are asked for, as often as they are asked for: a file
// larger than the memory. One thread at a time.
class EYEPIECE_EXPORT RowStream {
public:
    virtual ~RowStream();
    virtual std::size_t rows() const = 0;
    virtual const std::vector<std::string>& names() const = 0; // of the columns
    std::size_t columns() const { return names().size(); }
    virtual void restart() = 0; // the next row is the first
    // The next rows, as many as `out` (a multiple of the columns) holds, row after row. Throws
    // Error(BadInput) that names the place of a value that is missing or infinite, or where the file is cut
    // short.
    virtual void next(std::span<float> out) = 0;
};

// NumPy's .npy (also gzipped) with a matrix of numbers that lies row after row. Null: the file is something
// else, or lies column after column. Numbers and names are those of the table that open_table makes of it.
EYEPIECE_EXPORT std::unique_ptr<RowStream> stream_rows(const std::filesystem::path& path);

} // namespace eyepiece
