// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/estimators/engine/pipeline.h"

#include "core/learning/random.h"

#include <span>

namespace eyepiece::estimators {

// Features as floats, column after column: what trees are grown on and asked with.
struct TreeTable {
    std::vector<float> values;
    std::size_t rows = 0, columns = 0;
    explicit TreeTable(const Matrix& x);
    std::span<const float> column(std::size_t c) const { return std::span(values).subspan(c * rows, rows); }
    float at(std::size_t row, std::size_t c) const { return values[c * rows + row]; }
};

struct TreeNode {
    int feature = -1; // -1: a leaf
    float threshold = 0;
    int left = -1, right = -1; // at most the threshold; more
    double cover = 0;          // rows that came by, with their weight
};

struct TreeSettings {
    int most_depth = 1 << 20;
    int least_leaf = 1;       // rows
    std::size_t features = 0; // looked at for each split; 0: all
};

// One tree of Breiman et al. (1984): the split with the largest fall of the Gini impurity, or of the
// variance. Values of a node are class shares, or the mean.
struct Tree {
    std::vector<TreeNode> nodes;
    std::vector<double> values;      // (nodes, outputs)
    std::vector<double> importances; // (features): fall of the impurity, weighted by the share of rows
    int outputs = 1;
    int depth = 0;

    std::span<const double> value(int node) const {
        return std::span(values).subspan(static_cast<std::size_t>(node * outputs),
                                         static_cast<std::size_t>(outputs));
    }
    int leaf(const TreeTable& table, std::size_t row) const;
};

Json stored(const Tree& tree); // as state.h has it
// Checked, so that a walk from the root ends at a leaf.
Tree tree_in(const Json& state, const CoreShape& shape);

// `weights` (rows): how often each row counts. `random` chooses the order of features.
Tree grow_tree(const TreeTable& table, const CoreRequest& request, std::span<const std::int32_t> weights,
               const TreeSettings& settings, Random& random);

// Shapley values of one tree's outputs for one row, added to out (features, outputs): the algorithm of
// Lundberg et al. (2018) that follows all paths at once, where the share of training rows stands in for an
// unknown feature.
void add_tree_shap(const Tree& tree, const TreeTable& table, std::size_t row, std::span<double> out);

} // namespace eyepiece::estimators
