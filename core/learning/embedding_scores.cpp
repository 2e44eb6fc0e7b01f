// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/embedding_scores.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

namespace eyepiece {
namespace {

void distances_from(const float* own, const float* rows, std::int64_t count, std::int64_t columns,
                    float* out) {
    for (std::int64_t i = 0; i < count; ++i)
        out[i] = squared_distance(own, rows + i * columns, columns);
}

// The same of sparse rows, of which `squares` are the squared lengths; own: the row, spread out.
void distances_from(const SparseMatrix& rows, const std::vector<double>& squares, std::int64_t own_row,
                    std::vector<float>& own, std::vector<float>& out) {
    const auto self = static_cast<std::size_t>(own_row);
    const auto indices = rows.row_indices(self);
    const auto values = rows.row_values(self);
    for (std::size_t i = 0; i < indices.size(); ++i)
        own[indices[i]] = values[i];
    for (std::size_t row = 0; row < rows.rows; ++row) {
        double product = 0;
        for (std::uint64_t i = rows.starts[row]; i < rows.starts[row + 1]; ++i)
            product += static_cast<double>(own[rows.indices[i]]) * rows.values[i];
        out[row] = static_cast<float>(std::max(0.0, squares[self] + squares[row] - 2 * product));
    }
    for (const std::uint32_t column : indices)
        own[column] = 0;
}

// The k nearest of one row, nearest first; ties in the order of rows. What is no farther than the k-th of
// those seen so far is noted down, and the bar lowered whenever the notes are full.
std::vector<std::int32_t> nearest(const std::vector<float>& distance, std::int64_t own, int k) {
    std::vector<std::int32_t> notes;
    const auto wanted = static_cast<std::size_t>(k), full = 4 * wanted + 64;
    notes.reserve(full);
    const auto before = [&](std::int32_t a, std::int32_t b) {
        const float x = distance[static_cast<std::size_t>(a)], y = distance[static_cast<std::size_t>(b)];
        return x != y ? x < y : a < b;
    };
    float bar = std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < distance.size(); ++i) {
        if (!(distance[i] <= bar) || static_cast<std::int64_t>(i) == own)
            continue;
        notes.push_back(static_cast<std::int32_t>(i));
        if (notes.size() == full) {
            std::nth_element(notes.begin(), notes.begin() + k - 1, notes.end(), before);
            notes.resize(wanted);
            bar = distance[static_cast<std::size_t>(notes.back())];
        }
    }
    std::sort(notes.begin(), notes.end(), before);
    notes.resize(std::min(notes.size(), wanted));
    return notes;
}

// Ranks, from 1, of some rows among all by distance from one: by sorting only what is asked for.
std::vector<std::int64_t> ranks(const std::vector<float>& distance, std::int64_t own,
                                const std::vector<std::int32_t>& asked) {
    std::vector<float> at;
    for (const std::int32_t i : asked)
        at.push_back(distance[static_cast<std::size_t>(i)]);
    std::vector<float> bars = at;
    std::sort(bars.begin(), bars.end());
    std::vector<std::int64_t> count(bars.size() + 1);
    const float last = bars.back();
    for (std::size_t i = 0; i < distance.size(); ++i)
        if (distance[i] < last && static_cast<std::int64_t>(i) != own)
            ++count[static_cast<std::size_t>(std::upper_bound(bars.begin(), bars.end(), distance[i]) -
                                             bars.begin())];
    std::partial_sum(count.begin(), count.end(), count.begin());
    std::vector<std::int64_t> result;
    for (const float value : at) // those strictly nearer, and one
        result.push_back(1 + count[static_cast<std::size_t>(
                                 std::lower_bound(bars.begin(), bars.end(), value) - bars.begin())]);
    return result;
}

} // namespace

std::vector<EmbeddingScores> score_embedding(MatrixView data, MatrixView points,
                                             const std::vector<int>& neighbours, std::int64_t most_rows,
                                             std::uint64_t seed, int threads, JobContext& context) {
    const std::int64_t rows = data.rows;
    std::vector<int> scales;
    for (const int k : neighbours)
        if (2 * static_cast<std::int64_t>(k) < rows)
            scales.push_back(k);
    if (scales.empty())
        return {};
    std::vector<std::int64_t> sample(static_cast<std::size_t>(rows));
    std::iota(sample.begin(), sample.end(), 0);
    if (rows > most_rows) {
        Random random(mix_seed(seed, 0x5c02e));
        const auto order = random.permutation(static_cast<std::size_t>(rows));
        for (std::size_t i = 0; i < sample.size(); ++i)
            sample[i] = static_cast<std::int64_t>(order[i]);
        sample.resize(static_cast<std::size_t>(most_rows));
        std::sort(sample.begin(), sample.end());
    }
    struct Sums {
        double intruders = 0, missing = 0, kept = 0;
    };
    const auto count = static_cast<std::int64_t>(sample.size());
    std::vector<Sums> sums(scales.size() * sample.size());
    std::vector<double> squares;
    if (data.sparse)
        for (std::int64_t row = 0; row < rows; ++row) {
            double square = 0;
            for (const float value : data.sparse->row_values(static_cast<std::size_t>(row)))
                square += static_cast<double>(value) * value;
            squares.push_back(square);
        }
    const int widest = *std::max_element(scales.begin(), scales.end());
    for_rows(count, 8, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        std::vector<float> high(static_cast<std::size_t>(rows)), low(high.size());
        std::vector<float> own_row(data.sparse ? data.sparse->columns : 0);
        for (std::int64_t s = from; s < to; ++s) {
            context.throw_if_cancelled();
            const std::int64_t own = sample[static_cast<std::size_t>(s)];
            if (data.sparse)
                distances_from(*data.sparse, squares, own, own_row, high);
            else
                distances_from(data.row(own).data(), data.values.data(), rows, data.columns, high.data());
            distances_from(points.row(own).data(), points.values.data(), rows, points.columns, low.data());
            const auto near_high = nearest(high, own, widest), near_low = nearest(low, own, widest);
            const auto rank_high = ranks(high, own, near_low), rank_low = ranks(low, own, near_high);
            for (std::size_t scale = 0; scale < scales.size(); ++scale) {
                const int k = scales[scale];
                Sums& sum = sums[static_cast<std::size_t>(s) * scales.size() + scale];
                for (int i = 0; i < k; ++i) {
                    const auto at = static_cast<std::size_t>(i);
                    sum.intruders += static_cast<double>(std::max<std::int64_t>(0, rank_high[at] - k));
                    sum.missing += static_cast<double>(std::max<std::int64_t>(0, rank_low[at] - k));
                }
                std::vector<std::int32_t> a(near_high.begin(), near_high.begin() + k);
                std::vector<std::int32_t> b(near_low.begin(), near_low.begin() + k), both;
                std::sort(a.begin(), a.end());
                std::sort(b.begin(), b.end());
                std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
                sum.kept += static_cast<double>(both.size());
            }
        }
    });
    std::vector<EmbeddingScores> result;
    for (std::size_t scale = 0; scale < scales.size(); ++scale) {
        Sums total;
        for (std::size_t s = 0; s < sample.size(); ++s) {
            total.intruders += sums[s * scales.size() + scale].intruders;
            total.missing += sums[s * scales.size() + scale].missing;
            total.kept += sums[s * scales.size() + scale].kept;
        }
        const double k = scales[scale], n = static_cast<double>(rows), m = static_cast<double>(count);
        const double factor = 2 / (m * k * (2 * n - 3 * k - 1));
        result.push_back({.neighbours = scales[scale],
                          .trustworthiness = 1 - factor * total.intruders,
                          .continuity = 1 - factor * total.missing,
                          .kept = total.kept / (m * k),
                          .rows = count});
    }
    return result;
}

} // namespace eyepiece
