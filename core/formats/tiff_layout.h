// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"
#include "core/formats/tiff_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace eyepiece {

// How the pages of a TIFF make up an image of channels, depth and time. A page may itself hold several
// channels (RGB); `groups` counts the pages that one (z, t) has.
struct TiffLayout {
    std::string format;
    int groups = 1, depth = 1, frames = 1;
    PixelSize pixel_size;
    std::vector<std::string> channel_names;
    std::vector<std::array<std::uint8_t, 3>> channel_colors;
    // Index into the pages for each (t, z, group), group fastest; -1: this file does not hold it.
    std::vector<std::int32_t> planes;
    // ImageJ's stacks beyond 4 GB: one page, and all planes one after the other from its first byte on.
    bool contiguous = false;

    std::int32_t page_of(int group, int z, int t) const {
        return planes[(static_cast<std::size_t>(t) * static_cast<std::size_t>(depth) +
                       static_cast<std::size_t>(z)) *
                          static_cast<std::size_t>(groups) +
                      static_cast<std::size_t>(group)];
    }
};

// From the first page's description: OME-XML, ImageJ, tifffile's "axes", Aperio; else pages of one kind are
// z.
TiffLayout tiff_layout(const TiffFile& file, const std::vector<TiffPage>& pages);

} // namespace eyepiece
