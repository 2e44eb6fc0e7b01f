// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/label_readers.h"

#include <filesystem>
#include <map>
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

using ObjectClasses = std::map<ObjectId, std::string>; // the class of each value
// A label image each of whose values is an object, of the class that `classes` has for it.
ImportedLabels read_listed_objects(const std::filesystem::path& path, const ObjectClasses& classes,
                                   const LabelOptions& options);
// The same of values in memory, whose meaning is told as that of a label image's where `classes` is null.
ImportedLabels labels_of_values(LabelMap values, const ObjectClasses* classes, const LabelOptions& options,
                                const std::filesystem::path& path);

// Whether a file is a JSON object with both names at its top. Reads no further than both are known.
bool json_has_names(const std::filesystem::path& path, std::string_view one, std::string_view other);

} // namespace eyepiece
