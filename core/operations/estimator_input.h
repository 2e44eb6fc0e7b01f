// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/preprocessing.h"
#include "core/intake/project_table.h"
#include "core/learning/estimator.h"

#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// What fit and check work on: a file's table, prepared, with categories kept as such and missing values as
// NaN.
struct EstimatorTable {
    Table table;                        // all columns of the prepared file, for what is said of them
    std::vector<std::size_t> kept;      // of each row of `table`, its number in the file
    std::size_t rows_read = 0;          // of the file
    std::vector<FeatureColumn> columns; // the features
    std::vector<std::size_t> places;    // of each, its place in `table`
    std::vector<std::string> left_out;  // one sentence each: a column that is no feature, and why
    std::vector<RecordedStep> steps;    // with what they learnt
    std::vector<std::string> notes;     // what the steps, and the target's missing rows, have to say

    // Of the rows whose target is known:
    std::vector<std::size_t> rows;    // their numbers in `table`
    std::vector<float> features;      // (rows, columns), row-major
    std::vector<std::string> classes; // names; empty: values are predicted, or there is no target
    std::vector<std::int32_t> labels, groups;
    std::vector<double> values;
    std::string target;

    EYEPIECE_EXPORT EstimatorData data() const;
    std::size_t file_row(std::size_t row) const { return kept[rows[row]]; }
};

struct EstimatorTableOptions {
    // Of the target: classes, values, or what its column looks like (texts, categories, booleans, and few
    // whole numbers are classes).
    std::string problem = "automatic";
    bool needs_target = true;
};

// Reads spec["input"]: {"path", "format"?, "set"?: the reader's, "columns"?: [names]}, does spec["steps"]:
// [{"name", "set"}], and takes the target from spec["target"] and the groups from spec["group"]: names of
// columns. Numbers, booleans and dates are features as they are; texts with few different values are
// categories; other texts are left out. Throws Error that says which column or step is at fault and what to
// do.
EYEPIECE_EXPORT EstimatorTable read_estimator_table(const Json& spec, const EstimatorTableOptions& options,
                                                    const ProjectTableRegistry& tables, JobContext& context);

// The features of another table, found by their names, for what was fitted to `known`, of which the columns,
// the steps and the target's name count: categories that are new are missing, and a note says so. All rows
// are in it, whether their target is known or not. Throws Error(BadInput) that names the columns that are not
// there, or hold texts where they held numbers.
EYEPIECE_EXPORT EstimatorTable read_more_rows(const Json& file, const EstimatorTable& known,
                                              const ProjectTableRegistry& tables, JobContext& context);

} // namespace eyepiece
