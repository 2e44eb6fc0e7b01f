// SPDX-License-Identifier: GPL-3.0-or-later
// How a RandomForest learns.
#include "core/base/error.h"
#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "plugins/label/engine/random_forest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace eyepiece::label {

namespace {
constexpr std::size_t most_bins = 256;
constexpr double least_gain = 1e-12; // of weight times impurity: below, it is rounding
constexpr int small_node = 48;       // examples: fewer are sorted, more are counted by bin
} // namespace

// Each feature in at most 256 steps, between quantiles of the examples: what trees look at.
struct RandomForest::Quantised {
    std::vector<std::uint8_t> bins; // (features, examples)
    struct Bin {
        std::int16_t least = 0, greatest = 0; // codes of the examples in it
    };
    std::vector<std::vector<Bin>> edges; // of each feature

    Quantised(const ForestExamples& examples, int threads) {
        const std::size_t count = examples.size();
        bins.resize(count * static_cast<std::size_t>(examples.features));
        edges.resize(static_cast<std::size_t>(examples.features));
        for_blocks(examples.features, threads, [&](std::int64_t at) {
            const auto feature = static_cast<std::size_t>(at);
            const auto stride = static_cast<std::size_t>(examples.features);
            std::vector<std::int16_t> sorted(count);
            for (std::size_t i = 0; i < count; ++i)
                sorted[i] = examples.codes[i * stride + feature];
            std::sort(sorted.begin(), sorted.end());
            std::vector<std::int16_t> ends = sorted; // the greatest code of each bin
            ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
            if (ends.size() > most_bins) {
                ends.clear();
                for (std::size_t bin = 1; bin <= most_bins; ++bin)
                    ends.push_back(sorted[bin * count / most_bins - 1]);
                ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
            }
            for (const std::int16_t end : ends)
                edges[feature].push_back({end, end});
            std::uint8_t* to = bins.data() + feature * count;
            for (std::size_t i = 0; i < count; ++i) {
                const std::int16_t code = examples.codes[i * stride + feature];
                to[i] = static_cast<std::uint8_t>(std::lower_bound(ends.begin(), ends.end(), code) -
                                                  ends.begin());
                edges[feature][to[i]].least = std::min(edges[feature][to[i]].least, code);
            }
        });
    }
    const std::uint8_t* of(std::size_t feature, std::size_t count) const {
        return bins.data() + feature * count;
    }
    // Halfway between a bin and the next one that has an example: what lies between goes to the nearer side.
    std::int16_t threshold(std::size_t feature, std::size_t bin, std::size_t next) const {
        const int below = edges[feature][bin].greatest, above = edges[feature][next].least;
        return static_cast<std::int16_t>(below + (above - below) / 2);
    }
};

struct RandomForest::Tree {
    std::vector<Node> nodes;
    std::vector<std::uint8_t> shares;
    std::vector<double> importances;
    std::vector<bool> left_out; // of each example: no draw of the bootstrap took it
};

// Makes one tree after another.
class RandomForest::Grower {
public:
    Grower(const ForestExamples& examples, const Quantised& quantised, int classes,
           std::span<const double> class_weights, const ForestOptions& options)
        : examples_(examples)
        , quantised_(quantised)
        , classes_(static_cast<std::size_t>(classes))
        , options_(options)
        , class_weights_(class_weights)
        , order_(static_cast<std::size_t>(examples.features))
        , counts_(most_bins * classes_)
        , left_(classes_)
        , totals_(classes_) {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        tries_ = std::max<std::size_t>(
            1, static_cast<std::size_t>(std::sqrt(static_cast<double>(examples.features))));
    }

    Tree grow(std::uint64_t seed) {
        Random random(seed);
        Tree tree;
        const std::size_t count = examples_.size();
        weights_.assign(count, 0.f);
        tree.left_out.assign(count, true);
        tree.importances.assign(static_cast<std::size_t>(examples_.features), 0.0);
        for (std::size_t draw = 0; draw < count; ++draw) {
            const auto example = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(count)));
            weights_[example] += static_cast<float>(class_weights_[examples_.classes[example]]);
            tree.left_out[example] = false;
        }
        rows_.clear();
        for (std::size_t example = 0; example < count; ++example)
            if (!tree.left_out[example])
                rows_.push_back(static_cast<std::uint32_t>(example));
        struct Part {
            std::size_t node, from, to;
        };
        std::vector<Part> waiting{{0, 0, rows_.size()}};
        tree.nodes.emplace_back();
        while (!waiting.empty()) {
            const Part part = waiting.back();
            waiting.pop_back();
            const std::span<std::uint32_t> rows(rows_.data() + part.from, part.to - part.from);
            const double impurity = count_classes(rows);
            const Split split = impurity > least_gain ? best_split(rows, impurity, random) : Split();
            if (split.gain <= least_gain) {
                tree.nodes[part.node].next = static_cast<std::int32_t>(tree.shares.size() / classes_);
                add_leaf(tree);
                continue;
            }
            tree.importances[split.feature] += split.gain;
            const std::uint8_t* bins = quantised_.of(split.feature, count);
            const auto middle = std::partition(rows.begin(), rows.end(),
                                               [&](std::uint32_t row) { return bins[row] <= split.bin; });
            const std::size_t at = part.from + static_cast<std::size_t>(middle - rows.begin());
            const std::size_t next = tree.nodes.size();
            tree.nodes[part.node] = {quantised_.threshold(split.feature, split.bin, split.next),
                                     static_cast<std::int16_t>(split.feature),
                                     static_cast<std::int32_t>(next)};
            tree.nodes.resize(next + 2);
            waiting.push_back({next, part.from, at});
            waiting.push_back({next + 1, at, part.to});
        }
        return tree;
    }

private:
    struct Split {
        std::size_t feature = 0, bin = 0, next = 0; // examples up to `bin` part from those from `next` on
        double gain = 0;                            // weight times impurity that it takes away
    };

    // Weight times Gini impurity; totals_ receives the weights of the classes.
    double count_classes(std::span<const std::uint32_t> rows) {
        std::fill(totals_.begin(), totals_.end(), 0.0);
        for (const std::uint32_t row : rows)
            totals_[examples_.classes[row]] += static_cast<double>(weights_[row]);
        total_ = std::accumulate(totals_.begin(), totals_.end(), 0.0);
        return impurity(totals_, total_);
    }
    double impurity(std::span<const double> weights, double all) const {
        double squares = 0;
        for (const double weight : weights)
            squares += weight * weight;
        return all > 0 ? all - squares / all : 0;
    }

    Split best_split(std::span<const std::uint32_t> rows, double whole, Random& random) {
        Split best;
        std::size_t tried = 0;
        // As scikit-learn does: features that are the same throughout do not count as tried.
        for (std::size_t at = 0; at < order_.size() && tried < tries_; ++at) {
            std::swap(order_[at], order_[at + static_cast<std::size_t>(random.below(
                                                  static_cast<std::int64_t>(order_.size() - at)))]);
            const std::size_t feature = order_[at];
            if (rows.size() <= small_node ? split_sorted(rows, feature, whole, best)
                                          : split_counted(rows, feature, whole, best))
                ++tried;
        }
        return best;
    }

    void judge(std::size_t feature, std::size_t bin, std::size_t next, std::size_t left, std::size_t all,
               double whole, Split& best) const {
        const auto least = static_cast<std::size_t>(options_.examples_a_leaf);
        if (left < least || all - left < least)
            return;
        double left_weight = 0, left_squares = 0, right_squares = 0;
        for (std::size_t c = 0; c < classes_; ++c) {
            const double right = totals_[c] - left_[c];
            left_weight += left_[c];
            left_squares += left_[c] * left_[c];
            right_squares += right * right;
        }
        const double right_weight = total_ - left_weight;
        if (left_weight <= 0 || right_weight <= 0)
            return;
        const double gain = whole - (left_weight - left_squares / left_weight) -
                            (right_weight - right_squares / right_weight);
        if (gain > best.gain)
            best = {feature, bin, next, gain};
    }

    // Whether the feature varies at all here.
    bool split_counted(std::span<const std::uint32_t> rows, std::size_t feature, double whole, Split& best) {
        const std::uint8_t* bins = quantised_.of(feature, examples_.size());
        const std::size_t used = quantised_.edges[feature].size();
        std::fill_n(counts_.begin(), used * classes_, 0.0);
        std::fill_n(sizes_.begin(), used, 0u);
        for (const std::uint32_t row : rows) {
            counts_[bins[row] * classes_ + examples_.classes[row]] += static_cast<double>(weights_[row]);
            ++sizes_[bins[row]];
        }
        std::fill(left_.begin(), left_.end(), 0.0);
        std::size_t left = 0, before = used; // the last bin that had an example
        bool varies = false;
        for (std::size_t bin = 0; bin < used; ++bin) {
            if (sizes_[bin] == 0)
                continue;
            if (before != used) {
                varies = true;
                judge(feature, before, bin, left, rows.size(), whole, best);
            }
            before = bin;
            left += sizes_[bin];
            for (std::size_t c = 0; c < classes_; ++c)
                left_[c] += counts_[bin * classes_ + c];
        }
        return varies;
    }

    bool split_sorted(std::span<const std::uint32_t> rows, std::size_t feature, double whole, Split& best) {
        const std::uint8_t* bins = quantised_.of(feature, examples_.size());
        std::array<std::uint64_t, small_node> keys; // bin, then row
        for (std::size_t at = 0; at < rows.size(); ++at)
            keys[at] = static_cast<std::uint64_t>(bins[rows[at]]) << 32 | rows[at];
        std::sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(rows.size()));
        if (keys[0] >> 32 == keys[rows.size() - 1] >> 32)
            return false;
        std::fill(left_.begin(), left_.end(), 0.0);
        for (std::size_t at = 0; at + 1 < rows.size(); ++at) {
            const auto row = static_cast<std::uint32_t>(keys[at]);
            left_[examples_.classes[row]] += static_cast<double>(weights_[row]);
            if (keys[at] >> 32 != keys[at + 1] >> 32)
                judge(feature, keys[at] >> 32, keys[at + 1] >> 32, at + 1, rows.size(), whole, best);
        }
        return true;
    }

    void add_leaf(Tree& tree) const {
        std::size_t largest = 0;
        int rest = 255;
        const std::size_t first = tree.shares.size();
        for (std::size_t c = 0; c < classes_; ++c) {
            const int share = static_cast<int>(std::lround(255 * totals_[c] / total_));
            tree.shares.push_back(static_cast<std::uint8_t>(share));
            rest -= share;
            if (totals_[c] > totals_[largest])
                largest = c;
        }
        // What rounding took or gave: each leaf says 255 in all.
        tree.shares[first + largest] = static_cast<std::uint8_t>(tree.shares[first + largest] + rest);
    }

    const ForestExamples& examples_;
    const Quantised& quantised_;
    const std::size_t classes_;
    const ForestOptions& options_;
    const std::span<const double> class_weights_;
    std::vector<std::size_t> order_; // of features
    std::size_t tries_ = 1;
    std::vector<float> weights_;
    std::vector<std::uint32_t> rows_;
    std::vector<double> counts_; // (bins, classes)
    std::array<std::uint32_t, most_bins> sizes_{};
    std::vector<double> left_, totals_;
    double total_ = 0;
};

RandomForest RandomForest::fit(const ForestExamples& examples, int classes, const ForestOptions& options,
                               const JobContext& context) {
    if (classes > most_classes)
        throw Error(ErrorCode::BadInput,
                    "A forest tells at most " + std::to_string(most_classes) + " classes apart.");
    std::vector<double> weights(static_cast<std::size_t>(classes), 0.0);
    for (const std::uint8_t label : examples.classes)
        ++weights[label];
    const auto present = std::count_if(weights.begin(), weights.end(), [](double n) { return n > 0; });
    if (present < 2)
        throw Error(ErrorCode::BadInput,
                    "A forest needs examples of at least two classes. Label some pixels of another one.");
    for (double& weight : weights)
        if (weight > 0)
            weight = static_cast<double>(examples.size()) / (static_cast<double>(present) * weight);

    const Quantised quantised(examples, options.threads);
    std::vector<Tree> trees(static_cast<std::size_t>(std::clamp(options.trees, 1, most_trees)));
    // A few trees on end by one thread: what a grower works with is made once for all of them.
    const std::int64_t many = static_cast<std::int64_t>(trees.size());
    for_rows(many, 4, options.threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        Grower grower(examples, quantised, classes, weights, options);
        for (std::int64_t tree = from; tree < to; ++tree) {
            context.throw_if_cancelled();
            trees[static_cast<std::size_t>(tree)] =
                grower.grow(mix_seed(options.seed, static_cast<std::uint64_t>(tree)));
        }
    });

    RandomForest forest;
    forest.features_ = examples.features;
    forest.classes_ = classes;
    forest.importances_.assign(static_cast<std::size_t>(examples.features), 0.0);
    std::vector<std::vector<bool>> left_out;
    for (Tree& tree : trees) {
        const auto nodes = static_cast<std::int32_t>(forest.nodes_.size()),
                   leaves = static_cast<std::int32_t>(forest.shares_.size() / weights.size());
        forest.roots_.push_back(nodes);
        for (Node node : tree.nodes) {
            node.next += node.feature == leaf ? leaves : nodes;
            forest.nodes_.push_back(node);
        }
        forest.shares_.insert(forest.shares_.end(), tree.shares.begin(), tree.shares.end());
        const double all = std::accumulate(tree.importances.begin(), tree.importances.end(), 0.0);
        if (all > 0)
            for (std::size_t at = 0; at < tree.importances.size(); ++at)
                forest.importances_[at] += tree.importances[at] / all;
        left_out.push_back(std::move(tree.left_out));
    }
    const double all = std::accumulate(forest.importances_.begin(), forest.importances_.end(), 0.0);
    if (all > 0)
        for (double& importance : forest.importances_)
            importance /= all;
    forest.measure_out_of_bag(examples, left_out, weights, options.threads);
    return forest;
}

} // namespace eyepiece::label
