// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/slice_interpolation.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace eyepiece {
namespace {

constexpr float far_outside = -1e6f;

struct Centre {
    double x = 0, y = 0;
    bool known = false;
};

Centre centre_of(const Mask& mask) {
    Centre centre;
    double count = 0;
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x)
            if (mask.at(x, y)) {
                centre.x += static_cast<double>(x);
                centre.y += static_cast<double>(y);
                ++count;
            }
    if (count > 0)
        centre = {centre.x / count, centre.y / count, true};
    return centre;
}

float distance_at(const std::vector<float>& distances, const Mask& frame, std::int64_t x, std::int64_t y) {
    if (x < 0 || y < 0 || x >= frame.width || y >= frame.height)
        return far_outside;
    return distances[static_cast<std::size_t>(y * frame.width + x)];
}

} // namespace

std::vector<float> signed_distance(const Mask& mask) {
    std::vector<float> result(mask.pixels.size(), far_outside);
    if (mask.pixels.empty() || std::none_of(mask.pixels.begin(), mask.pixels.end(), [](auto p) { return p; }))
        return result;
    // A frame of one pixel around it, which is outside.
    const int width = static_cast<int>(mask.width), height = static_cast<int>(mask.height);
    cv::Mat inside(height + 2, width + 2, CV_8U, cv::Scalar(0));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            inside.at<std::uint8_t>(y + 1, x + 1) = mask.at(x, y) ? 255 : 0;
    cv::Mat outside, to_outside, to_inside;
    cv::bitwise_not(inside, outside);
    cv::distanceTransform(inside, to_outside, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    cv::distanceTransform(outside, to_inside, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    // Distances are to the middle of the nearest pixel on the other side: the rim lies half a pixel before
    // it.
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            result[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                   static_cast<std::size_t>(x)] = mask.at(x, y) ? to_outside.at<float>(y + 1, x + 1) - 0.5f
                                                                : 0.5f - to_inside.at<float>(y + 1, x + 1);
    return result;
}

Mask interpolated(const Mask& from, const Mask& to, double fraction) {
    if (from.width != to.width || from.height != to.height)
        throw Error(ErrorCode::Internal, "Shapes of different frames were to be interpolated.");
    const Centre a = centre_of(from), b = centre_of(to);
    Mask between(from.height, from.width);
    if (!a.known || !b.known)
        return between;
    // Whole pixels, so that a shape keeps its outline, and both shapes lie on each other wherever they are
    // moved.
    const std::int64_t dx = std::llround(b.x - a.x), dy = std::llround(b.y - a.y);
    const std::int64_t ax = std::llround(fraction * static_cast<double>(dx));
    const std::int64_t ay = std::llround(fraction * static_cast<double>(dy));
    const std::int64_t bx = ax - dx, by = ay - dy;
    const std::vector<float> distance_a = signed_distance(from), distance_b = signed_distance(to);
    for (std::int64_t row = 0; row < between.height; ++row)
        for (std::int64_t column = 0; column < between.width; ++column)
            between.set(column, row,
                        (1 - fraction) * distance_at(distance_a, from, column - ax, row - ay) +
                                fraction * distance_at(distance_b, to, column - bx, row - by) >
                            0);
    return between;
}

} // namespace eyepiece
