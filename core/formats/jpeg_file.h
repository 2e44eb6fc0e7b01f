// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"

#include <filesystem>

namespace eyepiece {

// JPEG through libjpeg: gray or RGB (from YCbCr), 8 bit. CMYK is refused. All throw Error that names the
// file.
ImageInfo probe_jpeg(const std::filesystem::path& path);
Image read_jpeg(const std::filesystem::path& path);

} // namespace eyepiece
