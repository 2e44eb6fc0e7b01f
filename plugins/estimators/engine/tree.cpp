// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/estimators/engine/tree.h"

#include "plugins/estimators/engine/state.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece::estimators {

TreeTable::TreeTable(const Matrix& x)
    : rows(static_cast<std::size_t>(x.rows())), columns(static_cast<std::size_t>(x.cols())) {
    values.reserve(rows * columns);
    for (Eigen::Index c = 0; c < x.cols(); ++c)
        for (Eigen::Index r = 0; r < x.rows(); ++r)
            values.push_back(static_cast<float>(x(r, c)));
}

int Tree::leaf(const TreeTable& table, std::size_t row) const {
    int node = 0;
    while (nodes[static_cast<std::size_t>(node)].feature >= 0) {
        const TreeNode& one = nodes[static_cast<std::size_t>(node)];
        node = table.at(row, static_cast<std::size_t>(one.feature)) <= one.threshold ? one.left : one.right;
    }
    return node;
}

Json stored(const Tree& tree) {
    std::vector<std::int32_t> features, lefts, rights;
    std::vector<float> thresholds;
    std::vector<double> covers;
    for (const TreeNode& node : tree.nodes) {
        features.push_back(node.feature);
        thresholds.push_back(node.threshold);
        lefts.push_back(node.left);
        rights.push_back(node.right);
        covers.push_back(node.cover);
    }
    return {{"features", stored(features)},
            {"thresholds", stored(thresholds)},
            {"lefts", stored(lefts)},
            {"rights", stored(rights)},
            {"covers", stored(covers)},
            {"values", stored(tree.values)},
            {"importances", stored(tree.importances)},
            {"depth", tree.depth}};
}

Tree tree_in(const Json& state, const CoreShape& shape) {
    const auto features = numbers_in<std::int32_t>(state, "features"),
               lefts = numbers_in<std::int32_t>(state, "lefts"),
               rights = numbers_in<std::int32_t>(state, "rights");
    const auto thresholds = numbers_in<float>(state, "thresholds");
    const auto covers = numbers_in<double>(state, "covers");
    const std::size_t count = features.size();
    Tree tree{.nodes = {},
              .values = numbers_in<double>(state, "values"),
              .importances = numbers_in<double>(state, "importances"),
              .outputs = shape.outputs(),
              .depth = state.at("depth").get<int>()};
    require(count > 0 && lefts.size() == count && rights.size() == count && thresholds.size() == count &&
            covers.size() == count && tree.values.size() == count * static_cast<std::size_t>(tree.outputs) &&
            tree.importances.size() == shape.codes.size());
    for (std::size_t i = 0; i < count; ++i) {
        // Both sides come after the node: no walk goes round in a circle.
        const auto follows = [&](std::int32_t side) {
            return side > static_cast<std::int64_t>(i) && side < static_cast<std::int64_t>(count);
        };
        require(features[i] < 0 ||
                (features[i] < shape.features() && follows(lefts[i]) && follows(rights[i])));
        tree.nodes.push_back({.feature = features[i],
                              .threshold = thresholds[i],
                              .left = lefts[i],
                              .right = rights[i],
                              .cover = covers[i]});
    }
    return tree;
}

namespace {

struct Split {
    std::size_t feature = 0;
    float threshold = 0;
    double gain = 0; // of impurity times rows
};

// Counts of classes, or sums of values: what the impurity of a set of rows is made of.
struct Tally {
    std::vector<double> counts; // of classes
    double weight = 0, sum = 0, squares = 0;
    std::int64_t rows = 0;

    explicit Tally(int classes) : counts(static_cast<std::size_t>(classes), 0.0) {}
    void clear() {
        std::fill(counts.begin(), counts.end(), 0.0);
        weight = sum = squares = 0;
        rows = 0;
    }
};

class Grower {
public:
    Grower(const TreeTable& table, const CoreRequest& request, std::span<const std::int32_t> weights,
           const TreeSettings& settings, Random& random)
        : table_(table)
        , request_(request)
        , weights_(weights)
        , settings_(settings)
        , random_(random)
        , left_(request.classes) {
        for (std::size_t r = 0; r < table.rows; ++r)
            if (weights[r] > 0)
                rows_.push_back(r);
        features_.resize(table.columns);
        std::iota(features_.begin(), features_.end(), std::size_t{0});
        tree_.outputs = request.outputs();
        tree_.importances.assign(table.columns, 0.0);
    }

    Tree grow() {
        struct Open {
            int node, depth;
            std::size_t from, to;
        };
        std::vector<Open> open{{add(0, rows_.size()), 0, 0, rows_.size()}};
        const double all = tree_.nodes.front().cover;
        while (!open.empty()) {
            const Open here = open.back();
            open.pop_back();
            tree_.depth = std::max(tree_.depth, here.depth);
            const auto split = here.depth < settings_.most_depth ? best_split(here.from, here.to) : Split{};
            if (split.gain <= 0)
                continue;
            const auto column = table_.column(split.feature);
            const auto middle =
                std::stable_partition(rows_.begin() + static_cast<std::ptrdiff_t>(here.from),
                                      rows_.begin() + static_cast<std::ptrdiff_t>(here.to),
                                      [&](std::size_t row) { return column[row] <= split.threshold; });
            const auto at = static_cast<std::size_t>(middle - rows_.begin());
            const int left = add(here.from, at), right = add(at, here.to);
            TreeNode& node = tree_.nodes[static_cast<std::size_t>(here.node)];
            node.feature = static_cast<int>(split.feature);
            node.threshold = split.threshold;
            node.left = left;
            node.right = right;
            tree_.importances[split.feature] += split.gain / all;
            open.push_back({right, here.depth + 1, at, here.to});
            open.push_back({left, here.depth + 1, here.from, at});
        }
        return std::move(tree_);
    }

private:
    int add(std::size_t from, std::size_t to) {
        Tally tally(request_.classes);
        for (std::size_t i = from; i < to; ++i)
            put(tally, rows_[i], 1);
        TreeNode node;
        node.cover = tally.weight;
        tree_.nodes.push_back(node);
        if (request_.classes > 0)
            for (const double count : tally.counts)
                tree_.values.push_back(count / tally.weight);
        else
            tree_.values.push_back(tally.sum / tally.weight);
        return static_cast<int>(tree_.nodes.size()) - 1;
    }

    void put(Tally& tally, std::size_t row, double sign) const {
        const double weight = sign * weights_[row];
        tally.weight += weight;
        tally.rows += sign > 0 ? 1 : -1;
        if (request_.classes > 0) {
            double& count = tally.counts[static_cast<std::size_t>(request_.labels[row])];
            tally.squares += (count + weight) * (count + weight) - count * count;
            count += weight;
        } else {
            tally.sum += weight * request_.values(static_cast<Eigen::Index>(row));
        }
    }

    // What the rows of one side bring: larger is purer.
    double purity(const Tally& tally) const {
        return (request_.classes > 0 ? tally.squares : tally.sum * tally.sum) / tally.weight;
    }

    Split best_split(std::size_t from, std::size_t to) {
        Split best;
        if (static_cast<std::int64_t>(to - from) < 2 * settings_.least_leaf || to - from < 2)
            return best;
        Tally whole(request_.classes);
        bool pure = true;
        for (std::size_t i = from; i < to; ++i) {
            put(whole, rows_[i], 1);
            pure = pure && same(rows_[i], rows_[from]);
        }
        if (pure)
            return best;
        const double before = purity(whole);
        const double least = 1e-12 * std::max(1.0, std::abs(before));
        const std::size_t wanted = settings_.features > 0 ? settings_.features : features_.size();
        std::size_t looked = 0;
        // At least one feature that can split is looked at, even beyond those wanted.
        for (std::size_t i = 0; i < features_.size() && looked < wanted; ++i) {
            const auto other =
                static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(features_.size() - i)));
            std::swap(features_[i], features_[i + other]);
            const std::size_t feature = features_[i];
            if (look(feature, from, to, whole, before, least, best))
                ++looked;
        }
        return best;
    }

    bool same(std::size_t a, std::size_t b) const {
        return request_.classes > 0 ? request_.labels[a] == request_.labels[b]
                                    : request_.values(static_cast<Eigen::Index>(a)) ==
                                          request_.values(static_cast<Eigen::Index>(b));
    }

    // Whether the feature has more than one value here.
    bool look(std::size_t feature, std::size_t from, std::size_t to, const Tally& whole, double before,
              double least, Split& best) {
        const auto column = table_.column(feature);
        sorted_.clear();
        for (std::size_t i = from; i < to; ++i)
            sorted_.emplace_back(column[rows_[i]], rows_[i]);
        std::sort(sorted_.begin(), sorted_.end());
        if (sorted_.front().first == sorted_.back().first)
            return false;
        left_.clear();
        Tally right = whole;
        for (std::size_t i = 0; i + 1 < sorted_.size(); ++i) {
            put(left_, sorted_[i].second, 1);
            put(right, sorted_[i].second, -1);
            const float here = sorted_[i].first, next = sorted_[i + 1].first;
            if (here == next || left_.rows < settings_.least_leaf || right.rows < settings_.least_leaf)
                continue;
            const double gain = purity(left_) + purity(right) - before;
            if (gain > best.gain + least) {
                // Halfway, which for two neighbouring floats may round up to the larger one.
                const float middle = here / 2 + next / 2;
                best = {feature, middle < next && middle >= here ? middle : here, gain};
            }
        }
        return true;
    }

    const TreeTable& table_;
    const CoreRequest& request_;
    std::span<const std::int32_t> weights_;
    const TreeSettings& settings_;
    Random& random_;
    std::vector<std::size_t> rows_, features_;
    std::vector<std::pair<float, std::size_t>> sorted_;
    Tally left_;
    Tree tree_;
};

} // namespace

Tree grow_tree(const TreeTable& table, const CoreRequest& request, std::span<const std::int32_t> weights,
               const TreeSettings& settings, Random& random) {
    return Grower(table, request, weights, settings, random).grow();
}

namespace {

// A feature on the way down: the share of unknown features' and known features' rows that take this way, and
// how heavy the sets of each size weigh.
struct PathStep {
    int feature;
    double zero, one, weight;
};

class PathShap {
public:
    PathShap(const Tree& tree, const TreeTable& table, std::size_t row, std::span<double> out)
        : tree_(tree), table_(table), row_(row), out_(out) {}

    void descend(int at, std::vector<PathStep> path, double zero, double one, int feature) {
        extend(path, zero, one, feature);
        const TreeNode& node = tree_.nodes[static_cast<std::size_t>(at)];
        if (node.feature < 0) {
            const auto value = tree_.value(at);
            for (std::size_t i = 1; i < path.size(); ++i) {
                const double share = unwound(path, i) * (path[i].one - path[i].zero);
                double* const out = &out_[static_cast<std::size_t>(path[i].feature) * value.size()];
                for (std::size_t k = 0; k < value.size(); ++k)
                    out[k] += share * value[k];
            }
            return;
        }
        const bool left = table_.at(row_, static_cast<std::size_t>(node.feature)) <= node.threshold;
        const int hot = left ? node.left : node.right, cold = left ? node.right : node.left;
        double known_zero = 1, known_one = 1;
        for (std::size_t i = 1; i < path.size(); ++i)
            if (path[i].feature == node.feature) { // asked before: one and the same feature
                known_zero = path[i].zero;
                known_one = path[i].one;
                unwind(path, i);
                break;
            }
        const auto share = [&](int child) {
            return tree_.nodes[static_cast<std::size_t>(child)].cover / node.cover;
        };
        descend(hot, path, known_zero * share(hot), known_one, node.feature);
        descend(cold, std::move(path), known_zero * share(cold), 0, node.feature);
    }

private:
    static void extend(std::vector<PathStep>& path, double zero, double one, int feature) {
        const auto length = static_cast<double>(path.size());
        path.push_back({feature, zero, one, path.empty() ? 1.0 : 0.0});
        for (std::size_t i = path.size() - 1; i-- > 0;) {
            path[i + 1].weight += one * path[i].weight * static_cast<double>(i + 1) / (length + 1);
            path[i].weight *= zero * (length - static_cast<double>(i)) / (length + 1);
        }
    }

    static void unwind(std::vector<PathStep>& path, std::size_t which) {
        const std::size_t last = path.size() - 1;
        const double one = path[which].one, zero = path[which].zero;
        const auto size = static_cast<double>(path.size());
        double next = path[last].weight;
        for (std::size_t i = last; i-- > 0;) {
            if (one != 0) {
                const double kept = path[i].weight;
                path[i].weight = next * size / (static_cast<double>(i + 1) * one);
                next = kept - path[i].weight * zero * static_cast<double>(last - i) / size;
            } else {
                path[i].weight *= size / (zero * static_cast<double>(last - i));
            }
        }
        for (std::size_t i = which; i < last; ++i) {
            path[i].feature = path[i + 1].feature;
            path[i].zero = path[i + 1].zero;
            path[i].one = path[i + 1].one;
        }
        path.pop_back();
    }

    static double unwound(const std::vector<PathStep>& path, std::size_t which) {
        const std::size_t last = path.size() - 1;
        const double one = path[which].one, zero = path[which].zero;
        const auto size = static_cast<double>(path.size());
        double next = path[last].weight, total = 0;
        for (std::size_t i = last; i-- > 0;) {
            if (one != 0) {
                const double part = next * size / (static_cast<double>(i + 1) * one);
                total += part;
                next = path[i].weight - part * zero * static_cast<double>(last - i) / size;
            } else {
                total += path[i].weight * size / (zero * static_cast<double>(last - i));
            }
        }
        return total;
    }

    const Tree& tree_;
    const TreeTable& table_;
    std::size_t row_;
    std::span<double> out_;
};

} // namespace

void add_tree_shap(const Tree& tree, const TreeTable& table, std::size_t row, std::span<double> out) {
    std::vector<PathStep> path;
    path.reserve(static_cast<std::size_t>(tree.depth) + 2);
    PathShap(tree, table, row, out).descend(0, std::move(path), 1, 1, -1);
}

} // namespace eyepiece::estimators
