// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

// 256 colours from a channel's darkest to its brightest, or from the most negative to the most positive.
struct ColorMap {
    std::string name;
    std::array<std::array<std::uint8_t, 3>, 256> colors{}; // red, green, blue
};

// In menu order: gray, the pure colours, the perceptual ones (viridis, magma, inferno, plasma, turbo), and
// "blue-white-red" for signed values, whose middle is zero.
EYEPIECE_EXPORT const std::vector<std::string>& color_map_names();

// By name, or from black to a colour given as "#rrggbb". Throws Error(NotFound) that lists the names.
EYEPIECE_EXPORT ColorMap color_map(std::string_view name);

} // namespace eyepiece
