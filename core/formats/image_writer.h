// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"
#include "core/data/label_map.h"

#include <filesystem>

namespace eyepiece {

// All writers put the file beside its target and move it there when it is complete, so that no half file is
// ever seen; they throw Error(Storage) on a full or read-only disk. Whether PNG or TIFF is told by the name's
// ending; without one that is known it is Error(BadInput).

// Object ids as a 16-bit label image; ids beyond 65535 need a TIFF, which then is 32-bit (a PNG is refused).
EYEPIECE_EXPORT void write_label_image(const std::filesystem::path& path, const LabelMap& labels,
                                       const PixelSize& pixel_size = {});

// Any image. PNG takes 8 and 16-bit unsigned integers with 1 (gray) or 3 (RGB) channels; TIFF takes
// everything, three channels as red, green, blue where `rgb` says so. A float map is a TIFF.
EYEPIECE_EXPORT void write_image(const std::filesystem::path& path, const Image& image, bool rgb = false,
                                 const PixelSize& pixel_size = {});

} // namespace eyepiece
