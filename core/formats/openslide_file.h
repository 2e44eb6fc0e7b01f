// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// Whole slides through OpenSlide (Goode et al. 2013, J. Pathol. Inform. 4:27): 8-bit RGB, where the scanner
// saw nothing in the slide's background colour.

// The slide format a file is in, as OpenSlide names it ("aperio", "hamamatsu", "mirax", ...). Empty: none, or
// a plain tiled TIFF, which TiffSource reads with all its types and channels. Reads a few kilobytes.
std::string slide_format(const std::filesystem::path& path);

// A slide's stored levels may stand in any ratio to one another (1, 4, 16; 1, 3, 9): each of our levels is
// read from the next finer stored one, and averaged by area. Throws Error that names the file.
std::unique_ptr<ImageSource> open_slide(const std::filesystem::path& path, const std::string& format);

// The pictures that a slide carries beside its pixels ("label", "macro", "thumbnail"); empty when the file is
// no slide. They are not read: a label may say whose slide it is.
EYEPIECE_EXPORT std::vector<std::string> associated_images(const std::filesystem::path& path);

} // namespace eyepiece
