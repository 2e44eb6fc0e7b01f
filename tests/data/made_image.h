// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"
#include "core/data/scaled_channels.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace eyepiece::test {

// Whole numbers from 0 to 255: a bright disc and a fainter one on a dark, noisy ground, the same as
// make_segmentation_peers.py makes.
inline std::vector<int> made_values(std::int64_t height, std::int64_t width, std::uint64_t seed) {
    std::uint64_t state = seed;
    std::vector<int> values;
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            const int noise = static_cast<int>((state >> 40) % 48);
            const auto within = [&](std::int64_t cx, std::int64_t cy, std::int64_t r) {
                return (x - cx) * (x - cx) + (y - cy) * (y - cy) < r * r;
            };
            const bool bright = within(width / 3, height / 2, height / 4);
            const bool faint = within(width * 3 / 4, height / 3, height / 5);
            values.push_back(noise + (bright ? 180 : faint ? 70 : 12));
        }
    return values;
}

// values[i] * gain + offset in pixels of type T.
template<class T>
Image image_of(const std::vector<int>& values, std::int64_t height, std::int64_t width, double gain = 1,
               double offset = 0) {
    Image image = Image::create(pixel_type_of<T>(), 1, height, width);
    auto pixels = image.writable_plane_as<T>(0);
    for (std::size_t i = 0; i < values.size(); ++i)
        pixels[i] = static_cast<T>(values[i] * gain + offset);
    return image;
}

// Float32 from a function of a pixel's place.
template<class F>
Image drawn(std::int64_t height, std::int64_t width, F value) {
    Image image = Image::create(PixelType::Float32, 1, height, width);
    auto pixels = image.writable_plane_as<float>(0);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            pixels[static_cast<std::size_t>(y * width + x)] = static_cast<float>(value(x, y));
    return image;
}

inline bool in_disc(std::int64_t x, std::int64_t y, double cx, double cy, double r) {
    return std::hypot(static_cast<double>(x) + 0.5 - cx, static_cast<double>(y) + 0.5 - cy) < r;
}

inline Image scaled(const Image& image) {
    return scaled_channels(image, robust_ranges(image));
}

} // namespace eyepiece::test
