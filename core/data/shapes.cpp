// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/shapes.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

Box dragged_box(Point2 from, Point2 to, BoxRule rule) {
    double dx = to.x - from.x, dy = to.y - from.y;
    if (rule.regular) {
        const double side = std::max(std::abs(dx), std::abs(dy));
        dx = std::copysign(side, dx);
        dy = std::copysign(side, dy);
    }
    // Sizes are rounded, not the two edges: else a square could become a pixel wider than high.
    const auto span = [&](double start, double by) {
        if (rule.from_centre) {
            const double size = std::max(std::round(2 * std::abs(by)), 1.0);
            const double first = std::round(start - size / 2);
            return std::pair{first, first + size};
        }
        const double size = std::max(std::round(std::abs(by)), 1.0), edge = std::round(start);
        return by < 0 ? std::pair{edge - size, edge} : std::pair{edge, edge + size};
    };
    const auto [left, right] = span(from.x, dx);
    const auto [top, bottom] = span(from.y, dy);
    return {left, top, right, bottom};
}

Polygon outline_of(const Box& box) {
    return {{box.left, box.top}, {box.right, box.top}, {box.right, box.bottom}, {box.left, box.bottom}};
}

Polygon rotated_rectangle(Point2 a, Point2 b, Point2 c) {
    const double dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
    if (length == 0)
        return {a, b, b, a};
    const double depth = (dx * (c.y - a.y) - dy * (c.x - a.x)) / length; // signed distance of c from a-b
    const Point2 by{-dy / length * depth, dx / length * depth};
    return {a, b, {b.x + by.x, b.y + by.y}, {a.x + by.x, a.y + by.y}};
}

Mask rasterize_ellipse(const Box& box, const Region& region) {
    Mask mask(std::max<std::int64_t>(region.height, 0), std::max<std::int64_t>(region.width, 0));
    const double cx = (box.left + box.right) / 2, cy = (box.top + box.bottom) / 2;
    const double rx = box.width() / 2, ry = box.height() / 2;
    if (rx <= 0 || ry <= 0)
        return mask;
    for (std::int64_t y = 0; y < mask.height; ++y) {
        const double v = (static_cast<double>(region.y + y) + 0.5 - cy) / ry;
        if (v * v > 1)
            continue;
        const double reach = rx * std::sqrt(1 - v * v) + 1e-9; // what lies on the rim is in
        const double first = std::max(std::ceil(cx - reach - 0.5), static_cast<double>(region.x));
        const double last = std::min(std::floor(cx + reach - 0.5), static_cast<double>(region.right() - 1));
        for (auto x = static_cast<std::int64_t>(first); x <= static_cast<std::int64_t>(last) && first <= last;
             ++x)
            mask.set(x - region.x, y, true);
    }
    return mask;
}

} // namespace eyepiece
