// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace eyepiece {

// The live-wire (Mortensen and Barrett, Intelligent Scissors for Image Composition, 1995): outlines that snap
// to edges between a few clicks. The cost of a step from pixel p to its neighbour q is, their equation 1,
//   0.43 fZ(q) + 0.43 fD(p,q) + 0.14 fG(q), times the step's length:
// fZ: no zero-crossing of the Laplacian, fD: the edge's direction turns, fG: the edge is weak, each 0 to 1.
// The image's border counts as an edge, for objects that it cuts off.

struct LiveWireOptions {
    double sigma = 1; // px, of the Gaussian by which the image is smoothed before edges are sought
};

// What the steps cost, found once an image. Immutable: may be shared by threads.
class EYEPIECE_EXPORT LiveWireCosts {
public:
    // `scaled` (C,H,W) Float32; the channel with the steepest gradient speaks for a pixel. Strengths are
    // relative to the 99.5th percentile of the gradients, so a few glaring edges do not drown the others.
    // Throws Error(BadInput) for an empty image, Error(Cancelled).
    LiveWireCosts(const Image& scaled, const LiveWireOptions& options, const JobContext& context);

    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    // Of the step to a neighbour: `direction` 0 to 7, clockwise from right. At least 1, at most 362.
    int step_cost(std::size_t from, std::size_t to, int direction) const;
    int site_cost(std::size_t at) const {
        return site_[at];
    } // what does not depend on the direction, 0 to 145

private:
    std::int64_t width_ = 0, height_ = 0;
    std::vector<std::uint8_t> site_; // (H,W): fZ and fG together
    std::vector<std::uint8_t> turn_; // (H,W): the gradient's direction, in 1/32 of a turn; 255: flat ground
};

// The cheapest ways from one pixel to the others (Dijkstra 1959, with Dial's buckets), found as far as they
// are asked for: what is near the seed is there at once. One thread at a time.
class EYEPIECE_EXPORT LiveWirePaths {
public:
    // The seed is clipped to the image.
    LiveWirePaths(std::shared_ptr<const LiveWireCosts> costs, std::int64_t x, std::int64_t y);

    // From the seed to the pixel (clipped to the image), both included; neighbours are 8-connected. Works on
    // until the pixel is reached, which throws Error(Cancelled); what was found till then stays.
    std::vector<std::pair<std::int64_t, std::int64_t>> path_to(std::int64_t x, std::int64_t y,
                                                               const JobContext& context);
    // Works ahead by at most so many pixels; false once all are reached, so that every later path_to() only
    // reads.
    bool grow(std::size_t pixels);

    bool reached(std::int64_t x, std::int64_t y) const { return done_[index(x, y)] != 0; }
    int cost_of(std::int64_t x, std::int64_t y) const { return cost_[index(x, y)]; } // of one that is reached

private:
    std::size_t index(std::int64_t x, std::int64_t y) const;
    bool settle_next();
    std::shared_ptr<const LiveWireCosts> costs_;
    std::vector<std::int32_t> cost_;
    std::vector<std::uint8_t> done_, came_; // settled; by which direction the way comes in
    std::vector<std::vector<std::uint32_t>> buckets_;
    std::size_t open_ = 0;   // entries in the buckets
    std::int32_t level_ = 0; // the cost that is being settled
};

// The nearest strongest edge: of the pixels within `radius` px the one that is cheapest to step on, where a
// click snaps to (their "cursor snap"). Clipped to the image.
EYEPIECE_EXPORT std::pair<std::int64_t, std::int64_t>
snapped_to_edge(const LiveWireCosts& costs, std::int64_t x, std::int64_t y, int radius);

} // namespace eyepiece
