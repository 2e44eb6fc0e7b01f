// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/scripted_user.h"

#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace eyepiece::prompt {
namespace {

struct Part {
    Point2 middle; // the pixel that is farthest from the rim
    double depth = 0;
    int area = 0;
};

// Of the largest 8-connected part of `on`, 0 where there is none. What lies beyond the mask is not of it, so
// that the middle of a part that the rim cuts is inside.
Part largest_part(const cv::Mat& on) {
    cv::Mat padded, labels, stats, centres, distance;
    cv::copyMakeBorder(on, padded, 1, 1, 1, 1, cv::BORDER_CONSTANT, 0);
    const int count = cv::connectedComponentsWithStats(padded, labels, stats, centres, 8);
    int best = 0;
    Part part;
    for (int i = 1; i < count; ++i)
        if (const int area = stats.at<int>(i, cv::CC_STAT_AREA); area > part.area) {
            part.area = area;
            best = i;
        }
    if (best == 0)
        return part;
    const cv::Mat alone = labels == best;
    cv::distanceTransform(alone, distance, cv::DIST_L2, 5);
    cv::Point at;
    cv::minMaxLoc(distance, nullptr, &part.depth, nullptr, &at);
    part.middle = {at.x - 0.5, at.y - 0.5}; // the middle of the pixel, without the padding
    return part;
}

cv::Mat view_of(const Mask& mask) {
    return cv::Mat(static_cast<int>(mask.height), static_cast<int>(mask.width), CV_8UC1,
                   const_cast<std::uint8_t*>(mask.pixels.data()));
}

Point2 missed(const Part& part, double jitter, Random& random) {
    const double away = jitter * std::max(0.0, part.depth - 0.5) * std::sqrt(random.uniform()),
                 direction = 2 * std::numbers::pi * random.uniform();
    return {part.middle.x + away * std::cos(direction), part.middle.y + away * std::sin(direction)};
}

} // namespace

std::optional<Point2> first_click(const Mask& object, double jitter, Random& random) {
    const Part part = largest_part(view_of(object));
    if (part.area == 0)
        return std::nullopt;
    return missed(part, jitter, random);
}

std::optional<Click> correcting_click(const Mask& object, const Mask& found, double jitter, Random& random) {
    const cv::Mat truth = view_of(object), mask = view_of(found);
    const Part missing = largest_part(truth & ~mask & 1), surplus = largest_part(mask & ~truth & 1);
    if (missing.area == 0 && surplus.area == 0)
        return std::nullopt;
    const bool on = missing.area >= surplus.area;
    return Click{missed(on ? missing : surplus, jitter, random), on};
}

double intersection_over_union(const Mask& a, const Mask& b) {
    std::int64_t both = 0, either = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        both += a.pixels[i] && b.pixels[i];
        either += a.pixels[i] || b.pixels[i];
    }
    return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

} // namespace eyepiece::prompt
