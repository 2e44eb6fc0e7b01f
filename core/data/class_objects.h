// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/components.h"

#include <optional>
#include <vector>

namespace eyepiece {

struct ClassObjectOptions {
    std::int64_t least_area = 0;             // px; smaller objects are dropped
    std::optional<WatershedOptions> split{}; // touching objects are parted by it; its least_area is not used
};

// The objects of a picture of classes, in order of their first pixel.
struct ClassObjects {
    struct Object {
        ObjectId value = 0; // the class it was made of
        std::int64_t area = 0;
        Region bounds;
    };
    LabelMap labels;             // ids from 1 on
    std::vector<Object> objects; // index: id - 1
};

// The 8-connected parts of each value but 0, each perhaps split by watershed_split() within itself: what one
// part is split into does not depend on the others. Any thread; progress by pixels done. Throws
// Error(Cancelled), Error(Memory).
EYEPIECE_EXPORT ClassObjects objects_of_classes(const LabelMap& values, const ClassObjectOptions& options,
                                                JobContext& context);

} // namespace eyepiece
