// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/label_map.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace eyepiece::vision {

struct FoundObject {
    ObjectId id = 0;
    int output = 0; // index of its class among the outputs
    std::int64_t area = 0;
    Region bounds;
    double score = 0; // mean probability of its class over its pixels
};

struct FoundObjects {
    LabelMap ids;
    std::vector<FoundObject> objects; // [i].id == i + 1
};

// Objects of a map of output indices, (H,W): "connected" parts of each class, or "watershed": those split
// where round objects touch (core/data/components.h), one connected part after the other, so that memory
// stays at a few bytes a pixel. "none" finds none. Parts below `least_area` are dropped. `confidence`:
// probability of the pixel's class as 0..255.
FoundObjects find_objects(std::span<const std::uint8_t> classes, std::span<const std::uint8_t> confidence,
                          std::int64_t width, std::int64_t height, int outputs, const std::string& mode,
                          std::int64_t least_area, JobContext& context);

} // namespace eyepiece::vision
