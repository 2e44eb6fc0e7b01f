// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <QString>

namespace eyepiece {

EYEPIECE_EXPORT QString objects_text(int count); // "1 object", "1 234 objects"

// Sizes in words: in the image's own unit when it knows how large a pixel is, else in px.

EYEPIECE_EXPORT QString length_text(double dx, double dy, const PixelSize& pixel_size);      // "12.4 µm"
EYEPIECE_EXPORT QString size_text(double width, double height, const PixelSize& pixel_size); // "40 × 20 px"
EYEPIECE_EXPORT QString area_text(double area, const PixelSize& pixel_size); // of px²: "250 px", "26.4 µm²"
// Of voxels, the step between planes in pixel_size.z: "250 voxels", "0.264 mm³".
EYEPIECE_EXPORT QString volume_text(double voxels, const PixelSize& pixel_size);

} // namespace eyepiece
