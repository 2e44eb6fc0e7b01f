// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"
#include "core/data/label_map.h"

#include <cstdint>
#include <vector>

namespace eyepiece {

// A yes or no for each pixel, row-major (H,W): 0 or 1. A value type.
struct Mask {
    std::int64_t width = 0, height = 0;
    std::vector<std::uint8_t> pixels;

    Mask() = default;
    Mask(std::int64_t mask_height, std::int64_t mask_width)
        : width(mask_width)
        , height(mask_height)
        , pixels(static_cast<std::size_t>(mask_width * mask_height), 0) {}
    std::uint8_t at(std::int64_t x, std::int64_t y) const {
        return pixels[static_cast<std::size_t>(y * width + x)];
    }
    void set(std::int64_t x, std::int64_t y, bool on) {
        pixels[static_cast<std::size_t>(y * width + x)] = on;
    }
    bool operator==(const Mask&) const = default;
};

// The pixels of one object within a region, and those of any object.
EYEPIECE_EXPORT Mask mask_of(const LabelMap& labels, ObjectId id, const Region& region);
EYEPIECE_EXPORT Mask foreground(const LabelMap& labels); // any object

} // namespace eyepiece
