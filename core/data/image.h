// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

enum class PixelType : std::uint8_t { UInt8, Int8, UInt16, Int16, UInt32, Int32, Float32, Float64 };

EYEPIECE_EXPORT std::size_t bytes_per_pixel(PixelType type);
EYEPIECE_EXPORT std::string_view to_string(PixelType type); // "uint8", ... as NumPy says it
EYEPIECE_EXPORT PixelType pixel_type_from_string(std::string_view name);

// A rectangle of pixels, x to the right and y down, half-open: [x, x+width).
struct Region {
    std::int64_t x = 0, y = 0, width = 0, height = 0;
    bool empty() const { return width <= 0 || height <= 0; }
    std::int64_t right() const { return x + width; }
    std::int64_t bottom() const { return y + height; }
    bool operator==(const Region&) const = default;
    EYEPIECE_EXPORT Region intersected(const Region& other) const; // empty when they do not meet
    EYEPIECE_EXPORT Region united(const Region& other) const;      // an empty one does not count
};

// Physical size of a pixel. 0 when unknown.
struct PixelSize {
    double x = 0, y = 0, z = 0;
    std::string unit = "µm";
};

// What can be known of an image without decoding its pixels.
struct ImageInfo {
    std::int64_t width = 0, height = 0; // px
    int channels = 1;                   // C
    int depth = 1;                      // Z
    int frames = 1;                     // T
    PixelType type = PixelType::UInt8;
    bool rgb = false; // the channels are red, green, blue (alpha is dropped) of one colour picture
    PixelSize pixel_size;
    std::vector<std::string> channel_names;                  // empty or C names
    std::vector<std::array<std::uint8_t, 3>> channel_colors; // empty or C colours stated by the file
    std::string format;                                      // "PNG", "TIFF", "OME-TIFF", ...
    std::int64_t tile_width = 0, tile_height = 0;            // natural blocks of the file; 0: whole
    int levels = 1;                                          // stored pyramid levels
};

// Pixels in memory, planar: channel after channel, each row-major, i.e. (C,H,W), in host byte order.
// A value type: copies share the pixels, which are immutable once shared; make one with Image::create.
class EYEPIECE_EXPORT Image {
public:
    Image() = default;
    // Uninitialised pixels owned by the image. Throws Error(Memory).
    static Image create(PixelType type, int channels, std::int64_t height, std::int64_t width);

    bool empty() const { return !data_; }
    PixelType type() const { return type_; }
    int channels() const { return channels_; }
    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    std::size_t plane_bytes() const {
        return static_cast<std::size_t>(width_ * height_) * bytes_per_pixel(type_);
    }
    std::size_t bytes() const { return plane_bytes() * static_cast<std::size_t>(channels_); }

    std::span<const std::byte> plane(int channel) const;
    std::span<std::byte> writable_plane(int channel); // detaches when the pixels are shared

    // Typed view of one channel; the caller's T must match type() (checked).
    template<class T>
    std::span<const T> plane_as(int channel) const {
        auto raw = plane(channel);
        return {reinterpret_cast<const T*>(raw.data()), raw.size() / sizeof(T)};
    }
    template<class T>
    std::span<T> writable_plane_as(int channel) {
        auto raw = writable_plane(channel);
        return {reinterpret_cast<T*>(raw.data()), raw.size() / sizeof(T)};
    }

    double value(int channel, std::int64_t x, std::int64_t y) const; // as a number whatever the type
    Image cropped(const Region& region) const;                       // a copy; region must lie inside
    Image converted(PixelType type) const;                           // saturating cast, no rescaling

private:
    PixelType type_ = PixelType::UInt8;
    int channels_ = 0;
    std::int64_t width_ = 0, height_ = 0;
    std::shared_ptr<std::byte[]> data_;
};

// An open image file that is read piece by piece. Reading is thread-safe (implementations lock or reopen).
class EYEPIECE_EXPORT ImageSource {
public:
    virtual ~ImageSource();
    virtual const ImageInfo& info() const = 0;
    // All channels of a region at level 0 (full size) or of a coarser level; level L is 1/2^L of full size
    // (rounded up) and is computed by averaging when the file does not store it. `z`, `t` pick the plane.
    // The region is in that level's pixels and is clipped to it. Throws Error.
    virtual Image read(const Region& region, int level = 0, int z = 0, int t = 0) = 0;
};

// The number of halvings until the longer side is at most `limit`.
EYEPIECE_EXPORT int pyramid_levels(std::int64_t width, std::int64_t height, std::int64_t limit = 512);

} // namespace eyepiece
