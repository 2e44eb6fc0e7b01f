// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/contrast.h"
#include "core/data/image.h"

#include <QRgb>
#include <QString>
#include <array>
#include <vector>

namespace eyepiece {

// How one channel is shown, and where its low and high come from.
struct ChannelDisplay {
    enum class Range { Auto, MinMax, Manual };
    ChannelContrast contrast;
    Range range = Range::Auto;
    bool operator==(const ChannelDisplay&) const = default;
};

// What is known of a channel's values, from a sample of the image.
struct ChannelStatistics {
    Histogram histogram;
    ValueRange range, percentiles; // least and greatest; without the tails
    ValueRange automatic;          // what Auto takes: the percentiles but for a picture in colour
};

EYEPIECE_EXPORT ChannelStatistics channel_statistics(const Image& sample, int channel);
// Sets low and high of a range that follows the data.
EYEPIECE_EXPORT void apply_range(ChannelDisplay& display, const ChannelStatistics& statistics);
// How the channels of an image are shown at first; one entry for an RGB picture.
EYEPIECE_EXPORT std::vector<ChannelDisplay> default_displays(const ImageInfo& info, const Image& sample);

// A colour map as packed opaque colours.
using ColorTable = std::array<QRgb, 256>;
EYEPIECE_EXPORT ColorTable color_table(const std::string& name); // throws Error(NotFound)

} // namespace eyepiece
