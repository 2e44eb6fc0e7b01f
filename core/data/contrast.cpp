// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/contrast.h"
#include "core/base/error.h"
#include "core/data/color_map.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace eyepiece {
namespace {

constexpr std::int64_t most_samples = 500'000;
constexpr std::uint32_t opaque = 0xff000000u; // alpha is the last byte in memory in both orders
static_assert(std::endian::native == std::endian::little, "pixels are packed as little-endian words");

// Evenly spread finite values of a channel, as doubles. Rows and columns are skipped alike.
std::vector<double> samples_of(const Image& image, int channel) {
    const double pixels = static_cast<double>(image.width()) * static_cast<double>(image.height());
    const auto step =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(std::sqrt(pixels / most_samples))));
    std::vector<double> samples;
    with_pixel_type(image.type(), [&](auto sample) {
        using T = decltype(sample);
        const auto plane = image.plane_as<T>(channel);
        for (std::int64_t y = step / 2; y < image.height(); y += step)
            for (std::int64_t x = step / 2; x < image.width(); x += step) {
                const auto value =
                    static_cast<double>(plane[static_cast<std::size_t>(y * image.width() + x)]);
                if (std::isfinite(value))
                    samples.push_back(value);
            }
    });
    return samples;
}

ValueRange widened(double low, double high) {
    if (low < high)
        return {low, high};
    return {low, low + std::max(1.0, std::abs(low) * 1e-6)}; // a flat image
}

std::uint32_t packed(const std::array<std::uint8_t, 3>& color, ByteOrder order) {
    const std::uint32_t red = color[0], green = color[1], blue = color[2];
    return order == ByteOrder::Rgba ? red | green << 8 | blue << 16 : blue | green << 8 | red << 16;
}

// Eight bits at a time, no carry from one to the next.
inline std::uint32_t add_saturated(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t even = (a & 0x00ff00ffu) + (b & 0x00ff00ffu);
    const std::uint32_t odd = ((a >> 8) & 0x00ff00ffu) + ((b >> 8) & 0x00ff00ffu);
    const std::uint32_t even_full = ((even >> 8) & 0x00010001u) * 0xffu,
                        odd_full = ((odd >> 8) & 0x00010001u) * 0xffu;
    return ((even | even_full) & 0x00ff00ffu) | (((odd | odd_full) & 0x00ff00ffu) << 8);
}

} // namespace

Json to_json(const ChannelContrast& contrast) {
    return {{"low", contrast.low},         {"high", contrast.high},
            {"gamma", contrast.gamma},     {"color-map", contrast.color_map},
            {"visible", contrast.visible}, {"opacity", contrast.opacity}};
}

ChannelContrast contrast_from_json(const Json& json) {
    try {
        ChannelContrast contrast;
        contrast.low = json.value("low", contrast.low);
        contrast.high = json.value("high", contrast.high);
        contrast.gamma = json.value("gamma", contrast.gamma);
        contrast.color_map = json.value("color-map", contrast.color_map);
        contrast.visible = json.value("visible", contrast.visible);
        contrast.opacity = std::clamp(json.value("opacity", contrast.opacity), 0.0, 1.0);
        color_map(contrast.color_map);
        if (!(contrast.gamma > 0))
            throw Error(ErrorCode::BadInput, "A contrast's gamma must be above 0.");
        return contrast;
    } catch (const Json::exception& e) {
        throw Error(ErrorCode::BadInput, "A contrast setting cannot be read.", e.what());
    }
}

Histogram histogram(const Image& image, int channel, int bins) {
    const std::vector<double> samples = samples_of(image, channel);
    Histogram result;
    result.counts.assign(static_cast<std::size_t>(std::max(bins, 1)), 0);
    result.total = static_cast<std::int64_t>(samples.size());
    if (samples.empty())
        return result;
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
    const ValueRange range = widened(*least, *most);
    result.low = range.low;
    result.high = range.high;
    const double scale = static_cast<double>(result.counts.size()) / (range.high - range.low);
    for (const double value : samples)
        ++result.counts[std::min(static_cast<std::size_t>((value - range.low) * scale),
                                 result.counts.size() - 1)];
    return result;
}

ValueRange percentile_range(const Image& image, int channel, double low_percent, double high_percent) {
    std::vector<double> samples = samples_of(image, channel);
    if (samples.empty())
        return {};
    const auto at = [&](double percent) {
        const double place = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(samples.size() - 1);
        const auto middle = samples.begin() + std::lround(place);
        std::nth_element(samples.begin(), middle, samples.end());
        return *middle;
    };
    const double low = at(low_percent), high = at(high_percent);
    if (low < high)
        return {low, high};
    // Few pixels differ from the rest, as in an image of small bright spots: the percentiles miss them.
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
    return widened(*least, *most);
}

ValueRange value_range(const Image& image, int channel) {
    const std::vector<double> samples = samples_of(image, channel);
    if (samples.empty())
        return {};
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
    return widened(*least, *most);
}

namespace {

// Microscopes save shades of gray as red, green and blue, too; unstretched such a picture is dark.
bool is_gray(const Image& image) {
    const auto first = image.plane(0);
    for (int channel = 1; channel < image.channels(); ++channel)
        if (!std::ranges::equal(first, image.plane(channel)))
            return false;
    return true;
}

} // namespace

std::vector<ChannelContrast> default_contrast(const ImageInfo& info, const Image& sample) {
    static constexpr std::array<const char*, 6> many{"cyan", "magenta", "yellow", "red", "green", "blue"};
    static constexpr std::array<const char*, 2> two{"magenta", "green"};
    static constexpr std::array<const char*, 3> colors{"red", "green", "blue"};
    std::vector<ChannelContrast> result;
    const bool as_it_is = info.rgb && info.type == PixelType::UInt8 && !is_gray(sample);
    ValueRange together{std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()};
    for (int channel = 0; channel < sample.channels(); ++channel) {
        const auto index = static_cast<std::size_t>(channel);
        ChannelContrast contrast;
        if (info.rgb) {
            contrast.color_map = colors[index % colors.size()];
        } else if (info.channel_colors.size() == static_cast<std::size_t>(sample.channels())) {
            static constexpr std::string_view digits = "0123456789abcdef";
            contrast.color_map = "#";
            for (const std::uint8_t part : info.channel_colors[index]) {
                contrast.color_map += digits[part >> 4];
                contrast.color_map += digits[part & 15];
            }
        } else if (sample.channels() == 2) {
            contrast.color_map = two[index];
        } else if (sample.channels() > 2) {
            contrast.color_map = many[index % many.size()];
        }
        if (as_it_is) {
            contrast.low = 0;
            contrast.high = 255;
        } else {
            const ValueRange range = percentile_range(sample, channel);
            contrast.low = range.low;
            contrast.high = range.high;
            together = {std::min(together.low, range.low), std::max(together.high, range.high)};
        }
        result.push_back(contrast);
    }
    if (info.rgb && !as_it_is) // one range, or the colours would shift
        for (ChannelContrast& contrast : result) {
            contrast.low = together.low;
            contrast.high = together.high;
        }
    return result;
}

// Packed colours without alpha. For 8 and 16-bit integers by the value's own bits; else over [low, high] in
// equal steps.
struct ContrastRenderer::Table {
    std::size_t channel;
    std::vector<std::uint32_t> colors;
    double low = 0, scale = 0; // of values that are not looked up by their bits

    template<class T>
    std::uint32_t at(T value) const {
        if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
            return colors[static_cast<std::make_unsigned_t<T>>(value)];
        } else {
            // Written so that NaN ends at the first colour.
            const double step = (static_cast<double>(value) - low) * scale;
            const double last = static_cast<double>(colors.size() - 1);
            return colors[static_cast<std::size_t>(step > 0 ? (step < last ? step : last) : 0)];
        }
    }
};

ContrastRenderer::ContrastRenderer(PixelType type, std::vector<ChannelContrast> channels, bool rgb,
                                   ByteOrder order)
    : type_(type), order_(order), channels_(channels.size()) {
    rgb = rgb && channels.size() == 3;
    passthrough_ = rgb && type == PixelType::UInt8 &&
                   std::all_of(channels.begin(), channels.end(), [](const ChannelContrast& c) {
                       return c.visible && c.low == 0 && c.high == 255 && c.gamma == 1 && c.opacity == 1;
                   });
    static constexpr std::array<const char*, 3> pure{"red", "green", "blue"};
    for (std::size_t i = 0; i < channels.size() && !passthrough_; ++i) {
        const ChannelContrast& channel = channels[i];
        if (!channel.visible)
            continue;
        ColorMap map = color_map(rgb ? pure[i] : std::string_view(channel.color_map));
        for (auto& entry : map.colors)
            for (std::uint8_t& part : entry)
                part = static_cast<std::uint8_t>(std::lround(part * std::clamp(channel.opacity, 0.0, 1.0)));
        const double span = channel.high > channel.low ? channel.high - channel.low : 1;
        const double power = channel.gamma > 0 ? 1 / channel.gamma : 1;
        const auto color = [&](double fraction) {
            fraction = std::clamp(fraction, 0.0, 1.0);
            if (power != 1)
                fraction = std::pow(fraction, power);
            return packed(map.colors[static_cast<std::size_t>(fraction * 255 + 0.5)], order);
        };
        Table table{i, {}, 0, 0};
        with_pixel_type(type, [&](auto sample) {
            using T = decltype(sample);
            if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
                table.colors.resize(std::size_t{1} << (8 * sizeof(T)));
                for (std::int64_t v = std::numeric_limits<T>::min(); v <= std::numeric_limits<T>::max(); ++v)
                    table.colors[static_cast<std::make_unsigned_t<T>>(v)] =
                        color((static_cast<double>(v) - channel.low) / span);
            } else {
                constexpr std::size_t steps = 4096;
                table.colors.resize(steps);
                for (std::size_t s = 0; s < steps; ++s)
                    table.colors[s] = color(static_cast<double>(s) / (steps - 1));
                table.low = channel.low;
                table.scale = (steps - 1) / span;
            }
        });
        tables_.push_back(std::move(table));
    }
}

ContrastRenderer::~ContrastRenderer() = default;
ContrastRenderer::ContrastRenderer(ContrastRenderer&&) noexcept = default;
ContrastRenderer& ContrastRenderer::operator=(ContrastRenderer&&) noexcept = default;

void ContrastRenderer::render_row(std::span<const std::byte* const> planes, std::int64_t width,
                                  std::uint32_t* out) const {
    if (passthrough_) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(planes[order_ == ByteOrder::Rgba ? 0 : 2]);
        const auto* green = reinterpret_cast<const std::uint8_t*>(planes[1]);
        const auto* last = reinterpret_cast<const std::uint8_t*>(planes[order_ == ByteOrder::Rgba ? 2 : 0]);
        for (std::int64_t x = 0; x < width; ++x)
            out[x] = opaque | std::uint32_t{first[x]} | std::uint32_t{green[x]} << 8 |
                     std::uint32_t{last[x]} << 16;
        return;
    }
    if (tables_.empty()) {
        std::fill(out, out + width, opaque);
        return;
    }
    with_pixel_type(type_, [&](auto sample) {
        using T = decltype(sample);
        const Table& base = tables_.front();
        const T* from = reinterpret_cast<const T*>(planes[base.channel]);
        for (std::int64_t x = 0; x < width; ++x)
            out[x] = opaque | base.at(from[x]);
        for (std::size_t i = 1; i < tables_.size(); ++i) {
            const Table& table = tables_[i];
            from = reinterpret_cast<const T*>(planes[table.channel]);
            for (std::int64_t x = 0; x < width; ++x)
                out[x] = add_saturated(out[x], table.at(from[x]));
        }
    });
}

void ContrastRenderer::render(const Image& image, std::span<std::uint32_t> out,
                              std::int64_t row_pixels) const {
    const std::int64_t stride = row_pixels > 0 ? row_pixels : image.width();
    if (image.type() != type_ || static_cast<std::size_t>(image.channels()) != channels_)
        throw Error(ErrorCode::Internal, "An image of another type was given to be shown.");
    if (stride < image.width() ||
        static_cast<std::int64_t>(out.size()) < stride * (image.height() - 1) + image.width())
        throw Error(ErrorCode::Internal, "The buffer for a shown image is too small.");
    std::vector<const std::byte*> planes(channels_);
    const std::size_t row = static_cast<std::size_t>(image.width()) * bytes_per_pixel(type_);
    for (std::int64_t y = 0; y < image.height(); ++y) {
        for (std::size_t channel = 0; channel < channels_; ++channel)
            planes[channel] =
                image.plane(static_cast<int>(channel)).data() + static_cast<std::size_t>(y) * row;
        render_row(planes, image.width(), out.data() + y * stride);
    }
}

Image rgb_image(std::span<const std::uint32_t> pixels, std::int64_t height, std::int64_t width) {
    Image picture = Image::create(PixelType::UInt8, 3, height, width);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(pixels.data());
    for (int channel = 0; channel < 3; ++channel) {
        auto plane = picture.writable_plane_as<std::uint8_t>(channel);
        for (std::size_t at = 0; at < plane.size(); ++at)
            plane[at] = bytes[4 * at + static_cast<std::size_t>(channel)];
    }
    return picture;
}

} // namespace eyepiece
