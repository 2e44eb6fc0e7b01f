// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/morphology.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <opencv2/imgproc.hpp>

namespace eyepiece {

namespace {

constexpr float far_away = 1e18f; // px²: no pixel of that kind

// For each pixel the squared distance to the nearest one that is `on`. Squares of distances between centres
// are whole numbers, so rounding makes them exact and comparisons of them safe.
std::vector<float> squared_distance(const Mask& mask, bool on) {
    std::vector<float> squares(mask.pixels.size(), far_away);
    if (std::none_of(mask.pixels.begin(), mask.pixels.end(), [&](auto pixel) { return (pixel != 0) == on; }))
        return squares;
    cv::Mat others(static_cast<int>(mask.height), static_cast<int>(mask.width), CV_8UC1);
    std::transform(mask.pixels.begin(), mask.pixels.end(), others.begin<std::uint8_t>(),
                   [&](auto pixel) { return static_cast<std::uint8_t>((pixel != 0) != on); });
    cv::Mat distance;
    cv::distanceTransform(others, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    std::transform(distance.begin<float>(), distance.end<float>(), squares.begin(),
                   [](float d) { return std::round(d * d); });
    return squares;
}

template<class Wanted>
Mask mask_where(const LabelMap& labels, Wanted wanted) {
    Mask mask(labels.height(), labels.width());
    std::transform(labels.ids().begin(), labels.ids().end(), mask.pixels.begin(),
                   [&](ObjectId id) { return static_cast<std::uint8_t>(wanted(id)); });
    return mask;
}

std::vector<std::int64_t> areas_of(const LabelMap& labels) {
    std::vector<std::int64_t> areas(labels.largest_id() + std::size_t{1}, 0);
    for (const ObjectId id : labels.ids())
        ++areas[id];
    return areas;
}

} // namespace

Mask grown(const Mask& mask, double radius) {
    const auto reach = static_cast<float>(radius * radius);
    const std::vector<float> squares = squared_distance(mask, true);
    Mask result(mask.height, mask.width);
    for (std::size_t i = 0; i < squares.size(); ++i)
        result.pixels[i] = squares[i] <= reach;
    return result;
}

Mask shrunk(const Mask& mask, double radius) {
    const auto reach = static_cast<float>(radius * radius);
    const std::vector<float> squares = squared_distance(mask, false);
    Mask result(mask.height, mask.width);
    for (std::size_t i = 0; i < squares.size(); ++i)
        result.pixels[i] = mask.pixels[i] && squares[i] > reach;
    return result;
}

Mask smoothed(const Mask& mask, double radius) {
    Mask result(mask.height, mask.width);
    if (mask.pixels.empty() || radius <= 0) {
        std::copy(mask.pixels.begin(), mask.pixels.end(), result.pixels.begin());
        return result;
    }
    cv::Mat share(static_cast<int>(mask.height), static_cast<int>(mask.width), CV_32F);
    std::transform(mask.pixels.begin(), mask.pixels.end(), share.begin<float>(),
                   [](auto pixel) { return pixel ? 1.f : 0.f; });
    cv::GaussianBlur(share, share, {}, radius, radius, cv::BORDER_REPLICATE);
    // On the border between more and less than half a pixel stays what it is.
    constexpr float half = 0.5f, undecided = 1e-4f;
    auto at = share.begin<float>();
    for (std::size_t i = 0; i < result.pixels.size(); ++i, ++at)
        result.pixels[i] = std::abs(*at - half) <= undecided ? mask.pixels[i] : *at > half;
    return result;
}

Mask largest_part(const Mask& mask, Connectivity connectivity) {
    const LabelMap parts = connected_components(mask, connectivity);
    std::vector<std::int64_t> areas = areas_of(parts);
    areas[0] = 0;
    const auto largest = static_cast<ObjectId>(std::max_element(areas.begin(), areas.end()) - areas.begin());
    return mask_where(parts, [&](ObjectId id) { return id != 0 && id == largest; });
}

Mask grown_among(const LabelMap& labels, ObjectId id, std::span<const ObjectId> growing, double radius,
                 bool only_where_empty) {
    const auto rival = [&](ObjectId other) {
        return other != 0 && other != id && std::binary_search(growing.begin(), growing.end(), other);
    };
    const Mask own = mask_where(labels, [&](ObjectId each) { return each == id; });
    const std::vector<float> to_own = squared_distance(own, true);
    // Equally near: the smaller id has it. So what is nearer is asked of the rivals on either side.
    const std::vector<float> to_smaller =
        squared_distance(mask_where(labels, [&](ObjectId each) { return each < id && rival(each); }), true);
    const std::vector<float> to_larger =
        squared_distance(mask_where(labels, [&](ObjectId each) { return each > id && rival(each); }), true);
    const auto reach = static_cast<float>(radius * radius);
    Mask reached(labels.height(), labels.width());
    for (std::size_t i = 0; i < reached.pixels.size(); ++i) {
        const ObjectId there = labels.ids()[i];
        const bool free = there == 0 || (!only_where_empty && !rival(there));
        reached.pixels[i] = there == id || (free && to_own[i] <= reach && to_own[i] < to_smaller[i] &&
                                            to_own[i] <= to_larger[i]);
    }
    // What lies behind a neighbour is within the radius and yet not reached.
    const LabelMap parts = connected_components(reached);
    std::vector<bool> holds_own(parts.largest_id() + std::size_t{1}, false);
    for (std::size_t i = 0; i < own.pixels.size(); ++i)
        if (own.pixels[i])
            holds_own[parts.ids()[i]] = true;
    return mask_where(parts, [&](ObjectId part) { return part != 0 && holds_own[part]; });
}

std::int64_t room_for(Reshaping how, double radius) {
    switch (how) {
    case Reshaping::Grow: // and as far again, for rivals that are nearer to what it reaches
        return 2 * static_cast<std::int64_t>(std::ceil(radius)) + 1;
    case Reshaping::Shrink:
    case Reshaping::Smooth: // it stays within the bounds, and the frame is repeated beyond
        return 1;
    case Reshaping::FillHoles:
    case Reshaping::KeepLargest:
        break;
    }
    return 0;
}

Mask reshaped(const LabelMap& labels, ObjectId id, Reshaping how, double radius,
              std::span<const ObjectId> growing, bool only_where_empty) {
    if (how == Reshaping::Grow)
        return grown_among(labels, id, growing, radius, only_where_empty);
    const Mask own = mask_where(labels, [&](ObjectId each) { return each == id; });
    Mask mask = how == Reshaping::Shrink      ? shrunk(own, radius)
                : how == Reshaping::Smooth    ? smoothed(own, radius)
                : how == Reshaping::FillHoles ? fill_holes(own)
                                              : largest_part(own);
    for (std::size_t i = 0; i < mask.pixels.size(); ++i)
        if (const ObjectId there = labels.ids()[i]; there != 0 && there != id)
            mask.pixels[i] = 0;
    return mask;
}

// ---- cutting

namespace {

constexpr std::array<std::array<int, 2>, 4> onward{{{1, 0}, {-1, 1}, {0, 1}, {1, 1}}}; // steps to neighbours

double cross(Point2 a, Point2 b, Point2 c) { // > 0: c is to the right of the way from a to b, y down
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

bool cross_each_other(Point2 a, Point2 b, Point2 p, Point2 q) {
    return (cross(a, b, p) < 0) != (cross(a, b, q) < 0) && (cross(p, q, a) < 0) != (cross(p, q, b) < 0);
}

// For each pixel which of its steps onward cross the line, as bits.
std::vector<std::uint8_t> crossed_steps(const Mask& mask, std::span<const Point2> line) {
    std::vector<std::uint8_t> crossed(mask.pixels.size(), 0);
    // Off the centres of pixels, which a line drawn at whole or half pixels would go through: what lies on
    // the line would be on neither side.
    const auto off_centres = [](Point2 p) { return Point2{p.x + 7.3e-5, p.y + 4.1e-5}; };
    for (std::size_t k = 0; k + 1 < line.size(); ++k) {
        const Point2 a = off_centres(line[k]), b = off_centres(line[k + 1]);
        if (!std::isfinite(a.x + a.y + b.x + b.y))
            continue;
        const Point2 &upper = a.y <= b.y ? a : b, &lower = a.y <= b.y ? b : a;
        const double first = std::max(std::floor(upper.y - 1.5), 0.0);
        const double last = std::min(std::floor(lower.y - 0.5), static_cast<double>(mask.height - 1));
        for (double row = first; row <= last; ++row) {
            // Steps onward from this row lie between its centres and those of the next.
            const auto x_at = [&](double y) {
                const double t = lower.y > upper.y ? (y - upper.y) / (lower.y - upper.y) : 0;
                return upper.x + std::clamp(t, 0.0, 1.0) * (lower.x - upper.x);
            };
            const bool level = lower.y == upper.y;
            const double x0 = level ? std::min(a.x, b.x) : std::min(x_at(row + 0.5), x_at(row + 1.5));
            const double x1 = level ? std::max(a.x, b.x) : std::max(x_at(row + 0.5), x_at(row + 1.5));
            const auto from = static_cast<std::int64_t>(std::max(std::floor(x0 - 2), 0.0));
            const auto to =
                static_cast<std::int64_t>(std::min(std::ceil(x1 + 1), static_cast<double>(mask.width - 1)));
            const auto y = static_cast<std::int64_t>(row);
            for (std::int64_t x = from; x <= to; ++x) {
                const Point2 p{static_cast<double>(x) + 0.5, row + 0.5};
                for (std::size_t step = 0; step < onward.size(); ++step)
                    if (cross_each_other(a, b, p, {p.x + onward[step][0], p.y + onward[step][1]}))
                        // Crossed twice, it is on the side where it began.
                        crossed[static_cast<std::size_t>(y * mask.width + x)] ^=
                            static_cast<std::uint8_t>(1u << step);
            }
        }
    }
    return crossed;
}

// Gives crumbs to the part that they touch most.
void join_crumbs(LabelMap& parts) {
    const std::vector<std::int64_t> areas = areas_of(parts);
    const std::int64_t whole = std::accumulate(areas.begin() + 1, areas.end(), std::int64_t{0});
    const std::int64_t crumb = std::min<std::int64_t>(16, whole / 100); // px
    std::map<std::pair<ObjectId, ObjectId>, std::int64_t> touches;      // of crumb and part
    for (std::int64_t y = 0; y < parts.height(); ++y)
        for (std::int64_t x = 0; x < parts.width(); ++x)
            for (const auto& [dx, dy] : onward) {
                if (x + dx < 0 || x + dx >= parts.width() || y + dy >= parts.height())
                    continue;
                const ObjectId here = parts.at(x, y), there = parts.at(x + dx, y + dy);
                if (here == 0 || there == 0 || here == there)
                    continue;
                for (const auto& [small, other] : {std::pair{here, there}, std::pair{there, here}})
                    if (areas[small] <= crumb && areas[other] > crumb)
                        ++touches[{small, other}];
            }
    std::vector<ObjectId> joins(areas.size());
    std::iota(joins.begin(), joins.end(), 0u);
    std::vector<std::int64_t> most(areas.size(), 0);
    for (const auto& [pair, count] : touches)
        if (count > most[pair.first]) {
            most[pair.first] = count;
            joins[pair.first] = pair.second;
        }
    for (ObjectId& id : parts.ids())
        id = joins[id];
}

} // namespace

LabelMap cut_apart(const Mask& mask, std::span<const Point2> line) {
    const std::vector<std::uint8_t> crossed = crossed_steps(mask, line);
    LabelMap parts(mask.height, mask.width);
    ObjectId count = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> open;
    const auto on = [&](std::int64_t x, std::int64_t y) {
        return x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.at(x, y);
    };
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x) {
            if (!mask.at(x, y) || parts.at(x, y) != 0)
                continue;
            parts.set(x, y, ++count);
            open.emplace_back(x, y);
            while (!open.empty()) {
                const auto [px, py] = open.back();
                open.pop_back();
                for (std::size_t step = 0; step < onward.size(); ++step)
                    for (const int way : {1, -1}) {
                        const std::int64_t nx = px + way * onward[step][0], ny = py + way * onward[step][1];
                        if (!on(nx, ny) || parts.at(nx, ny) != 0)
                            continue;
                        const auto from = way > 0 ? py * mask.width + px : ny * mask.width + nx;
                        if (crossed[static_cast<std::size_t>(from)] >> step & 1u)
                            continue;
                        parts.set(nx, ny, count);
                        open.emplace_back(nx, ny);
                    }
            }
        }
    join_crumbs(parts);
    return relabelled(parts);
}

std::vector<CoveredArea> covered_areas(const LabelMap& labels, const Mask& mask) {
    std::map<ObjectId, std::int64_t> areas;
    for (std::size_t i = 0; i < mask.pixels.size();) {
        const ObjectId id = labels.ids()[i];
        std::int64_t covered = 0; // of a run of one object
        for (; i < mask.pixels.size() && labels.ids()[i] == id; ++i)
            covered += mask.pixels[i];
        if (id != 0 && covered > 0)
            areas[id] += covered;
    }
    std::vector<CoveredArea> result;
    for (const auto& [id, area] : areas)
        result.push_back({id, area});
    return result;
}

} // namespace eyepiece
