// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/table.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eyepiece::label {

struct SortingOptions {
    int trees = 200;
    std::uint64_t seed = 0;
    int threads = 1; // the result does not depend on it
};

struct SortedRows {
    std::vector<std::uint8_t> classes;                       // index of the likeliest class of each row
    std::vector<float> certainty;                            // its probability less the second's, 0 to 1
    double out_of_bag = -1;                                  // as RandomForest has it
    std::vector<std::pair<std::string, double>> importances; // of the columns, falling
};

// Tells the class of every row from those of a few, with a random forest: `examples` are rows, `classes` the
// index of each one's class, below `class_count`. Only the order of a column's values counts; a missing value
// is a value of its own. Throws Error(BadInput) when fewer than two classes have an example,
// Error(Cancelled).
SortedRows sort_rows(const NumericMatrix& rows, std::span<const std::size_t> examples,
                     std::span<const std::uint8_t> classes, int class_count, const SortingOptions& options,
                     const JobContext& context);

} // namespace eyepiece::label
