// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"
#include "core/data/image.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// How one channel is shown: values from `low` to `high` run through the colour map, raised to 1/gamma.
struct ChannelContrast {
    double low = 0, high = 255;
    double gamma = 1; // > 1 brightens the dark parts
    std::string color_map = "gray";
    bool visible = true;
    double opacity = 1; // 0..1: its weight in the sum of channels
    bool operator==(const ChannelContrast&) const = default;
};

EYEPIECE_EXPORT Json to_json(const ChannelContrast& contrast);
EYEPIECE_EXPORT ChannelContrast contrast_from_json(const Json& json); // throws Error(BadInput)

struct Histogram {
    double low = 0, high = 0;         // values of the first bin's left and the last bin's right edge
    std::vector<std::int64_t> counts; // bins of equal width
    std::int64_t total = 0;           // of the pixels looked at
};

// All of these look at no more than some 500,000 pixels, evenly spread, so they are quick on any image.
// Values that are not finite are left out.
EYEPIECE_EXPORT Histogram histogram(const Image& image, int channel, int bins = 256);
struct ValueRange {
    double low = 0, high = 1; // low < high
};
// `low_percent`, `high_percent` in 0..100; the whole range where the percentiles fall together.
EYEPIECE_EXPORT ValueRange percentile_range(const Image& image, int channel, double low_percent = 0.1,
                                            double high_percent = 99.8);
EYEPIECE_EXPORT ValueRange value_range(const Image& image, int channel); // least and greatest value

// What an image is first shown with. 8-bit colour pictures stay as they are; of other images, and of pictures
// in colour that hold shades of gray alone, each channel is stretched by percentiles of `sample` (the image, or
// a coarse level of it). Colours: those the file states; else gray for one channel, magenta and green for two,
// cyan, magenta, yellow, red, green, blue for more.
EYEPIECE_EXPORT std::vector<ChannelContrast> default_contrast(const ImageInfo& info, const Image& sample);

enum class ByteOrder {
    Rgba, // red first in memory: QImage::Format_RGBA8888, PNG
    Bgra  // blue first: QImage::Format_RGB32, which the raster painter copies without converting
};

// Turns pixels into opaque 8-bit colours: the sum of the visible channels, each through its colour map.
// Tables are made once for a setting; render() is const and may be called from any number of threads at once.
class EYEPIECE_EXPORT ContrastRenderer {
public:
    // `rgb`: the three channels are red, green and blue of one picture, their colour maps are ignored.
    ContrastRenderer(PixelType type, std::vector<ChannelContrast> channels, bool rgb = false,
                     ByteOrder order = ByteOrder::Bgra);
    ~ContrastRenderer();
    ContrastRenderer(ContrastRenderer&&) noexcept;
    ContrastRenderer& operator=(ContrastRenderer&&) noexcept;

    // image (C,H,W) of the renderer's type -> height rows of width packed pixels; `row_pixels` (>= width)
    // from the start of a row to that of the next, 0: width.
    void render(const Image& image, std::span<std::uint32_t> out, std::int64_t row_pixels = 0) const;
    // The same over one row of raw planes, for callers that keep pixels in their own way.
    void render_row(std::span<const std::byte* const> planes, std::int64_t width, std::uint32_t* out) const;

private:
    struct Table;
    PixelType type_;
    bool passthrough_ = false; // 8-bit RGB shown as it is
    ByteOrder order_;
    std::size_t channels_;
    std::vector<Table> tables_; // of the visible channels
};

// Rows of pixels in ByteOrder::Rgba, as render() makes them, as an 8-bit RGB image (3,H,W).
EYEPIECE_EXPORT Image rgb_image(std::span<const std::uint32_t> pixels, std::int64_t height,
                                std::int64_t width);

} // namespace eyepiece
