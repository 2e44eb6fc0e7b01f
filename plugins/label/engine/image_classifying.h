// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "plugins/label/engine/pixel_model.h"

#include <filesystem>
#include <vector>

namespace eyepiece::label {

// Where the answers for an image go.
struct ClassifiedFiles {
    std::filesystem::path labels;        // a TIFF of the connected objects' ids: 16-bit, 32-bit above 65535
    std::filesystem::path objects;       // JSON: which object is of which class, its area and bounds
    std::filesystem::path probabilities; // a float32 TIFF of one channel a class; empty: none
};

// In the folder, named after each input; two of one name are told apart, and none takes another's place.
std::vector<ClassifiedFiles> classified_files(const std::vector<std::filesystem::path>& inputs,
                                              const std::filesystem::path& folder, bool probabilities);

// Classifies an image of any size band by band; what is not background becomes objects. Of a stack or video
// the first plane, with a warning. Answers what the file of objects holds, without the list:
// {"input", "out", "width", "height", "classes" [{"id", "name", "color", "objects", "area"}]}. Throws Error;
// files are there whole or not at all.
Json classify_image(const PixelModel& model, const std::filesystem::path& input, const ClassifiedFiles& out,
                    int threads, JobContext& context);

} // namespace eyepiece::label
