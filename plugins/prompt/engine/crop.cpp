// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/crop.h"

#include "core/base/error.h"
#include "core/data/scaled_channels.h"
#include "core/formats/image_reader.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

namespace eyepiece::prompt {
namespace {

constexpr std::int64_t sample_side = 512; // px: the level in which ranges are found
constexpr double disk_radius = 3;         // px of a crop
constexpr float least_deviation = 0.02F;  // of a channel's range: less is noise on flat ground
constexpr float most = 6;                 // deviations: what is brighter says no more

cv::Mat view_of(const Image& image, int channel) {
    return cv::Mat(static_cast<int>(image.height()), static_cast<int>(image.width()), CV_32FC1,
                   const_cast<float*>(image.plane_as<float>(channel).data()));
}

std::vector<std::vector<float>> plane_weights(const Image& scaled) {
    switch (scaled.channels()) {
    case 1:
        return {{1}, {1}, {1}};
    case 2:
        return {{1, 0}, {0, 1}, {0.5F, 0.5F}};
    case 3:
        return {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    default:
        break;
    }
    const auto channels = static_cast<std::size_t>(scaled.channels());
    cv::Mat samples(static_cast<int>(scaled.width() * scaled.height()), scaled.channels(), CV_32FC1);
    for (int c = 0; c < scaled.channels(); ++c)
        view_of(scaled, c).reshape(1, samples.rows).copyTo(samples.col(c));
    const cv::PCA components(samples, {}, cv::PCA::DATA_AS_ROW, image_planes);
    std::vector<std::vector<float>> weights(image_planes, std::vector<float>(channels, 0));
    for (int p = 0; p < components.eigenvectors.rows; ++p)
        for (std::size_t c = 0; c < channels; ++c)
            weights[static_cast<std::size_t>(p)][c] =
                components.eigenvectors.at<float>(p, static_cast<int>(c));
    return weights;
}

void standardise(std::span<float> plane) {
    double sum = 0, squares = 0;
    for (const float value : plane) {
        sum += value;
        squares += static_cast<double>(value) * value;
    }
    const double count = static_cast<double>(plane.size()), mean = sum / count;
    const auto deviation = static_cast<float>(std::sqrt(std::max(0.0, squares / count - mean * mean)));
    const float scale = 1 / std::max(deviation, least_deviation);
    for (float& value : plane)
        value = std::clamp((value - static_cast<float>(mean)) * scale, -most, most);
}

// Geodesic distances from the seeds by sweeps to and fro (Toivanen 1996), two rounds of which reach around
// most bends. A step costs its length and what the steepest plane changes by on it.
void write_nearness(std::span<const float> planes, std::span<const Point2> seeds, std::span<float> out) {
    constexpr float far = 1e6F, length_cost = 0.02F, change_cost = 0.5F;
    std::fill(out.begin(), out.end(), far);
    bool any = false;
    for (const Point2& seed : seeds) {
        if (!(seed.x >= 0) || !(seed.y >= 0) || !(seed.x < crop_side) || !(seed.y < crop_side))
            continue;
        out[static_cast<std::size_t>(seed.y) * crop_side + static_cast<std::size_t>(seed.x)] = 0;
        any = true;
    }
    if (!any) {
        std::fill(out.begin(), out.end(), 0.0F);
        return;
    }
    const auto relax = [&](int x, int y, int dx, int dy, float length) {
        const int nx = x + dx, ny = y + dy;
        if (nx < 0 || ny < 0 || nx >= crop_side || ny >= crop_side)
            return;
        const auto to = static_cast<std::size_t>(y * crop_side + x),
                   from = static_cast<std::size_t>(ny * crop_side + nx);
        if (out[from] >= out[to])
            return;
        float change = 0;
        for (std::size_t p = 0; p < image_planes; ++p)
            change =
                std::max(change, std::abs(planes[p * crop_pixels + to] - planes[p * crop_pixels + from]));
        out[to] = std::min(out[to], out[from] + length_cost * length + change_cost * change);
    };
    constexpr float diagonal = 1.41421356F;
    for (int round = 0; round < 2; ++round) {
        for (int y = 0; y < crop_side; ++y)
            for (int x = 0; x < crop_side; ++x) {
                relax(x, y, -1, 0, 1);
                relax(x, y, 0, -1, 1);
                relax(x, y, -1, -1, diagonal);
                relax(x, y, 1, -1, diagonal);
            }
        for (int y = crop_side - 1; y >= 0; --y)
            for (int x = crop_side - 1; x >= 0; --x) {
                relax(x, y, 1, 0, 1);
                relax(x, y, 0, 1, 1);
                relax(x, y, 1, 1, diagonal);
                relax(x, y, -1, 1, diagonal);
            }
    }
    for (float& value : out)
        value = std::exp(-value);
}

class MemorySource final : public ImageSource {
public:
    MemorySource(const Image& image, bool rgb) : levels_{image} {
        info_.width = image.width();
        info_.height = image.height();
        info_.channels = image.channels();
        info_.type = image.type();
        info_.rgb = rgb;
        while (levels_.back().width() > 1 || levels_.back().height() > 1)
            levels_.push_back(halved(levels_.back()));
    }
    const ImageInfo& info() const override { return info_; }
    Image read(const Region& region, int level, int, int) override {
        const Image& image =
            levels_.at(std::min<std::size_t>(levels_.size() - 1, static_cast<std::size_t>(level)));
        return image.cropped(region.intersected({0, 0, image.width(), image.height()}));
    }

private:
    ImageInfo info_;
    std::vector<Image> levels_;
};

} // namespace

CropImage::CropImage(std::shared_ptr<ImageSource> source, int z, int t)
    : source_(std::move(source)), z_(z), t_(t) {
    const ImageInfo& info = source_->info();
    if (z < 0 || z >= info.depth || t < 0 || t >= info.frames)
        throw Error(ErrorCode::BadInput,
                    "The image has no plane z " + std::to_string(z) + ", t " + std::to_string(t) + ".");
    width_ = info.width;
    height_ = info.height;
    const int level = pyramid_levels(width_, height_, sample_side);
    const LevelSize size = level_size(width_, height_, level);
    const Image sample = source_->read({0, 0, size.width, size.height}, level, z, t);
    const std::vector<ChannelRange> found = robust_ranges(sample);
    for (const ChannelRange& one : found)
        ranges_.push_back(one.range);
    weights_ = plane_weights(scaled_channels(sample, found));
}

void CropImage::read(const CropFrame& frame, std::span<float> out) const {
    int level = 0;
    while ((2 << level) <= frame.scale() && (std::max(width_, height_) >> level) > 1)
        ++level;
    const double step = static_cast<double>(std::int64_t{1} << level);
    const LevelSize size = level_size(width_, height_, level);
    // What the frame covers, in px of the level, with a neighbour each way to interpolate; a frame beside the
    // image sees the rim next to it.
    const auto span = [&](double from, std::int64_t length) {
        const auto last = length - 1;
        const auto low =
            std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(from / step)) - 1, 0, last);
        const auto high = std::clamp<std::int64_t>(
            static_cast<std::int64_t>(std::ceil((from + frame.side) / step)) + 1, 0, last);
        return std::pair{low, high - low + 1};
    };
    const auto [left, wide] = span(frame.x, size.width);
    const auto [top, high] = span(frame.y, size.height);
    const Image part = source_->read({left, top, wide, high}, level, z_, t_);

    std::vector<ChannelRange> ranges;
    for (std::size_t c = 0; c < ranges_.size(); ++c)
        ranges.push_back({static_cast<int>(c), ranges_[c]});
    const Image scaled = scaled_channels(part, ranges);
    // OpenCV counts from the middle of the first pixel, we from its corner.
    const double ratio = frame.scale() / step;
    const cv::Matx23d to_part(ratio, 0, frame.x / step - static_cast<double>(left) + 0.5 * ratio - 0.5, 0,
                              ratio, frame.y / step - static_cast<double>(top) + 0.5 * ratio - 0.5);
    std::vector<cv::Mat> channels(ranges_.size());
    for (std::size_t c = 0; c < channels.size(); ++c)
        cv::warpAffine(view_of(scaled, static_cast<int>(c)), channels[c], to_part, {crop_side, crop_side},
                       cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
    for (std::size_t p = 0; p < weights_.size(); ++p) {
        const std::span<float> plane = out.subspan(p * crop_pixels, crop_pixels);
        std::fill(plane.begin(), plane.end(), 0.0F);
        for (std::size_t c = 0; c < channels.size(); ++c)
            if (const float weight = weights_[p][c]; weight != 0)
                for (std::size_t i = 0; i < crop_pixels; ++i)
                    plane[i] += weight * channels[c].ptr<float>()[i];
        standardise(plane);
    }
}

void write_prompt(const Prompt& prompt, const CropFrame& frame, std::span<const float> planes,
                  std::span<const float> last, std::span<float> out) {
    std::fill(out.begin(), out.end(), 0.0F);
    for (const bool object : {true, false}) {
        std::vector<Point2> seeds;
        for (const Click& click : prompt.clicks)
            if (click.object == object)
                seeds.push_back(frame.to_crop(click.at));
        write_nearness(planes, seeds, out.subspan((object ? 4 : 5) * crop_pixels, crop_pixels));
    }
    for (const Click& click : prompt.clicks) {
        const std::span<float> plane = out.subspan(click.object ? 0 : crop_pixels, crop_pixels);
        const Point2 at = frame.to_crop(click.at);
        const auto from = [](double v) { return std::max(0, static_cast<int>(std::floor(v - disk_radius))); };
        const auto to = [](double v) {
            return std::min(crop_side - 1, static_cast<int>(std::ceil(v + disk_radius)));
        };
        if (std::abs(at.x) > 4 * crop_side || std::abs(at.y) > 4 * crop_side)
            continue;
        for (int y = from(at.y); y <= to(at.y); ++y)
            for (int x = from(at.x); x <= to(at.x); ++x)
                if (std::hypot(x + 0.5 - at.x, y + 0.5 - at.y) <= disk_radius)
                    plane[static_cast<std::size_t>(y * crop_side + x)] = 1;
    }
    if (!last.empty())
        std::copy(last.begin(), last.end(), out.begin() + 2 * crop_pixels);
    if (!prompt.box)
        return;
    const Region& box = *prompt.box;
    const Point2 low = frame.to_crop({static_cast<double>(box.x), static_cast<double>(box.y)}),
                 high = frame.to_crop({static_cast<double>(box.right()), static_cast<double>(box.bottom())});
    for (int y = 0; y < crop_side; ++y)
        for (int x = 0; x < crop_side; ++x)
            if (x + 0.5 >= low.x && x + 0.5 < high.x && y + 0.5 >= low.y && y + 0.5 < high.y)
                out[3 * crop_pixels + static_cast<std::size_t>(y * crop_side + x)] = 1;
}

std::shared_ptr<ImageSource> source_of(const Image& image, bool rgb) {
    return std::make_shared<MemorySource>(image, rgb);
}

} // namespace eyepiece::prompt
