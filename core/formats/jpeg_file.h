// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"

#include <filesystem>
#include <memory>

namespace eyepiece {

class RowDecoder;

// JPEG through libjpeg: gray or RGB (from YCbCr), 8 bit. CMYK is refused. All throw Error that names the
// file.
ImageInfo probe_jpeg(const std::filesystem::path& path);
Image read_jpeg(const std::filesystem::path& path);
// The same row by row. A progressive file keeps its coefficients in memory meanwhile.
std::unique_ptr<RowDecoder> jpeg_rows(const std::filesystem::path& path);

} // namespace eyepiece
