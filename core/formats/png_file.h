// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>

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
// 8-bit indices of 256 colours: a picture that shows its labels, and whose numbers read_png(Raw) gives back.
EYEPIECE_EXPORT void write_palette_png(const std::filesystem::path& path, const Image& indices,
                                       std::span<const std::array<std::uint8_t, 3>> palette);

} // namespace eyepiece
