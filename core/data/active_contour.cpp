// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/active_contour.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace eyepiece {

namespace {

std::uint8_t value_at(const Mask& mask, std::int64_t x, std::int64_t y) {
    return x < 0 || y < 0 || x >= mask.width || y >= mask.height ? 0 : mask.at(x, y);
}

// The operators SI (`inner` = true) and IS of section 3.4: over the four lines of three pixels through each
// pixel, the greatest least, or the least greatest value. Beyond the border lies 0.
Mask curvature_step(const Mask& mask, bool inner) {
    constexpr std::array<std::array<int, 2>, 4> lines{{{1, 0}, {1, 1}, {0, 1}, {-1, 1}}};
    Mask result(mask.height, mask.width);
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x) {
            const std::uint8_t own = mask.at(x, y);
            if ((own != 0) != inner) { // a line through it can make no difference
                result.set(x, y, own != 0);
                continue;
            }
            const bool kept = std::any_of(lines.begin(), lines.end(), [&](const auto& by) {
                const auto before = value_at(mask, x - by[0], y - by[1]),
                           after = value_at(mask, x + by[0], y + by[1]);
                return inner ? before && after : !before && !after;
            });
            result.set(x, y, kept == inner);
        }
    return result;
}

// How much the mask changes from left to right and from above to below, as central differences, in halves.
int steepness(const Mask& mask, std::int64_t x, std::int64_t y) {
    const auto along = [](int before, int own, int after, bool has_before, bool has_after) {
        if (has_before && has_after)
            return std::abs(after - before);
        return 2 * std::abs(has_after ? after - own : own - before);
    };
    const int own = mask.at(x, y);
    int total = 0;
    if (mask.width > 1)
        total += along(value_at(mask, x - 1, y), own, value_at(mask, x + 1, y), x > 0, x + 1 < mask.width);
    if (mask.height > 1)
        total += along(value_at(mask, x, y - 1), own, value_at(mask, x, y + 1), y > 0, y + 1 < mask.height);
    return total;
}

// Pixels at most `reach` px from the outline.
Mask band_around(const Mask& mask, double reach) {
    Mask band(mask.height, mask.width);
    if (reach <= 0) {
        std::fill(band.pixels.begin(), band.pixels.end(), std::uint8_t{1});
        return band;
    }
    for (const bool inside : {false, true}) {
        std::vector<std::uint8_t> ground(mask.pixels.size());
        std::transform(mask.pixels.begin(), mask.pixels.end(), ground.begin(),
                       [&](std::uint8_t on) { return static_cast<std::uint8_t>((on != 0) == inside); });
        if (std::find(ground.begin(), ground.end(), 0) == ground.end())
            continue;
        const cv::Mat from(static_cast<int>(mask.height), static_cast<int>(mask.width), CV_8UC1,
                           ground.data());
        cv::Mat distance;
        cv::distanceTransform(from, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
        const auto* distances = distance.ptr<float>();
        for (std::size_t i = 0; i < ground.size(); ++i)
            if (ground[i] && static_cast<double>(distances[i]) <= reach)
                band.pixels[i] = 1;
    }
    return band;
}

} // namespace

Mask active_contour(const Image& scaled, const Mask& start, std::span<const std::uint8_t> blocked,
                    const ActiveContourOptions& options, JobContext& context) {
    if (scaled.width() != start.width || scaled.height() != start.height ||
        (!blocked.empty() && blocked.size() != start.pixels.size()))
        throw Error(ErrorCode::BadInput, "The image and the outline to refine are not of one size.");
    if (std::find(start.pixels.begin(), start.pixels.end(), 1) == start.pixels.end())
        throw Error(ErrorCode::BadInput, "There is no outline to refine. Draw one first.");
    const Mask band = band_around(start, options.reach);
    const auto is_blocked = [&](std::size_t i) { return !blocked.empty() && blocked[i] != 0; };
    const auto channels = static_cast<std::size_t>(scaled.channels());
    std::vector<std::span<const float>> planes;
    for (int c = 0; c < scaled.channels(); ++c)
        planes.push_back(scaled.plane_as<float>(c));

    Mask mask = start, before_last;
    bool inner_first = false;
    for (int turn = 0; turn < options.iterations; ++turn) {
        context.throw_if_cancelled();
        context.progress(static_cast<double>(turn) / options.iterations);
        std::vector<double> inside(channels, 0), outside(channels, 0);
        double inside_count = 1e-8, outside_count = 1e-8;
        for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
            if (!band.pixels[i] || is_blocked(i))
                continue;
            auto& sums = mask.pixels[i] ? inside : outside;
            (mask.pixels[i] ? inside_count : outside_count) += 1;
            for (std::size_t c = 0; c < channels; ++c)
                sums[c] += static_cast<double>(planes[c][i]);
        }
        Mask next = mask;
        for (std::int64_t y = 0; y < mask.height; ++y)
            for (std::int64_t x = 0; x < mask.width; ++x) {
                const auto i = static_cast<std::size_t>(y * mask.width + x);
                if (steepness(mask, x, y) == 0)
                    continue;
                double pull = 0; // above 0: out of the object
                for (std::size_t c = 0; c < channels; ++c) {
                    const double value = static_cast<double>(planes[c][i]),
                                 in = value - inside[c] / inside_count,
                                 out = value - outside[c] / outside_count;
                    pull += options.inner * in * in - options.outer * out * out;
                }
                if (pull != 0)
                    next.pixels[i] = pull < 0;
            }
        for (int smooth = 0; smooth < options.smoothing; ++smooth) {
            next = curvature_step(curvature_step(next, inner_first), !inner_first);
            inner_first = !inner_first;
        }
        for (std::size_t i = 0; i < next.pixels.size(); ++i) {
            if (!band.pixels[i])
                next.pixels[i] = start.pixels[i];
            if (is_blocked(i))
                next.pixels[i] = 0;
        }
        // The two smoothings alternate, so what repeats after two turns goes on doing so: say now what the
        // last turn would give.
        if (next == before_last)
            return (options.iterations - 1 - turn) % 2 == 0 ? next : mask;
        before_last = std::move(mask);
        mask = std::move(next);
    }
    return mask;
}

} // namespace eyepiece
