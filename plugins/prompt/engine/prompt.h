// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"
#include "core/data/mask.h"

#include <optional>
#include <vector>

namespace eyepiece::prompt {

// Where the user clicked, in px of the image; pixel (0,0) covers [0,1) x [0,1).
struct Click {
    Point2 at;
    bool object = true; // false: this is not of the object
};

// All that the user has said of one object so far.
struct Prompt {
    std::vector<Click> clicks;
    std::optional<Region> box;
};

// One object's pixels: those of the mask, whose first lies at region.x, region.y of the image.
struct FoundObject {
    Region region; // empty: nothing was found
    Mask mask;
    double expected_iou = 0; // with what is meant, as the network judges itself
};

} // namespace eyepiece::prompt
