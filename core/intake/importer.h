// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/parameters.h"
#include "core/formats/label_readers.h"
#include "core/intake/facts.h"
#include "core/project/project.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// What a path can be taken for: "auto" (labels when its content or layout says so, else images), "images"
// (images alone, whatever labels lie beside them), and the label formats.
EYEPIECE_EXPORT std::vector<std::string> import_format_names();
// [{"name", "title", "help", "plugin", "parameters": [...]}], as a registry lists what it has.
EYEPIECE_EXPORT Json list_importers();

struct ImportOptions {
    std::string format = "auto"; // one of import_format_names()
    std::string split;           // "train", "val", "test": every image of this import; empty: none
    LabelOptions labels;
    bool complete = true; // labelled images are marked as completely labelled
    bool replace = true;  // labels take the place of those that an image has; else such an image is skipped
    std::string group_column; // of an index.csv; empty: its column "group" when it has one
};
// The same as named settings, for a form and for --set.
EYEPIECE_EXPORT ParameterSchema import_parameters();
EYEPIECE_EXPORT ImportOptions import_options(const Json& completed); // of import_parameters().complete()

struct EYEPIECE_EXPORT ImportReport {
    std::int64_t added = 0;    // images that are new to the project
    std::int64_t known = 0;    // were there already
    std::int64_t relinked = 0; // were missing and are found again
    std::int64_t labelled = 0; // images that took labels
    std::int64_t objects = 0;
    std::vector<SkippedFile> skipped;
    Json to_json() const;
};

// The images among and below `paths`, without labels beside them, in natural order. Opens none.
EYEPIECE_EXPORT std::vector<std::filesystem::path>
collect_images(const std::vector<std::filesystem::path>& paths, JobContext& job);

// Brings images, labels and the columns of an index.csv into a project: all of it one undo step, though in
// many transactions, holding one image's labels at a time in memory. Files that cannot be read are skipped
// with their reason. Labels match images by the place the layout gives them, else by file stem. Throws
// Error(Cancelled) after taking back what was done, and Error for a path that is not there or a full disk.
EYEPIECE_EXPORT ImportReport import_files(Project& project, const std::vector<std::filesystem::path>& paths,
                                          const ImportOptions& options, JobContext& job);

} // namespace eyepiece
