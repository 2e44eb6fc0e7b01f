// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <filesystem>

namespace eyepiece {

// PNG through libpng. All throw Error that names the file.
EYEPIECE_EXPORT ImageInfo probe_png(const std::filesystem::path& path);

enum class PngSamples {
    Picture, // as image_reader.h says: palettes and low bit depths become what they show
    Raw      // palette indices and low bit depths as numbers: what label images mean
};
EYEPIECE_EXPORT Image read_png(const std::filesystem::path& path, PngSamples samples = PngSamples::Picture);

// 8- or 16-bit, with 1 (gray) or 3 (RGB) channels. Written beside the target and moved over it when complete.
EYEPIECE_EXPORT void write_png(const std::filesystem::path& path, const Image& image,
                               const PixelSize& pixel_size = {});

} // namespace eyepiece
