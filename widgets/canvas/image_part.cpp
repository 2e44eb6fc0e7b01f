// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/image_part.h"

#include "widgets/canvas/image_canvas.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

Image ImagePart::scaled() const {
    return scaled_channels(blocks->read(window, 0, z, t), ranges);
}

std::optional<ImagePart> image_part(ImageCanvas& canvas, const Region& region) {
    const OpenImage* image = canvas.image();
    if (!image)
        return {};
    ImagePart part{
        image->blocks, canvas.plane_z(), canvas.plane_t(), {}, region.intersected(image->blocks->extent(0))};
    const std::vector<ChannelContrast> shown = canvas.layers().channel_contrasts();
    for (std::size_t c = 0; c < shown.size() && c < image->statistics.size(); ++c)
        if (image->info().rgb || shown[c].visible)
            part.ranges.push_back({static_cast<int>(c), image->statistics[c].percentiles});
    if (part.ranges.empty() || part.window.empty())
        return {};
    return part;
}

Region region_in_sight(const ImageCanvas& canvas, const QPointF& around) {
    const QRect seen = canvas.view().visible_image().toAlignedRect();
    const auto clipped = [](std::int64_t start, std::int64_t length, double middle) {
        if (length <= sight_limit)
            return std::pair{start, length};
        const auto wanted = static_cast<std::int64_t>(std::floor(middle)) - sight_limit / 2;
        return std::pair{std::clamp(wanted, start, start + length - sight_limit), sight_limit};
    };
    const auto [x, width] = clipped(seen.x(), seen.width(), around.x());
    const auto [y, height] = clipped(seen.y(), seen.height(), around.y());
    return {x, y, width, height};
}

} // namespace eyepiece
