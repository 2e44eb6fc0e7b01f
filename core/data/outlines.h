// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/mask.h"

#include <span>
#include <vector>

namespace eyepiece {

using Polygon = std::vector<Point2>; // a ring, closed by itself: the last point is joined to the first

// The outline of a mask's first (topmost, then leftmost) 4-connected part along the pixels' edges, clockwise,
// corner points only; holes (background closed in on all eight sides) are left out. Empty for an empty mask.
// Rasterised, it gives the filled part back exactly.
EYEPIECE_EXPORT Polygon trace_outline(const Mask& mask, double x_offset = 0, double y_offset = 0);
// The outlines of all 4-connected parts and of their holes; together, even-odd, they are the mask.
EYEPIECE_EXPORT std::vector<Polygon> trace_outlines(const Mask& mask, double x_offset = 0,
                                                    double y_offset = 0);

// One 4-connected part of a mask, in the form that other programs take for a polygon with holes.
struct OutlinePart {
    Polygon outer;              // clockwise
    std::vector<Polygon> holes; // counter-clockwise
};
// The parts of a mask in the order of their first pixels, all rings along pixel edges; together, even-odd,
// they are the mask. No ring comes to a point twice, and a part's inside is in one piece, as OGC's Simple
// Features (06-103r4, 6.1.11) ask for: where an outline touches itself at a corner, what it encloses there is
// a hole.
EYEPIECE_EXPORT std::vector<OutlinePart> trace_parts(const Mask& mask, double x_offset = 0,
                                                     double y_offset = 0);
// Fewer points, none further than `tolerance` px from the outline (Douglas & Peucker 1973).
EYEPIECE_EXPORT Polygon simplified(const Polygon& polygon, double tolerance);

// Pixels of `region` whose centre (x + 0.5, y + 0.5) lies inside the polygons, even-odd; rings are closed by
// themselves. A centre on a left or upper edge is inside, on a right or lower edge outside, so that polygons
// which share an edge neither overlap nor leave a gap. The mask's (0,0) is the region's corner.
EYEPIECE_EXPORT Mask rasterize(std::span<const Polygon> polygons, const Region& region);
EYEPIECE_EXPORT Mask rasterize(const Polygon& polygon, const Region& region);
EYEPIECE_EXPORT Region bounds_of(std::span<const Point2> polygon);    // of all pixels it touches
EYEPIECE_EXPORT double polygon_area(std::span<const Point2> polygon); // px², >= 0

} // namespace eyepiece
