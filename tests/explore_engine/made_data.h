// SPDX-License-Identifier: GPL-3.0-or-later
// Data made by the tests themselves, the same on every machine; make_peers.py makes made_numbers() too.
#pragma once
#include "core/base/error.h"
#include "core/base/job.h"
#include "core/learning/matrix.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace eyepiece::testing {

struct Made {
    std::vector<float> values;
    std::int64_t rows = 0, columns = 0;
    std::vector<std::int32_t> classes = {};
    MatrixView view() const { return {values, rows, columns}; }
};

// Uniform in [-0.5, 0.5), of 24 bits: exact in a float, and in other languages.
class Numbers {
public:
    explicit Numbers(std::uint64_t seed) : state_(seed) {}
    double next() {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<double>(state_ >> 40) / 16777216.0 - 0.5;
    }
    double normal() { // near enough: a sum of twelve
        double sum = 0;
        for (int i = 0; i < 12; ++i)
            sum += next();
        return sum;
    }

private:
    std::uint64_t state_;
};

// Columns of rising spread, all correlated with the first.
inline Made made_numbers(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
    Made made;
    made.rows = rows;
    made.columns = columns;
    Numbers numbers(seed);
    for (std::int64_t i = 0; i < rows; ++i) {
        double first = 0;
        for (std::int64_t j = 0; j < columns; ++j) {
            const double value = numbers.next();
            if (j == 0)
                first = value;
            made.values.push_back(static_cast<float>(value * static_cast<double>(j % 7 + 1) + 2 * first));
        }
    }
    return made;
}

inline SparseMatrix sparse_of(const Made& made) {
    SparseMatrix matrix;
    matrix.rows = static_cast<std::size_t>(made.rows);
    matrix.columns = static_cast<std::size_t>(made.columns);
    for (std::size_t i = 0; i < matrix.rows; ++i) {
        for (std::size_t j = 0; j < matrix.columns; ++j)
            if (const float value = made.values[i * matrix.columns + j]; value != 0) {
                matrix.indices.push_back(static_cast<std::uint32_t>(j));
                matrix.values.push_back(value);
            }
        matrix.starts.push_back(matrix.values.size());
    }
    return matrix;
}

// Round clusters of deviation 1, whose centres lie `apart` from the middle along directions of their own.
inline Made made_clusters(std::int64_t rows, std::int64_t columns, int clusters, double apart,
                          std::uint64_t seed) {
    Made made;
    made.rows = rows;
    made.columns = columns;
    Numbers numbers(seed);
    std::vector<double> centres;
    for (int c = 0; c < clusters; ++c) {
        double square = 0;
        const std::size_t begin = centres.size();
        for (std::int64_t j = 0; j < columns; ++j) {
            centres.push_back(numbers.normal());
            square += centres.back() * centres.back();
        }
        for (std::size_t j = begin; j < centres.size(); ++j)
            centres[j] *= apart / std::sqrt(square);
    }
    for (std::int64_t i = 0; i < rows; ++i) {
        const auto c = static_cast<std::int32_t>(i % clusters);
        made.classes.push_back(c);
        for (std::int64_t j = 0; j < columns; ++j)
            made.values.push_back(
                static_cast<float>(centres[static_cast<std::size_t>(c * columns + j)] + numbers.normal()));
    }
    return made;
}

// Of the 10 nearest points of every seventh, how many are of the same class.
inline double same_class_share(const std::vector<float>& points, int dimensions,
                               const std::vector<std::int32_t>& classes) {
    const std::size_t rows = classes.size(), k = 10;
    std::size_t same = 0;
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < rows; i += 7) {
        order.clear();
        for (std::size_t j = 0; j < rows; ++j) {
            if (j == i)
                continue;
            double square = 0;
            for (int c = 0; c < dimensions; ++c) {
                const auto d = static_cast<std::size_t>(dimensions), at = static_cast<std::size_t>(c);
                square += std::pow(points[i * d + at] - points[j * d + at], 2);
            }
            order.emplace_back(square, j);
        }
        std::partial_sort(order.begin(), order.begin() + k, order.end());
        for (std::size_t j = 0; j < k; ++j)
            same += classes[order[j].second] == classes[i];
    }
    return static_cast<double>(same) / static_cast<double>((rows + 6) / 7 * k);
}

// The sentence with which work is refused for its input; empty when it is not.
template<class Work>
std::string refusal_of(const Work& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code() == ErrorCode::BadInput ? error.what() : "wrong code";
    }
    return "";
}

// Counts what it is told, and cancels or finishes early at a step.
class WatchingJob : public QuietJob {
public:
    int cancel_after = 1 << 30, finish_after = 1 << 30; // progress reports
    int reports = 0;
    std::vector<Json> partials;
    std::size_t last_bytes = 0;
    void progress(double fraction, std::string_view) override {
        last_fraction = fraction;
        ++reports;
        if (reports >= cancel_after)
            cancel = true;
        if (reports >= finish_after)
            finish_early = true;
    }
    void partial(const Json& head, std::span<const std::byte> bytes) override {
        partials.push_back(head);
        last_bytes = bytes.size();
    }
    double last_fraction = 0;
};

} // namespace eyepiece::testing
