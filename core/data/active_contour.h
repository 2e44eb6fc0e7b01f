// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"
#include "core/data/mask.h"

#include <cstdint>
#include <span>

namespace eyepiece {

struct ActiveContourOptions {
    int iterations = 60; // ends earlier, with the same result, once nothing changes
    int smoothing = 1;   // turns of curvature smoothing an iteration; more makes rounder outlines
    double reach = 0;    // px that the outline may move from where it started; 0: as far as it likes
    double inner = 1;    // weight of being unlike the inside (lambda 1)
    double outer = 1;    // weight of being unlike the outside (lambda 2)
};

// Moves an outline to where the image parts best into two even areas: the active contour without edges of
// Chan and Vese (2001) as a morphological snake (Marquez-Neila, Baumela and Alvarez 2014), which heirs the
// snakes of Kass, Witkin and Terzopoulos (1988). `scaled` (C,H,W) Float32, distances are summed over
// channels; `start` (H,W), not empty. Pixels whose `blocked` ((H,W); may be empty) is not 0 stay off the
// object and do not speak for the outside: other objects. With a reach, only pixels near the outline speak.
// The two turns of the smoothing alternate, beginning with SI o IS. An object that shrinks to nothing gives
// an empty mask. Throws Error(BadInput) when the sizes differ or `start` is empty, Error(Cancelled).
EYEPIECE_EXPORT Mask active_contour(const Image& scaled, const Mask& start,
                                    std::span<const std::uint8_t> blocked,
                                    const ActiveContourOptions& options, JobContext& context);

} // namespace eyepiece
