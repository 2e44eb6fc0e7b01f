// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/components.h"
#include "core/data/mask.h"

#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece {

// What is done to the shape of labelled objects. Distances are Euclidean, in px, between the centres of
// pixels. A result has the frame of what it was made from, so an object needs room around it to grow. Beyond
// the frame there is neither object nor background: an object that touches the image's edge goes on there.
// Plain functions of their arguments, on any thread.

// Pixels no further than `radius` from the mask: dilation by a disc.
EYEPIECE_EXPORT Mask grown(const Mask& mask, double radius);
// Pixels of the mask further than `radius` from all others: erosion by a disc. Shrinking what was grown by
// the same radius is a closing: it gives back a convex shape exactly, and never less than the mask.
EYEPIECE_EXPORT Mask shrunk(const Mask& mask, double radius);
// Where a Gaussian blur of the mask is above one half, `radius` being its sigma: one step of motion by mean
// curvature (Merriman, Bence & Osher 1992). Straight edges stay, corners become round, and what is narrower
// than about 1.3 radii, spur or notch, goes.
EYEPIECE_EXPORT Mask smoothed(const Mask& mask, double radius);
// The connected part of most pixels; of equal ones the first in reading order.
EYEPIECE_EXPORT Mask largest_part(const Mask& mask, Connectivity connectivity = Connectivity::Eight);

// An object of a label map, grown among its neighbours. Where several grow at once, a pixel within reach of
// two goes to the nearer, and to the one of the smaller id when both are equally near.
//   growing: ids of all objects that grow, in ascending order; `id` is one of them.
//   only_where_empty: leaves pixels of other objects alone, and does not reach around or across them; else
//   other objects are grown over, but for those that grow too.
EYEPIECE_EXPORT Mask grown_among(const LabelMap& labels, ObjectId id, std::span<const ObjectId> growing,
                                 double radius, bool only_where_empty);

// What can be done to the shape of one object among others.
enum class Reshaping { Grow, Shrink, Smooth, FillHoles, KeepLargest };
// How much of the map around an object's bounds matters for it, px to each side.
EYEPIECE_EXPORT std::int64_t room_for(Reshaping how, double radius);
// The pixels that the object has afterwards. `labels` is its bounds with room_for() around them, as far as
// the image goes. Growing is as in grown_among(); the others never take a pixel from another object.
EYEPIECE_EXPORT Mask reshaped(const LabelMap& labels, ObjectId id, Reshaping how, double radius,
                              std::span<const ObjectId> growing = {}, bool only_where_empty = true);

// The parts of a mask (8-connected) once a line was cut through it, numbered from 1 in the order of their
// first pixel. The line has no width: no pixel is lost, neighbours on its two sides are no longer connected.
//   line: points from one to the next, in the mask's coordinates: pixel (0,0) covers [0,1) x [0,1).
// A crumb that the line shaves off an edge, of less than a hundredth of the mask and at most 16 px, stays
// with the part that it touches most.
EYEPIECE_EXPORT LabelMap cut_apart(const Mask& mask, std::span<const Point2> line);

// How many pixels of each object lie in a mask of the same frame, in order of id.
struct CoveredArea {
    ObjectId id = 0;
    std::int64_t area = 0; // px
    bool operator==(const CoveredArea&) const = default;
};
EYEPIECE_EXPORT std::vector<CoveredArea> covered_areas(const LabelMap& labels, const Mask& mask);

} // namespace eyepiece
