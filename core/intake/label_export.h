// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/formats/label_writers.h"
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

// What labels can be written as: the command line and the window offer what this table holds.
struct LabelExportFormat : LabelWriterFormat {
    bool readable; // whether import reads it again
    LabelExportReport (*write)(Project&, const LabelExportFormat&, const std::filesystem::path&, JobContext&);
};
EYEPIECE_EXPORT std::span<const LabelExportFormat> label_export_formats();
EYEPIECE_EXPORT const LabelExportFormat& label_export_format(std::string_view name); // throws Error(BadInput)
// [{"name", "title", "help", "classes", "scores"}]
EYEPIECE_EXPORT Json list_label_exports();

// What a format cannot say of the labels that are to be written: a sentence each, with how many objects it
// concerns. Empty when nothing is lost. Reads the labels, one image at a time in memory.
EYEPIECE_EXPORT std::vector<std::string> label_losses(Project& project, const LabelExportFormat& format,
                                                      JobContext& job);

// Writes the labels of every labelled or complete image, one image at a time in memory. `place`: a folder, or
// a file where the format is one. An image that the format cannot hold is skipped with its reason. Throws
// Error(Storage), and Error(Cancelled) between two images.
EYEPIECE_EXPORT LabelExportReport export_labels(Project& project, const LabelExportFormat& format,
                                                const std::filesystem::path& place, JobContext& job);

} // namespace eyepiece
