// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/live_wire.h"

#include "core/base/error.h"
#include "core/data/scaled_channels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace eyepiece {

namespace {

constexpr double crossing_weight = 0.43, direction_weight = 0.43, strength_weight = 0.14;
constexpr int turns = 32, flat = turns; // directions of a gradient, and none
constexpr std::size_t buckets = 512;    // more than the dearest step
constexpr std::int32_t unreached = std::numeric_limits<std::int32_t>::max();
constexpr std::array<std::array<int, 2>, 8> steps{
    {{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}};

// fD of equation 4 for each step and pair of gradient directions, in 1/255. As the paper of 1998 scales it,
// by 2 / (3 pi), so that it ends at 1. Flat ground has no direction: its unit vector is 0.
struct DirectionCosts {
    std::array<std::array<std::array<std::uint8_t, turns + 1>, turns + 1>, 8> of{};
    DirectionCosts() {
        const auto along_edge = [](int turn) { // perpendicular to the gradient
            const double angle = 2 * std::numbers::pi * turn / turns;
            return turn == flat ? Point2{} : Point2{-std::sin(angle), std::cos(angle)};
        };
        for (std::size_t d = 0; d < 8; ++d)
            for (int p = 0; p <= turns; ++p)
                for (int q = 0; q <= turns; ++q) {
                    const double length = std::hypot(steps[d][0], steps[d][1]);
                    Point2 link{steps[d][0] / length, steps[d][1] / length};
                    const Point2 at_p = along_edge(p), at_q = along_edge(q);
                    double here = at_p.x * link.x + at_p.y * link.y,
                           there = at_q.x * link.x + at_q.y * link.y;
                    if (here < 0)
                        here = -here, there = -there;
                    const double angle =
                        std::acos(std::clamp(here, -1.0, 1.0)) + std::acos(std::clamp(there, -1.0, 1.0));
                    of[d][static_cast<std::size_t>(p)][static_cast<std::size_t>(q)] =
                        static_cast<std::uint8_t>(
                            std::lround(255 * direction_weight * 2 / (3 * std::numbers::pi) * angle));
                }
    }
};

const DirectionCosts& direction_costs() {
    static const DirectionCosts costs;
    return costs;
}

} // namespace

LiveWireCosts::LiveWireCosts(const Image& scaled, const LiveWireOptions& options, const JobContext& context)
    : width_(scaled.width()), height_(scaled.height()) {
    if (scaled.empty())
        throw Error(ErrorCode::BadInput, "There is no image to find edges in. Open one first.");
    const auto count = static_cast<std::size_t>(width_ * height_);
    std::vector<float> strength(count, -1.f), curvature(count, 0.f);
    turn_.assign(count, 255);
    const Image soft = smoothed(scaled, options.sigma);
    for (int c = 0; c < soft.channels(); ++c) {
        context.throw_if_cancelled();
        const auto values = soft.plane_as<float>(c);
        for (std::int64_t y = 0; y < height_; ++y) {
            const float* row = values.data() + y * width_;
            const float* above = values.data() + std::max<std::int64_t>(y - 1, 0) * width_;
            const float* below = values.data() + std::min(y + 1, height_ - 1) * width_;
            for (std::int64_t x = 0; x < width_; ++x) {
                const float left = row[std::max<std::int64_t>(x - 1, 0)],
                            right = row[std::min(x + 1, width_ - 1)];
                const float dx = (right - left) / 2, dy = (below[x] - above[x]) / 2;
                const float steep = std::sqrt(dx * dx + dy * dy);
                const auto i = static_cast<std::size_t>(y * width_ + x);
                if (steep <= strength[i])
                    continue;
                strength[i] = steep;
                curvature[i] = left + right + above[x] + below[x] - 4 * row[x];
                if (steep > 0) {
                    const double turn = std::atan2(dy, dx) / (2 * std::numbers::pi);
                    turn_[i] = static_cast<std::uint8_t>(static_cast<int>(std::lround(turn * turns) + turns) %
                                                         turns);
                }
            }
        }
    }
    context.throw_if_cancelled();
    std::vector<float> sorted = strength;
    const auto high = sorted.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(count - 1) * 0.995);
    std::nth_element(sorted.begin(), high, sorted.end());
    float strongest = *high;
    if (strongest <= 0) // edges are few: the strongest itself
        strongest = *std::max_element(high, sorted.end());

    // Where the Laplacian changes its sign towards a neighbour, the pixel nearer to zero is the crossing.
    site_.assign(count, 0);
    context.throw_if_cancelled();
    for (std::int64_t y = 0; y < height_; ++y)
        for (std::int64_t x = 0; x < width_; ++x) {
            const auto i = static_cast<std::size_t>(y * width_ + x);
            const float own = curvature[i];
            bool crosses = own == 0 && strength[i] > 0;
            for (const std::array<int, 2>& by : {steps[0], steps[2], steps[4], steps[6]}) {
                const std::int64_t nx = x + by[0], ny = y + by[1];
                if (nx < 0 || ny < 0 || nx >= width_ || ny >= height_)
                    continue;
                const float other = curvature[static_cast<std::size_t>(ny * width_ + nx)];
                crosses = crosses || (own * other < 0 && std::abs(own) <= std::abs(other));
            }
            const double weak =
                strongest > 0 ? 1 - std::min(1.0, static_cast<double>(strength[i] / strongest)) : 1;
            site_[i] = static_cast<std::uint8_t>(
                std::lround(255 * ((crosses ? 0 : crossing_weight) + strength_weight * weak)));
        }
    // Objects that the image cuts off end at its border, so wires may run along it.
    for (std::int64_t y = 0; y < height_; ++y)
        for (std::int64_t x = 0; x < width_; ++x) {
            const bool side = x == 0 || x == width_ - 1;
            if (!side && y > 0 && y < height_ - 1) {
                x = width_ - 2; // on to the right border
                continue;
            }
            const auto i = static_cast<std::size_t>(y * width_ + x);
            site_[i] = 0;
            turn_[i] = side ? 0 : turns / 4;
        }
}

int LiveWireCosts::step_cost(std::size_t from, std::size_t to, int direction) const {
    const auto turn_of = [&](std::size_t i) {
        return static_cast<std::size_t>(turn_[i] == 255 ? flat : turn_[i]);
    };
    const auto d = static_cast<std::size_t>(direction);
    const int cost = 1 + site_[to] + direction_costs().of[d][turn_of(from)][turn_of(to)];
    return direction % 2 == 0 ? cost : (cost * 362 + 128) / 256; // diagonal: times the root of 2
}

LiveWirePaths::LiveWirePaths(std::shared_ptr<const LiveWireCosts> costs, std::int64_t x, std::int64_t y)
    : costs_(std::move(costs)), buckets_(buckets) {
    const auto count = static_cast<std::size_t>(costs_->width() * costs_->height());
    cost_.assign(count, unreached);
    done_.assign(count, 0);
    came_.assign(count, 255);
    const std::size_t seed = index(x, y);
    cost_[seed] = 0;
    buckets_[0].push_back(static_cast<std::uint32_t>(seed));
    open_ = 1;
}

std::size_t LiveWirePaths::index(std::int64_t x, std::int64_t y) const {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(y, 0, costs_->height() - 1) * costs_->width() +
                                    std::clamp<std::int64_t>(x, 0, costs_->width() - 1));
}

// False when every pixel has been reached.
bool LiveWirePaths::settle_next() {
    while (open_ > 0) {
        auto& bucket = buckets_[static_cast<std::size_t>(level_) % buckets];
        if (bucket.empty()) {
            ++level_;
            continue;
        }
        const std::size_t i = bucket.back();
        bucket.pop_back();
        --open_;
        if (done_[i]) // a cheaper way was found since
            continue;
        done_[i] = 1;
        const std::int64_t width = costs_->width();
        const auto x = static_cast<std::int64_t>(i) % width, y = static_cast<std::int64_t>(i) / width;
        for (int d = 0; d < 8; ++d) {
            const auto& by = steps[static_cast<std::size_t>(d)];
            if (x + by[0] < 0 || y + by[1] < 0 || x + by[0] >= width || y + by[1] >= costs_->height())
                continue;
            const auto j = static_cast<std::size_t>((y + by[1]) * width + x + by[0]);
            if (done_[j])
                continue;
            const std::int32_t cost = level_ + costs_->step_cost(i, j, d);
            if (cost >= cost_[j])
                continue;
            cost_[j] = cost;
            came_[j] = static_cast<std::uint8_t>(d);
            buckets_[static_cast<std::size_t>(cost) % buckets].push_back(static_cast<std::uint32_t>(j));
            ++open_;
        }
        return true;
    }
    return false;
}

std::vector<std::pair<std::int64_t, std::int64_t>> LiveWirePaths::path_to(std::int64_t x, std::int64_t y,
                                                                          const JobContext& context) {
    constexpr std::size_t between_looks = 1 << 14;
    std::size_t i = index(x, y);
    for (std::size_t settled = 0; !done_[i] && settle_next(); ++settled)
        if (settled % between_looks == 0)
            context.throw_if_cancelled();
    std::vector<std::pair<std::int64_t, std::int64_t>> path;
    const std::int64_t width = costs_->width();
    while (true) {
        const auto px = static_cast<std::int64_t>(i) % width, py = static_cast<std::int64_t>(i) / width;
        path.emplace_back(px, py);
        if (came_[i] == 255)
            break;
        const auto& by = steps[came_[i]];
        i = static_cast<std::size_t>((py - by[1]) * width + px - by[0]);
    }
    std::reverse(path.begin(), path.end());
    return path;
}

bool LiveWirePaths::grow(std::size_t pixels) {
    while (pixels > 0 && settle_next())
        --pixels;
    return pixels == 0;
}

std::pair<std::int64_t, std::int64_t> snapped_to_edge(const LiveWireCosts& costs, std::int64_t x,
                                                      std::int64_t y, int radius) {
    x = std::clamp<std::int64_t>(x, 0, costs.width() - 1);
    y = std::clamp<std::int64_t>(y, 0, costs.height() - 1);
    std::pair best{x, y};
    int cheapest = std::numeric_limits<int>::max(), nearest = 0;
    for (std::int64_t py = std::max<std::int64_t>(y - radius, 0);
         py <= std::min(y + radius, costs.height() - 1); ++py)
        for (std::int64_t px = std::max<std::int64_t>(x - radius, 0);
             px <= std::min(x + radius, costs.width() - 1); ++px) {
            const int away = static_cast<int>((px - x) * (px - x) + (py - y) * (py - y));
            const int cost = costs.site_cost(static_cast<std::size_t>(py * costs.width() + px));
            if (away > radius * radius || cost > cheapest || (cost == cheapest && away >= nearest))
                continue;
            best = {px, py};
            cheapest = cost;
            nearest = away;
        }
    return best;
}

} // namespace eyepiece
