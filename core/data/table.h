// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"
#include "core/data/sparse_matrix.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eyepiece {

enum class ColumnType {
    Real,
    Integer,
    Text,
    Categorical, // codes of a short list of names
    Date,        // microseconds since 1970-01-01 00:00 UTC
    Boolean
};
EYEPIECE_EXPORT std::string_view to_string(ColumnType type); // "real", "integer", "text", ...
EYEPIECE_EXPORT std::optional<ColumnType> column_type_from_string(std::string_view name);

// What a column is there for. Reductions and models take features; they colour by, and predict, the rest.
enum class ColumnRole {
    Feature,
    Target,    // the class or value to be predicted, where the file says so
    Annotation // says something of the row (a name, a quality figure); never an input
};
EYEPIECE_EXPORT std::string_view to_string(ColumnRole role); // "feature", "target", "annotation"

// Many texts in two allocations.
struct TextValues {
    std::vector<std::uint64_t> ends; // text i is bytes[ends[i - 1], ends[i])
    std::string bytes;               // UTF-8

    std::size_t size() const { return ends.size(); }
    std::string_view operator[](std::size_t i) const {
        const std::uint64_t begin = i == 0 ? 0 : ends[i - 1];
        return std::string_view(bytes).substr(begin, ends[i] - begin);
    }
    void push_back(std::string_view text) {
        bytes.append(text);
        ends.push_back(bytes.size());
    }
};

// One column: a name over shared, constant values, so that a copy costs nothing. Any thread may read it.
class EYEPIECE_EXPORT Column {
public:
    using Categories = std::vector<std::string>;
    using Missing = std::vector<bool>; // empty: none is
    // Kept as narrow as they came: a million rows of bytes are a megabyte.
    using Values = std::variant<std::vector<double>, std::vector<float>, std::vector<std::uint8_t>,
                                std::vector<std::int32_t>, std::vector<std::int64_t>, TextValues>;

    static Column reals(std::string name, std::vector<double> values); // NaN: missing
    static Column reals(std::string name, std::vector<float> values);
    static Column integers(std::string name, std::vector<std::uint8_t> values, Missing missing = {});
    static Column integers(std::string name, std::vector<std::int32_t> values, Missing missing = {});
    static Column integers(std::string name, std::vector<std::int64_t> values, Missing missing = {});
    static Column booleans(std::string name, std::vector<std::uint8_t> values, Missing missing = {});
    // Codes from 0; -1: missing. Throws Error(Internal) on a code without a name.
    static Column categorical(std::string name, std::vector<std::int32_t> codes, Categories categories);
    static Column text(std::string name, TextValues values, Missing missing = {});
    static Column dates(std::string name, std::vector<std::int64_t> microseconds, Missing missing = {});

    const std::string& name() const { return name_; }
    ColumnType type() const { return data_->type; }
    ColumnRole role() const { return role_; }
    std::size_t size() const { return data_->size; }
    // Real, integer and boolean: what arithmetic may be done with.
    bool numeric() const;
    std::size_t missing_count() const { return data_->missing_count; }
    bool missing(std::size_t row) const;
    const Categories& categories() const { return data_->categories; }
    const Values& values() const { return data_->values; }
    // Bytes held, shared or not.
    std::size_t memory() const;

    // NaN where missing. Of a category its code, of a date seconds since 1970, of a text NaN.
    double number(std::size_t row) const;
    // As shown in a table: shortest form of a number, the category's name, an ISO date; "" where missing.
    std::string shown(std::size_t row) const;
    // Of text: without a copy. Of the others: empty.
    std::string_view view(std::size_t row) const;

    // number() of the rows [first, first + out.size()), at memory's speed.
    void numbers(std::size_t first, std::span<float> out) const;
    void numbers(std::size_t first, std::span<double> out) const;

    Column renamed(std::string name) const;
    Column with_role(ColumnRole role) const;
    Column take(std::span<const std::size_t> rows) const;
    // Texts as categories, in the order of their first occurrence; the others as their shown texts.
    Column as_categorical() const;

private:
    struct Data {
        ColumnType type = ColumnType::Real;
        std::size_t size = 0;
        std::size_t missing_count = 0;
        Values values;
        Missing missing;
        Categories categories;
    };
    Column(std::string name, Data data);

    std::string name_;
    ColumnRole role_ = ColumnRole::Feature;
    std::shared_ptr<const Data> data_;
};

// Rows of typed columns, all of one length: dense ones first, then those of one sparse matrix where the data
// are wide counts. Columns are shared and constant: copying a table copies only the list of them. Names are
// unique; a second "a" is kept as "a (2)". Any thread may read it.
class EYEPIECE_EXPORT Table {
public:
    Table() = default;
    explicit Table(std::vector<Column> columns);

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return dense_.size() + (sparse_ ? sparse_->columns : 0); }

    // Throws Error(Internal) when it has not as many rows as the others.
    void add(Column column);
    // Their names must be as many as the matrix has columns.
    void set_sparse(std::shared_ptr<const SparseMatrix> matrix, std::vector<std::string> names);
    // A name for each row (a cell's barcode, a frame's index): not a column, but shown before the first one.
    void set_row_names(Column text);

    const std::vector<Column>& dense() const { return dense_; }
    const SparseMatrix* sparse() const { return sparse_.get(); }
    std::shared_ptr<const SparseMatrix> shared_sparse() const { return sparse_; }
    const std::vector<std::string>& sparse_names() const;
    const std::optional<Column>& row_names() const { return row_names_; }

    const std::string& name(std::size_t column) const;
    ColumnType type(std::size_t column) const;
    ColumnRole role(std::size_t column) const;
    std::optional<std::size_t> find(std::string_view name) const;
    // Throws Error(NotFound) that lists the nearest names.
    std::size_t at(std::string_view name) const;
    // A sparse one is made dense, which looks through the rows.
    Column column(std::size_t column) const;

    Table take_rows(std::span<const std::size_t> rows) const;
    Table select(std::span<const std::size_t> columns) const; // dense ones stay before sparse ones
    std::size_t memory() const;

private:
    std::string unique_name(const std::string& wanted) const;

    std::size_t rows_ = 0;
    bool sized_ = false;
    std::vector<Column> dense_;
    std::shared_ptr<const SparseMatrix> sparse_;
    std::shared_ptr<const std::vector<std::string>> sparse_names_;
    std::optional<Column> row_names_;
};

// {"rows", "columns": [{name, type, role, missing, ...}], "sparse"?: {...}}; what `eyepiece-cli info` prints.
EYEPIECE_EXPORT Json describe(const Table& table);

// The one way from a table to an algorithm's input.
struct EYEPIECE_EXPORT NumericMatrix {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<float> values;         // row-major; NaN where missing
    std::vector<std::string> names;    // of the columns used
    std::vector<std::size_t> used;     // their places in the table
    std::vector<std::size_t> left_out; // features that are no numbers (text, categories, dates)

    std::span<const float> row(std::size_t i) const {
        return std::span(values).subspan(i * columns, columns);
    }
};
// All columns of role Feature that are numbers. Sparse ones are made dense: throws Error(Memory) when that
// would take more than `limit` bytes (0: most of what is free). Throws Error(BadInput) when there is none.
EYEPIECE_EXPORT NumericMatrix numeric_matrix(const Table& table, std::size_t limit = 0);

// Bytes that this process may still take without others being pushed out; what readers measure against.
EYEPIECE_EXPORT std::size_t free_memory();

} // namespace eyepiece
