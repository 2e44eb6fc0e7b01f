// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"
#include "core/data/label_map.h"
#include "core/formats/coco_file.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace eyepiece {

// QuPath's GeoJSON for one image (RFC 7946 with pixels for coordinates; Bankhead et al. 2017): an annotation
// for each object, a Polygon or a MultiPolygon of its 4-connected parts along pixel edges, holes and all,
// with its class and the class's colour. Read here again, it gives the same pixels. Objects without pixels
// are left out.
using ClassColors = std::map<std::string, std::array<std::uint8_t, 3>>;
EYEPIECE_EXPORT Json geojson_document(const LabelMap& labels, const std::vector<ExportedObject>& objects,
                                      const ClassColors& colors);

} // namespace eyepiece
