// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/clustering_scores.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

namespace eyepiece {
namespace {

std::vector<std::int64_t> sizes_of(std::span<const std::int32_t> labels) {
    std::vector<std::int64_t> sizes;
    for (const std::int32_t label : labels)
        if (label >= 0) {
            if (static_cast<std::size_t>(label) >= sizes.size())
                sizes.resize(static_cast<std::size_t>(label) + 1);
            ++sizes[static_cast<std::size_t>(label)];
        }
    return sizes;
}

std::size_t filled(const std::vector<std::int64_t>& sizes) {
    std::size_t count = 0;
    for (const std::int64_t size : sizes)
        count += size > 0;
    return count;
}

} // namespace

std::optional<double> silhouette(MatrixView data, std::span<const std::int32_t> labels,
                                 std::int64_t most_rows, std::uint64_t seed, int threads,
                                 JobContext& context) {
    const std::vector<std::int64_t> sizes = sizes_of(labels);
    if (filled(sizes) < 2)
        return std::nullopt;
    std::vector<std::int64_t> sample;
    for (std::int64_t i = 0; i < data.rows; ++i)
        if (labels[static_cast<std::size_t>(i)] >= 0)
            sample.push_back(i);
    if (static_cast<std::int64_t>(sample.size()) > most_rows) {
        Random random(mix_seed(seed, 0x51110));
        const auto order = random.permutation(sample.size());
        std::vector<std::int64_t> drawn;
        for (std::int64_t i = 0; i < most_rows; ++i)
            drawn.push_back(sample[order[static_cast<std::size_t>(i)]]);
        sample = std::move(drawn);
    }
    std::vector<double> values(sample.size());
    for_rows(static_cast<std::int64_t>(sample.size()), 8, threads,
             [&](std::int64_t from, std::int64_t to, std::int64_t) {
                 context.throw_if_cancelled();
                 std::vector<double> sum(sizes.size());
                 for (std::int64_t s = from; s < to; ++s) {
                     const std::int64_t own = sample[static_cast<std::size_t>(s)];
                     std::fill(sum.begin(), sum.end(), 0.0);
                     for (std::int64_t i = 0; i < data.rows; ++i)
                         if (const std::int32_t label = labels[static_cast<std::size_t>(i)]; label >= 0)
                             sum[static_cast<std::size_t>(label)] += std::sqrt(
                                 squared_distance(data.row(own).data(), data.row(i).data(), data.columns));
                     const auto mine = static_cast<std::size_t>(labels[static_cast<std::size_t>(own)]);
                     if (sizes[mine] == 1)
                         continue; // 0, as Rousseeuw has it
                     const double a = sum[mine] / static_cast<double>(sizes[mine] - 1);
                     double b = std::numeric_limits<double>::infinity();
                     for (std::size_t c = 0; c < sizes.size(); ++c)
                         if (c != mine && sizes[c] > 0)
                             b = std::min(b, sum[c] / static_cast<double>(sizes[c]));
                     values[static_cast<std::size_t>(s)] = std::max(a, b) > 0 ? (b - a) / std::max(a, b) : 0;
                 }
             });
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> davies_bouldin(MatrixView data, std::span<const std::int32_t> labels) {
    const std::vector<std::int64_t> sizes = sizes_of(labels);
    if (filled(sizes) < 2)
        return std::nullopt;
    const auto columns = static_cast<std::size_t>(data.columns);
    std::vector<double> centre(sizes.size() * columns), scatter(sizes.size());
    for (std::int64_t i = 0; i < data.rows; ++i)
        if (const std::int32_t label = labels[static_cast<std::size_t>(i)]; label >= 0)
            for (std::size_t j = 0; j < columns; ++j)
                centre[static_cast<std::size_t>(label) * columns + j] +=
                    data.row(i)[j] / static_cast<double>(sizes[static_cast<std::size_t>(label)]);
    for (std::int64_t i = 0; i < data.rows; ++i)
        if (const std::int32_t label = labels[static_cast<std::size_t>(i)]; label >= 0) {
            const auto c = static_cast<std::size_t>(label);
            double square = 0;
            for (std::size_t j = 0; j < columns; ++j)
                square += std::pow(data.row(i)[j] - centre[c * columns + j], 2);
            scatter[c] += std::sqrt(square) / static_cast<double>(sizes[c]);
        }
    double total = 0;
    for (std::size_t a = 0; a < sizes.size(); ++a) {
        if (sizes[a] == 0)
            continue;
        double worst = 0;
        for (std::size_t b = 0; b < sizes.size(); ++b) {
            if (b == a || sizes[b] == 0)
                continue;
            double square = 0;
            for (std::size_t j = 0; j < columns; ++j)
                square += std::pow(centre[a * columns + j] - centre[b * columns + j], 2);
            if (square > 0)
                worst = std::max(worst, (scatter[a] + scatter[b]) / std::sqrt(square));
        }
        total += worst;
    }
    return total / static_cast<double>(filled(sizes));
}

double adjusted_rand(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
    if (a.size() != b.size())
        throw Error(ErrorCode::Internal, "Two partitions of different rows were compared.");
    std::map<std::pair<std::int32_t, std::int32_t>, double> both;
    std::map<std::int32_t, double> of_a, of_b;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ++both[{a[i], b[i]}];
        ++of_a[a[i]];
        ++of_b[b[i]];
    }
    const auto pairs = [](double count) { return count * (count - 1) / 2; };
    double together = 0, in_a = 0, in_b = 0;
    for (const auto& [key, count] : both)
        together += pairs(count);
    for (const auto& [key, count] : of_a)
        in_a += pairs(count);
    for (const auto& [key, count] : of_b)
        in_b += pairs(count);
    const double all = pairs(static_cast<double>(a.size()));
    const double expected = all > 0 ? in_a * in_b / all : 0;
    const double most = (in_a + in_b) / 2;
    return most == expected ? 1 : (together - expected) / (most - expected);
}

} // namespace eyepiece
