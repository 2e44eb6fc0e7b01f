// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/label_readers.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

// One object on its way into a label map.
struct PaintedPart {
    Region where; // of the mask, in the image
    Mask mask;
    ImportedObject object; // without id
    std::string name;      // for a problem's sentence
};

// Paints parts over one another, crowds first, then by falling area, so that the smaller stay visible;
// numbers those that remain from 1 in the order given.
ImportedLabels paint_parts(std::int64_t height, std::int64_t width, std::vector<PaintedPart> parts);

// The mask's pixels cut to their bounds; an empty region when there are none.
PaintedPart cut_to_bounds(const Mask& mask);

// Pixels as numbers, before anything is made of them for the eye: palettes as indices, few bits unspread.
// JPEG is refused. `palette` is set when the numbers are indices of colours.
Image read_label_pixels(const std::filesystem::path& path, bool* palette = nullptr);

// COCO's listing.
std::unique_ptr<LabelSource> list_coco(const std::filesystem::path& path, const LabelOptions& options);
bool looks_like_coco(
    const std::filesystem::path& path); // a JSON file with "images" and "annotations" at its top

// Whether a file is a JSON object with both names at its top. Reads no further than both are known.
bool json_has_names(const std::filesystem::path& path, std::string_view one, std::string_view other);

// labelme's and GeoJSON's, of files that are listed already.
std::unique_ptr<LabelSource> list_labelme(std::vector<LabelEntry> entries, const LabelOptions& options);
std::unique_ptr<LabelSource> list_geojson(std::vector<LabelEntry> entries, const LabelOptions& options);

// The files of a folder that have an image's ending, in natural order; none of a folder that cannot be read.
std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder);

} // namespace eyepiece
