// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_scene.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace eyepiece {

namespace {
constexpr unsigned shuffle_seed = 20;
constexpr double points_a_cell = 4;
constexpr std::size_t depth_steps = 1 << 14;
constexpr std::size_t nearness_levels = 4; // of the eight sizes: the nearest are not to be giants
} // namespace

// By hand: std::shuffle may differ between libraries, and the same data should give the same picture.
void shuffle_for_drawing(std::vector<std::uint32_t>& rows) {
    std::minstd_rand random(shuffle_seed);
    for (std::size_t left = rows.size(); left > 1; --left)
        std::swap(rows[left - 1], rows[random() % left]);
}

std::shared_ptr<const ScatterScene> ScatterScene::build(std::shared_ptr<const ScatterPoints> points,
                                                        const std::atomic<bool>& stop) {
    auto scene = std::make_shared<ScatterScene>();
    scene->points_ = std::move(points);
    const auto& x = scene->points_->x;
    const auto& y = scene->points_->y;
    auto& order = scene->row_;
    order.reserve(x.size());
    for (std::size_t row = 0; row < std::min(x.size(), y.size()); ++row)
        if (std::isfinite(x[row]) && std::isfinite(y[row]))
            order.push_back(static_cast<std::uint32_t>(row));
    if (stop)
        return scene;
    if (scene->points_->depth.size() == x.size() && !x.empty())
        scene->order_by_depth();
    else
        shuffle_for_drawing(order);
    if (stop)
        return scene;
    scene->x_.resize(order.size());
    scene->y_.resize(order.size());
    constexpr double limit = std::numeric_limits<double>::max();
    Bounds found{limit, -limit, limit, -limit};
    for (std::size_t at = 0; at < order.size(); ++at) {
        const float px = x[order[at]], py = y[order[at]];
        scene->x_[at] = px;
        scene->y_[at] = py;
        found.left = std::min<double>(found.left, px);
        found.right = std::max<double>(found.right, px);
        found.bottom = std::min<double>(found.bottom, py);
        found.top = std::max<double>(found.top, py);
    }
    if (const double reach = scene->points_->reach; reach > 0)
        scene->bounds_ = {-reach, reach, -reach, reach}; // the view stays as it is when the space turns
    else if (!order.empty())
        scene->bounds_ = found;
    if (!stop)
        scene->index();
    return scene;
}

ScatterTransform ScatterScene::fitted(double width, double height, double margin) const {
    ScatterTransform view;
    view.width = std::max(1.0, width);
    view.height = std::max(1.0, height);
    view.centre_x = (bounds_.left + bounds_.right) / 2;
    view.centre_y = (bounds_.bottom + bounds_.top) / 2;
    const auto scale = [&](double extent, double room) {
        return std::max(1.0, room - 2 * margin) / (extent > 0 && std::isfinite(extent) ? extent : 1.0);
    };
    view.scale_x = scale(bounds_.right - bounds_.left, view.width);
    view.scale_y = scale(bounds_.top - bounds_.bottom, view.height);
    if (points_ && points_->equal_axes)
        view.scale_x = view.scale_y = std::min(view.scale_x, view.scale_y);
    return view;
}

// In steps as fine as is seen: a count of each, for it is done anew at every turn.
void ScatterScene::order_by_depth() {
    const std::vector<float>& depth = points_->depth;
    const double reach = std::max(points_->reach, 1e-9);
    const auto step = [&](std::uint32_t row) {
        const double share = (static_cast<double>(depth[row]) / reach + 1) / 2;
        return static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * (depth_steps - 1));
    };
    std::vector<std::uint32_t> starts(depth_steps + 1, 0);
    for (const std::uint32_t row : row_)
        ++starts[step(row) + 1];
    for (std::size_t at = 1; at < starts.size(); ++at)
        starts[at] += starts[at - 1];
    std::vector<std::uint32_t> sorted(row_.size());
    auto nearness = std::make_shared<std::vector<std::uint8_t>>(depth.size(), std::uint8_t{0});
    for (const std::uint32_t row : row_) {
        const std::size_t at = step(row);
        sorted[starts[at]++] = row;
        (*nearness)[row] = static_cast<std::uint8_t>(at * nearness_levels / depth_steps);
    }
    row_ = std::move(sorted);
    nearness_ = std::move(nearness);
}

std::size_t ScatterScene::cell(double x, double y) const {
    const auto place = [&](double value, double low, double high) {
        const double share = high > low ? (value - low) / (high - low) : 0;
        return static_cast<std::size_t>(
            std::clamp(share * static_cast<double>(side_), 0.0, static_cast<double>(side_) - 1));
    };
    return place(y, bounds_.bottom, bounds_.top) * side_ + place(x, bounds_.left, bounds_.right);
}

void ScatterScene::index() {
    side_ = static_cast<std::size_t>(
        std::clamp(std::sqrt(static_cast<double>(x_.size()) / points_a_cell), 1.0, 2048.0));
    starts_.assign(side_ * side_ + 1, 0);
    std::vector<std::uint32_t> cells(x_.size());
    for (std::size_t at = 0; at < x_.size(); ++at) {
        cells[at] = static_cast<std::uint32_t>(cell(x_[at], y_[at]));
        ++starts_[cells[at] + 1];
    }
    for (std::size_t at = 1; at < starts_.size(); ++at)
        starts_[at] += starts_[at - 1];
    at_.resize(x_.size());
    std::vector<std::uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (std::size_t at = 0; at < x_.size(); ++at)
        at_[next[cells[at]]++] = static_cast<std::uint32_t>(at);
}

std::optional<std::size_t> ScatterScene::nearest(const ScatterTransform& view, double px, double py,
                                                 double radius,
                                                 const std::vector<std::uint8_t>& hidden) const {
    if (x_.empty() || starts_.empty())
        return {};
    const std::size_t low = cell(view.from_x(px - radius), view.from_y(py + radius));
    const std::size_t high = cell(view.from_x(px + radius), view.from_y(py - radius));
    double best = radius * radius;
    std::optional<std::size_t> found;
    for (std::size_t row = low / side_; row <= high / side_; ++row)
        for (std::size_t column = low % side_; column <= high % side_; ++column) {
            const std::size_t here = row * side_ + column;
            for (std::uint32_t i = starts_[here]; i < starts_[here + 1]; ++i) {
                const std::uint32_t at = at_[i];
                if (row_[at] < hidden.size() && hidden[row_[at]])
                    continue;
                const double dx = view.to_x(x_[at]) - px, dy = view.to_y(y_[at]) - py;
                if (const double distance = dx * dx + dy * dy; distance <= best) {
                    best = distance;
                    found = row_[at];
                }
            }
        }
    return found;
}

} // namespace eyepiece
