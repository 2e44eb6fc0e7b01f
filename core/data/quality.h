// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/table.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// Something about the data that their owner should know before anything is learnt from them.
struct Finding {
    std::string kind;              // "constant-column", "duplicates", ...: one of finding_kinds()
    std::string severity;          // "note", "warning" or "serious"
    std::string sentence;          // for the user: what is the matter, and what it leads to
    std::string column;            // the column it is about; empty: none in particular
    std::vector<std::size_t> rows; // of the table that was given, the worst first; empty: none in particular
    Json figures = Json::object();
};
EYEPIECE_EXPORT const std::vector<std::string>& finding_kinds();
// `rows`: of each row of the table, its number as users count (in the file, from 0); empty: as they are.
EYEPIECE_EXPORT Json to_json(const Finding& finding, std::span<const std::size_t> rows = {});

// The numbers of a table, as far as outliers and near duplicates go: each column centred at its median and
// divided by its interquartile range over 1.349 (its standard deviation, were it normal), after a logarithm
// where that makes a positive column more symmetric. Missing: 0, the middle. Constant columns are left out.
struct EYEPIECE_EXPORT RobustMatrix {
    std::size_t rows = 0, columns = 0;
    std::vector<float> values;      // (rows, columns), row-major
    std::vector<std::string> names; // of the columns
    std::vector<bool> continuous;   // more different values than a tenth of the rows
    std::span<const float> row(std::size_t i) const {
        return std::span(values).subspan(i * columns, columns);
    }
};
// Of the listed columns of the table those that are numbers.
EYEPIECE_EXPORT RobustMatrix robust_matrix(const Table& table, std::span<const std::size_t> columns);

// Of each of `rows` the `count` nearest others of `among`, the nearest first, of equally near ones the
// earlier.
EYEPIECE_EXPORT std::vector<std::vector<std::size_t>> nearest_rows(const RobustMatrix& matrix,
                                                                   std::span<const std::size_t> rows,
                                                                   std::span<const std::size_t> among,
                                                                   std::size_t count, JobContext& context);

// Constant ("constant-column"), one value in 99 % of 50 rows or more ("nearly-constant-column"), more than
// half missing ("mostly-missing-column").
EYEPIECE_EXPORT std::vector<Finding> check_columns(const Table& table, std::span<const std::size_t> columns,
                                                   JobContext& context);

// "class-balance": the largest class has at least four times (serious: ten times) the rows of the smallest,
// or a class has fewer than ten rows.
EYEPIECE_EXPORT std::vector<Finding> check_balance(std::span<const std::int32_t> labels,
                                                   const std::vector<std::string>& classes);

// "duplicates": rows that are equal in all listed columns. "conflicting-duplicates": those of them whose
// target differs. `target`: the table's column, or none.
EYEPIECE_EXPORT std::vector<Finding> check_duplicates(const Table& table,
                                                      std::span<const std::size_t> columns,
                                                      std::optional<std::size_t> target, JobContext& context);

// "near-duplicates": pairs of different rows that lie closer than a hundredth of the usual distance to the
// nearest row, where there are three or more continuous columns (with fewer, chance does the same). Pairs are
// found along a random line: rows that near lie beside each other on it.
EYEPIECE_EXPORT std::vector<Finding> check_near_duplicates(const RobustMatrix& matrix, std::uint64_t seed,
                                                           JobContext& context);

// "outliers": rows with a value eight robust standard deviations off, in a column of which at most one row in
// fifty is so; or rows so far from their fifth nearest of up to 1,000 rows drawn at random as no tail of a
// normal cloud explains (log distance five robust deviations off, and 3 + 9 / columns times the usual one;
// Ramaswamy et al. 2000), where single values count for four deviations at most.
EYEPIECE_EXPORT std::vector<Finding> check_outliers(const RobustMatrix& matrix, std::uint64_t seed,
                                                    JobContext& context);

// "missing-subgroup": pairs of columns whose categories should meet, were they independent, but (next to)
// never do: at most a tenth of the expected rows, with a Poisson probability below 0.001 over all pairs
// looked at.
EYEPIECE_EXPORT std::vector<Finding> check_subgroups(const Table& table, std::span<const std::size_t> columns,
                                                     JobContext& context);

// "label-error": confident learning (Northcutt, Jiang & Chuang 2021): rows whose out-of-fold probability of
// another class reaches what rows of that class have on average (0.8 is enough), and whose own class the
// model all but rules out (below 0.2 and a third of the other; this is ours, against false alarms where
// classes overlap). `probabilities` (rows, classes). The least likely label comes first.
EYEPIECE_EXPORT std::vector<Finding> check_labels(std::span<const std::int32_t> labels,
                                                  const std::vector<std::string>& classes,
                                                  std::span<const double> probabilities);

} // namespace eyepiece
