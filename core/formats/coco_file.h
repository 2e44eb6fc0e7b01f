// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/label_map.h"
#include "core/data/mask.h"
#include "core/formats/label_writers.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// COCO run lengths (Lin et al. 2014): column by column from the top left, first of 0s, then of 1s, and so on.
EYEPIECE_EXPORT std::vector<std::uint32_t> coco_runs(const Mask& mask);
EYEPIECE_EXPORT Mask mask_from_coco_runs(const std::vector<std::uint32_t>& runs, std::int64_t height,
                                         std::int64_t width); // throws Error(BadInput)
// The text form of the runs, five bits a character with differences to the run before last.
EYEPIECE_EXPORT std::string coco_text(const std::vector<std::uint32_t>& runs);
EYEPIECE_EXPORT std::vector<std::uint32_t>
coco_runs_from_text(const std::string& text); // throws Error(BadInput)

// Writes annotations as one COCO JSON file, image after image, so that a large project needs little memory.
// Objects without holes are polygons (one a 4-connected part) along pixel edges; those with holes are run
// lengths. Nothing appears at `path` before finish(). Not thread-safe.
class EYEPIECE_EXPORT CocoWriter {
public:
    // `classes` in order; their category ids are 1, 2, ...
    CocoWriter(const std::filesystem::path& path, std::vector<std::string> classes);
    ~CocoWriter();
    CocoWriter(const CocoWriter&) = delete;
    CocoWriter& operator=(const CocoWriter&) = delete;

    // Objects whose class is not among `classes` throw Error(BadInput).
    void add(const std::string& file_name, const LabelMap& labels,
             const std::vector<ExportedObject>& objects);
    void finish(); // throws Error(Storage)

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace eyepiece
