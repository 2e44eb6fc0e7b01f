// SPDX-License-Identifier: GPL-3.0-or-later
// What rows are like, next to each other.
#include "core/data/parallel.h"
#include "core/data/quality.h"
#include "core/data/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <unordered_map>

namespace eyepiece {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

// Median, and the interquartile range as a standard deviation.
std::pair<double, double> middle_and_spread(std::vector<double> values) {
    if (values.empty())
        return {0, 0};
    sort_numbers(values);
    return {quantile(values, 0.5), (quantile(values, 0.75) - quantile(values, 0.25)) / 1.349};
}

// How far the quartiles lie off the middle, from -1 to 1 (Bowley).
double skewness(std::vector<double> values) {
    sort_numbers(values);
    const double low = quantile(values, 0.05), middle = quantile(values, 0.5), high = quantile(values, 0.95);
    return high > low ? (high + low - 2 * middle) / (high - low) : 0;
}

float squared_distance(std::span<const float> a, std::span<const float> b) {
    float sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

// Drawn without replacement, in rising order; the same on every platform.
std::vector<std::size_t> some_rows(std::size_t rows, std::size_t most, std::uint64_t seed) {
    std::vector<std::size_t> all(rows);
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (rows <= most)
        return all;
    std::mt19937_64 engine(seed);
    for (std::size_t i = 0; i < most; ++i)
        std::swap(all[i], all[i + engine() % (rows - i)]);
    all.resize(most);
    std::sort(all.begin(), all.end());
    return all;
}

// A number for each different value of the column; missing is a value too.
std::vector<std::uint32_t> value_numbers(const Column& column) {
    std::vector<std::uint32_t> numbers(column.size());
    std::unordered_map<std::string, std::uint32_t> texts;
    std::unordered_map<double, std::uint32_t> values;
    const bool text = column.type() == ColumnType::Text;
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (column.missing(row))
            numbers[row] = 0;
        else if (text)
            numbers[row] =
                texts.try_emplace(std::string(column.view(row)), static_cast<std::uint32_t>(texts.size() + 1))
                    .first->second;
        else
            numbers[row] =
                values.try_emplace(column.number(row), static_cast<std::uint32_t>(values.size() + 1))
                    .first->second;
    }
    return numbers;
}

std::string counted(std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

} // namespace

RobustMatrix robust_matrix(const Table& table, std::span<const std::size_t> columns) {
    RobustMatrix matrix;
    matrix.rows = table.rows();
    std::vector<std::vector<float>> kept;
    for (const std::size_t place : columns) {
        const ColumnType type = table.type(place);
        if (type == ColumnType::Text || type == ColumnType::Categorical || type == ColumnType::Date)
            continue;
        const Column column = table.column(place);
        std::vector<double> there;
        for (std::size_t row = 0; row < column.size(); ++row)
            if (const double value = column.number(row); std::isfinite(value))
                there.push_back(value);
        std::vector<double> sorted = there;
        sort_numbers(sorted);
        const auto distinct =
            static_cast<std::size_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
        if (distinct < 2)
            continue;
        const bool continuous = distinct * 10 > column.size();
        bool logarithm = false;
        if (continuous && *std::min_element(there.begin(), there.end()) > 0) {
            std::vector<double> logs;
            for (const double value : there)
                logs.push_back(std::log(value));
            logarithm = std::abs(skewness(logs)) + 0.1 < std::abs(skewness(there));
            if (logarithm)
                there = std::move(logs);
        }
        auto [middle, spread] = middle_and_spread(there);
        if (spread <= 0) { // most values are one and the same: their plain standard deviation
            double squares = 0;
            for (const double value : there)
                squares += (value - middle) * (value - middle);
            spread = std::sqrt(squares / static_cast<double>(there.size()));
        }
        std::vector<float> values(matrix.rows, 0.0F);
        for (std::size_t row = 0; row < matrix.rows; ++row)
            if (const double value = column.number(row); std::isfinite(value))
                values[row] = static_cast<float>(((logarithm ? std::log(value) : value) - middle) / spread);
        kept.push_back(std::move(values));
        matrix.names.push_back(column.name());
        matrix.continuous.push_back(continuous);
    }
    matrix.columns = kept.size();
    matrix.values.resize(matrix.rows * matrix.columns);
    for (std::size_t c = 0; c < kept.size(); ++c)
        for (std::size_t row = 0; row < matrix.rows; ++row)
            matrix.values[row * matrix.columns + c] = kept[c][row];
    return matrix;
}

std::vector<std::vector<std::size_t>> nearest_rows(const RobustMatrix& matrix,
                                                   std::span<const std::size_t> rows,
                                                   std::span<const std::size_t> among, std::size_t count,
                                                   JobContext& context) {
    std::vector<std::vector<std::size_t>> all;
    std::vector<std::pair<float, std::size_t>> near;
    for (const std::size_t row : rows) {
        context.throw_if_cancelled();
        near.clear();
        for (const std::size_t other : among)
            if (other != row)
                near.emplace_back(squared_distance(matrix.row(row), matrix.row(other)), other);
        const std::size_t some = std::min(count, near.size());
        std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(some), near.end());
        std::vector<std::size_t>& own = all.emplace_back();
        for (std::size_t i = 0; i < some; ++i)
            own.push_back(near[i].second);
    }
    return all;
}

std::vector<Finding> check_duplicates(const Table& table, std::span<const std::size_t> columns,
                                      std::optional<std::size_t> target, JobContext& context) {
    // Rows that are equal so far share a number; each column parts them further.
    std::vector<std::uint64_t> same(table.rows(), 0);
    bool continuous = false;
    for (const std::size_t place : columns) {
        context.throw_if_cancelled();
        const auto numbers = value_numbers(table.column(place));
        const auto most = numbers.empty() ? 0 : *std::max_element(numbers.begin(), numbers.end());
        continuous = continuous || std::size_t{most} * 10 > table.rows();
        std::unordered_map<std::uint64_t, std::uint64_t> next;
        for (std::size_t row = 0; row < same.size(); ++row)
            same[row] = next.try_emplace(same[row] << 32 | numbers[row], next.size()).first->second;
    }
    if (columns.empty())
        return {};
    std::map<std::uint64_t, std::vector<std::size_t>> groups;
    for (std::size_t row = 0; row < same.size(); ++row)
        groups[same[row]].push_back(row);
    std::vector<std::uint32_t> targets;
    if (target)
        targets = value_numbers(table.column(*target));
    Finding equal{"duplicates", continuous ? "warning" : "note", "", "", {}, {{"groups", Json::array()}}};
    Finding conflict{"conflicting-duplicates", "serious", "", "", {}, {{"groups", Json::array()}}};
    std::size_t extra = 0;
    for (const auto& [number, rows] : groups) {
        if (rows.size() < 2)
            continue;
        extra += rows.size() - 1;
        equal.rows.insert(equal.rows.end(), rows.begin(), rows.end());
        equal.figures["groups"].push_back(rows.size());
        if (target && std::any_of(rows.begin(), rows.end(),
                                  [&](std::size_t row) { return targets[row] != targets[rows.front()]; })) {
            conflict.rows.insert(conflict.rows.end(), rows.begin(), rows.end());
            conflict.figures["groups"].push_back(rows.size());
        }
    }
    std::vector<Finding> findings;
    if (!equal.rows.empty()) {
        equal.figures["extra"] = extra;
        equal.sentence =
            counted(extra, "row is", "rows are") + " equal to another one" +
            (continuous ? ": in training and test alike they make scores look better than they are."
                        : ", which columns with few different values bring about.");
        findings.push_back(std::move(equal));
    }
    if (!conflict.rows.empty()) {
        conflict.sentence = counted(conflict.rows.size(), "row is", "rows are") +
                            " equal to another one in all but \"" + table.name(*target) +
                            "\": no model can get both right.";
        conflict.column = table.name(*target);
        findings.push_back(std::move(conflict));
    }
    return findings;
}

std::vector<Finding> check_near_duplicates(const RobustMatrix& matrix, std::uint64_t seed,
                                           JobContext& context) {
    if (std::count(matrix.continuous.begin(), matrix.continuous.end(), true) < 3 || matrix.rows < 20)
        return {};
    const auto sample = some_rows(matrix.rows, 300, seed);
    std::vector<double> nearest(sample.size());
    parallel_for(sample.size(), [&](std::size_t i) {
        float least = std::numeric_limits<float>::infinity();
        for (std::size_t row = 0; row < matrix.rows; ++row)
            if (row != sample[i])
                if (const float d = squared_distance(matrix.row(sample[i]), matrix.row(row)); d > 0)
                    least = std::min(least, d);
        nearest[i] = std::sqrt(static_cast<double>(least));
    });
    context.throw_if_cancelled();
    const double usual = middle_and_spread(nearest).first;
    if (!std::isfinite(usual))
        return {};
    const auto near = static_cast<float>(usual / 100);
    // A direction of length 1: no two rows lie farther apart along it than they do at all.
    std::mt19937_64 engine(seed + 1);
    std::vector<double> line(matrix.columns);
    double length = 0;
    for (double& one : line) {
        one = static_cast<double>(engine() >> 11) * 0x1p-53 - 0.5;
        length += one * one;
    }
    std::vector<std::pair<double, std::size_t>> along(matrix.rows);
    for (std::size_t row = 0; row < matrix.rows; ++row) {
        double place = 0;
        for (std::size_t c = 0; c < matrix.columns; ++c)
            place += line[c] * matrix.row(row)[c];
        along[row] = {place / std::sqrt(length), row};
    }
    std::sort(along.begin(), along.end());
    std::map<std::size_t, double> rows; // and how near
    Json pairs = Json::array();
    for (std::size_t i = 0; i < along.size(); ++i) {
        if (i % 4096 == 0)
            context.throw_if_cancelled();
        for (std::size_t j = i + 1; j < along.size() && along[j].first - along[i].first <= near; ++j) {
            const std::size_t a = along[i].second, b = along[j].second;
            const float d = squared_distance(matrix.row(a), matrix.row(b));
            if (d > 0 && d < near * near) {
                const double distance = std::sqrt(static_cast<double>(d));
                for (const std::size_t row : {a, b}) {
                    double& nearest_one = rows.try_emplace(row, distance).first->second;
                    nearest_one = std::min(nearest_one, distance);
                }
                if (pairs.size() < 1000)
                    pairs.push_back({std::min(a, b), std::max(a, b)});
            }
        }
    }
    if (rows.empty())
        return {};
    Finding finding{
        "near-duplicates",
        "warning",
        counted(rows.size(), "row is", "rows are") +
            " next to equal to another one: copies with a little noise, or one thing measured twice. Keep "
            "them on one side of a split.",
        "",
        {},
        {{"pairs", std::move(pairs)}, {"usual_distance", usual}}};
    std::vector<std::pair<double, std::size_t>> order;
    for (const auto& [row, distance] : rows)
        order.emplace_back(distance, row);
    std::sort(order.begin(), order.end());
    for (const auto& [distance, row] : order)
        finding.rows.push_back(row);
    return {finding};
}

std::vector<Finding> check_outliers(const RobustMatrix& matrix, std::uint64_t seed, JobContext& context) {
    constexpr std::size_t neighbours = 5;
    if (matrix.columns == 0 || matrix.rows < 20)
        return {};
    // Single values far off, in columns that have a scale to be off.
    std::vector<double> worst(matrix.rows, 0.0);
    std::vector<std::size_t> column(matrix.rows, none);
    for (std::size_t c = 0; c < matrix.columns; ++c) {
        if (!matrix.continuous[c])
            continue;
        std::vector<std::size_t> far;
        for (std::size_t row = 0; row < matrix.rows; ++row)
            if (std::abs(matrix.row(row)[c]) > 8)
                far.push_back(row);
        if (far.size() * 50 > matrix.rows) // so many are no outliers but the column's own shape
            continue;
        for (const std::size_t row : far)
            if (std::abs(matrix.row(row)[c]) > worst[row])
                worst[row] = std::abs(matrix.row(row)[c]), column[row] = c;
    }
    // The long tail of one column alone is that column's shape.
    std::vector<float> clipped(matrix.values.size());
    std::transform(matrix.values.begin(), matrix.values.end(), clipped.begin(),
                   [](float value) { return std::clamp(value, -4.0F, 4.0F); });
    const auto clipped_row = [&](std::size_t row) {
        return std::span<const float>(clipped).subspan(row * matrix.columns, matrix.columns);
    };
    const auto reference = some_rows(matrix.rows, 1000, seed);
    std::vector<double> distance(matrix.rows);
    constexpr std::size_t block = 256;
    parallel_for((matrix.rows + block - 1) / block, [&](std::size_t part) {
        if (context.cancelled())
            return;
        std::vector<float> found(reference.size());
        for (std::size_t row = part * block; row < std::min(matrix.rows, (part + 1) * block); ++row) {
            for (std::size_t i = 0; i < reference.size(); ++i)
                found[i] = reference[i] == row
                               ? std::numeric_limits<float>::infinity()
                               : squared_distance(clipped_row(row), clipped_row(reference[i]));
            const auto at =
                found.begin() + static_cast<std::ptrdiff_t>(std::min(neighbours, found.size() - 1) - 1);
            std::nth_element(found.begin(), at, found.end());
            distance[row] = std::sqrt(static_cast<double>(*at));
        }
    });
    context.throw_if_cancelled();
    std::vector<double> logs;
    for (const double one : distance)
        if (one > 0)
            logs.push_back(std::log(one));
    const auto [middle, spread] = middle_and_spread(logs);
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t row = 0; row < matrix.rows; ++row) {
        const double off = distance[row] > 0 ? std::log(distance[row]) - middle : 0;
        const bool apart =
            spread > 0 && off > 5 * spread && off > std::log(3 + 9 / static_cast<double>(matrix.columns));
        if (apart || column[row] != none)
            order.emplace_back(-std::max(worst[row], apart ? std::exp(off) : 0), row);
    }
    if (order.empty())
        return {};
    std::sort(order.begin(), order.end());
    Finding finding{"outliers", order.size() * 100 > matrix.rows ? "serious" : "warning",
                    "",         "",
                    {},         {{"rows", Json::array()}}};
    for (const auto& [off, row] : order) {
        finding.rows.push_back(row);
        Json one{{"distance", distance[row] / std::exp(middle)}};
        if (column[row] != none) {
            one["column"] = matrix.names[column[row]];
            one["deviations"] = worst[row];
        }
        finding.figures["rows"].push_back(std::move(one));
    }
    const std::size_t first = finding.rows.front();
    finding.sentence = counted(order.size(), "row lies", "rows lie") + " far from all others" +
                       (column[first] != none ? ", the farthest by \"" + matrix.names[column[first]] + "\""
                                              : std::string()) +
                       ": mistakes of measurement, or the find itself.";
    if (column[first] != none)
        finding.column = matrix.names[column[first]];
    return {finding};
}

} // namespace eyepiece
