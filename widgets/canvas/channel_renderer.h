// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <QImage>
#include <QRgb>
#include <QString>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace eyepiece {

// 256 colours from low to high.
using ColorTable = std::array<QRgb, 256>;

// How one channel is shown.
struct ChannelDisplay {
    enum class Range { Auto, MinMax, Manual }; // where low and high come from
    bool visible = true;
    double opacity = 1;    // its weight in the sum of channels
    Range range = Range::Auto;
    double low = 0, high = 1; // in the image's values: shown as the first and last colour
    double gamma = 1;      // > 1 brightens what is dark
    QString color_map = QStringLiteral("gray"); // a name known to color_table(), or "#rrggbb": from black to it
    bool operator==(const ChannelDisplay&) const = default;
};

// What is known of a channel's values, from a sample of the image.
struct ChannelStatistics {
    double minimum = 0, maximum = 1;
    double low_percentile = 0, high_percentile = 1; // 0.3 % and 99.7 %
    std::vector<double> histogram;                  // share of pixels in each of 256 equal bins of [minimum, maximum]
};

EYEPIECE_EXPORT std::vector<QString> color_map_names();
EYEPIECE_EXPORT ColorTable color_table(const QString& name); // gray when the name is unknown

// Statistics of one channel of an image in memory; values that are not finite do not count.
EYEPIECE_EXPORT ChannelStatistics channel_statistics(const Image& sample, int channel);

// Turns raw values into colours for one setting of all channels. Immutable once built, so that many threads may
// render with it; building it costs about a millisecond a 16-bit channel.
class EYEPIECE_EXPORT ChannelRenderer {
public:
    ChannelRenderer(PixelType type, std::vector<ChannelDisplay> channels);
    // (C,h,w) -> RGB32 image of w x h. Channels beyond those given are not shown.
    QImage render(const Image& raw) const;
    const std::vector<ChannelDisplay>& channels() const { return channels_; }

private:
    template<class T>
    void add_channel(const Image& raw, int channel, bool first, QImage& out) const;
    PixelType type_;
    std::vector<ChannelDisplay> channels_;
    struct Lookup {
        std::vector<QRgb> colors; // one for each value of 8- and 16-bit types, else 4096 between low and high
        double low = 0, per_unit = 1;
    };
    std::vector<Lookup> lookups_;
};

} // namespace eyepiece
