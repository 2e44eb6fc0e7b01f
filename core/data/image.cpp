// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/image.h"
#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

namespace eyepiece {
namespace {

constexpr std::array<std::pair<PixelType, std::string_view>, 8> type_names{{
    {PixelType::UInt8, "uint8"},
    {PixelType::Int8, "int8"},
    {PixelType::UInt16, "uint16"},
    {PixelType::Int16, "int16"},
    {PixelType::UInt32, "uint32"},
    {PixelType::Int32, "int32"},
    {PixelType::Float32, "float32"},
    {PixelType::Float64, "float64"},
}};

template<class To, class From>
To saturated(From value) {
    if constexpr (std::is_floating_point_v<To>) {
        return static_cast<To>(value);
    } else {
        // Through double: it holds every value of the types we know exactly.
        const double number = static_cast<double>(value);
        if (std::isnan(number))
            return 0;
        constexpr double low = static_cast<double>(std::numeric_limits<To>::lowest());
        constexpr double high = static_cast<double>(std::numeric_limits<To>::max());
        return static_cast<To>(
            std::clamp(std::is_floating_point_v<From> ? std::round(number) : number, low, high));
    }
}

template<class T>
void halve_plane(std::span<const T> from, std::int64_t width, std::int64_t height, std::span<T> to) {
    using Sum = std::conditional_t<std::is_floating_point_v<T>, double,
                                   std::conditional_t<(sizeof(T) > 2), std::int64_t, std::int32_t>>;
    const std::int64_t out_width = (width + 1) / 2, out_height = (height + 1) / 2;
    // Rounded half up for negative numbers too, which is what an arithmetic shift does.
    const auto mean = [](Sum sum, int shift) -> T {
        if constexpr (std::is_floating_point_v<T>)
            return static_cast<T>(sum / static_cast<double>(1 << shift));
        else
            return static_cast<T>(shift ? (sum + (Sum{1} << (shift - 1))) >> shift : sum);
    };
    for (std::int64_t y = 0; y < out_height; ++y) {
        const T* upper = from.data() + 2 * y * width;
        const bool pair = 2 * y + 1 < height;
        const T* lower = pair ? upper + width : upper;
        T* out = to.data() + y * out_width;
        if (pair) {
            for (std::int64_t x = 0; x < width / 2; ++x)
                out[x] = mean(
                    Sum(upper[2 * x]) + Sum(upper[2 * x + 1]) + Sum(lower[2 * x]) + Sum(lower[2 * x + 1]), 2);
        } else {
            for (std::int64_t x = 0; x < width / 2; ++x)
                out[x] = mean(Sum(upper[2 * x]) + Sum(upper[2 * x + 1]), 1);
        }
        if (width % 2)
            out[out_width - 1] = pair ? mean(Sum(upper[width - 1]) + Sum(lower[width - 1]), 1)
                                      : mean(Sum(upper[width - 1]), 0);
    }
}

} // namespace

std::size_t bytes_per_pixel(PixelType type) {
    return with_pixel_type(type, [](auto value) { return sizeof(value); });
}

std::string_view to_string(PixelType type) {
    for (const auto& [candidate, name] : type_names)
        if (candidate == type)
            return name;
    return "unknown";
}

PixelType pixel_type_from_string(std::string_view name) {
    for (const auto& [type, candidate] : type_names)
        if (candidate == name)
            return type;
    throw Error(ErrorCode::BadInput,
                "There is no pixel type \"" + std::string(name) +
                    "\". Known: uint8, int8, uint16, int16, uint32, int32, float32, float64.");
}

Region Region::intersected(const Region& other) const {
    if (empty() || other.empty())
        return {};
    const std::int64_t left = std::max(x, other.x), top = std::max(y, other.y);
    const Region result{left, top, std::min(right(), other.right()) - left,
                        std::min(bottom(), other.bottom()) - top};
    return result.empty() ? Region{} : result;
}

Region Region::united(const Region& other) const {
    if (empty())
        return other.empty() ? Region{} : other;
    if (other.empty())
        return *this;
    const std::int64_t left = std::min(x, other.x), top = std::min(y, other.y);
    return {left, top, std::max(right(), other.right()) - left, std::max(bottom(), other.bottom()) - top};
}

Image Image::create(PixelType type, int channels, std::int64_t height, std::int64_t width) {
    if (channels <= 0 || height <= 0 || width <= 0)
        throw Error(ErrorCode::Internal, "An image without pixels was asked for.");
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 64;
    if (width > most / height || width * height > most / channels)
        throw Error(ErrorCode::Memory, "An image of " + std::to_string(width) + " x " +
                                           std::to_string(height) + " x " + std::to_string(channels) +
                                           " does not fit into memory.");
    Image image;
    image.type_ = type;
    image.channels_ = channels;
    image.width_ = width;
    image.height_ = height;
    auto* raw = new (std::nothrow) std::byte[image.bytes()];
    if (!raw)
        throw Error(ErrorCode::Memory, "There is not enough memory for an image of " + std::to_string(width) +
                                           " x " + std::to_string(height) + " x " + std::to_string(channels) +
                                           " " + std::string(to_string(type)) + ".");
    image.data_ = std::shared_ptr<std::byte[]>(raw);
    return image;
}

std::span<const std::byte> Image::plane(int channel) const {
    if (channel < 0 || channel >= channels_)
        throw Error(ErrorCode::Internal, "Channel " + std::to_string(channel) + " of an image with " +
                                             std::to_string(channels_) + " was asked for.");
    return {data_.get() + plane_bytes() * static_cast<std::size_t>(channel), plane_bytes()};
}

std::span<std::byte> Image::writable_plane(int channel) {
    const auto shared = plane(channel);
    if (data_.use_count() > 1) {
        Image own = create(type_, channels_, height_, width_);
        std::memcpy(own.data_.get(), data_.get(), bytes());
        data_ = std::move(own.data_);
    }
    return {data_.get() + plane_bytes() * static_cast<std::size_t>(channel), shared.size()};
}

void Image::require_type(PixelType asked) const {
    if (asked != type_)
        throw Error(ErrorCode::Internal, "Pixels of type " + std::string(to_string(type_)) +
                                             " were read as " + std::string(to_string(asked)) + ".");
}

double Image::value(int channel, std::int64_t x, std::int64_t y) const {
    if (x < 0 || y < 0 || x >= width_ || y >= height_)
        throw Error(ErrorCode::Internal, "A pixel outside of the image was asked for.");
    return with_pixel_type(type_, [&](auto sample) {
        using T = decltype(sample);
        return static_cast<double>(plane_as<T>(channel)[static_cast<std::size_t>(y * width_ + x)]);
    });
}

Image Image::cropped(const Region& region) const {
    if (region.empty() || region.intersected({0, 0, width_, height_}) != region)
        throw Error(ErrorCode::Internal, "A region outside of the image was asked for.");
    if (region.width == width_ && region.height == height_)
        return *this; // shared: nobody can tell it from a copy
    Image result = create(type_, channels_, region.height, region.width);
    const std::size_t pixel = bytes_per_pixel(type_);
    const std::size_t row = static_cast<std::size_t>(region.width) * pixel;
    for (int channel = 0; channel < channels_; ++channel) {
        const std::byte* from = plane(channel).data();
        std::byte* to = result.data_.get() + result.plane_bytes() * static_cast<std::size_t>(channel);
        for (std::int64_t y = 0; y < region.height; ++y)
            std::memcpy(to + static_cast<std::size_t>(y) * row,
                        from + static_cast<std::size_t>((region.y + y) * width_ + region.x) * pixel, row);
    }
    return result;
}

Image Image::converted(PixelType type) const {
    if (type == type_ || empty())
        return *this;
    Image result = create(type, channels_, height_, width_);
    for (int channel = 0; channel < channels_; ++channel)
        with_pixel_type(type_, [&](auto from_sample) {
            using From = decltype(from_sample);
            const auto from = plane_as<From>(channel);
            with_pixel_type(type, [&](auto to_sample) {
                using To = decltype(to_sample);
                std::transform(from.begin(), from.end(), result.writable_plane_as<To>(channel).begin(),
                               saturated<To, From>);
            });
        });
    return result;
}

ImageSource::~ImageSource() = default;

LevelSize level_size(std::int64_t width, std::int64_t height, int level) {
    for (; level > 0; --level) {
        width = (width + 1) / 2;
        height = (height + 1) / 2;
    }
    return {width, height};
}

Image halved(const Image& image) {
    const LevelSize size = level_size(image.width(), image.height(), 1);
    Image result = Image::create(image.type(), image.channels(), size.height, size.width);
    for (int channel = 0; channel < image.channels(); ++channel)
        with_pixel_type(image.type(), [&](auto sample) {
            using T = decltype(sample);
            halve_plane<T>(image.plane_as<T>(channel), image.width(), image.height(),
                           result.writable_plane_as<T>(channel));
        });
    return result;
}

int pyramid_levels(std::int64_t width, std::int64_t height, std::int64_t limit) {
    int levels = 0;
    for (std::int64_t side = std::max(width, height); side > std::max<std::int64_t>(limit, 1);
         side = (side + 1) / 2)
        ++levels;
    return levels;
}

} // namespace eyepiece
