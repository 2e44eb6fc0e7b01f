// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/preprocessing.h"

#include <functional>

namespace eyepiece {

void register_value_steps(PreprocessingRegistry& steps);  // scale, log1p, total-count, impute
void register_column_steps(PreprocessingRegistry& steps); // highly-variable, one-hot, select
void register_row_steps(PreprocessingRegistry& steps);    // subsample, drop-missing

// The "columns" parameter of several steps: names with commas between them, or a JSON list; empty: all.
ParameterSpec columns_parameter(std::string help);
std::vector<std::string> listed_columns(const Json& value);

// Places of the columns that a step of numbers works on: those listed, else all features that are numbers.
// Throws Error that names a column that is missing or no number.
std::vector<std::size_t> number_columns(const Table& table, const Json& listed);

// The table with some columns replaced, in place; and with another sparse matrix where one is given.
Table with_columns(const Table& table, std::vector<Column> dense, std::shared_ptr<const SparseMatrix> sparse);

// The sparse columns as dense ones behind the others. Throws Error(Memory) when they do not fit.
Table made_dense(const Table& table);

} // namespace eyepiece
