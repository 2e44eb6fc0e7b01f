// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/matrix.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace eyepiece::explore {

// How far two rows are from each other. Cosine and correlation are Euclidean between prepared rows.
enum class Metric { Euclidean, Manhattan, Chebyshev, Cosine, Correlation };
Metric metric_from(const std::string& name); // throws Error(BadInput)
const std::vector<std::string>& metric_names();

// Rows as the kernels want them: for cosine of length one, for correlation centred first. Throws
// Error(BadInput) naming the row when it has no direction (all zero, or constant).
std::vector<float> prepared_rows(MatrixView data, Metric metric);

// Rows packed for the kernels: panels of 32 rows, in each of them dimension after dimension.
class Panels {
public:
    static constexpr int width = 32;
    Panels() = default;
    // Rows in the order of `which`, or all of them when it is empty.
    Panels(MatrixView data, std::span<const std::int32_t> which = {});
    std::int64_t count() const { return count_; }
    std::int64_t panels() const { return (count_ + width - 1) / width; }
    const float* panel(std::int64_t index) const { return values_.data() + index * width * dimensions_; }

private:
    std::int64_t count_ = 0, dimensions_ = 0;
    std::vector<float> values_;
};

// The comparable distances (squared for the Euclidean family) of four rows, `stride` apart, to the 32 of a
// panel: out[4][32].
using Tile = void (*)(const float* rows, std::int64_t stride, const float* panel, std::int64_t dimensions,
                      float* out);
Tile tile_of(Metric metric);

// From a comparable distance to the metric's own.
float true_distance(float comparable, Metric metric);

// The nearest of the panels' rows for each row of data: its index and comparable distance. Ties take the
// first.
void nearest_row(MatrixView data, const Panels& panels, Metric metric, int threads,
                 std::span<std::int32_t> index, std::span<float> distance);

} // namespace eyepiece::explore
