// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/principal_coordinates.h"

#include "core/data/table.h"
#include "core/learning/parallel.h"
#include "plugins/explore/engine/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace eyepiece::explore {
namespace {

constexpr double negligible = 1e-6; // of the largest eigenvalue: what rounding in float leaves

class FittedCoordinates final : public FittedEmbedding {
public:
    FittedCoordinates(PrincipalCoordinates coordinates, std::int64_t columns, Likeness likeness, Json notes)
        : coordinates_(std::move(coordinates)), columns_(columns), likeness_(std::move(likeness)) {
        points_ = coordinates_.points();
        dimensions_ = coordinates_.dimensions();
        notes_ = std::move(notes);
        notes_["eigenvalues"] = coordinates_.eigenvalues();
    }
    std::vector<float> place(MatrixView rows, int threads, JobContext& context) const override {
        expect_columns(rows, columns_);
        const auto wide = static_cast<std::size_t>(dimensions_),
                   side = static_cast<std::size_t>(coordinates_.rows());
        std::vector<float> points(static_cast<std::size_t>(rows.rows) * wide);
        constexpr std::int64_t at_once = 512; // so that many new rows need little memory
        for (std::int64_t from = 0; from < rows.rows; from += at_once) {
            context.throw_if_cancelled();
            const std::int64_t count = std::min(at_once, rows.rows - from);
            const MatrixView some{rows.values.subspan(static_cast<std::size_t>(from * rows.columns),
                                                      static_cast<std::size_t>(count * rows.columns)),
                                  count, rows.columns};
            const std::vector<float> alike = likeness_(some, coordinates_, threads, context);
            for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
                coordinates_.place(
                    std::span(alike).subspan(i * side, side),
                    std::span(points).subspan((static_cast<std::size_t>(from) + i) * wide, wide));
        }
        return points;
    }

private:
    PrincipalCoordinates coordinates_;
    std::int64_t columns_;
    Likeness likeness_;
};

} // namespace

void check_square(std::int64_t rows, int dimensions) {
    if (rows < 2)
        throw Error(ErrorCode::BadInput,
                    "One row cannot be compared with another: this method needs at least two. Add rows, or "
                    "leave out fewer.");
    if (dimensions >= rows)
        throw Error(ErrorCode::BadInput, std::to_string(rows) + " rows have at most " +
                                             std::to_string(rows - 1) + " dimensions: fewer than the " +
                                             std::to_string(dimensions) + " asked for. Choose at most " +
                                             std::to_string(rows - 1) + ".");
    const double bytes = static_cast<double>(rows) * static_cast<double>(rows) * sizeof(float);
    const auto free = static_cast<double>(free_memory());
    if (bytes > free / 2)
        throw Error(ErrorCode::Memory,
                    "This method compares all rows with one another, which for " + std::to_string(rows) +
                        " takes " + std::to_string(static_cast<std::int64_t>(bytes / (1 << 20))) +
                        " MB, more than half of the free memory. Take at most " +
                        std::to_string(static_cast<std::int64_t>(std::sqrt(free / 2 / sizeof(float)))) +
                        " rows with the step subsample, or choose PCA or UMAP.");
}

std::vector<float> distances_between(MatrixView a, MatrixView b, Metric metric, int threads,
                                     JobContext& context) {
    std::vector<float> distances(static_cast<std::size_t>(a.rows * b.rows));
    const Panels panels(b);
    const Tile tile = tile_of(metric);
    for_rows(a.rows, 32, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        std::vector<float> four(static_cast<std::size_t>(4 * a.columns));
        float out[4 * Panels::width];
        for (std::int64_t i = from; i < to; i += 4) {
            const std::int64_t count = std::min<std::int64_t>(4, to - i);
            std::copy_n(a.values.begin() + i * a.columns, count * a.columns, four.begin());
            for (std::int64_t p = 0; p < panels.panels(); ++p) {
                tile(four.data(), a.columns, panels.panel(p), a.columns, out);
                const std::int64_t wide = std::min<std::int64_t>(Panels::width, b.rows - p * Panels::width);
                for (std::int64_t r = 0; r < count; ++r)
                    for (std::int64_t j = 0; j < wide; ++j)
                        distances[static_cast<std::size_t>((i + r) * b.rows + p * Panels::width + j)] =
                            true_distance(out[r * Panels::width + j], metric);
            }
        }
    });
    return distances;
}

PrincipalCoordinates::PrincipalCoordinates(std::vector<float> alike, std::int64_t rows, int dimensions,
                                           std::uint64_t seed, int threads, JobContext& context)
    : alike_(std::move(alike)), mean_(static_cast<std::size_t>(rows)), rows_(rows), dimensions_(dimensions) {
    const auto side = static_cast<std::size_t>(rows);
    double trace = 0;
    for (std::size_t i = 0; i < side; ++i) {
        for (std::size_t j = 0; j < side; ++j)
            mean_[i] += alike_[i * side + j];
        mean_[i] /= static_cast<double>(rows);
        trace += alike_[i * side + i];
    }
    total_ = trace - std::accumulate(mean_.begin(), mean_.end(), 0.0);
    // Centred without a second matrix: (I - 1 1'/n) A (I - 1 1'/n) x takes the mean off x before and off the
    // product after.
    const auto product = [&](std::span<const double> in, std::int64_t width, std::span<double> out) {
        std::vector<double> centred(in.size());
        for (std::int64_t c = 0; c < width; ++c) {
            const auto vector = in.subspan(static_cast<std::size_t>(c) * side, side);
            const double mean =
                std::accumulate(vector.begin(), vector.end(), 0.0) / static_cast<double>(rows);
            for (std::size_t j = 0; j < side; ++j)
                centred[static_cast<std::size_t>(c) * side + j] = vector[j] - mean;
        }
        multiply_square(alike_, rows, centred, width, out, threads, context);
        for (std::int64_t c = 0; c < width; ++c) {
            const auto vector = out.subspan(static_cast<std::size_t>(c) * side, side);
            const double mean =
                std::accumulate(vector.begin(), vector.end(), 0.0) / static_cast<double>(rows);
            for (double& value : vector)
                value -= mean;
        }
    };
    Eigenpairs found = largest_eigenpairs(rows, dimensions, product, 1e-5, seed, context);
    if (!found.converged)
        context.warn("The coordinates are not exact: eigenvalues lie so near to each other that their "
                     "search was ended.");
    values_ = std::move(found.values);
    vectors_ = std::move(found.vectors);
    double size = 0;
    for (const float value : alike_)
        size = std::max(size, static_cast<double>(std::abs(value)));
    if (!(values_.front() > negligible * size))
        throw Error(ErrorCode::BadInput,
                    "All rows are the same to this method: there is nothing to lay out. Check the data.");
    for (std::size_t c = 0; c < values_.size(); ++c) {
        const auto vector = std::span(vectors_).subspan(c * side, side);
        double largest = 0;
        for (const double value : vector)
            if (std::abs(value) > std::abs(largest) * (1 + 1e-9))
                largest = value;
        if (largest < 0)
            for (double& value : vector)
                value = -value;
    }
}

std::vector<float> PrincipalCoordinates::points() const {
    const auto wide = static_cast<std::size_t>(dimensions_), side = static_cast<std::size_t>(rows_);
    std::vector<float> points(side * wide);
    for (std::size_t c = 0; c < wide; ++c) {
        const double length = values_[c] > negligible * values_[0] ? std::sqrt(values_[c]) : 0;
        for (std::size_t i = 0; i < side; ++i)
            points[i * wide + c] = static_cast<float>(length * vectors_[c * side + i]);
    }
    return points;
}

void PrincipalCoordinates::place(std::span<const float> alike, std::span<float> point) const {
    const auto side = static_cast<std::size_t>(rows_);
    for (std::size_t c = 0; c < point.size(); ++c) {
        double sum = 0; // each vector sums to zero: what is the same for all rows cancels
        for (std::size_t j = 0; j < side; ++j)
            sum += (alike[j] - mean_[j]) * vectors_[c * side + j];
        point[c] = values_[c] > negligible * values_[0] ? static_cast<float>(sum / std::sqrt(values_[c])) : 0;
    }
}

std::unique_ptr<FittedEmbedding> fitted_coordinates(PrincipalCoordinates coordinates, std::int64_t columns,
                                                    Likeness likeness, Json notes) {
    return std::make_unique<FittedCoordinates>(std::move(coordinates), columns, std::move(likeness),
                                               std::move(notes));
}

} // namespace eyepiece::explore
