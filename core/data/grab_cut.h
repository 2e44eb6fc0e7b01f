// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"
#include "core/data/mask.h"

#include <cstdint>
#include <span>

namespace eyepiece {

// What the user says of a pixel: it surely is of the object, or surely is not.
enum class SeedMark : std::uint8_t { None, Object, Background };

struct GrabCutOptions {
    int iterations = 5;
    std::uint64_t seed = 1; // of the mixtures' first guess
};

// The object in a box by GrabCut (Rother, Kolmogorov and Blake 2004): colours of object and background as
// mixtures of five Gaussians each, and a minimum cut that follows the image's edges, in turns. `scaled`
// (C,H,W) Float32, which may be much larger than the box: only it and a margin around it are looked at, and
// the marks. Of more than three channels the first three principal components are taken. Outside the box is
// background and its very middle is the object, but for `marks` ((H,W); may be empty), which are kept
// everywhere. Boxes below some 70 px are enlarged, very large ones made smaller for the cut. Deterministic.
// Throws Error(BadInput) for a box outside the image or one that leaves no object or no background;
// Error(Cancelled) between turns, of which each takes at most half a second.
EYEPIECE_EXPORT Mask grab_cut(const Image& scaled, const Region& box, std::span<const SeedMark> marks,
                              const GrabCutOptions& options, JobContext& context);

} // namespace eyepiece
