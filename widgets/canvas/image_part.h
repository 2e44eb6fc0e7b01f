// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/scaled_channels.h"
#include "widgets/canvas/pixel_blocks.h"

#include <QPointF>
#include <memory>
#include <optional>
#include <vector>

namespace eyepiece {

class ImageCanvas;

// A part of the image in front, as the tools that look at pixels take it to another thread: the channels that
// are shown, each scaled by percentiles of the whole image, so that contrast settings change nothing. A value
// type.
struct EYEPIECE_EXPORT ImagePart {
    std::shared_ptr<PixelBlocks> blocks;
    int z = 0, t = 0;
    std::vector<ChannelRange> ranges;
    Region window; // image px

    Image scaled() const; // decodes what is missing: not for the window's thread. Throws Error
    bool operator==(const ImagePart& other) const = default;
};

// Nothing when there is no image, no channel is shown, or the region lies outside.
std::optional<ImagePart> image_part(ImageCanvas& canvas, const Region& region);
// What is in sight, clipped to `sight_limit` px each way around a place.
constexpr std::int64_t sight_limit = 2048;
Region region_in_sight(const ImageCanvas& canvas, const QPointF& around);

} // namespace eyepiece
