// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/thresholds.h"

#include "core/base/error.h"
#include "core/data/components.h"
#include "core/data/scaled_channels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace eyepiece {

namespace {

// How often the values of a channel occur, in bins of equal width.
struct Counts {
    std::vector<double> counts; // from the least value's bin to the greatest's
    double first = 0, step = 1; // the value that stands for the first bin, and from one to the next
    double low = 0, high = 0;   // least and greatest value
    bool exact = false;         // a bin a value
};

std::optional<Counts> counts_of(const Image& image, int channel, std::size_t bins) {
    if (image.empty() || channel < 0 || channel >= image.channels())
        throw Error(ErrorCode::BadInput, "The image has no channel " + std::to_string(channel) + ".");
    Counts result;
    result.low = std::numeric_limits<double>::max();
    result.high = std::numeric_limits<double>::lowest();
    with_pixel_type(image.type(), [&](auto sample) {
        using T = decltype(sample);
        const auto plane = image.plane_as<T>(channel);
        for (const T each : plane)
            if (const double value = static_cast<double>(each); std::isfinite(value)) {
                result.low = std::min(result.low, value);
                result.high = std::max(result.high, value);
            }
        if (!(result.low < result.high))
            return;
        result.exact = std::is_integral_v<T> && sizeof(T) <= 2;
        if (result.exact) {
            result.first = result.low;
            result.counts.assign(static_cast<std::size_t>(result.high - result.low) + 1, 0);
        } else {
            result.step = (result.high - result.low) / static_cast<double>(bins);
            result.first = result.low + result.step / 2;
            result.counts.assign(bins, 0);
        }
        for (const T each : plane)
            if (const double value = static_cast<double>(each); std::isfinite(value)) {
                const auto bin = static_cast<std::size_t>((value - result.low) / result.step);
                ++result.counts[std::min(bin, result.counts.size() - 1)];
            }
    });
    if (result.counts.empty())
        return {};
    return result;
}

} // namespace

std::optional<double> li_threshold(const Image& image, int channel) {
    constexpr std::size_t fine = 1 << 16;
    const auto found = counts_of(image, channel, fine);
    if (!found)
        return {};
    const Counts& all = *found;
    // Values count from the least one: the method takes logarithms of means.
    const double shift = all.first - all.low, step = all.step;
    const double enough = all.exact ? 0.5 : (all.high - all.low) * 1e-4;
    double count = 0, sum = 0;
    for (std::size_t i = 0; i < all.counts.size(); ++i) {
        count += all.counts[i];
        sum += all.counts[i] * (shift + static_cast<double>(i) * step);
    }
    double next = sum / count, now = -2 * enough;
    for (int turn = 0; turn < 1000 && std::abs(next - now) > enough; ++turn) {
        now = next;
        double below = 0, below_sum = 0;
        for (std::size_t i = 0; i < all.counts.size() && shift + static_cast<double>(i) * step <= now; ++i) {
            below += all.counts[i];
            below_sum += all.counts[i] * (shift + static_cast<double>(i) * step);
        }
        if (below == 0 || below == count)
            break;
        const double back = below_sum / below, fore = (sum - below_sum) / (count - below);
        next = (back - fore) / (std::log(back) - std::log(fore));
    }
    return next + all.low;
}

std::optional<double> triangle_threshold(const Image& image, int channel) {
    auto found = counts_of(image, channel, 256);
    if (!found)
        return {};
    std::vector<double>& counts = found->counts;
    const std::size_t bins = counts.size();
    auto peak = static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
    // The first and last bin hold the least and the greatest value. The longer side is looked at from its
    // end.
    const bool flipped = peak < bins - 1 - peak;
    if (flipped) {
        std::reverse(counts.begin(), counts.end());
        peak = bins - 1 - peak;
    }
    const auto width = static_cast<double>(peak), height = counts[peak];
    std::size_t best = 0;
    double furthest = std::numeric_limits<double>::lowest();
    for (std::size_t i = 0; i < peak; ++i)
        if (const double distance = height * static_cast<double>(i) - width * counts[i];
            distance > furthest) {
            furthest = distance;
            best = i;
        }
    if (flipped)
        best = bins - 1 - best;
    return found->first + static_cast<double>(best) * found->step;
}

Image sauvola_threshold(const Image& scaled, const SauvolaOptions& options, int channel) {
    if (options.window < 3 || options.window % 2 == 0)
        throw Error(ErrorCode::BadInput,
                    "The window of a local threshold must be odd and at least 3 px across.");
    const int rows = static_cast<int>(scaled.height()), columns = static_cast<int>(scaled.width());
    // A window that is larger than the image by more than a mirror image can fill is as large as that.
    const auto fits = [&](int length) { return std::max(1, std::min(options.window, 2 * length - 1) | 1); };
    const cv::Size window(fits(columns), fits(rows));
    const cv::Mat values(rows, columns, CV_32FC1, const_cast<float*>(scaled.plane_as<float>(channel).data()));
    cv::Mat exact, mean, square;
    values.convertTo(exact, CV_64F);
    cv::boxFilter(exact, mean, CV_64F, window, {-1, -1}, true, cv::BORDER_REFLECT_101);
    cv::boxFilter(exact.mul(exact), square, CV_64F, window, {-1, -1}, true, cv::BORDER_REFLECT_101);
    Image result = Image::create(PixelType::Float32, 1, rows, columns);
    auto out = result.writable_plane_as<float>(0);
    const auto* means = mean.ptr<double>();
    const auto* squares = square.ptr<double>();
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double deviation = std::sqrt(std::max(0.0, squares[i] - means[i] * means[i]));
        out[i] = static_cast<float>(means[i] * (1 + options.k * (deviation / options.range - 1)));
    }
    return result;
}

Mask sure_background(const Image& scaled) {
    const Image soft = smoothed(scaled, 1);
    Mask mask(scaled.height(), scaled.width());
    const auto value = otsu_threshold(soft);
    if (!value)
        return mask;
    const bool bright = background_is_bright(threshold(soft, 0, *value));
    const auto values = soft.plane_as<float>(0);
    double sum = 0, count = 0;
    for (const float each : values)
        if ((static_cast<double>(each) > *value) == bright) {
            sum += static_cast<double>(each);
            count += 1;
        }
    return threshold(soft, 0, (*value + sum / count) / 2, !bright);
}

ThresholdedObjects threshold_objects(const Image& scaled, const ThresholdOptions& options,
                                     JobContext& context) {
    if (scaled.channels() != 1)
        throw Error(ErrorCode::BadInput, "A threshold looks at one channel. Choose one.");
    if (!(std::abs(options.offset) <= 1))
        throw Error(ErrorCode::BadInput, "The offset of a threshold must lie between -1 and 1.");
    ThresholdedObjects result{LabelMap(scaled.height(), scaled.width()), {}, false};
    const Image soft = smoothed(scaled, options.smoothing);
    context.throw_if_cancelled();
    const auto otsu = otsu_threshold(soft);
    if (!otsu)
        return result;
    result.dark = options.tone == ObjectTone::Dark ||
                  (options.tone == ObjectTone::Automatic && background_is_bright(threshold(soft, 0, *otsu)));
    // Above 0 always means fewer pixels, so the offset turns with the tone.
    const double offset = result.dark ? -options.offset : options.offset;
    Mask mask;
    if (options.method == ThresholdMethod::Sauvola) {
        // The method is made for dark objects; bright ones are dark in the negative.
        Image dark = soft;
        auto values = dark.writable_plane_as<float>(0);
        for (float& value : values)
            value = std::clamp(result.dark ? value : 1 - value, 0.f, 1.f);
        const Image local = sauvola_threshold(dark, {options.window});
        const auto limits = local.plane_as<float>(0);
        mask = Mask(scaled.height(), scaled.width());
        for (std::size_t i = 0; i < limits.size(); ++i)
            mask.pixels[i] = values[i] <= limits[i] - static_cast<float>(options.offset);
    } else {
        const auto value = options.method == ThresholdMethod::Li         ? li_threshold(soft)
                           : options.method == ThresholdMethod::Triangle ? triangle_threshold(soft)
                                                                         : otsu;
        result.value = *value + offset;
        mask = threshold(soft, 0, *result.value, result.dark);
    }
    context.throw_if_cancelled();
    if (options.fill_holes)
        mask = fill_holes(mask);
    context.throw_if_cancelled();
    if (options.split) {
        result.objects = watershed_split(mask, {.least_area = options.least_area});
        return result;
    }
    result.objects = connected_components(mask);
    context.throw_if_cancelled();
    std::vector<std::int64_t> areas(result.objects.largest_id() + std::size_t{1}, 0);
    for (const ObjectId id : result.objects.ids())
        ++areas[id];
    for (ObjectId& id : result.objects.ids())
        if (areas[id] < options.least_area)
            id = 0;
    result.objects = relabelled(result.objects);
    return result;
}

} // namespace eyepiece
