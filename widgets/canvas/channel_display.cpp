// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/channel_display.h"

#include "core/data/color_map.h"

#include <algorithm>
#include <cctype>

namespace eyepiece {

namespace {

constexpr std::size_t shown_at_first = 4; // of many channels

bool is_nuclear_stain(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name.find("dapi") != std::string::npos || name.find("hoechst") != std::string::npos;
}

} // namespace

ChannelStatistics channel_statistics(const Image& sample, int channel) {
    const ValueRange percentiles = percentile_range(sample, channel);
    return {histogram(sample, channel), value_range(sample, channel), percentiles, percentiles};
}

void apply_range(ChannelDisplay& display, const ChannelStatistics& statistics) {
    if (display.range == ChannelDisplay::Range::Manual)
        return;
    const ValueRange range =
        display.range == ChannelDisplay::Range::Auto ? statistics.automatic : statistics.range;
    display.contrast.low = range.low;
    display.contrast.high = range.high;
}

std::vector<ChannelDisplay> default_displays(const ImageInfo& info, const Image& sample) {
    std::vector<ChannelDisplay> displays;
    for (const ChannelContrast& contrast : default_contrast(info, sample))
        displays.push_back({contrast, ChannelDisplay::Range::Auto});
    if (info.rgb && !displays.empty()) { // one setting for all three
        displays.resize(1);
        displays.front().contrast.color_map = "gray";
        return displays;
    }
    for (std::size_t c = shown_at_first; c < displays.size(); ++c)
        displays[c].contrast.visible = false;
    if (displays.size() == 1 && !info.channel_names.empty() && info.channel_colors.empty() &&
        is_nuclear_stain(info.channel_names.front()))
        displays.front().contrast.color_map = "ice";
    return displays;
}

ColorTable color_table(const std::string& name) {
    const ColorMap map = color_map(name);
    ColorTable table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = qRgb(map.colors[i][0], map.colors[i][1], map.colors[i][2]);
    return table;
}

} // namespace eyepiece
