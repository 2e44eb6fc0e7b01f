// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/preprocessing.h"
#include "core/intake/project_table.h"
#include "core/learning/matrix.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// What embed and cluster work on: a file's table, prepared, as numbers.
struct TableInput {
    std::size_t rows = 0, columns = 0;
    std::vector<float> values;                  // (rows, columns); empty when sparse is there
    std::shared_ptr<const SparseMatrix> sparse; // (rows, columns)
    std::vector<std::string> names;             // of the columns
    std::vector<std::string> items;   // a name for each row: the table's own, else its number from 1
    std::vector<std::int32_t> target; // a class for each row, -1 unknown; empty without a target
    std::vector<std::string> classes; // names of the target's classes
    std::vector<std::size_t> kept;    // of each row, its number in the file
    std::size_t rows_read = 0;
    std::vector<RecordedStep> steps; // with what they learnt
    std::vector<std::string> notes;  // what the steps have to say

    MatrixView view() const {
        return {values, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), sparse.get()};
    }
    bool all_rows() const { return rows == rows_read; }
};

// Reads spec["input"]: {"path", "format"?, "set"?: the reader's, "columns"?: [names]}, does spec["steps"]:
// [{"name", "set"}], takes the class of each row from spec["target"]: COLUMN, and takes all features that are
// numbers. Sparse ones stay so with `keep_sparse`, unless dense ones stand beside them. Throws Error that
// says which column or step is at fault and what to do: values missing or infinite, no numbers, too large.
EYEPIECE_EXPORT TableInput read_table_input(const Json& spec, bool keep_sparse,
                                            const ProjectTableRegistry& tables, JobContext& context);

// More rows for what was made of `fitted`: prepared by its steps as they were learnt, with its columns, which
// are found by their names.
EYEPIECE_EXPORT TableInput read_more_rows(const Json& file, const TableInput& fitted,
                                          const ProjectTableRegistry& tables, JobContext& context);

// A name for each row: the table's own, else its first column where that tells the rows apart, else its
// number in the file (`kept`, of each row), from 1.
EYEPIECE_EXPORT std::vector<std::string> item_names(const Table& table, const std::vector<std::size_t>& kept);

// Columns beside the rows' names: "item", then `columns`. write(row, out) appends a row's fields.
EYEPIECE_EXPORT void
write_item_table(const std::filesystem::path& path, const std::vector<std::string>& items,
                 const std::vector<std::string>& columns,
                 const std::function<void(std::size_t, std::vector<std::string>&)>& write);

} // namespace eyepiece
