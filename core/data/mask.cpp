// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/mask.h"

#include <algorithm>

namespace eyepiece {

Mask mask_of(const LabelMap& labels, ObjectId id, const Region& region) {
    Mask mask(region.height, region.width);
    const Region inside = region.intersected({0, 0, labels.width(), labels.height()});
    for (std::int64_t y = inside.y; y < inside.bottom(); ++y)
        for (std::int64_t x = inside.x; x < inside.right(); ++x)
            mask.set(x - region.x, y - region.y, labels.at(x, y) == id);
    return mask;
}

Mask foreground(const LabelMap& labels) {
    Mask mask(labels.height(), labels.width());
    std::transform(labels.ids().begin(), labels.ids().end(), mask.pixels.begin(),
                   [](ObjectId id) { return static_cast<std::uint8_t>(id != 0); });
    return mask;
}

} // namespace eyepiece
