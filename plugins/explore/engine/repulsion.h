// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/engine/grid_convolution.h"

#include <memory>
#include <span>
#include <vector>

namespace eyepiece::explore {

// t-SNE's repulsion: for points y (rows, dimensions), force_i = sum_j (y_i - y_j) / (1+d_ij^2)^2, and the
// normalisation Z = sum_{i != j} 1/(1+d_ij^2), which is returned.
class Repulsion {
public:
    virtual ~Repulsion() = default;
    virtual double compute(std::span<const float> points, std::span<float> force, int threads) = 0;
};

// By interpolation on a grid and the Fourier transform (Linderman et al. 2019): three nodes an interval, at
// least 50 intervals a side, each at most 1 long. Two dimensions.
class GridRepulsion final : public Repulsion {
public:
    double compute(std::span<const float> points, std::span<float> force, int threads) override;

    // Prepares the field of these points, in which other places can be asked for; `margin` is how far outside
    // of the points' box they may lie.
    void prepare_field(std::span<const float> points, double margin, int threads);
    struct Field {
        float squared, x, y, plain; // sums over the points: K^2, K^2 x_j, K^2 y_j, K
    };
    Field field_at(float x, float y) const; // places outside of the margin take its rim
    float centre_x() const { return centre_[0]; }
    float centre_y() const { return centre_[1]; }

private:
    void lay_out(std::span<const float> points, double margin);
    void spread(std::span<const float> points, int threads);
    void place_of(float x, float y, std::int64_t* box_x, std::int64_t* box_y, float* wx, float* wy) const;

    GridConvolution grid_;
    std::int64_t intervals_ = 0;
    float low_[2]{}, centre_[2]{};
    double interval_ = 1;
    std::vector<float> mass_, x_, y_, squared_, plain_; // on the grid
    std::vector<std::int32_t> order_;                   // points by box
    std::vector<std::int64_t> box_start_;
    std::vector<std::int32_t> box_of_;
};

// By a tree of boxes (Barnes and Hut 1986, van der Maaten 2014): a box whose side is less than theta times
// its distance acts as one point. Two or three dimensions.
class TreeRepulsion final : public Repulsion {
public:
    TreeRepulsion(int dimensions, double theta) : dimensions_(dimensions), theta_(theta) {}
    double compute(std::span<const float> points, std::span<float> force, int threads) override;

private:
    struct Node {
        float centre[3]; // of mass
        float width = 0;
        std::int32_t mass = 0;
        std::int32_t skip = 0;  // the node after this one's children
        std::int32_t first = 0; // its points in order_, for a leaf
        bool leaf = false;
    };
    std::int32_t build(std::span<const float> points, std::int32_t from, std::int32_t to, const float* low,
                       float width, int level);
    int dimensions_;
    double theta_;
    std::vector<Node> nodes_;
    std::vector<std::int32_t> order_, other_;
};

} // namespace eyepiece::explore
