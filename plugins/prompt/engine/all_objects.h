// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/label_map.h"
#include "plugins/prompt/engine/object_finder.h"

#include <vector>

namespace eyepiece::prompt {

struct AllObjectsOptions {
    double size = 0;              // px, of a typical object's longer side; 0: found by trial clicks
    double least_iou = 0.7;       // answers that expect less of themselves are dropped
    double most_overlap = 0.5;    // of the smaller of two: more is the same object
    std::int64_t least_area = 16; // px
};

struct AllObjects {
    Region region;
    LabelMap labels;                  // ids 1..n, in the order of the expected IoU; 0 elsewhere
    std::vector<double> expected_iou; // of id - 1
    double size = 0;                  // px, that was clicked for
    int clicks = 0;
};

// Clicks for the user, on a grid over a region: every place that no surer object covers yet. Of answers that
// overlap much the surer one stays (non-maximum suppression, as Segment Anything's automatic masks); where
// two that stay overlap little, the surer one is on top. Throws Error(BadInput) for a region beside the image
// or one with more than some 20,000 places to click; Error(Cancelled) between batches of 16 clicks.
AllObjects find_all(ObjectFinder& finder, ObjectNetwork& network, const CropImage& image,
                    const Region& region, const AllObjectsOptions& options, JobContext& context);

} // namespace eyepiece::prompt
