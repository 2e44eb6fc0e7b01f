// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"
#include "core/data/mask.h"

#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece {

// The area around a seed of values like the seed's, for any tolerance: found once, then asked for as fast as
// a hand moves. Each pixel keeps the least tolerance at which a 4-connected way from the seed reaches it,
// which is the minimax path of the image foresting transform (Falcao, Stolfi and Lotufo 2004). A value type.
class EYEPIECE_EXPORT WandReach {
public:
    static constexpr double step = 1.0 / 2048; // tolerances are told apart by this
    static constexpr double greatest = 4095 * step;

    WandReach() = default;
    // `scaled` (C,H,W) Float32. How far a pixel is off is the greatest difference of any channel from the
    // seed's. Pixels whose `blocked` ((H,W); may be empty) is not 0 are never reached. Throws Error(BadInput)
    // when the seed lies outside, Error(Cancelled).
    WandReach(const Image& scaled, std::int64_t x, std::int64_t y, std::span<const std::uint8_t> blocked,
              const JobContext& context);

    bool empty() const { return levels_.empty(); }
    // The pixels that are reached with differences of at most `tolerance` (within `step`).
    Mask mask(double tolerance) const;
    // The least tolerance that reaches a pixel; above `greatest` where none does.
    double tolerance_of(std::int64_t x, std::int64_t y) const;

private:
    std::int64_t width_ = 0, height_ = 0;
    std::vector<std::uint16_t> levels_; // (H,W), in steps
};

} // namespace eyepiece
