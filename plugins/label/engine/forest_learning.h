// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/label/engine/labelled_pixels.h"

namespace eyepiece::label {

// What a forest is learnt with: those of PixelFeatureOptions, and "trees".
ParameterSchema forest_parameters();

// Throws Error(BadInput) with what to draw where fewer than two classes are labelled.
void require_two_classes(Project& project, const LabelledPixels& labels);

// `set` is complete. Throws Error(Cancelled).
RandomForest learn_forest(const LabelledPixels& labels, const Json& set, std::uint64_t seed, int threads,
                          const JobContext& context);

// {class id: number of pixels}
Json pixel_counts(const std::map<ClassId, std::int64_t>& counts);

// What most labelled images of a project are: their channels and pixel type. Throws Error(BadInput) where
// none is labelled or can be read, Error(Cancelled).
ImageInfo kind_of_labelled_images(Project& project, const PixelFeatureOptions& options,
                                  const JobContext& context);

} // namespace eyepiece::label
