// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/intake/facts.h"
#include "core/project/project.h"

#include <filesystem>
#include <vector>

namespace eyepiece {

struct LabelExportReport {
    std::int64_t images = 0, objects = 0;
    std::vector<std::filesystem::path> files;
    std::vector<SkippedFile> skipped;
};

// Writes the labels of every labelled or complete image, one image at a time in memory.

// A 16-bit label image of object ids for each image in `folder`, named after it (32-bit TIFF where ids need
// it), and objects.json: for each file its objects with class and area, and the classes with their colours.
EYEPIECE_EXPORT LabelExportReport export_masks(Project& project, const std::filesystem::path& folder,
                                               JobContext& job);
// One COCO file.
EYEPIECE_EXPORT LabelExportReport export_coco(Project& project, const std::filesystem::path& file,
                                              JobContext& job);

} // namespace eyepiece
