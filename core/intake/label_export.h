// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/intake/facts.h"
#include "core/project/project.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

struct LabelExportReport {
    std::int64_t images = 0, objects = 0;
    std::vector<std::filesystem::path> files;
    std::vector<SkippedFile> skipped;
};

// A format that labels are written in, and what it can say of them: the command line and the window offer
// what this table holds.
struct LabelExportFormat {
    std::string_view name, title, help;
    std::string_view suggested; // name of the file or folder
    bool one_file;              // else a folder of files
    bool holes, scores;         // of an object
    LabelExportReport (*write)(Project&, const std::filesystem::path&, JobContext&);
};
EYEPIECE_EXPORT std::span<const LabelExportFormat> label_export_formats();
EYEPIECE_EXPORT const LabelExportFormat& label_export_format(std::string_view name); // throws Error(BadInput)
// [{"name", "title", "help", "holes", "scores"}]
EYEPIECE_EXPORT Json list_label_exports();

// What a format cannot say of the labels that are to be written: a sentence each, with how many objects it
// concerns. Empty when nothing is lost. Reads the labels, one image at a time in memory.
EYEPIECE_EXPORT std::vector<std::string> label_losses(Project& project, const LabelExportFormat& format,
                                                      JobContext& job);

// Writes the labels of every labelled or complete image, one image at a time in memory.

// A 16-bit label image of object ids for each image in `folder`, named after it (32-bit TIFF where ids need
// it), and objects.json: for each file its objects with class and area, and the classes with their colours.
EYEPIECE_EXPORT LabelExportReport export_masks(Project& project, const std::filesystem::path& folder,
                                               JobContext& job);
// One COCO file.
EYEPIECE_EXPORT LabelExportReport export_coco(Project& project, const std::filesystem::path& file,
                                              JobContext& job);
// A file for each image in `folder`, named after it: labelme's JSON, and QuPath's GeoJSON.
EYEPIECE_EXPORT LabelExportReport export_labelme(Project& project, const std::filesystem::path& folder,
                                                 JobContext& job);
EYEPIECE_EXPORT LabelExportReport export_geojson(Project& project, const std::filesystem::path& folder,
                                                 JobContext& job);

} // namespace eyepiece
