// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/mask.h"

#include <string>
#include <vector>

namespace eyepiece::test {

// One character a pixel: '#' the mask, anything else nothing. Rows are of one length.
inline Mask drawing(const std::vector<std::string>& rows) {
    Mask mask(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size()));
    for (std::size_t y = 0; y < rows.size(); ++y)
        for (std::size_t x = 0; x < rows[y].size(); ++x)
            mask.set(static_cast<std::int64_t>(x), static_cast<std::int64_t>(y), rows[y][x] == '#');
    return mask;
}

} // namespace eyepiece::test
