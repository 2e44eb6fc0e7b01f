// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/task.h"

namespace eyepiece::vision {

// What the images and labels of a segmentation project look like. Object sizes come from the store; pixels
// are read of at most `pixel_sample` images. Members: items, objects, complete, partial, classes [{id, name,
// color, objects, pixels}], object-diameter {low, median, high} (px, of equal area), patches (of 256 x 256),
// largest-side, channels {gray, colour, other}, kinds {name: count}, polarity {...}, kind-of {item: kind}.
// Throws Error(BadInput) when there is nothing to learn from.
Fingerprint segmentation_fingerprint(Project& project, const std::vector<Item>& train,
                                     const std::vector<Item>& val, JobContext& context);
inline constexpr std::size_t pixel_sample = 200;

// The settings of the task itself.
ParameterSchema segmentation_parameters();

// Fills every null of `given`, and adds "reasons", "classes", "input" (a Normalisation), "kind-of".
Json segmentation_plan(const Json& fingerprint, const Json& given);

} // namespace eyepiece::vision
