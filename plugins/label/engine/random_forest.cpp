// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/random_forest.h"

#include "core/base/error.h"
#include "core/learning/parallel.h"
#include "plugins/label/engine/cell_comparison.h"

#include <algorithm>
#include <cmath>
#include <istream>
#include <limits>
#include <ostream>

namespace eyepiece::label {

std::vector<double> RandomForest::probabilities(std::span<const std::int16_t> codes) const {
    std::vector<double> sum(static_cast<std::size_t>(classes_), 0.0);
    for (const std::int32_t root : roots_) {
        const std::uint8_t* shares = leaf_of(root, codes);
        for (std::size_t at = 0; at < sum.size(); ++at)
            sum[at] += shares[at];
    }
    double all = 0;
    for (const double one : sum)
        all += one;
    for (double& one : sum)
        one /= all;
    return sum;
}

const std::uint8_t* RandomForest::leaf_of(std::int32_t root, std::span<const std::int16_t> codes) const {
    std::int32_t at = root;
    while (nodes_[static_cast<std::size_t>(at)].feature != leaf) {
        const Node& node = nodes_[static_cast<std::size_t>(at)];
        at = node.next + (codes[static_cast<std::size_t>(node.feature)] > node.threshold);
    }
    return shares_.data() + static_cast<std::ptrdiff_t>(nodes_[static_cast<std::size_t>(at)].next) * classes_;
}

// Neighbours look alike and mostly go the same way: each node that any pixel of the cell reaches is asked
// once, for all 64, and what is left over on both sides goes on.
void RandomForest::ask(const std::int16_t* cell, std::span<std::uint16_t> shares) const {
    std::fill(shares.begin(), shares.end(), std::uint16_t{0});
    struct Visit {
        std::int32_t node;
        std::uint64_t pixels;
    };
    std::vector<Visit> waiting;
    waiting.reserve(64);
    for (const std::int32_t root : roots_) {
        waiting.push_back({root, ~std::uint64_t{0}});
        while (!waiting.empty()) {
            Visit visit = waiting.back();
            waiting.pop_back();
            const Node* node = &nodes_[static_cast<std::size_t>(visit.node)];
            while (node->feature != leaf) {
                const std::uint64_t larger =
                    larger_in_cell(cell + node->feature * cell_pixels, node->threshold) & visit.pixels;
                const std::uint64_t others = visit.pixels & ~larger;
                const Node* next = &nodes_[static_cast<std::size_t>(node->next)];
                if (others == 0) {
                    node = next + 1;
                } else {
                    if (larger != 0) {
                        waiting.push_back({node->next + 1, larger});
                        visit.pixels = others;
                    }
                    node = next;
                }
            }
            const std::uint8_t* here = shares_.data() + static_cast<std::ptrdiff_t>(node->next) * classes_;
            for (int c = 0; c < classes_; ++c)
                if (here[c] != 0)
                    add_in_cell(shares.data() + c * cell_pixels, visit.pixels, here[c]);
        }
    }
}

void RandomForest::measure_out_of_bag(const ForestExamples& examples,
                                      std::span<const std::vector<bool>> left_out,
                                      std::span<const double> weights, int threads) {
    const auto count = static_cast<std::int64_t>(examples.size());
    std::vector<std::int8_t> right(examples.size(), -1); // 1, 0, or nobody to ask
    for_rows(count, 1024, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        std::vector<std::uint32_t> sums(static_cast<std::size_t>(classes_));
        for (std::int64_t at = from; at < to; ++at) {
            const auto example = static_cast<std::size_t>(at);
            const std::span<const std::int16_t> codes(examples.codes.data() + at * features_,
                                                      static_cast<std::size_t>(features_));
            std::fill(sums.begin(), sums.end(), 0u);
            bool asked = false;
            for (std::size_t tree = 0; tree < left_out.size(); ++tree) {
                if (!left_out[tree][example])
                    continue;
                asked = true;
                const std::uint8_t* shares = leaf_of(roots_[tree], codes);
                for (std::size_t c = 0; c < sums.size(); ++c)
                    sums[c] += shares[c];
            }
            if (asked)
                right[example] = std::max_element(sums.begin(), sums.end()) - sums.begin() ==
                                 static_cast<std::ptrdiff_t>(examples.classes[example]);
        }
    });
    double all = 0, good = 0;
    for (std::size_t example = 0; example < right.size(); ++example) {
        if (right[example] < 0)
            continue;
        all += weights[examples.classes[example]];
        good += right[example] * weights[examples.classes[example]];
    }
    out_of_bag_ = all > 0 ? good / all : -1;
}

namespace {

constexpr std::uint32_t most_nodes = 1 << 26;

template<class T>
void put(std::ostream& out, const std::vector<T>& values) {
    const auto count = static_cast<std::uint32_t>(values.size());
    out.write(reinterpret_cast<const char*>(&count), sizeof count);
    out.write(reinterpret_cast<const char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(T)));
}

[[noreturn]] void refuse() {
    throw Error(ErrorCode::BadInput, "This is not a whole forest: the file is damaged.");
}

// Grows as the bytes come: a damaged count must not reserve gigabytes.
template<class T>
std::vector<T> take(std::istream& in) {
    std::uint32_t count = 0;
    if (!in.read(reinterpret_cast<char*>(&count), sizeof count) || count > most_nodes)
        refuse();
    std::vector<T> values;
    constexpr std::uint32_t piece = 1 << 16;
    while (values.size() < count) {
        const std::size_t had = values.size(), more = std::min<std::size_t>(piece, count - had);
        values.resize(had + more);
        if (!in.read(reinterpret_cast<char*>(values.data() + had),
                     static_cast<std::streamsize>(more * sizeof(T))))
            refuse();
    }
    return values;
}

} // namespace

void RandomForest::write(std::ostream& out) const {
    put(out, std::vector<std::int32_t>{features_, classes_});
    put(out, roots_);
    put(out, nodes_);
    put(out, shares_);
    put(out, importances_);
    put(out, std::vector<double>{out_of_bag_});
}

RandomForest RandomForest::read(std::istream& in) {
    RandomForest forest;
    const auto sizes = take<std::int32_t>(in);
    if (sizes.size() != 2 || sizes[0] < 1 || sizes[0] > std::numeric_limits<std::int16_t>::max() ||
        sizes[1] < 2 || sizes[1] > most_classes)
        refuse();
    forest.features_ = sizes[0];
    forest.classes_ = sizes[1];
    forest.roots_ = take<std::int32_t>(in);
    forest.nodes_ = take<Node>(in);
    forest.shares_ = take<std::uint8_t>(in);
    forest.importances_ = take<double>(in);
    const auto accuracy = take<double>(in);
    const auto nodes = static_cast<std::int64_t>(forest.nodes_.size());
    const auto leaves = static_cast<std::int64_t>(forest.shares_.size()) / forest.classes_;
    if (forest.roots_.empty() || forest.roots_.size() > static_cast<std::size_t>(most_trees) ||
        accuracy.size() != 1 || forest.importances_.size() != static_cast<std::size_t>(forest.features_) ||
        static_cast<std::int64_t>(forest.shares_.size()) != leaves * forest.classes_)
        refuse();
    for (const std::int32_t root : forest.roots_)
        if (root < 0 || root >= nodes)
            refuse();
    for (std::int64_t at = 0; at < nodes; ++at) {
        const Node& node = forest.nodes_[static_cast<std::size_t>(at)];
        const bool end = node.feature == leaf;
        // Children come after their parent, so that no walk goes round in circles.
        if (end ? node.next < 0 || node.next >= leaves
                : node.feature < 0 || node.feature >= forest.features_ || node.next <= at ||
                      node.next + 1 >= nodes)
            refuse();
    }
    forest.out_of_bag_ = accuracy.front();
    return forest;
}

} // namespace eyepiece::label
