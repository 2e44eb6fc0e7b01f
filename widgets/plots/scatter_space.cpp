// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_space.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece {

namespace {

constexpr double first_across = 0.6, first_up = 0.45; // radians
constexpr double title_place = 1.12;                  // along the axis, the cube ends at 1

using Rows = std::array<double, 9>;

// A number for each row that has nothing to do with its neighbours' (Wellons' lowbias32, a bijection).
std::uint32_t scattered(std::uint32_t row) {
    row ^= row >> 16;
    row *= 0x7feb352du;
    row ^= row >> 15;
    row *= 0x846ca68bu;
    return row ^ row >> 16;
}

Rows product(const Rows& a, const Rows& b) {
    Rows c{};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            for (std::size_t k = 0; k < 3; ++k)
                c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
    return c;
}

// Gram and Schmidt: rounding would make it a shear in the long run.
void make_orthonormal(Rows& rows) {
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            double dot = 0;
            for (std::size_t k = 0; k < 3; ++k)
                dot += rows[3 * i + k] * rows[3 * j + k];
            for (std::size_t k = 0; k < 3; ++k)
                rows[3 * i + k] -= dot * rows[3 * j + k];
        }
        const double length = std::hypot(rows[3 * i], rows[3 * i + 1], rows[3 * i + 2]);
        for (std::size_t k = 0; k < 3; ++k)
            rows[3 * i + k] /= length;
    }
}

} // namespace

ScatterTurn ScatterTurn::at_first() {
    return ScatterTurn().turned(first_across, -first_up);
}

ScatterTurn ScatterTurn::turned(double across, double up) const {
    const double ca = std::cos(across), sa = std::sin(across), cu = std::cos(up), su = std::sin(up);
    const Rows about_up{ca, 0, sa, 0, 1, 0, -sa, 0, ca};
    const Rows about_across{1, 0, 0, 0, cu, su, 0, -su, cu};
    ScatterTurn turn;
    turn.rows = product(about_across, product(about_up, rows));
    make_orthonormal(turn.rows);
    return turn;
}

std::array<double, 3> ScatterTurn::seen(double x, double y, double z) const {
    return {rows[0] * x + rows[1] * y + rows[2] * z, rows[3] * x + rows[4] * y + rows[5] * z,
            rows[6] * x + rows[7] * y + rows[8] * z};
}

std::shared_ptr<const ScatterSpace> ScatterSpace::build(std::vector<float> x, std::vector<float> y,
                                                        std::vector<float> z,
                                                        std::array<std::string, 3> titles, bool equal_axes) {
    auto space = std::make_shared<ScatterSpace>();
    space->axes_ = {std::move(x), std::move(y), std::move(z)};
    space->titles_ = std::move(titles);
    const std::size_t rows =
        std::min({space->axes_[0].size(), space->axes_[1].size(), space->axes_[2].size()});
    std::array<double, 3> low, high;
    low.fill(std::numeric_limits<double>::max());
    high.fill(std::numeric_limits<double>::lowest());
    for (auto& axis : space->axes_)
        axis.resize(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        if (std::any_of(space->axes_.begin(), space->axes_.end(),
                        [&](const auto& axis) { return !std::isfinite(axis[row]); }))
            continue;
        ++space->places_;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            low[axis] = std::min(low[axis], static_cast<double>(space->axes_[axis][row]));
            high[axis] = std::max(high[axis], static_cast<double>(space->axes_[axis][row]));
        }
    }
    if (space->places_ == 0)
        return space;
    double widest = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
        widest = std::max(widest, high[axis] - low[axis]);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double span = equal_axes ? widest : high[axis] - low[axis];
        const double middle = (low[axis] + high[axis]) / 2, scale = span > 0 ? 2 / span : 0;
        for (float& value : space->axes_[axis])
            value = static_cast<float>((static_cast<double>(value) - middle) * scale);
    }
    return space;
}

std::shared_ptr<const ScatterPoints> ScatterSpace::seen(const ScatterTurn& turn, std::size_t most) const {
    auto points = std::make_shared<ScatterPoints>();
    points->reach = std::sqrt(3.0);
    points->x.resize(rows());
    points->y.resize(rows());
    points->depth.resize(rows());
    const double kept = most < places_ ? static_cast<double>(most) / static_cast<double>(places_) : 1;
    const auto threshold = static_cast<std::uint32_t>(kept * std::numeric_limits<std::uint32_t>::max());
    for (std::size_t row = 0; row < rows(); ++row) {
        if (kept < 1 && scattered(static_cast<std::uint32_t>(row)) > threshold) {
            points->x[row] = points->y[row] = std::numeric_limits<float>::quiet_NaN();
            continue;
        }
        const auto place = turn.seen(static_cast<double>(axes_[0][row]), static_cast<double>(axes_[1][row]),
                                     static_cast<double>(axes_[2][row]));
        points->x[row] = static_cast<float>(place[0]);
        points->y[row] = static_cast<float>(place[1]);
        points->depth[row] = static_cast<float>(place[2]);
    }
    // Twelve edges; each axis has four, of which the one from the corner of the lowest values has the title.
    for (std::size_t axis = 0; axis < 3; ++axis)
        for (const double a : {-1.0, 1.0})
            for (const double b : {-1.0, 1.0}) {
                std::array<double, 3> from{}, to{};
                from[axis] = -1;
                to[axis] = 1;
                from[(axis + 1) % 3] = to[(axis + 1) % 3] = a;
                from[(axis + 2) % 3] = to[(axis + 2) % 3] = b;
                const auto start = turn.seen(from[0], from[1], from[2]), end = turn.seen(to[0], to[1], to[2]);
                ScatterPoints::Edge edge;
                edge.x1 = start[0];
                edge.y1 = start[1];
                edge.x2 = end[0];
                edge.y2 = end[1];
                if (a < 0 && b < 0) {
                    edge.title = titles_[axis];
                    to[axis] = title_place;
                    const auto place = turn.seen(to[0], to[1], to[2]);
                    edge.title_x = place[0];
                    edge.title_y = place[1];
                }
                points->edges.push_back(std::move(edge));
            }
    return points;
}

} // namespace eyepiece
