// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/repulsion.h"

#include "core/learning/parallel.h"
#include "core/learning/simd.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr int nodes = 3; // per interval
constexpr std::int64_t least_intervals = 50;
constexpr std::int64_t most_intervals = 400; // beyond, intervals grow: a picture that wide is mostly empty

// Lagrange's polynomials through the nodes at 1/6, 1/2 and 5/6, at t in [0,1].
void weights_at(float t, float* w) {
    const float a = t - 1.f / 6, b = t - 0.5f, c = t - 5.f / 6;
    w[0] = b * c * 4.5f;
    w[1] = a * c * -9.f;
    w[2] = a * b * 4.5f;
}

// What a list of masses does to one point: the force, and the sum of m/(1+d^2). z is null in two dimensions.
EYEPIECE_SIMD float push(const float* x, const float* y, const float* z, const float* mass,
                         std::int64_t count, const float* own, float* force) {
    float fx = 0, fy = 0, fz = 0, sum = 0;
    const float ox = own[0], oy = own[1];
    if (!z) {
#pragma omp simd reduction(+ : fx, fy, sum)
        for (std::int64_t j = 0; j < count; ++j) {
            const float dx = ox - x[j], dy = oy - y[j];
            const float q = 1 / (1 + dx * dx + dy * dy), m = mass[j] * q, w = m * q;
            sum += m;
            fx += w * dx;
            fy += w * dy;
        }
    } else {
        const float oz = own[2];
#pragma omp simd reduction(+ : fx, fy, fz, sum)
        for (std::int64_t j = 0; j < count; ++j) {
            const float dx = ox - x[j], dy = oy - y[j], dz = oz - z[j];
            const float q = 1 / (1 + dx * dx + dy * dy + dz * dz), m = mass[j] * q, w = m * q;
            sum += m;
            fx += w * dx;
            fy += w * dy;
            fz += w * dz;
        }
        force[2] = fz;
    }
    force[0] = fx;
    force[1] = fy;
    return sum;
}

} // namespace

void GridRepulsion::lay_out(std::span<const float> points, double margin) {
    float low[2] = {points[0], points[1]}, high[2] = {points[0], points[1]};
    for (std::size_t i = 0; i < points.size(); i += 2)
        for (std::size_t c = 0; c < 2; ++c) {
            low[c] = std::min(low[c], points[i + c]);
            high[c] = std::max(high[c], points[i + c]);
        }
    const double range =
        std::max({static_cast<double>(high[0] - low[0]), static_cast<double>(high[1] - low[1]), 1e-6}) +
        2 * margin;
    // Interval lengths from a ladder, and their number in steps, so that the kernel's transform is seldom
    // made anew while the picture grows.
    double length = 1;
    if (range < least_intervals)
        length = std::pow(2.0, std::ceil(8 * std::log2(range * 1.0001 / least_intervals)) / 8);
    else if (range > most_intervals)
        length = std::pow(2.0, std::ceil(8 * std::log2(range * 1.0001 / most_intervals)) / 8);
    intervals_ = std::max(least_intervals, static_cast<std::int64_t>(std::ceil(range * 1.0001 / length)));
    if (intervals_ > least_intervals)
        intervals_ = (intervals_ + 3) / 4 * 4;
    interval_ = length;
    for (int c = 0; c < 2; ++c) {
        centre_[c] = (low[c] + high[c]) / 2;
        low_[c] = static_cast<float>(centre_[c] - static_cast<double>(intervals_) * length / 2);
    }
}

void GridRepulsion::place_of(float x, float y, std::int64_t* box_x, std::int64_t* box_y, float* wx,
                             float* wy) const {
    const auto inverse = static_cast<float>(1 / interval_);
    const float px = (x - low_[0]) * inverse, py = (y - low_[1]) * inverse;
    *box_x = std::clamp<std::int64_t>(static_cast<std::int64_t>(px), 0, intervals_ - 1);
    *box_y = std::clamp<std::int64_t>(static_cast<std::int64_t>(py), 0, intervals_ - 1);
    weights_at(std::clamp(px - static_cast<float>(*box_x), 0.f, 1.f), wx);
    weights_at(std::clamp(py - static_cast<float>(*box_y), 0.f, 1.f), wy);
}

// Nodes belong to one interval each, so what a box's points put on the grid stays within the box.
void GridRepulsion::spread(std::span<const float> points, int threads) {
    const auto count = static_cast<std::int64_t>(points.size() / 2);
    grid_.prepare(nodes * intervals_, interval_ / nodes, threads);
    const std::int64_t stride = grid_.stride(), boxes = intervals_ * intervals_;
    for (auto* plane : {&mass_, &x_, &y_, &squared_, &plain_})
        plane->assign(static_cast<std::size_t>(grid_.side() * stride), 0);
    box_of_.resize(static_cast<std::size_t>(count));
    order_.resize(static_cast<std::size_t>(count));
    box_start_.assign(static_cast<std::size_t>(boxes + 1), 0);
    for_rows(count, 4096, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        const auto inverse = static_cast<float>(1 / interval_);
        for (std::int64_t i = from; i < to; ++i) {
            const auto at = static_cast<std::size_t>(2 * i);
            const auto bx = std::clamp<std::int64_t>(
                static_cast<std::int64_t>((points[at] - low_[0]) * inverse), 0, intervals_ - 1);
            const auto by = std::clamp<std::int64_t>(
                static_cast<std::int64_t>((points[at + 1] - low_[1]) * inverse), 0, intervals_ - 1);
            box_of_[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(by * intervals_ + bx);
        }
    });
    for (const std::int32_t box : box_of_)
        ++box_start_[static_cast<std::size_t>(box) + 1];
    for (std::size_t i = 0; i < static_cast<std::size_t>(boxes); ++i)
        box_start_[i + 1] += box_start_[i];
    {
        std::vector<std::int64_t> fill(box_start_.begin(), box_start_.end() - 1);
        for (std::int64_t i = 0; i < count; ++i)
            order_[static_cast<std::size_t>(
                fill[static_cast<std::size_t>(box_of_[static_cast<std::size_t>(i)])]++)] =
                static_cast<std::int32_t>(i);
    }
    for_blocks(intervals_, threads, [&](std::int64_t by) {
        for (std::int64_t bx = 0; bx < intervals_; ++bx) {
            const auto box = static_cast<std::size_t>(by * intervals_ + bx);
            if (box_start_[box] == box_start_[box + 1])
                continue;
            float mass[nodes][nodes]{}, sx[nodes][nodes]{}, sy[nodes][nodes]{};
            for (std::int64_t at = box_start_[box]; at < box_start_[box + 1]; ++at) {
                const auto i = static_cast<std::size_t>(order_[static_cast<std::size_t>(at)]);
                const float x = points[2 * i], y = points[2 * i + 1];
                std::int64_t unused_x, unused_y;
                float wx[nodes], wy[nodes];
                place_of(x, y, &unused_x, &unused_y, wx, wy);
                for (int r = 0; r < nodes; ++r)
                    for (int c = 0; c < nodes; ++c) {
                        const float w = wy[r] * wx[c];
                        mass[r][c] += w;
                        sx[r][c] += w * (x - centre_[0]);
                        sy[r][c] += w * (y - centre_[1]);
                    }
            }
            for (int r = 0; r < nodes; ++r)
                for (int c = 0; c < nodes; ++c) {
                    const auto node = static_cast<std::size_t>((by * nodes + r) * stride + bx * nodes + c);
                    mass_[node] = mass[r][c];
                    x_[node] = sx[r][c];
                    y_[node] = sy[r][c];
                }
        }
    });
    grid_.convolve_pair(x_.data(), y_.data(), threads);
    grid_.convolve_mass(mass_.data(), squared_.data(), plain_.data(), threads);
}

GridRepulsion::Field GridRepulsion::field_at(float x, float y) const {
    std::int64_t bx, by;
    float wx[nodes], wy[nodes];
    place_of(x, y, &bx, &by, wx, wy);
    Field field{};
    for (int r = 0; r < nodes; ++r)
        for (int c = 0; c < nodes; ++c) {
            const auto node = static_cast<std::size_t>((by * nodes + r) * grid_.stride() + bx * nodes + c);
            const float w = wy[r] * wx[c];
            field.squared += w * squared_[node];
            field.x += w * x_[node];
            field.y += w * y_[node];
            field.plain += w * plain_[node];
        }
    return field;
}

void GridRepulsion::prepare_field(std::span<const float> points, double margin, int threads) {
    lay_out(points, margin);
    spread(points, threads);
}

double GridRepulsion::compute(std::span<const float> points, std::span<float> force, int threads) {
    prepare_field(points, 0, threads);
    const auto count = static_cast<std::int64_t>(points.size() / 2);
    constexpr std::int64_t block = 4096;
    std::vector<double> sums(static_cast<std::size_t>((count + block - 1) / block));
    for_rows(count, block, threads, [&](std::int64_t from, std::int64_t to, std::int64_t index) {
        double sum = 0;
        for (std::int64_t at = from; at < to; ++at) { // box by box: neighbours in the cache
            const auto i = static_cast<std::size_t>(order_[static_cast<std::size_t>(at)]);
            const float x = points[2 * i], y = points[2 * i + 1];
            const Field field = field_at(x, y);
            sum += field.plain;
            force[2 * i] = field.squared * (x - centre_[0]) - field.x;
            force[2 * i + 1] = field.squared * (y - centre_[1]) - field.y;
        }
        sums[static_cast<std::size_t>(index)] = sum;
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0) -
           static_cast<double>(count); // less each with itself
}

std::int32_t TreeRepulsion::build(std::span<const float> points, std::int32_t from, std::int32_t to,
                                  const float* low, float width, int level) {
    const auto index = static_cast<std::int32_t>(nodes_.size());
    nodes_.emplace_back();
    const auto d = static_cast<std::size_t>(dimensions_);
    double centre[3]{};
    for (std::int32_t i = from; i < to; ++i)
        for (std::size_t c = 0; c < d; ++c)
            centre[c] += points[static_cast<std::size_t>(order_[static_cast<std::size_t>(i)]) * d + c];
    Node node;
    for (std::size_t c = 0; c < 3; ++c)
        node.centre[c] = static_cast<float>(centre[c] / (to - from));
    node.width = width;
    node.mass = to - from;
    node.first = from;
    node.leaf = to - from <= 8 || level >= 40; // points that all but coincide end somewhere
    if (!node.leaf) {
        const auto part_of = [&](std::int32_t point) {
            int part = 0;
            for (std::size_t c = 0; c < d; ++c)
                part |= (points[static_cast<std::size_t>(point) * d + c] >= low[c] + width / 2) << c;
            return part;
        };
        std::int32_t count[9]{};
        for (std::int32_t i = from; i < to; ++i)
            ++count[part_of(order_[static_cast<std::size_t>(i)]) + 1];
        for (int part = 0; part < 8; ++part)
            count[part + 1] += count[part];
        std::int32_t fill[8];
        std::copy(count, count + 8, fill);
        for (std::int32_t i = from; i < to; ++i) {
            const std::int32_t point = order_[static_cast<std::size_t>(i)];
            other_[static_cast<std::size_t>(from + fill[part_of(point)]++)] = point;
        }
        std::copy(other_.begin() + from, other_.begin() + to, order_.begin() + from);
        for (int part = 0; part < 1 << dimensions_; ++part)
            if (count[part] < count[part + 1]) {
                float corner[3]{};
                for (int c = 0; c < dimensions_; ++c)
                    corner[c] = low[c] + ((part >> c & 1) ? width / 2 : 0);
                build(points, from + count[part], from + count[part + 1], corner, width / 2, level + 1);
            }
    }
    node.skip = static_cast<std::int32_t>(nodes_.size());
    nodes_[static_cast<std::size_t>(index)] = node;
    return index;
}

double TreeRepulsion::compute(std::span<const float> points, std::span<float> force, int threads) {
    const auto d = static_cast<std::size_t>(dimensions_);
    const auto count = static_cast<std::int64_t>(points.size() / d);
    order_.resize(static_cast<std::size_t>(count));
    other_.resize(order_.size());
    std::iota(order_.begin(), order_.end(), 0);
    float low[3]{}, high[3]{}, width = 0;
    for (std::size_t c = 0; c < d; ++c) {
        low[c] = high[c] = points[c];
        for (std::size_t i = c; i < points.size(); i += d) {
            low[c] = std::min(low[c], points[i]);
            high[c] = std::max(high[c], points[i]);
        }
        width = std::max(width, high[c] - low[c]);
    }
    nodes_.clear();
    build(points, 0, static_cast<std::int32_t>(count), low, width, 0);
    // A group of points that lie together in the tree walks it once: what is far enough from all of them acts
    // as one point on each, and the list of what acts is worked off in the vector units.
    constexpr std::int64_t group = 16, block = 32 * group;
    std::vector<double> sums(static_cast<std::size_t>((count + block - 1) / block));
    const auto theta2 = static_cast<float>(theta_ * theta_);
    for_rows(count, block, threads, [&](std::int64_t begin, std::int64_t end, std::int64_t index) {
        std::vector<float> acting[3], mass;
        double total = 0;
        for (std::int64_t from = begin; from < end; from += group) {
            const std::int64_t to = std::min(end, from + group);
            float least[3]{}, most[3]{};
            for (std::int64_t at = from; at < to; ++at) {
                const auto i = static_cast<std::size_t>(order_[static_cast<std::size_t>(at)]) * d;
                for (std::size_t c = 0; c < d; ++c) {
                    least[c] = at == from ? points[i + c] : std::min(least[c], points[i + c]);
                    most[c] = at == from ? points[i + c] : std::max(most[c], points[i + c]);
                }
            }
            for (auto& list : acting)
                list.clear();
            mass.clear();
            for (std::size_t n = 0; n < nodes_.size();) {
                const Node& node = nodes_[n];
                float square = 0;
                for (std::size_t c = 0; c < d; ++c) {
                    const float gap = std::max({least[c] - node.centre[c], node.centre[c] - most[c], 0.f});
                    square += gap * gap;
                }
                if (node.width * node.width < theta2 * square) {
                    for (std::size_t c = 0; c < d; ++c)
                        acting[c].push_back(node.centre[c]);
                    mass.push_back(static_cast<float>(node.mass));
                    n = static_cast<std::size_t>(node.skip);
                } else if (node.leaf) {
                    for (std::int32_t p = node.first; p < node.first + node.mass; ++p) {
                        const auto j = static_cast<std::size_t>(order_[static_cast<std::size_t>(p)]) * d;
                        for (std::size_t c = 0; c < d; ++c)
                            acting[c].push_back(points[j + c]);
                        mass.push_back(1);
                    }
                    n = static_cast<std::size_t>(node.skip);
                } else {
                    ++n;
                }
            }
            for (std::int64_t at = from; at < to; ++at) {
                const auto i = static_cast<std::size_t>(order_[static_cast<std::size_t>(at)]) * d;
                total +=
                    push(acting[0].data(), acting[1].data(), d == 3 ? acting[2].data() : nullptr, mass.data(),
                         static_cast<std::int64_t>(mass.size()), points.data() + i, force.data() + i) -
                    1; // itself
            }
        }
        sums[static_cast<std::size_t>(index)] = total;
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

} // namespace eyepiece::explore
