// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/outlines.h"

namespace eyepiece {

// Shapes that are drawn by a few points. Coordinates in px; pixel (0,0) covers [0,1) x [0,1).

// A box with upright edges, left <= right and top <= bottom.
struct Box {
    double left = 0, top = 0, right = 0, bottom = 0;
    double width() const { return right - left; }
    double height() const { return bottom - top; }
    bool operator==(const Box&) const = default;
};

// How a box is drawn from the point where a drag began to where it is now.
struct BoxRule {
    bool regular = false;     // as wide as high: a square, a circle
    bool from_centre = false; // the drag began in the middle, not at a corner
};
// With edges between pixels, and of one pixel at least, so that its size is what is painted.
EYEPIECE_EXPORT Box dragged_box(Point2 from, Point2 to, BoxRule rule);
EYEPIECE_EXPORT Polygon outline_of(const Box& box); // clockwise from the upper left corner

// The rectangle with an edge from `a` to `b` whose opposite edge goes through `c`: a, b and the two corners
// on the side of c. Its area is 0 when c lies on the line through a and b.
EYEPIECE_EXPORT Polygon rotated_rectangle(Point2 a, Point2 b, Point2 c);

// Pixels of `region` whose centre lies in the ellipse that touches the box's edges, or on its rim. The mask's
// (0,0) is the region's corner.
EYEPIECE_EXPORT Mask rasterize_ellipse(const Box& box, const Region& region);

} // namespace eyepiece
