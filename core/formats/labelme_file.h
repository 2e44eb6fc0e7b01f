// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"
#include "core/data/label_map.h"
#include "core/formats/coco_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace eyepiece {

// labelme's JSON for one image (https://github.com/wkentaro/labelme, format 5): a polygon along pixel edges
// for each 4-connected part of an object; the parts of one object share its "group_id". labelme's polygons
// have no holes: they are filled, and what lies in them is painted over them again when read here, for it is
// smaller. `image_path`: as seen from the file. Objects without pixels are left out.
EYEPIECE_EXPORT Json labelme_document(const std::string& image_path, const LabelMap& labels,
                                      const std::vector<ExportedObject>& objects);

// How many objects have holes that would not be there when the document is read: those with unlabelled pixels
// in them, or pixels of an object that is the larger of the two when the holes of both are filled.
EYEPIECE_EXPORT std::int64_t objects_with_lost_holes(const LabelMap& labels);

} // namespace eyepiece
