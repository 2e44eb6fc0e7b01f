// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/cross_validation.h"

#include <string>
#include <vector>

namespace eyepiece {

// How much worse the score becomes when the values of one column are shuffled among rows that the model has
// not seen (Breiman 2001; Fisher, Rudin & Dominici 2019). Positive: the column is of use. Columns that say
// the same stand in for each other, and both look useless.
struct ColumnImportance {
    double mean = 0, sd = 0; // over folds and shuffles, in units of the score
};

// Fits the candidate once to all parts but each one of `plan`, and shuffles each column `shuffles` times in
// that one (of at most 2,000 of its rows). `score` is one of score_names().
EYEPIECE_EXPORT std::vector<ColumnImportance>
permutation_importance(const EstimatorData& data, const Candidate& candidate, const FoldPlan& plan,
                       const std::string& score, int shuffles, std::uint64_t seed, int threads,
                       JobContext& context);

// What the model says on average when one column is set to a value for all rows (Friedman 2001).
struct PartialDependence {
    std::size_t column = 0;
    std::vector<double> grid;                // values, or codes of categories
    std::vector<std::vector<double>> curves; // of each output, along the grid; of two classes the second only
    std::vector<double> spread;              // standard deviation of each output's curve: how much it moves
};

// Over at most `most_rows` rows, drawn at random; `points` values between the 2nd and the 98th percentile.
EYEPIECE_EXPORT PartialDependence partial_dependence(const EstimatorData& data, const FittedEstimator& fitted,
                                                     std::size_t column, int points, int most_rows,
                                                     std::uint64_t seed, int threads, JobContext& context);

// The mean size of each column's Shapley values over at most `most_rows` rows, drawn at random, and outputs.
struct MeanShap {
    std::vector<double> columns;              // averaged over outputs
    std::vector<std::vector<double>> outputs; // of each output
    std::string unit;
    std::int64_t rows = 0;
};
EYEPIECE_EXPORT MeanShap mean_shap(const EstimatorData& data, const FittedEstimator& fitted, int most_rows,
                                   std::uint64_t seed, int threads, JobContext& context);

} // namespace eyepiece
