// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/classes.h"
#include "plugins/label/engine/pixel_features.h"
#include "plugins/label/engine/random_forest.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace eyepiece::label {

// A forest and all that is needed to ask it about further images.
struct PixelModel {
    PixelFeatureOptions options;
    ImageInfo kind;                              // channels, rgb and type of the images that it learnt from
    std::vector<LabelClass> classes;             // of the forest's indices
    std::map<ClassId, std::int64_t> pixel_count; // labelled pixels that were there to learn from
    int images = 0;                              // that they come from
    std::uint64_t seed = 0;
    RandomForest forest;

    // Without the forest itself: what stands at the head of a file, and what people are told.
    Json card() const;
    // The features to ask for. Throws Error(BadInput) when the forest cannot judge such an image.
    PixelFeatures features_for(const ImageInfo& info) const;
};

// A file is: the 16 bytes "eyepiece pixels\n"; then, little-endian, its version (uint32), XXH3-64 of all that
// follows (uint64), the length of the card (uint32), the card as JSON, and the forest. Written whole or not
// at all. Throws Error(Storage).
void write_pixel_model(const std::filesystem::path& file, const PixelModel& model);
// Throws Error(NotFound), Error(Storage); Error(Unsupported) for a newer file, Error(BadInput) for one that
// is damaged or something else.
PixelModel read_pixel_model(const std::filesystem::path& file);

// Where a project keeps the classifier of that name: PROJECT/classifiers/NAME.pixels. Throws Error(BadInput)
// for a name that is no file's name.
std::filesystem::path pixel_model_file(const std::filesystem::path& project, const std::string& name);
// The file that is meant by a file's path, by PROJECT:NAME, or by PROJECT where it has but one. Throws
// Error(NotFound), naming those that are there.
std::filesystem::path find_pixel_model(const std::string& reference);

} // namespace eyepiece::label
