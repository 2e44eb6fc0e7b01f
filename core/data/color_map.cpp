// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/color_map.h"
#include "core/base/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace eyepiece {
namespace {

using Color = std::array<std::uint8_t, 3>;

struct Anchored {
    std::string_view name;
    std::vector<Color> anchors; // evenly spaced
};

const std::vector<Anchored>& anchored() {
    static const std::vector<Anchored> maps{
        {"gray", {{0, 0, 0}, {255, 255, 255}}},
        {"red", {{0, 0, 0}, {255, 0, 0}}},
        {"green", {{0, 0, 0}, {0, 255, 0}}},
        {"blue", {{0, 0, 0}, {0, 0, 255}}},
        {"cyan", {{0, 0, 0}, {0, 255, 255}}},
        {"magenta", {{0, 0, 0}, {255, 0, 255}}},
        {"yellow", {{0, 0, 0}, {255, 255, 0}}},
        {"ice", {{0, 0, 0}, {6, 32, 56}, {10, 82, 110}, {22, 142, 168}, {72, 209, 232}, {190, 244, 255}}},
        // End colours of ColorBrewer's RdBu (Harrower & Brewer 2003), which colour-blind eyes tell apart.
        {"blue-white-red", {{33, 102, 172}, {255, 255, 255}, {178, 24, 43}}},
    };
    return maps;
}

constexpr std::array<std::pair<std::string_view, int>, 5> opencv_maps{{
    {"viridis", cv::COLORMAP_VIRIDIS},
    {"magma", cv::COLORMAP_MAGMA},
    {"inferno", cv::COLORMAP_INFERNO},
    {"plasma", cv::COLORMAP_PLASMA},
    {"turbo", cv::COLORMAP_TURBO},
}};

ColorMap interpolated(std::string name, const std::vector<Color>& anchors) {
    ColorMap map{std::move(name), {}};
    for (std::size_t i = 0; i < 256; ++i) {
        const double place = static_cast<double>(i) / 255 * static_cast<double>(anchors.size() - 1);
        const std::size_t left = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
        const double part = place - static_cast<double>(left);
        for (std::size_t c = 0; c < 3; ++c)
            map.colors[i][c] = static_cast<std::uint8_t>(
                std::lround(anchors[left][c] * (1 - part) + anchors[left + 1][c] * part));
    }
    return map;
}

} // namespace

const std::vector<std::string>& color_map_names() {
    static const std::vector<std::string> names{"gray",    "red",    "green", "blue",          "cyan",
                                                "magenta", "yellow", "ice",   "viridis",       "magma",
                                                "inferno", "plasma", "turbo", "blue-white-red"};
    return names;
}

ColorMap color_map(std::string_view name) {
    for (const auto& map : anchored())
        if (map.name == name)
            return interpolated(std::string(name), map.anchors);
    for (const auto& [candidate, id] : opencv_maps)
        if (candidate == name) {
            cv::Mat ramp(1, 256, CV_8UC1), colors;
            for (int i = 0; i < 256; ++i)
                ramp.at<std::uint8_t>(0, i) = static_cast<std::uint8_t>(i);
            cv::applyColorMap(ramp, colors, id);
            ColorMap map{std::string(name), {}};
            for (int i = 0; i < 256; ++i) {
                const auto& bgr = colors.at<cv::Vec3b>(0, i);
                map.colors[static_cast<std::size_t>(i)] = {bgr[2], bgr[1], bgr[0]};
            }
            return map;
        }
    if (name.size() == 7 && name[0] == '#') {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(name.data() + 1, name.data() + 7, value, 16);
        if (error == std::errc() && end == name.data() + 7)
            return interpolated(std::string(name),
                                {{0, 0, 0},
                                 {static_cast<std::uint8_t>(value >> 16),
                                  static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)}});
    }
    std::string known;
    for (const auto& candidate : color_map_names())
        known += (known.empty() ? "" : ", ") + candidate;
    throw Error(ErrorCode::NotFound, "There is no colour map \"" + std::string(name) + "\". Known: " + known +
                                         ", or a colour as #rrggbb.");
}

} // namespace eyepiece
