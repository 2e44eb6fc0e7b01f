// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/components.h"
#include "core/data/table.h"

namespace eyepiece {

// What is needed to turn objects into rows.
struct MeasurementOptions {
    std::vector<std::string>
        object_classes;                     // of the object of each id (index id - 1); empty: no class column
    std::vector<std::string> channel_names; // empty or one a channel: "mean DAPI" instead of "mean 1"
    PixelSize pixel_size;                   // known: lengths and areas are in its unit, else in px
    std::int64_t left = 0, top = 0;         // px; where the labels lie in the image that positions are of
};

// A row for each labelled object, in order of id: shape (area, axes, eccentricity, perimeter, circularity)
// and, of each channel of the image, mean, sd, minimum and maximum are features; where it lies (centroid,
// bounds, in px) is an annotation; its class the target. Row names are the ids. Throws Error(BadInput) when
// the image and the labels differ in size, or there is no object.
EYEPIECE_EXPORT Table measurement_table(const LabelMap& labels, const Image* image = nullptr,
                                        const MeasurementOptions& options = {});

} // namespace eyepiece
