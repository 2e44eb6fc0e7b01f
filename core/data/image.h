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
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eyepiece {

enum class PixelType : std::uint8_t { UInt8, Int8, UInt16, Int16, UInt32, Int32, Float32, Float64 };

EYEPIECE_EXPORT std::size_t bytes_per_pixel(PixelType type);
EYEPIECE_EXPORT std::string_view to_string(PixelType type); // "uint8", ... as NumPy says it
EYEPIECE_EXPORT PixelType pixel_type_from_string(std::string_view name);

// The C++ type of a PixelType and back, so that a loop is written once and compiled for each.
template<class T>
constexpr PixelType pixel_type_of() {
    if constexpr (std::is_same_v<T, std::uint8_t>)
        return PixelType::UInt8;
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return PixelType::Int8;
    else if constexpr (std::is_same_v<T, std::uint16_t>)
        return PixelType::UInt16;
    else if constexpr (std::is_same_v<T, std::int16_t>)
        return PixelType::Int16;
    else if constexpr (std::is_same_v<T, std::uint32_t>)
        return PixelType::UInt32;
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return PixelType::Int32;
    else if constexpr (std::is_same_v<T, float>)
        return PixelType::Float32;
    else {
        static_assert(std::is_same_v<T, double>, "no pixel type of this C++ type");
        return PixelType::Float64;
    }
}

// Calls f(T{}) with the C++ type of `type`.
template<class F>
decltype(auto) with_pixel_type(PixelType type, F&& f) {
    switch (type) {
    case PixelType::UInt8:
        return f(std::uint8_t{});
    case PixelType::Int8:
        return f(std::int8_t{});
    case PixelType::UInt16:
        return f(std::uint16_t{});
    case PixelType::Int16:
        return f(std::int16_t{});
    case PixelType::UInt32:
        return f(std::uint32_t{});
    case PixelType::Int32:
        return f(std::int32_t{});
    case PixelType::Float32:
        return f(float{});
    case PixelType::Float64:
        break;
    }
    return f(double{});
}

// A place in an image in px; pixel (0,0) covers [0,1) x [0,1).
struct Point2 {
    double x = 0, y = 0;
    bool operator==(const Point2&) const = default;
};

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
    int levels = 1;                                          // pyramid levels, up to the coarsest stored one
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
        require_type(pixel_type_of<T>());
        auto raw = plane(channel);
        return {reinterpret_cast<const T*>(raw.data()), raw.size() / sizeof(T)};
    }
    template<class T>
    std::span<T> writable_plane_as(int channel) {
        require_type(pixel_type_of<T>());
        auto raw = writable_plane(channel);
        return {reinterpret_cast<T*>(raw.data()), raw.size() / sizeof(T)};
    }

    double value(int channel, std::int64_t x, std::int64_t y) const; // as a number whatever the type
    Image cropped(const Region& region) const;                       // a copy; region must lie inside
    Image converted(PixelType type) const;                           // saturating cast, no rescaling

private:
    void require_type(PixelType asked) const; // throws Error(Internal)

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
    // At level 1 and coarser the whole plane may have to be decoded once; what it gives is kept (bounded), so
    // that the next such read is quick.
    virtual Image read(const Region& region, int level = 0, int z = 0, int t = 0) = 0;
};

// The size of an image at a level of the pyramid: halved `level` times, rounded up.
struct LevelSize {
    std::int64_t width = 0, height = 0;
};
EYEPIECE_EXPORT LevelSize level_size(std::int64_t width, std::int64_t height, int level);

// One level coarser: each pixel is the mean of the 2 x 2 (at an odd right or lower edge 2 x 1, 1 x 2 or 1)
// pixels below it, whole numbers rounded half up.
EYEPIECE_EXPORT Image halved(const Image& image);

// The number of halvings until the longer side is at most `limit`.
EYEPIECE_EXPORT int pyramid_levels(std::int64_t width, std::int64_t height, std::int64_t limit = 512);

} // namespace eyepiece
