// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/mask.h"

#include <vector>

namespace eyepiece {

// Signed Euclidean distance of each pixel's middle to the mask's rim, row-major (H,W), in px: positive
// inside, negative outside. What lies beyond the frame is outside. Of an empty mask everywhere the same, far
// below 0.
EYEPIECE_EXPORT std::vector<float> signed_distance(const Mask& mask);

// The shape between two shapes of the same frame, by shape-based interpolation (Raya & Udupa 1990, IEEE
// Transactions on Medical Imaging 9:32): where (1 - fraction) times the signed distance of `from` and
// fraction times that of `to` is above 0. A fraction of 0 gives `from`, one of 1 `to`. Each shape is moved
// first so that its centre of mass lies on the way between the two: what runs aslant through the slices would
// else grow thin between them, or vanish. Throws Error(Internal) when the frames differ.
EYEPIECE_EXPORT Mask interpolated(const Mask& from, const Mask& to, double fraction);

} // namespace eyepiece
