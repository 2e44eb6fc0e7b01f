// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/table.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// How one column of a group of rows differs from the rest.
struct ColumnDifference {
    std::size_t column = 0; // its place in the table
    // Numbers: Cohen's d, the difference of the means in pooled standard deviations (Cohen 1988), above 0
    // where the group has more; infinite where neither side varies and the means differ. Categories: Cramer's
    // V (Cramer 1946), 0 to 1.
    double effect = 0;
    double p = 1; // of Welch's t test (Welch 1947); of the chi-squared test of independence, uncorrected
    double q = 1; // p among all columns, by Benjamini and Hochberg (1995): the share of false findings
    double group_mean = 0, rest_mean = 0;   // of numbers
    std::string category;                   // of categories: the one that the group has most in excess
    double group_share = 0, rest_share = 0; // how much of either side it is
    std::size_t group = 0, rest = 0;        // values that are there
};

// Compares the rows with flag 1 with the others, in every column that is a number, yes or no, or a category;
// sparse ones without making them dense. Columns without two values on either side are left out. The largest
// effects first (by |d|, or V), those that are alike by q, then by place. On all cores. Throws
// Error(BadInput) when the group or the rest has fewer than two rows.
EYEPIECE_EXPORT std::vector<ColumnDifference>
group_differences(const Table& table, std::span<const std::uint8_t> group, JobContext& context);

// Survival functions: two-sided of Student's t, upper of chi-squared. `df` may be any positive number.
EYEPIECE_EXPORT double student_t_two_sided(double t, double df);
EYEPIECE_EXPORT double chi_squared_upper(double x, double df);

} // namespace eyepiece
