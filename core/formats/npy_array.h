// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/array_columns.h"
#include "core/formats/byte_source.h"

#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// One field of a record, or the whole element of a plain array.
struct NpyField {
    std::string name;
    enum class Kind { Number, Bytes, Unicode, Date } kind = Kind::Number; // Bytes: |S, Unicode: <U
    ElementType type;                                                     // of Number
    std::size_t size = 0;                                                 // bytes of one element
    std::size_t offset = 0;                                               // within the record
    double date_unit = 0;                                                 // of Date: microseconds
    bool big_endian = false;                                              // of Unicode and Date
    std::string type_name() const;
};

// The header of NumPy's .npy, versions 1 to 3.
struct NpyHeader {
    std::vector<std::size_t> shape;
    bool fortran_order = false;
    bool record = false; // a structured type with named fields
    std::vector<NpyField> fields;
    std::size_t element_size = 0;
    std::string descr; // as written, for messages

    const NpyField& single() const { return fields.front(); }
    // False of a header that could not be read.
    bool is_number() const { return !record && !fields.empty() && single().kind == NpyField::Kind::Number; }
    std::string type_name() const {
        return record ? "record" : fields.empty() ? "unknown" : single().type_name();
    }
};

// Reads the header and leaves the source at the first element. `what` names the array in messages. Throws
// Error(BadInput) for a damaged header, Unsupported for Python objects, complex numbers and the like.
NpyHeader read_npy_header(ByteSource& source, const std::filesystem::path& path, const std::string& what);

// The elements that follow. Numbers of any dimensions become one column each element of a row; text, dates
// and records (of one dimension) a column each field.
std::vector<Column> read_npy_columns(ByteSource& source, const NpyHeader& header,
                                     const std::filesystem::path& path, const std::string& what,
                                     std::optional<std::size_t> max_rows, std::size_t memory_limit);

} // namespace eyepiece
