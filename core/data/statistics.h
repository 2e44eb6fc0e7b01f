// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eyepiece {

// What a table's column is like. Of dates in seconds since 1970; of categories and texts only the counts and
// the most frequent values. Infinite values count, but have no place in mean, sd or histogram.
struct ColumnStatistics {
    std::size_t count = 0; // of values that are there
    std::size_t missing = 0;
    std::size_t distinct = 0;
    double mean = 0;
    double sd = 0; // of a sample (n - 1); 0 for a single value
    double minimum = 0, lower_quartile = 0, median = 0, upper_quartile = 0, maximum = 0;
    std::size_t infinite = 0;
    // Equal bins from `low` to `high`; the last one holds its upper end as well. Empty without numbers.
    struct Histogram {
        double low = 0, high = 0;
        std::vector<std::size_t> counts;
    } histogram;
    // Of categories, texts and booleans: the most frequent first, then by name.
    std::vector<std::pair<std::string, std::size_t>> frequent;
};

// Reads the column once. Quartiles are exact (linear between two values, as NumPy has them), by a radix sort
// of the values: a million doubles take some 20 ms on one core.
EYEPIECE_EXPORT ColumnStatistics statistics(const Column& column, std::size_t bins = 64);

// Of every column, on all cores. Sparse ones are turned to lie by columns once, and never made dense.
EYEPIECE_EXPORT std::vector<ColumnStatistics> statistics(const Table& table, std::size_t bins = 64);

// `stored` values of a column whose other `zeros` rows are 0.
EYEPIECE_EXPORT ColumnStatistics sparse_statistics(std::span<const float> stored, std::size_t zeros,
                                                   std::size_t bins = 64);

EYEPIECE_EXPORT Json to_json(const ColumnStatistics& statistics, ColumnType type);

// Sorts by value; no NaN among them. Stable in time whatever their order.
EYEPIECE_EXPORT void sort_numbers(std::vector<double>& values);
// Of sorted values, linear between neighbours; `fraction` in [0, 1].
EYEPIECE_EXPORT double quantile(const std::vector<double>& sorted, double fraction);

} // namespace eyepiece
