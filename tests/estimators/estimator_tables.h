// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/random.h"
#include "plugins/estimators/engine/estimators.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

namespace eyepiece::testing {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

// A table that owns itself.
struct SmallTable {
    std::vector<FeatureColumn> columns;
    std::vector<float> features; // (rows, columns)
    int classes = 0;
    std::vector<std::int32_t> labels, groups;
    std::vector<double> values;

    std::int64_t rows() const { return static_cast<std::int64_t>(features.size() / columns.size()); }
    MatrixView view() const { return {features, rows(), static_cast<std::int64_t>(columns.size()), nullptr}; }
    EstimatorData data() const {
        return {.features = view(),
                .columns = columns,
                .classes = classes,
                .labels = labels,
                .values = values,
                .groups = groups};
    }
};

inline double normal(Random& random) {
    double sum = -6;
    for (int i = 0; i < 12; ++i)
        sum += random.uniform();
    return sum;
}

// The first two of `width` columns decide between the classes, which lie `apart` standard deviations; the
// others are noise.
inline SmallTable class_table(int rows, int classes, int width, double apart, std::uint64_t seed) {
    SmallTable table;
    Random random(seed);
    table.classes = classes;
    for (int c = 0; c < width; ++c)
        table.columns.push_back({"c" + std::to_string(c), {}});
    for (int i = 0; i < rows; ++i) {
        const int label = i % classes;
        table.labels.push_back(label);
        const double angle = 6.283185307179586 * label / classes;
        for (int c = 0; c < width; ++c)
            table.features.push_back(static_cast<float>(normal(random) + (c == 0   ? apart * std::cos(angle)
                                                                          : c == 1 ? apart * std::sin(angle)
                                                                                   : 0)));
    }
    return table;
}

// 3 a - 2 b + noise; the other columns have no part in it.
inline SmallTable value_table(int rows, int width, double noise, std::uint64_t seed) {
    SmallTable table;
    Random random(seed);
    for (int c = 0; c < width; ++c)
        table.columns.push_back({"c" + std::to_string(c), {}});
    for (int i = 0; i < rows; ++i) {
        for (int c = 0; c < width; ++c)
            table.features.push_back(static_cast<float>(normal(random)));
        const float* const row = &table.features[static_cast<std::size_t>(i * width)];
        table.values.push_back(3 * row[0] - 2 * row[1] + noise * normal(random));
    }
    return table;
}

inline Json fixtures() {
    std::ifstream file(FIXTURES);
    return Json::parse(file);
}

// Rows [0, train) and [train, end) of a fixture.
inline std::pair<SmallTable, SmallTable> split_fixture(const Json& fixture, int classes) {
    SmallTable sides[2];
    const auto width = fixture.at("columns").get<std::size_t>(),
               train = fixture.at("train").get<std::size_t>();
    const auto x = fixture.at("x").get<std::vector<double>>();
    const auto y = fixture.at("y").get<std::vector<double>>();
    for (std::size_t i = 0; i < y.size(); ++i) {
        SmallTable& side = sides[i < train ? 0 : 1];
        for (std::size_t c = 0; c < width; ++c)
            side.features.push_back(static_cast<float>(x[i * width + c]));
        if (classes > 0)
            side.labels.push_back(static_cast<std::int32_t>(y[i]));
        else
            side.values.push_back(y[i]);
    }
    for (SmallTable& side : sides) {
        side.classes = classes;
        for (std::size_t c = 0; c < width; ++c)
            side.columns.push_back({"c" + std::to_string(c), {}});
    }
    return {sides[0], sides[1]};
}

struct Estimators {
    Registry<Estimator> registry{"estimator"};
    Estimators() { estimators::register_estimators(registry); }
    Json parameters(const std::string& name, const Json& given = Json::object()) const {
        return registry.at(name).parameters.complete(given);
    }
    std::unique_ptr<FittedEstimator> fit(const std::string& name, const SmallTable& table,
                                         const Json& given = Json::object(), int threads = 1) const {
        QuietJob job;
        return registry.make(name)->fit({table.data(), parameters(name, given), 1, threads}, job);
    }
};

inline std::vector<double> predict(const FittedEstimator& fitted, const SmallTable& table, int threads = 1) {
    QuietJob job;
    return fitted.predict(table.view(), threads, job);
}

// The share of rows whose class has the largest of the predicted (rows, classes).
inline double accuracy(const std::vector<double>& predicted, const SmallTable& table) {
    const auto width = static_cast<std::size_t>(table.classes);
    double right = 0;
    for (std::size_t i = 0; i < table.labels.size(); ++i) {
        const auto row = predicted.begin() + static_cast<std::ptrdiff_t>(i * width);
        right += std::max_element(row, row + static_cast<std::ptrdiff_t>(width)) - row == table.labels[i];
    }
    return right / static_cast<double>(table.labels.size());
}

} // namespace eyepiece::testing
