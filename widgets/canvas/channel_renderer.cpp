// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/channel_renderer.h"

#include <QColor>
#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece {

namespace {

using Stop = std::array<int, 3>;

// Evenly spaced colours between which the table is interpolated.
struct ColorMap {
    const char* name;
    std::vector<Stop> stops;
};

const std::vector<ColorMap>& color_maps() {
    static const std::vector<ColorMap> maps{
        {"gray", {{0, 0, 0}, {255, 255, 255}}},
        {"viridis",
         {{68, 1, 84}, {71, 44, 122}, {59, 81, 139}, {44, 113, 142}, {33, 144, 141}, {39, 173, 129}, {92, 200, 99}, {170, 220, 50}, {253, 231, 37}}},
        {"magma",
         {{0, 0, 4}, {28, 16, 68}, {79, 18, 123}, {129, 37, 129}, {181, 54, 122}, {229, 80, 100}, {251, 135, 97}, {254, 194, 135}, {252, 253, 191}}},
        {"inferno",
         {{0, 0, 4}, {31, 12, 72}, {85, 15, 109}, {136, 34, 106}, {186, 54, 85}, {227, 89, 51}, {249, 140, 10}, {249, 201, 50}, {252, 255, 164}}},
        {"ice", {{0, 0, 0}, {6, 32, 56}, {10, 82, 110}, {22, 142, 168}, {72, 209, 232}, {190, 244, 255}}},
        // Moreland's cool-warm, for signed values: its middle is neutral.
        {"coolwarm", {{59, 76, 192}, {111, 146, 243}, {170, 199, 253}, {221, 221, 221}, {247, 184, 156}, {231, 116, 91}, {180, 4, 38}}},
    };
    return maps;
}

ColorTable interpolated(const std::vector<Stop>& stops) {
    ColorTable table{};
    const double last = static_cast<double>(stops.size() - 1);
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double at = static_cast<double>(i) / 255.0 * last;
        const auto k = std::min(static_cast<std::size_t>(at), stops.size() - 2);
        const double f = at - static_cast<double>(k);
        const auto mix = [&](std::size_t c) {
            return static_cast<int>(std::lround(stops[k][c] * (1 - f) + stops[k + 1][c] * f));
        };
        table[i] = qRgb(mix(0), mix(1), mix(2));
    }
    return table;
}

// Position between low and high after gamma, in [0,1]; what is not a number is dark.
double brightness(double value, const ChannelDisplay& display) {
    const double span = display.high - display.low;
    const double at = span > 0 ? (value - display.low) / span : (value >= display.high ? 1.0 : 0.0);
    if (!(at > 0))
        return 0;
    return std::pow(std::min(at, 1.0), 1.0 / std::max(display.gamma, 0.01));
}

QRgb shade(const ColorTable& table, double at, double opacity) {
    const QRgb color = table[static_cast<std::size_t>(std::lround(at * 255))];
    const auto dim = [opacity](int part) { return static_cast<int>(std::lround(part * opacity)); };
    return qRgb(dim(qRed(color)), dim(qGreen(color)), dim(qBlue(color)));
}

constexpr std::size_t real_steps = 4096;

std::uint32_t saturating_add(std::uint32_t a, std::uint32_t b) {
    // Adds the four bytes, each held at 255: the carries of the low seven bits are kept apart from the top bit.
    const std::uint32_t low = (a & 0x7f7f7f7fu) + (b & 0x7f7f7f7fu);
    const std::uint32_t top = (a ^ b) & 0x80808080u;
    const std::uint32_t carry = ((a & b) | (top & low)) & 0x80808080u;
    return (low ^ top) | ((carry >> 7) * 0xffu);
}

template<class T>
ChannelStatistics statistics_of(std::span<const T> values) {
    ChannelStatistics out;
    out.histogram.assign(256, 0);
    double low = std::numeric_limits<double>::infinity(), high = -low;
    std::size_t counted = 0;
    for (const T value : values) {
        const double v = static_cast<double>(value);
        if (!std::isfinite(v))
            continue;
        low = std::min(low, v);
        high = std::max(high, v);
        ++counted;
    }
    if (counted == 0)
        return out;
    out.minimum = low;
    out.maximum = high;
    out.low_percentile = low;
    out.high_percentile = high;
    if (!(high > low))
        return out;
    constexpr std::size_t bins = 8192;
    std::vector<std::size_t> fine(bins, 0);
    const double per_unit = static_cast<double>(bins) / (high - low);
    for (const T value : values) {
        const double v = static_cast<double>(value);
        if (std::isfinite(v))
            ++fine[std::min(static_cast<std::size_t>((v - low) * per_unit), bins - 1)];
    }
    const double count = static_cast<double>(counted);
    for (std::size_t i = 0; i < bins; ++i)
        out.histogram[i * 256 / bins] += static_cast<double>(fine[i]) / count;
    const auto quantile = [&](double share) {
        double sum = 0;
        for (std::size_t i = 0; i < bins; ++i) {
            sum += static_cast<double>(fine[i]);
            if (sum >= share * count)
                return low + (static_cast<double>(i) + 0.5) / per_unit;
        }
        return high;
    };
    out.low_percentile = quantile(0.003);
    out.high_percentile = quantile(0.997);
    if (!(out.high_percentile > out.low_percentile))
        out.high_percentile = high;
    return out;
}

} // namespace

std::vector<QString> color_map_names() {
    std::vector<QString> names;
    for (const ColorMap& map : color_maps())
        names.push_back(QString::fromLatin1(map.name));
    return names;
}

ColorTable color_table(const QString& name) {
    if (name.startsWith(u'#')) {
        const QColor color(name);
        if (color.isValid())
            return interpolated({{0, 0, 0}, {color.red(), color.green(), color.blue()}});
    }
    for (const ColorMap& map : color_maps())
        if (name == QLatin1String(map.name))
            return interpolated(map.stops);
    return interpolated(color_maps().front().stops);
}

ChannelStatistics channel_statistics(const Image& sample, int channel) {
    switch (sample.type()) {
    case PixelType::UInt8: return statistics_of(sample.plane_as<std::uint8_t>(channel));
    case PixelType::Int8: return statistics_of(sample.plane_as<std::int8_t>(channel));
    case PixelType::UInt16: return statistics_of(sample.plane_as<std::uint16_t>(channel));
    case PixelType::Int16: return statistics_of(sample.plane_as<std::int16_t>(channel));
    case PixelType::UInt32: return statistics_of(sample.plane_as<std::uint32_t>(channel));
    case PixelType::Int32: return statistics_of(sample.plane_as<std::int32_t>(channel));
    case PixelType::Float32: return statistics_of(sample.plane_as<float>(channel));
    case PixelType::Float64: return statistics_of(sample.plane_as<double>(channel));
    }
    return {};
}

ChannelRenderer::ChannelRenderer(PixelType type, std::vector<ChannelDisplay> channels)
    : type_(type), channels_(std::move(channels)), lookups_(channels_.size()) {
    for (std::size_t c = 0; c < channels_.size(); ++c) {
        const ChannelDisplay& display = channels_[c];
        if (!display.visible)
            continue;
        const ColorTable table = color_table(display.color_map);
        Lookup& lookup = lookups_[c];
        const auto whole_range = [&](double first, std::size_t count) {
            lookup.low = first;
            lookup.colors.resize(count);
            for (std::size_t i = 0; i < count; ++i)
                lookup.colors[i] =
                    shade(table, brightness(first + static_cast<double>(i), display), display.opacity);
        };
        switch (type_) {
        case PixelType::UInt8: whole_range(0, 256); break;
        case PixelType::Int8: whole_range(-128, 256); break;
        case PixelType::UInt16: whole_range(0, 65536); break;
        case PixelType::Int16: whole_range(-32768, 65536); break;
        default:
            lookup.low = display.low;
            lookup.per_unit = display.high > display.low ? (real_steps - 1) / (display.high - display.low) : 0;
            lookup.colors.resize(real_steps);
            for (std::size_t i = 0; i < real_steps; ++i) {
                const double at = static_cast<double>(i) / (real_steps - 1);
                lookup.colors[i] =
                    shade(table, std::pow(at, 1.0 / std::max(display.gamma, 0.01)), display.opacity);
            }
        }
    }
}

template<class T>
void ChannelRenderer::add_channel(const Image& raw, int channel, bool first, QImage& out) const {
    const Lookup& lookup = lookups_[static_cast<std::size_t>(channel)];
    const auto values = raw.plane_as<T>(channel);
    const QRgb* colors = lookup.colors.data();
    const auto width = static_cast<std::size_t>(raw.width());
    for (int y = 0; y < out.height(); ++y) {
        const T* in = values.data() + static_cast<std::size_t>(y) * width;
        auto* row = reinterpret_cast<QRgb*>(out.scanLine(y));
        const auto color_of = [&](T value) {
            if constexpr (sizeof(T) <= 2)
                return colors[static_cast<int>(value) - static_cast<int>(std::numeric_limits<T>::min())];
            else {
                const double at = (static_cast<double>(value) - lookup.low) * lookup.per_unit;
                return colors[at > 0 ? static_cast<std::size_t>(std::min(at + 0.5, real_steps - 1.0)) : 0];
            }
        };
        if (first)
            for (std::size_t x = 0; x < width; ++x)
                row[x] = color_of(in[x]) | 0xff000000u;
        else
            for (std::size_t x = 0; x < width; ++x)
                row[x] = saturating_add(row[x], color_of(in[x]));
    }
}

QImage ChannelRenderer::render(const Image& raw) const {
    QImage out(static_cast<int>(raw.width()), static_cast<int>(raw.height()), QImage::Format_RGB32);
    bool first = true;
    const int channels = std::min(raw.channels(), static_cast<int>(channels_.size()));
    for (int c = 0; c < channels && raw.type() == type_; ++c) {
        if (!channels_[static_cast<std::size_t>(c)].visible)
            continue;
        switch (raw.type()) {
        case PixelType::UInt8: add_channel<std::uint8_t>(raw, c, first, out); break;
        case PixelType::Int8: add_channel<std::int8_t>(raw, c, first, out); break;
        case PixelType::UInt16: add_channel<std::uint16_t>(raw, c, first, out); break;
        case PixelType::Int16: add_channel<std::int16_t>(raw, c, first, out); break;
        case PixelType::UInt32: add_channel<std::uint32_t>(raw, c, first, out); break;
        case PixelType::Int32: add_channel<std::int32_t>(raw, c, first, out); break;
        case PixelType::Float32: add_channel<float>(raw, c, first, out); break;
        case PixelType::Float64: add_channel<double>(raw, c, first, out); break;
        }
        first = false;
    }
    if (first)
        out.fill(Qt::black);
    return out;
}

} // namespace eyepiece
