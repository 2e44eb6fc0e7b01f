// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

namespace eyepiece::label {

// Labelled pixels to learn from: 16-bit codes of features, of which only the order counts (pixel_features.h).
struct ForestExamples {
    int features = 0;
    std::vector<std::int16_t> codes;   // (examples, features)
    std::vector<std::uint8_t> classes; // index of the class of each example

    std::size_t size() const { return classes.size(); }
};

struct ForestOptions {
    int trees = 100;         // at most RandomForest::most_trees
    int examples_a_leaf = 1; // at least
    std::uint64_t seed = 0;
    int threads = 1; // the result does not depend on it
};

// A random forest (Breiman 2001) for pixels that come in cells of 64 neighbours: trees on bootstrap samples,
// the square root of all features tried at each node (more while none of them divides it), Gini impurity,
// classes weighted so that each counts the same. What scikit-learn's RandomForestClassifier does with
// class_weight="balanced", but that thresholds lie between at most 256 quantiles of each feature.
// Constant once made; any thread.
class RandomForest {
public:
    static constexpr int most_trees = 256, most_classes = 64;
    static constexpr int cell_pixels = 64;

    // Throws Error(BadInput) when fewer than two of the classes have an example, Error(Cancelled).
    static RandomForest fit(const ForestExamples& examples, int classes, const ForestOptions& options,
                            const JobContext& context);

    int features() const { return features_; }
    int classes() const { return classes_; }
    int trees() const { return static_cast<int>(roots_.size()); }

    // What all trees say of a cell: codes (features, 64) -> shares (classes, 64) of 255 a tree, added up.
    void ask(const std::int16_t* cell, std::span<std::uint16_t> shares) const;
    // The same of one pixel: codes of its features -> probabilities of the classes.
    std::vector<double> probabilities(std::span<const std::int16_t> codes) const;

    // Share of the examples that the trees which did not learn from them tell rightly, each class counting
    // the same; < 0 when no example was left out by any tree.
    double out_of_bag() const { return out_of_bag_; }
    // How much each feature lowered the impurity, over all trees; adds up to 1 (or is 0 throughout).
    const std::vector<double>& importances() const { return importances_; }

    // In a file: little-endian, versioned by whoever keeps it. Throws Error(BadInput) when what is read
    // cannot be a forest.
    void write(std::ostream& out) const;
    static RandomForest read(std::istream& in);

private:
    struct Node {
        std::int16_t threshold = 0; // codes up to it go to `next`, larger ones to next + 1
        std::int16_t feature = leaf;
        std::int32_t next = 0; // of a leaf: its place in shares_, in classes
    };
    static constexpr std::int16_t leaf = -1;
    struct Tree;
    struct Quantised;
    class Grower;

    const std::uint8_t* leaf_of(std::int32_t root, std::span<const std::int16_t> codes) const;
    void measure_out_of_bag(const ForestExamples& examples, std::span<const std::vector<bool>> left_out,
                            std::span<const double> weights, int threads);

    int features_ = 0, classes_ = 0;
    std::vector<std::int32_t> roots_;
    std::vector<Node> nodes_;
    std::vector<std::uint8_t> shares_; // (leaves, classes), of 255
    std::vector<double> importances_;
    double out_of_bag_ = -1;
};

} // namespace eyepiece::label
