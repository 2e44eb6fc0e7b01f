// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/engine/neighbours.h"

#include <algorithm>
#include <span>
#include <vector>

namespace eyepiece::explore {

// A sparse matrix, row after row.
struct SparseRows {
    std::vector<std::int64_t> start; // rows + 1
    std::vector<std::int32_t> index; // ascending within a row
    std::vector<float> value;
    std::int64_t rows() const { return static_cast<std::int64_t>(start.size()) - 1; }
};

// p_{j|i} over each row's neighbours, such that the entropy of each is log(perplexity): (rows * k).
std::vector<float> conditional_affinities(const Neighbours& neighbours, double perplexity, int threads);

// t-SNE's joint affinities: (p_{j|i} + p_{i|j}) / 2n (van der Maaten and Hinton 2008).
SparseRows joint_affinities(const Neighbours& neighbours, std::span<const float> conditional);

// a[i,j] = combine(forth, back) of the directed weights i->j and j->i (0 where there is none), for a graph of
// neighbours; symmetric, rows in ascending order of index.
template<class Combine>
SparseRows symmetric(const Neighbours& graph, std::span<const float> weight, const Combine& combine) {
    const auto k = static_cast<std::size_t>(graph.k);
    const auto rows = static_cast<std::size_t>(graph.rows);
    // The transpose, whose rows come out in ascending order; and the graph itself, sorted likewise.
    std::vector<std::int64_t> back_start(rows + 1);
    for (const std::int32_t j : graph.index)
        if (j >= 0)
            ++back_start[static_cast<std::size_t>(j) + 1];
    for (std::size_t i = 0; i < rows; ++i)
        back_start[i + 1] += back_start[i];
    struct Entry {
        std::int32_t index;
        float value;
    };
    std::vector<Entry> back(static_cast<std::size_t>(back_start[rows]));
    std::vector<std::int64_t> fill(back_start.begin(), back_start.end() - 1);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t at = i * k; at < (i + 1) * k; ++at)
            if (graph.index[at] >= 0)
                back[static_cast<std::size_t>(fill[static_cast<std::size_t>(graph.index[at])]++)] = {
                    static_cast<std::int32_t>(i), weight[at]};
    SparseRows result;
    result.start.push_back(0);
    std::vector<Entry> forth;
    for (std::size_t i = 0; i < rows; ++i) {
        forth.clear();
        for (std::size_t at = i * k; at < (i + 1) * k; ++at)
            if (graph.index[at] >= 0)
                forth.push_back({graph.index[at], weight[at]});
        std::sort(forth.begin(), forth.end(),
                  [](const Entry& a, const Entry& b) { return a.index < b.index; });
        auto b = back.begin() + back_start[i];
        const auto b_end = back.begin() + back_start[i + 1];
        auto f = forth.begin();
        const auto put = [&](std::int32_t index, float there, float here) {
            const float value = combine(there, here);
            if (value > 0) {
                result.index.push_back(index);
                result.value.push_back(value);
            }
        };
        while (f != forth.end() || b != b_end) {
            if (b == b_end || (f != forth.end() && f->index < b->index)) {
                put(f->index, f->value, 0);
                ++f;
            } else if (f == forth.end() || b->index < f->index) {
                put(b->index, 0, b->value);
                ++b;
            } else {
                put(f->index, f->value, b->value);
                ++f;
                ++b;
            }
        }
        result.start.push_back(static_cast<std::int64_t>(result.index.size()));
    }
    return result;
}

} // namespace eyepiece::explore
