// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/project/project.h"
#include "plugins/label/engine/feature_cache.h"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace eyepiece::label {

// An image whose features are computed.
struct FeatureImage {
    Item item;
    PlaneIndex plane;
    std::shared_ptr<ImageSource> source;
};

// The block's features, from memory or computed now.
std::shared_ptr<const FeatureBlock> features_of(const FeatureImage& image, const PixelFeatures& features,
                                                std::int64_t row, std::int64_t column, LiveMemory& memory,
                                                const JobContext& context);

// Examples for a forest from all labels of a project.
struct LabelledPixels {
    ForestExamples examples;
    std::vector<ClassId> classes;                // of the examples' indices, rising
    std::map<ClassId, std::int64_t> pixel_count; // labelled pixels that were found, of each class
    int images = 0;                              // that they come from
};

// Takes of each block of 256 x 256 and each class at most 500 pixels, scattered over it and the same as long
// as its labels are the same; and of all at most 40,000. In a complete image pixels without an object are
// background, in others they do not count. An image with other channels or of another pixel type than
// `features` is for, or that cannot be read, is passed over with a warning to `context`. Throws
// Error(Cancelled).
LabelledPixels labelled_pixels(Project& project, const PixelFeatures& features, LiveMemory& memory,
                               int threads, JobContext& context);

} // namespace eyepiece::label
