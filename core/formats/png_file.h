// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <filesystem>
#include <memory>

namespace eyepiece {

class RowDecoder;

// PNG through libpng. All throw Error that names the file.
EYEPIECE_EXPORT ImageInfo probe_png(const std::filesystem::path& path);

enum class PngSamples {
    Picture, // as image_reader.h says: palettes and low bit depths become what they show
    Raw      // palette indices and low bit depths as numbers: what label images mean
};
EYEPIECE_EXPORT Image read_png(const std::filesystem::path& path, PngSamples samples = PngSamples::Picture);

// The same row by row, of any size; null when the file is interlaced, which stores no row before the last
// one.
std::unique_ptr<RowDecoder> png_rows(const std::filesystem::path& path);

// 8- or 16-bit, with 1 (gray) or 3 (RGB) channels. Written beside the target and moved over it when complete.
EYEPIECE_EXPORT void write_png(const std::filesystem::path& path, const Image& image,
                               const PixelSize& pixel_size = {});

} // namespace eyepiece
