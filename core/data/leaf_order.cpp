// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/leaf_order.h"

#include "core/data/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece {

namespace {

struct Merge {
    std::uint32_t kept = 0, gone = 0; // clusters go by one of their rows
    float height = 0;
};

// Merges in the order in which the chains find them.
std::vector<Merge> merges_of(std::vector<float>& distance, std::size_t rows, const std::atomic<bool>& stop) {
    std::vector<std::size_t> size(rows, 1);
    std::vector<char> alive(rows, 1);
    std::vector<Merge> merges;
    std::vector<std::uint32_t> chain;
    const auto at = [&](std::size_t a, std::size_t b) -> float& { return distance[a * rows + b]; };
    while (merges.size() + 1 < rows && !stop) {
        if (chain.empty())
            chain.push_back(
                static_cast<std::uint32_t>(std::find(alive.begin(), alive.end(), 1) - alive.begin()));
        const std::uint32_t end = chain.back();
        // Of equals the one before in the chain, or else a chain could run in a circle.
        std::uint32_t nearest = chain.size() > 1 ? chain[chain.size() - 2] : end;
        float best = chain.size() > 1 ? at(end, nearest) : std::numeric_limits<float>::infinity();
        for (std::uint32_t other = 0; other < rows; ++other)
            if (alive[other] && other != end && at(end, other) < best) {
                best = at(end, other);
                nearest = other;
            }
        if (chain.size() < 2 || nearest != chain[chain.size() - 2]) {
            chain.push_back(nearest);
            continue;
        }
        chain.resize(chain.size() - 2);
        const std::uint32_t kept = std::min(end, nearest), gone = std::max(end, nearest);
        merges.push_back({kept, gone, best});
        const auto a = static_cast<float>(size[kept]), b = static_cast<float>(size[gone]);
        for (std::size_t other = 0; other < rows; ++other)
            if (alive[other] && other != kept && other != gone)
                at(kept, other) = at(other, kept) = (a * at(kept, other) + b * at(gone, other)) / (a + b);
        size[kept] += size[gone];
        alive[gone] = 0;
    }
    return merges;
}

} // namespace

std::vector<std::uint32_t> leaf_order(std::span<const float> values, std::size_t rows, std::size_t columns,
                                      const std::atomic<bool>& stop) {
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0u);
    if (rows < 3)
        return order;
    std::vector<float> distance(rows * rows, 0.f);
    parallel_for(rows, [&](std::size_t a) {
        for (std::size_t b = 0; b < rows && !stop; ++b) {
            float sum = 0;
            for (std::size_t column = 0; column < columns; ++column) {
                const float d = values[a * columns + column] - values[b * columns + column];
                sum += d * d;
            }
            distance[a * rows + b] = std::sqrt(sum);
        }
    });
    std::vector<Merge> merges = merges_of(distance, rows, stop);
    if (stop)
        return order;
    std::stable_sort(merges.begin(), merges.end(),
                     [](const Merge& a, const Merge& b) { return a.height < b.height; });
    // Each cluster's leaves as a list from its first row on; a merge hangs the second list to the first.
    std::vector<std::uint32_t> next(rows, std::numeric_limits<std::uint32_t>::max()), last(order),
        first(order), root(order);
    const auto find = [&](std::uint32_t row) {
        while (root[row] != row)
            row = root[row] = root[root[row]];
        return row;
    };
    for (const Merge& merge : merges) {
        const std::uint32_t a = find(merge.kept), b = find(merge.gone);
        const std::uint32_t left = std::min(a, b), right = std::max(a, b);
        next[last[left]] = first[right];
        last[left] = last[right];
        root[right] = left;
    }
    std::uint32_t row = first[find(0)];
    for (std::uint32_t& place : order) {
        place = row;
        row = next[row];
    }
    return order;
}

} // namespace eyepiece
