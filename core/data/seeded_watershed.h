// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"
#include "core/data/label_map.h"

#include <cstdint>
#include <span>

namespace eyepiece {

// Floods a relief from seeds (Meyer 1994): every pixel gets the id of the seed whose flood comes first, lower
// places before higher ones, of equal ones those that were come to first. `relief` (1,H,W) of any type,
// mostly gradient_magnitude(); `seeds` (H,W), 0 where nothing is known. Ways are 4-connected. Pixels whose
// `blocked`
// ((H,W); may be empty) is not 0 stay 0. No lines are left between the floods. As scikit-image's watershed().
// Throws Error(BadInput) when the sizes differ, Error(Cancelled).
EYEPIECE_EXPORT LabelMap seeded_watershed(const Image& relief, const LabelMap& seeds,
                                          std::span<const std::uint8_t> blocked, const JobContext& context);

} // namespace eyepiece
