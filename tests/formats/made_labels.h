// SPDX-License-Identifier: GPL-3.0-or-later
// Label maps that are hard to write down as outlines.
#pragma once
#include "core/data/components.h"
#include "core/formats/label_writers.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace eyepiece::test {

// Ragged objects that touch, lie in several parts, in one another's holes, and touch themselves at corners.
inline LabelMap random_labels(unsigned seed, std::vector<ExportedObject>& objects) {
    std::mt19937 random(seed);
    LabelMap labels(41, 53);
    const int shapes = 14, ids = 6;
    for (int i = 0; i < shapes; ++i) {
        const auto id = static_cast<ObjectId>(random() % (ids + 1)); // 0 cuts holes
        const auto x0 = static_cast<std::int64_t>(random() % 50),
                   y0 = static_cast<std::int64_t>(random() % 38);
        const auto w = static_cast<std::int64_t>(1 + random() % 22),
                   h = static_cast<std::int64_t>(1 + random() % 18);
        for (std::int64_t y = y0; y < std::min<std::int64_t>(y0 + h, 41); ++y)
            for (std::int64_t x = x0; x < std::min<std::int64_t>(x0 + w, 53); ++x)
                if (seed % 3 == 0 || random() % 9) // two of three are ragged
                    labels.set(x, y, id);
    }
    const LabelMap whole = relabelled(labels);
    for (ObjectId id = 1; id <= whole.largest_id(); ++id)
        objects.push_back({id, id % 2 ? "odd" : "even, \"quoted\"", -1});
    return whole;
}

} // namespace eyepiece::test
