// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/outlines.h"
#include "core/data/components.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace eyepiece {
namespace {

// Walks along pixel edges with the mask on the right hand, from the upper edge of pixel (x, y) eastwards,
// until back at the start. `seen` marks the upper edges walked.
Polygon walk(const Mask& mask, std::int64_t start_x, std::int64_t start_y, std::vector<bool>& seen,
             double x_offset, double y_offset) {
    // East, south, west, north; and the pixels ahead of a corner, on the right and on the left hand.
    static constexpr std::array<std::array<int, 2>, 4> step{{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};
    static constexpr std::array<std::array<int, 2>, 4> right{{{0, 0}, {-1, 0}, {-1, -1}, {0, -1}}};
    static constexpr std::array<std::array<int, 2>, 4> left{{{0, -1}, {0, 0}, {-1, 0}, {-1, -1}}};
    const auto on = [&](std::int64_t x, std::int64_t y) {
        return x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.at(x, y);
    };
    Polygon ring;
    std::int64_t x = start_x, y = start_y;
    std::size_t direction = 0;
    do {
        if (direction == 0)
            seen[static_cast<std::size_t>(y * mask.width + x)] = true;
        x += step[direction][0];
        y += step[direction][1];
        // Where two pixels meet at a corner only, turning right stays with the same one: parts are
        // 4-connected.
        std::size_t next = direction;
        if (!on(x + right[direction][0], y + right[direction][1]))
            next = (direction + 1) % 4;
        else if (on(x + left[direction][0], y + left[direction][1]))
            next = (direction + 3) % 4;
        if (next != direction)
            ring.push_back({static_cast<double>(x) + x_offset, static_cast<double>(y) + y_offset});
        direction = next;
    } while (x != start_x || y != start_y || direction != 0);
    std::rotate(ring.begin(), ring.end() - 1, ring.end()); // begin at the upper left corner
    return ring;
}

std::vector<Polygon> walk_all(const Mask& mask, double x_offset, double y_offset, bool first_only) {
    std::vector<Polygon> rings;
    std::vector<bool> seen(mask.pixels.size(), false);
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x) {
            const bool upper_edge = mask.at(x, y) && (y == 0 || !mask.at(x, y - 1));
            if (!upper_edge || seen[static_cast<std::size_t>(y * mask.width + x)])
                continue;
            rings.push_back(walk(mask, x, y, seen, x_offset, y_offset));
            if (first_only)
                return rings;
        }
    return rings;
}

// Twice the area, > 0 for a ring that runs clockwise on the screen.
double signed_area(std::span<const Point2> ring) {
    double twice = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        const Point2 &a = ring[i], &b = ring[(i + 1) % ring.size()];
        twice += a.x * b.y - b.x * a.y;
    }
    return twice;
}

// A ring cut where it comes to a point again, so that each loop comes to each of its points once.
std::vector<Polygon> simple_loops(const Polygon& ring) {
    std::vector<Polygon> loops;
    Polygon open;
    std::map<std::pair<double, double>, std::size_t> at; // of the points of `open`
    for (const Point2& point : ring) {
        const auto [met, first] = at.emplace(std::pair(point.x, point.y), open.size());
        if (first) {
            open.push_back(point);
            continue;
        }
        const auto begin = open.begin() + static_cast<std::ptrdiff_t>(met->second);
        Polygon loop(begin, open.end());
        for (const Point2& cut : std::span(loop).subspan(1))
            at.erase({cut.x, cut.y});
        open.erase(begin + 1, open.end());
        loops.push_back(std::move(loop));
    }
    loops.push_back(std::move(open));
    return loops;
}

double distance_to_segment(const Point2& p, const Point2& a, const Point2& b) {
    const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    const double t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
    return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

} // namespace

Polygon trace_outline(const Mask& mask, double x_offset, double y_offset) {
    auto rings = walk_all(mask, x_offset, y_offset, true);
    return rings.empty() ? Polygon{} : std::move(rings.front());
}

std::vector<Polygon> trace_outlines(const Mask& mask, double x_offset, double y_offset) {
    return walk_all(mask, x_offset, y_offset, false);
}

std::vector<OutlinePart> trace_parts(const Mask& mask, double x_offset, double y_offset) {
    const LabelMap part_of = connected_components(mask, Connectivity::Four);
    std::vector<OutlinePart> parts(part_of.largest_id());
    for (const Polygon& ring : walk_all(mask, 0, 0, false)) {
        // A ring begins at the corner of a pixel of its part.
        const ObjectId part =
            part_of.at(static_cast<std::int64_t>(ring[0].x), static_cast<std::int64_t>(ring[0].y));
        for (Polygon& loop : simple_loops(ring)) {
            const bool outer = signed_area(loop) > 0;
            for (Point2& point : loop)
                point = {point.x + x_offset, point.y + y_offset};
            if (outer)
                parts[part - 1].outer = std::move(loop);
            else
                parts[part - 1].holes.push_back(std::move(loop));
        }
    }
    return parts;
}

Polygon simplified(const Polygon& polygon, double tolerance) {
    if (polygon.size() < 4 || tolerance <= 0)
        return polygon;
    // A ring has no ends: it is cut at its first point and the one furthest from it.
    const auto away = [&](const Point2& p) { return std::hypot(p.x - polygon[0].x, p.y - polygon[0].y); };
    const auto furthest = static_cast<std::size_t>(
        std::max_element(polygon.begin(), polygon.end(),
                         [&](const auto& a, const auto& b) { return away(a) < away(b); }) -
        polygon.begin());
    Polygon ring = polygon;
    ring.push_back(polygon[0]);
    std::vector<bool> keep(ring.size(), false);
    keep[0] = keep[furthest] = true;
    std::vector<std::pair<std::size_t, std::size_t>> open{{0, furthest}, {furthest, ring.size() - 1}};
    while (!open.empty()) {
        const auto [first, last] = open.back();
        open.pop_back();
        double most = tolerance;
        std::size_t at = first;
        for (std::size_t i = first + 1; i < last; ++i)
            if (const double distance = distance_to_segment(ring[i], ring[first], ring[last]);
                distance > most) {
                most = distance;
                at = i;
            }
        if (at == first)
            continue;
        keep[at] = true;
        open.emplace_back(first, at);
        open.emplace_back(at, last);
    }
    Polygon result;
    for (std::size_t i = 0; i < polygon.size(); ++i)
        if (keep[i])
            result.push_back(polygon[i]);
    return result;
}

Mask rasterize(std::span<const Polygon> polygons, const Region& region) {
    Mask mask(std::max<std::int64_t>(region.height, 0), std::max<std::int64_t>(region.width, 0));
    if (region.empty())
        return mask;
    std::vector<std::vector<double>> crossings(static_cast<std::size_t>(region.height));
    for (const Polygon& polygon : polygons)
        for (std::size_t i = 0; i < polygon.size(); ++i) {
            Point2 a = polygon[i], b = polygon[(i + 1) % polygon.size()];
            if (!std::isfinite(a.x + a.y + b.x + b.y))
                continue;
            // Always from the upper end down, so that an edge shared by two polygons crosses at the same x.
            if (a.y > b.y)
                std::swap(a, b);
            // Rows whose centre lies in [a.y, b.y).
            const double first = std::max(std::ceil(a.y - 0.5), static_cast<double>(region.y));
            const double last = std::min(std::ceil(b.y - 0.5), static_cast<double>(region.bottom()));
            for (double row = first; row < last; ++row)
                crossings[static_cast<std::size_t>(static_cast<std::int64_t>(row) - region.y)].push_back(
                    a.x + (row + 0.5 - a.y) / (b.y - a.y) * (b.x - a.x));
        }
    for (std::int64_t y = 0; y < region.height; ++y) {
        auto& row = crossings[static_cast<std::size_t>(y)];
        std::sort(row.begin(), row.end());
        for (std::size_t i = 0; i + 1 < row.size(); i += 2) {
            const double left = std::clamp(std::ceil(row[i] - 0.5), static_cast<double>(region.x),
                                           static_cast<double>(region.right()));
            const double right = std::clamp(std::ceil(row[i + 1] - 0.5), static_cast<double>(region.x),
                                            static_cast<double>(region.right()));
            const auto line = mask.pixels.begin() + y * region.width - region.x;
            std::fill(line + static_cast<std::int64_t>(left), line + static_cast<std::int64_t>(right), 1);
        }
    }
    return mask;
}

Mask rasterize(const Polygon& polygon, const Region& region) {
    return rasterize(std::span(&polygon, 1), region);
}

Region bounds_of(std::span<const Point2> polygon) {
    double left = std::numeric_limits<double>::max(), top = left;
    double right = std::numeric_limits<double>::lowest(), bottom = right;
    for (const Point2& point : polygon) {
        if (!std::isfinite(point.x + point.y))
            continue;
        left = std::min(left, point.x);
        right = std::max(right, point.x);
        top = std::min(top, point.y);
        bottom = std::max(bottom, point.y);
    }
    constexpr double far = 1e12; // keeps the numbers below whole
    if (left > right || left < -far || top < -far || right > far || bottom > far)
        return {};
    const auto x = static_cast<std::int64_t>(std::floor(left)),
               y = static_cast<std::int64_t>(std::floor(top));
    return {x, y, static_cast<std::int64_t>(std::ceil(right)) - x,
            static_cast<std::int64_t>(std::ceil(bottom)) - y};
}

double polygon_area(std::span<const Point2> polygon) {
    return std::abs(signed_area(polygon)) / 2;
}

} // namespace eyepiece
