// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"

#include <map>
#include <string>
#include <vector>

namespace eyepiece {

// What someone who looked says of single rows, against the file: row, from 0, to what its column should say;
// empty: nothing, for it is not known.
using RowLabels = std::map<std::size_t, std::string>;
// By the column's name.
using TableLabels = std::map<std::string, RowLabels>;

// Whether a column's values can be said in words: all but dates.
EYEPIECE_EXPORT bool takes_labels(ColumnType type);

// The column with these labels; type and role stay. Of categories a new name is a new category; of numbers,
// and of yes or no, the words are what Column::shown() gives; an empty one is a missing value. Throws
// Error(BadInput) for a row that is not there, for words that are no such value, and for a column of dates.
EYEPIECE_EXPORT Column relabelled(const Column& column, const RowLabels& labels);

// Throws Error(NotFound) for a column that is not there, Error(BadInput) for one of the wide counts.
EYEPIECE_EXPORT Table relabelled(const Table& table, const TableLabels& labels);

// {COLUMN: [{"row": from 0, "label"}]}. Throws Error(BadInput) for anything else.
EYEPIECE_EXPORT Json to_json(const TableLabels& labels);
EYEPIECE_EXPORT TableLabels labels_from_json(const Json& json);

// One look at a row: what its label was and what it is to be, the same where it is right.
struct LabelDecision {
    std::string column;
    std::size_t row = 0;
    std::string before, after;
    bool operator==(const LabelDecision&) const = default;
};

// What is to be against the file, after these decisions in their order.
EYEPIECE_EXPORT TableLabels labels_of(const std::vector<LabelDecision>& decisions);

// [{"column", "row", "before", "after"}]. Throws Error(BadInput) for anything else.
EYEPIECE_EXPORT Json to_json(const std::vector<LabelDecision>& decisions);
EYEPIECE_EXPORT std::vector<LabelDecision> decisions_from_json(const Json& json);

} // namespace eyepiece
