// SPDX-License-Identifier: GPL-3.0-or-later
// Decision tree (Breiman et al. 1984) and random forest (Breiman 2001).
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/state.h"
#include "plugins/estimators/engine/tree.h"

#include "core/learning/parallel.h"

#include <atomic>
#include <cmath>

namespace eyepiece::estimators {
namespace {

class TreesCore final : public Core {
public:
    TreesCore(std::vector<Tree> trees, int classes) : trees_(std::move(trees)), classes_(classes) {}

    Matrix predict(const Matrix& x, int threads, JobContext& context) const override {
        const TreeTable table(x);
        Matrix result = Matrix::Zero(x.rows(), outputs());
        for_rows(x.rows(), 256, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context.throw_if_cancelled();
            for (const Tree& tree : trees_)
                for (std::int64_t row = from; row < to; ++row) {
                    const auto value = tree.value(tree.leaf(table, static_cast<std::size_t>(row)));
                    for (std::size_t k = 0; k < value.size(); ++k)
                        result(row, static_cast<Eigen::Index>(k)) += value[k];
                }
        });
        return result / static_cast<double>(trees_.size());
    }

    Vector importances() const override {
        Vector sum = Vector::Zero(static_cast<Eigen::Index>(trees_.front().importances.size()));
        for (const Tree& tree : trees_) {
            const auto one = Eigen::Map<const Vector>(tree.importances.data(), sum.size());
            if (const double all = one.sum(); all > 0)
                sum += one / all; // each tree has the same say
        }
        return sum;
    }

    bool has_shap() const override { return true; }

    CoreShap shap(const Matrix& x, int threads, JobContext& context) const override {
        const TreeTable table(x);
        const auto columns = static_cast<std::size_t>(x.cols());
        CoreShap result;
        result.unit = classes_ > 0 ? "probability" : "value";
        result.values.assign(static_cast<std::size_t>(outputs()), Matrix::Zero(x.rows(), x.cols()));
        result.base.assign(static_cast<std::size_t>(outputs()), 0.0);
        const auto count = static_cast<double>(trees_.size());
        for (const Tree& tree : trees_)
            for (std::size_t k = 0; k < result.base.size(); ++k)
                result.base[k] += tree.value(0)[k] / count; // the root's: the mean of its rows
        for_rows(x.rows(), 8, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            std::vector<double> sums(columns * result.base.size());
            for (std::int64_t row = from; row < to; ++row) {
                context.throw_if_cancelled();
                std::fill(sums.begin(), sums.end(), 0.0);
                for (const Tree& tree : trees_)
                    add_tree_shap(tree, table, static_cast<std::size_t>(row), sums);
                for (std::size_t c = 0; c < columns; ++c)
                    for (std::size_t k = 0; k < result.base.size(); ++k)
                        result.values[k](row, static_cast<Eigen::Index>(c)) =
                            sums[c * result.base.size() + k] / count;
            }
        });
        return result;
    }

    Json notes() const override {
        std::size_t nodes = 0;
        int depth = 0;
        for (const Tree& tree : trees_) {
            nodes += tree.nodes.size();
            depth = std::max(depth, tree.depth);
        }
        return {{"trees", trees_.size()}, {"nodes", nodes}, {"depth", depth}};
    }

    Json state() const override {
        Json trees = Json::array();
        for (const Tree& tree : trees_)
            trees.push_back(stored(tree));
        return {{"trees", std::move(trees)}};
    }

private:
    int outputs() const { return std::max(1, classes_); }
    std::vector<Tree> trees_;
    int classes_;
};

TreeSettings settings_of(const Json& parameters) {
    TreeSettings settings;
    settings.most_depth = static_cast<int>(number_of(parameters, "depth", 1 << 20));
    settings.least_leaf = static_cast<int>(number_of(parameters, "least-leaf", 1));
    return settings;
}

class TreesEstimator : public PipelineEstimator {
protected:
    bool scales() const override { return false; }
    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        std::vector<Tree> trees;
        for (const Json& tree : state.at("trees"))
            trees.push_back(tree_in(tree, shape));
        require(!trees.empty());
        return std::make_unique<TreesCore>(std::move(trees), shape.classes);
    }
};

class DecisionTree final : public TreesEstimator {
protected:
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        const TreeTable table(request.x);
        context.throw_if_cancelled();
        Random random(request.seed);
        const std::vector<std::int32_t> once(table.rows, 1);
        std::vector<Tree> trees;
        trees.push_back(grow_tree(table, request, once, settings_of(request.parameters), random));
        return std::make_unique<TreesCore>(std::move(trees), request.classes);
    }
};

class RandomForest final : public TreesEstimator {
protected:
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        const TreeTable table(request.x);
        TreeSettings settings = settings_of(request.parameters);
        const auto columns = static_cast<double>(table.columns);
        const double share = number_of(request.parameters, "columns",
                                       request.classes > 0 ? std::sqrt(columns) / columns : 1.0);
        settings.features = static_cast<std::size_t>(std::max(1.0, std::floor(share * columns + 1e-9)));
        std::vector<Tree> trees(static_cast<std::size_t>(number_of(request.parameters, "trees", 100)));
        std::atomic<std::size_t> grown{0};
        for_blocks(static_cast<std::int64_t>(trees.size()), request.threads, [&](std::int64_t i) {
            context.throw_if_cancelled();
            Random random(mix_seed(request.seed, static_cast<std::uint64_t>(i)));
            std::vector<std::int32_t> weights(table.rows, 0);
            for (std::size_t draw = 0; draw < table.rows; ++draw)
                ++weights[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(table.rows)))];
            trees[static_cast<std::size_t>(i)] = grow_tree(table, request, weights, settings, random);
            context.progress(static_cast<double>(++grown) / static_cast<double>(trees.size()),
                             "Growing trees");
        });
        return std::make_unique<TreesCore>(std::move(trees), request.classes);
    }
};

ParameterSpec depth_parameter() {
    return integer_parameter("depth", nullptr, "Depth",
                             "Most questions in a row; automatic: until every leaf is of one kind.")
        .range(1, 1000);
}

ParameterSpec leaf_parameter() {
    return integer_parameter("least-leaf", 1, "Rows in a leaf",
                             "No leaf has fewer rows; more make a simpler tree.")
        .range(1, 1e6);
}

} // namespace

void register_trees(Registry<Estimator>& registry) {
    registry.add(entry_of<DecisionTree>("decision-tree", "Decision tree",
                                        "Questions about one column after the other (Breiman 1984).",
                                        {depth_parameter(), leaf_parameter()}));
    registry.add(entry_of<RandomForest>(
        "random-forest", "Random forest",
        "Many trees, each on rows and columns drawn at random, that vote (Breiman 2001).",
        {integer_parameter("trees", 100, "Trees", "More are steadier, and take longer.").range(1, 10000),
         depth_parameter(), leaf_parameter(),
         real_parameter(
             "columns", nullptr, "Share of columns",
             "Of all columns, the share that each split chooses from; automatic: the square root of "
             "their number for classes, all for values.")
             .range(0.001, 1)}));
}

} // namespace eyepiece::estimators
