// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/statistics.h"

#include "core/data/dates.h"
#include "core/data/parallel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace eyepiece {
namespace {

constexpr std::size_t most_frequent = 50;

// Doubles in an order in which unsigned numbers rise.
std::uint64_t key_of(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    return bits & 0x8000000000000000ull ? ~bits : bits | 0x8000000000000000ull;
}
double value_of(std::uint64_t key) {
    return std::bit_cast<double>(key & 0x8000000000000000ull ? key & 0x7FFFFFFFFFFFFFFFull : ~key);
}

// Everything that follows from the sorted values.
void describe_sorted(const std::vector<double>& sorted, std::size_t bins, ColumnStatistics& result) {
    result.count = sorted.size();
    if (sorted.empty())
        return;
    result.minimum = sorted.front();
    result.maximum = sorted.back();
    result.lower_quartile = quantile(sorted, 0.25);
    result.median = quantile(sorted, 0.5);
    result.upper_quartile = quantile(sorted, 0.75);
    auto first = sorted.begin(), last = sorted.end();
    while (first != last && std::isinf(*first))
        ++first;
    while (last != first && std::isinf(last[-1]))
        --last;
    const auto finite = static_cast<std::size_t>(last - first);
    result.infinite = sorted.size() - finite;
    result.distinct = 1;
    for (std::size_t i = 1; i < sorted.size(); ++i)
        result.distinct += sorted[i] != sorted[i - 1];
    if (finite == 0)
        return;
    // About the first value, so that large offsets (dates, identifiers) cost no digits.
    const double origin = *first;
    double sum = 0, squares = 0;
    for (auto it = first; it != last; ++it)
        sum += *it - origin;
    const double mean = sum / static_cast<double>(finite);
    result.mean = origin + mean;
    for (auto it = first; it != last; ++it)
        squares += (*it - origin - mean) * (*it - origin - mean);
    result.sd = finite > 1 ? std::sqrt(squares / static_cast<double>(finite - 1)) : 0;
    result.histogram.low = *first;
    result.histogram.high = last[-1];
    const double span = result.histogram.high - result.histogram.low;
    if (!(span > 0) || !std::isfinite(span)) {
        result.histogram.counts = {finite};
        return;
    }
    result.histogram.counts.assign(std::max<std::size_t>(bins, 1), 0);
    const auto top = result.histogram.counts.size() - 1;
    for (auto it = first; it != last; ++it) {
        const double place = (*it - result.histogram.low) / span * static_cast<double>(top + 1);
        ++result.histogram.counts[std::min(static_cast<std::size_t>(place), top)];
    }
}

void keep_frequent(std::vector<std::pair<std::string, std::size_t>> all, ColumnStatistics& result) {
    result.distinct = all.size();
    const auto order = [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    };
    const std::size_t kept = std::min(all.size(), most_frequent);
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(), order);
    all.resize(kept);
    result.frequent = std::move(all);
}

void describe_words(const Column& column, ColumnStatistics& result) {
    std::vector<std::pair<std::string, std::size_t>> all;
    if (column.type() == ColumnType::Categorical) {
        const auto& codes = std::get<std::vector<std::int32_t>>(column.values());
        std::vector<std::size_t> counts(column.categories().size());
        for (const std::int32_t code : codes)
            if (code >= 0)
                ++counts[static_cast<std::size_t>(code)];
        for (std::size_t i = 0; i < counts.size(); ++i)
            if (counts[i] > 0)
                all.emplace_back(column.categories()[i], counts[i]);
    } else {
        std::unordered_map<std::string_view, std::size_t> counts;
        for (std::size_t row = 0; row < column.size(); ++row)
            if (!column.missing(row))
                ++counts[column.view(row)];
        for (const auto& [text, count] : counts)
            all.emplace_back(text, count);
    }
    result.count = column.size() - column.missing_count();
    keep_frequent(std::move(all), result);
}

} // namespace

void sort_numbers(std::vector<double>& values) {
    if (values.size() < 2048) {
        std::sort(values.begin(), values.end());
        return;
    }
    // Radix sort by eleven bits at a time. Bits that all share are passed over: whole numbers and floats need
    // few passes.
    constexpr unsigned digit = 11, radix = 1 << digit;
    std::vector<std::uint64_t> keys(values.size()), other(values.size());
    std::uint64_t all = ~std::uint64_t{0}, any = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        keys[i] = key_of(values[i] == 0 ? 0.0 : values[i]); // -0 is 0
        all &= keys[i];
        any |= keys[i];
    }
    const std::uint64_t varying = any & ~all;
    for (unsigned shift = 0; shift < 64; shift += digit) {
        if (((varying >> shift) & (radix - 1)) == 0)
            continue;
        std::array<std::size_t, radix> starts{};
        for (const std::uint64_t key : keys)
            ++starts[(key >> shift) & (radix - 1)];
        std::size_t sum = 0;
        for (std::size_t& start : starts)
            sum += std::exchange(start, sum);
        for (const std::uint64_t key : keys)
            other[starts[(key >> shift) & (radix - 1)]++] = key;
        keys.swap(other);
    }
    std::transform(keys.begin(), keys.end(), values.begin(), value_of);
}

double quantile(const std::vector<double>& sorted, double fraction) {
    if (sorted.empty())
        return std::nan("");
    const double place = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    if (sorted[below] == sorted[above]) // also of infinite ones
        return sorted[below];
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

ColumnStatistics statistics(const Column& column, std::size_t bins) {
    ColumnStatistics result;
    result.missing = column.missing_count();
    if (column.type() == ColumnType::Text || column.type() == ColumnType::Categorical) {
        describe_words(column, result);
        return result;
    }
    std::vector<double> values(column.size());
    column.numbers(0, values);
    if (column.missing_count() > 0)
        std::erase_if(values, [](double value) { return std::isnan(value); });
    sort_numbers(values);
    describe_sorted(values, bins, result);
    if (column.type() == ColumnType::Boolean) {
        const auto yes =
            static_cast<std::size_t>(values.end() - std::upper_bound(values.begin(), values.end(), 0.5));
        std::vector<std::pair<std::string, std::size_t>> all;
        if (yes > 0)
            all.emplace_back("true", yes);
        if (yes < values.size())
            all.emplace_back("false", values.size() - yes);
        keep_frequent(std::move(all), result);
    }
    return result;
}

ColumnStatistics sparse_statistics(std::span<const float> stored, std::size_t zeros, std::size_t bins) {
    // Zeros are put in at their place in the order; only in this one column's list.
    std::vector<double> values(stored.begin(), stored.end());
    const std::size_t before = values.size();
    std::erase_if(values, [](double value) { return std::isnan(value); });
    ColumnStatistics result;
    result.missing = before - values.size();
    sort_numbers(values);
    values.insert(std::lower_bound(values.begin(), values.end(), 0.0), zeros, 0.0);
    describe_sorted(values, bins, result);
    return result;
}

std::vector<ColumnStatistics> statistics(const Table& table, std::size_t bins) {
    const std::size_t dense = table.dense().size();
    std::vector<ColumnStatistics> result(table.columns());
    parallel_for(dense, [&](std::size_t i) { result[i] = statistics(table.dense()[i], bins); });
    if (const SparseMatrix* sparse = table.sparse()) {
        const SparseMatrix columns = sparse->transposed();
        parallel_for(columns.rows, [&](std::size_t i) {
            const auto stored = columns.row_values(i);
            result[dense + i] = sparse_statistics(stored, columns.columns - stored.size(), bins);
        });
    }
    return result;
}

Json to_json(const ColumnStatistics& statistics, ColumnType type) {
    Json json{
        {"count", statistics.count}, {"missing", statistics.missing}, {"distinct", statistics.distinct}};
    const bool words = type == ColumnType::Text || type == ColumnType::Categorical;
    if (!words && statistics.count > 0) {
        const auto shown = [&](double value) -> Json {
            if (type == ColumnType::Date)
                return format_date(static_cast<std::int64_t>(std::llround(value * 1e6)));
            if (!std::isfinite(value)) // JSON has no such numbers
                return value > 0 ? "inf" : "-inf";
            return value;
        };
        json["mean"] = shown(statistics.mean);
        json["sd"] = statistics.sd;
        json["minimum"] = shown(statistics.minimum);
        json["lower_quartile"] = shown(statistics.lower_quartile);
        json["median"] = shown(statistics.median);
        json["upper_quartile"] = shown(statistics.upper_quartile);
        json["maximum"] = shown(statistics.maximum);
        json["infinite"] = statistics.infinite;
        json["histogram"] = {{"low", shown(statistics.histogram.low)},
                             {"high", shown(statistics.histogram.high)},
                             {"counts", statistics.histogram.counts}};
    }
    if (!statistics.frequent.empty()) {
        Json list = Json::array();
        for (const auto& [text, count] : statistics.frequent)
            list.push_back({{"value", text}, {"count", count}});
        json["frequent"] = std::move(list);
    }
    return json;
}

} // namespace eyepiece
