// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/distances.h"

#include "core/base/error.h"
#include "core/learning/parallel.h"
#include "core/learning/simd.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece::explore {
namespace {

// Differences rather than |x|^2 + |y|^2 - 2xy: the same speed where additions have units of their own, and no
// digits lost between rows that are close.
EYEPIECE_SIMD void squared_tile(const float* rows, std::int64_t stride, const float* panel,
                                std::int64_t dimensions, float* out) {
    Lanes sum[4][2] = {};
    for (std::int64_t k = 0; k < dimensions; ++k) {
        const Lanes low = *reinterpret_cast<const Lanes*>(panel + 32 * k);
        const Lanes high = *reinterpret_cast<const Lanes*>(panel + 32 * k + 16);
        for (int r = 0; r < 4; ++r) {
            const float x = rows[r * stride + k];
            const Lanes a = low - x, b = high - x;
            sum[r][0] += a * a;
            sum[r][1] += b * b;
        }
    }
    for (int r = 0; r < 4; ++r) {
        *reinterpret_cast<Lanes*>(out + 32 * r) = sum[r][0];
        *reinterpret_cast<Lanes*>(out + 32 * r + 16) = sum[r][1];
    }
}

EYEPIECE_SIMD void manhattan_tile(const float* rows, std::int64_t stride, const float* panel,
                                  std::int64_t dimensions, float* out) {
    Lanes sum[4][2] = {};
    for (std::int64_t k = 0; k < dimensions; ++k) {
        const Lanes low = *reinterpret_cast<const Lanes*>(panel + 32 * k);
        const Lanes high = *reinterpret_cast<const Lanes*>(panel + 32 * k + 16);
        for (int r = 0; r < 4; ++r) {
            const float x = rows[r * stride + k];
            const Lanes a = low - x, b = high - x;
            sum[r][0] += a < 0 ? -a : a;
            sum[r][1] += b < 0 ? -b : b;
        }
    }
    for (int r = 0; r < 4; ++r) {
        *reinterpret_cast<Lanes*>(out + 32 * r) = sum[r][0];
        *reinterpret_cast<Lanes*>(out + 32 * r + 16) = sum[r][1];
    }
}

EYEPIECE_SIMD void chebyshev_tile(const float* rows, std::int64_t stride, const float* panel,
                                  std::int64_t dimensions, float* out) {
    Lanes most[4][2] = {};
    for (std::int64_t k = 0; k < dimensions; ++k) {
        const Lanes low = *reinterpret_cast<const Lanes*>(panel + 32 * k);
        const Lanes high = *reinterpret_cast<const Lanes*>(panel + 32 * k + 16);
        for (int r = 0; r < 4; ++r) {
            const float x = rows[r * stride + k];
            Lanes a = low - x, b = high - x;
            a = a < 0 ? -a : a;
            b = b < 0 ? -b : b;
            most[r][0] = a > most[r][0] ? a : most[r][0];
            most[r][1] = b > most[r][1] ? b : most[r][1];
        }
    }
    for (int r = 0; r < 4; ++r) {
        *reinterpret_cast<Lanes*>(out + 32 * r) = most[r][0];
        *reinterpret_cast<Lanes*>(out + 32 * r + 16) = most[r][1];
    }
}

} // namespace

const std::vector<std::string>& metric_names() {
    static const std::vector<std::string> names{"euclidean", "manhattan", "chebyshev", "cosine",
                                                "correlation"};
    return names;
}

Metric metric_from(const std::string& name) {
    const auto& names = metric_names();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        throw Error(ErrorCode::BadInput, "There is no metric \"" + name + "\".");
    return static_cast<Metric>(found - names.begin());
}

std::vector<float> prepared_rows(MatrixView data, Metric metric) {
    std::vector<float> rows(data.values.begin(), data.values.end());
    if (metric != Metric::Cosine && metric != Metric::Correlation)
        return rows;
    for (std::int64_t i = 0; i < data.rows; ++i) {
        float* const row = rows.data() + i * data.columns;
        double mean = 0, square = 0;
        if (metric == Metric::Correlation) {
            for (std::int64_t j = 0; j < data.columns; ++j)
                mean += row[j];
            mean /= static_cast<double>(data.columns);
        }
        for (std::int64_t j = 0; j < data.columns; ++j)
            square += (row[j] - mean) * (row[j] - mean);
        if (!(square > 0))
            throw Error(
                ErrorCode::BadInput,
                "Row " + std::to_string(i + 1) +
                    (metric == Metric::Cosine ? " is all zero" : " is constant") +
                    " and has no direction to compare. Leave it out, or choose the Euclidean metric.");
        const double scale = 1 / std::sqrt(square);
        for (std::int64_t j = 0; j < data.columns; ++j)
            row[j] = static_cast<float>((row[j] - mean) * scale);
    }
    return rows;
}

Panels::Panels(MatrixView data, std::span<const std::int32_t> which)
    : count_(which.empty() ? data.rows : static_cast<std::int64_t>(which.size()))
    , dimensions_(data.columns)
    , values_(static_cast<std::size_t>((count_ + width - 1) / width * width * data.columns)) {
    for (std::int64_t i = 0; i < count_; ++i) {
        const std::int64_t row = which.empty() ? i : which[static_cast<std::size_t>(i)];
        const float* const from = data.values.data() + row * dimensions_;
        float* const to = values_.data() + i / width * width * dimensions_ + i % width;
        for (std::int64_t k = 0; k < dimensions_; ++k)
            to[k * width] = from[k];
    }
}

Tile tile_of(Metric metric) {
    switch (metric) {
    case Metric::Manhattan:
        return [](const float* rows, std::int64_t stride, const float* panel, std::int64_t dimensions,
                  float* out) { manhattan_tile(rows, stride, panel, dimensions, out); };
    case Metric::Chebyshev:
        return [](const float* rows, std::int64_t stride, const float* panel, std::int64_t dimensions,
                  float* out) { chebyshev_tile(rows, stride, panel, dimensions, out); };
    default:
        return [](const float* rows, std::int64_t stride, const float* panel, std::int64_t dimensions,
                  float* out) { squared_tile(rows, stride, panel, dimensions, out); };
    }
}

float true_distance(float comparable, Metric metric) {
    switch (metric) {
    case Metric::Euclidean:
        return std::sqrt(comparable);
    case Metric::Cosine:
    case Metric::Correlation:
        return comparable / 2; // |x-y|^2 = 2 - 2cos
    default:
        return comparable;
    }
}

void nearest_row(MatrixView data, const Panels& panels, Metric metric, int threads,
                 std::span<std::int32_t> index, std::span<float> distance) {
    const Tile tile = tile_of(metric);
    for_rows(data.rows, 256, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        std::vector<float> tail; // the last rows, filled up to four
        float out[4 * Panels::width];
        for (std::int64_t row = from; row < to; ++row)
            distance[static_cast<std::size_t>(row)] = std::numeric_limits<float>::infinity(),
            index[static_cast<std::size_t>(row)] = 0;
        for (std::int64_t p = 0; p < panels.panels(); ++p) {
            const int lanes =
                static_cast<int>(std::min<std::int64_t>(Panels::width, panels.count() - p * Panels::width));
            for (std::int64_t row = from; row < to; row += 4) {
                const float* rows = data.values.data() + row * data.columns;
                const int count = static_cast<int>(std::min<std::int64_t>(4, to - row));
                if (count < 4) {
                    tail.assign(static_cast<std::size_t>(4 * data.columns), 0);
                    std::copy(rows, rows + count * data.columns, tail.begin());
                    rows = tail.data();
                }
                tile(rows, data.columns, panels.panel(p), data.columns, out);
                for (int r = 0; r < count; ++r) {
                    float& best = distance[static_cast<std::size_t>(row + r)];
                    const float* const line = out + r * Panels::width;
                    float least = line[0];
                    for (int j = 1; j < lanes; ++j)
                        least = std::min(least, line[j]);
                    if (!(least < best))
                        continue;
                    best = least;
                    index[static_cast<std::size_t>(row + r)] = static_cast<std::int32_t>(
                        p * Panels::width + (std::find(line, line + lanes, least) - line));
                }
            }
        }
    });
}

} // namespace eyepiece::explore
