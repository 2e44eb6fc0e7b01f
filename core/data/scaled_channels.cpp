// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/scaled_channels.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <string>

namespace eyepiece {

std::vector<ChannelRange> robust_ranges(const Image& image, std::span<const int> channels) {
    std::vector<ChannelRange> ranges;
    for (const int channel : channels)
        ranges.push_back({channel, percentile_range(image, channel)});
    return ranges;
}

std::vector<ChannelRange> robust_ranges(const Image& image) {
    std::vector<int> channels(static_cast<std::size_t>(image.channels()));
    std::iota(channels.begin(), channels.end(), 0);
    return robust_ranges(image, channels);
}

Image scaled_channels(const Image& image, std::span<const ChannelRange> ranges) {
    if (image.empty() || ranges.empty())
        throw Error(ErrorCode::BadInput, "There is no channel to look at. Show at least one channel.");
    Image result =
        Image::create(PixelType::Float32, static_cast<int>(ranges.size()), image.height(), image.width());
    for (std::size_t c = 0; c < ranges.size(); ++c) {
        if (ranges[c].channel < 0 || ranges[c].channel >= image.channels())
            throw Error(ErrorCode::BadInput,
                        "The image has no channel " + std::to_string(ranges[c].channel) + ".");
        const double low = ranges[c].range.low, width = ranges[c].range.high - low;
        auto out = result.writable_plane_as<float>(static_cast<int>(c));
        with_pixel_type(image.type(), [&](auto sample) {
            const auto values = image.plane_as<decltype(sample)>(ranges[c].channel);
            std::transform(values.begin(), values.end(), out.begin(), [&](auto value) {
                const double scaled = (static_cast<double>(value) - low) / (width > 0 ? width : 1);
                return std::isfinite(scaled) ? static_cast<float>(scaled) : 0.f;
            });
        });
    }
    return result;
}

Image smoothed(const Image& scaled, double sigma) {
    if (sigma <= 0 || scaled.empty())
        return scaled;
    Image result = Image::create(PixelType::Float32, scaled.channels(), scaled.height(), scaled.width());
    const int rows = static_cast<int>(scaled.height()), columns = static_cast<int>(scaled.width());
    for (int c = 0; c < scaled.channels(); ++c) {
        const cv::Mat from(rows, columns, CV_32FC1, const_cast<float*>(scaled.plane_as<float>(c).data()));
        cv::Mat to(rows, columns, CV_32FC1, result.writable_plane_as<float>(c).data());
        cv::GaussianBlur(from, to, {}, sigma, sigma, cv::BORDER_REPLICATE);
    }
    return result;
}

Image gradient_magnitude(const Image& scaled, double sigma) {
    const Image soft = smoothed(scaled, sigma);
    const std::int64_t width = scaled.width(), height = scaled.height();
    Image result = Image::create(PixelType::Float32, 1, height, width);
    auto out = result.writable_plane_as<float>(0);
    std::fill(out.begin(), out.end(), 0.f);
    for (int c = 0; c < soft.channels(); ++c) {
        const auto values = soft.plane_as<float>(c);
        for (std::int64_t y = 0; y < height; ++y) {
            const float* row = values.data() + y * width;
            const float* above = values.data() + std::max<std::int64_t>(y - 1, 0) * width;
            const float* below = values.data() + std::min(y + 1, height - 1) * width;
            float* to = out.data() + y * width;
            for (std::int64_t x = 0; x < width; ++x) {
                const float dx =
                    (row[std::min(x + 1, width - 1)] - row[std::max<std::int64_t>(x - 1, 0)]) / 2;
                const float dy = (below[x] - above[x]) / 2;
                to[x] = std::max(to[x], std::sqrt(dx * dx + dy * dy));
            }
        }
    }
    return result;
}

} // namespace eyepiece
