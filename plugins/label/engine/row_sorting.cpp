// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/row_sorting.h"

#include "plugins/label/engine/random_forest.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::label {

namespace {

constexpr std::int16_t missing_code = -1;
constexpr std::size_t most_codes = 32'000;

// (rows, columns) of what the forest looks at: where each value stands among the different ones of its
// column.
std::vector<std::int16_t> codes_of(const NumericMatrix& rows, const JobContext& context) {
    std::vector<std::int16_t> codes(rows.values.size());
    std::vector<float> known;
    for (std::size_t column = 0; column < rows.columns; ++column) {
        context.throw_if_cancelled();
        known.clear();
        for (std::size_t row = 0; row < rows.rows; ++row)
            if (const float value = rows.row(row)[column]; !std::isnan(value))
                known.push_back(value);
        std::ranges::sort(known);
        known.erase(std::ranges::unique(known).begin(), known.end());
        for (std::size_t row = 0; row < rows.rows; ++row) {
            const float value = rows.row(row)[column];
            const auto rank =
                static_cast<std::size_t>(std::ranges::lower_bound(known, value) - known.begin());
            codes[row * rows.columns + column] =
                std::isnan(value) ? missing_code
                                  : static_cast<std::int16_t>(
                                        known.size() <= most_codes ? rank : rank * most_codes / known.size());
        }
    }
    return codes;
}

} // namespace

SortedRows sort_rows(const NumericMatrix& rows, std::span<const std::size_t> examples,
                     std::span<const std::uint8_t> classes, int class_count, const SortingOptions& options,
                     const JobContext& context) {
    const std::vector<std::int16_t> codes = codes_of(rows, context);
    const auto of_row = [&](std::size_t row) {
        return std::span(codes).subspan(row * rows.columns, rows.columns);
    };
    ForestExamples learnt;
    learnt.features = static_cast<int>(rows.columns);
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const auto row = of_row(examples[i]);
        learnt.codes.insert(learnt.codes.end(), row.begin(), row.end());
        learnt.classes.push_back(classes[i]);
    }
    const RandomForest forest = RandomForest::fit(
        learnt, class_count,
        {.trees = options.trees, .examples_a_leaf = 1, .seed = options.seed, .threads = options.threads},
        context);
    SortedRows sorted;
    sorted.out_of_bag = forest.out_of_bag();
    sorted.classes.resize(rows.rows);
    sorted.certainty.resize(rows.rows);
    for (std::size_t row = 0; row < rows.rows; ++row) {
        if (row % 1024 == 0)
            context.throw_if_cancelled();
        const std::vector<double> probability = forest.probabilities(of_row(row));
        const auto best = std::ranges::max_element(probability);
        double second = 0;
        for (auto other = probability.begin(); other != probability.end(); ++other)
            if (other != best)
                second = std::max(second, *other);
        sorted.classes[row] = static_cast<std::uint8_t>(best - probability.begin());
        sorted.certainty[row] = static_cast<float>(*best - second);
    }
    for (std::size_t column = 0; column < rows.columns; ++column)
        sorted.importances.emplace_back(rows.names[column], forest.importances()[column]);
    std::ranges::stable_sort(sorted.importances, std::ranges::greater{},
                             [](const auto& one) { return one.second; });
    return sorted;
}

} // namespace eyepiece::label
