// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/grab_cut.h"

#include "core/base/error.h"
#include "core/data/scaled_channels.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace eyepiece {

namespace {

constexpr double margin_share = 0.25; // of the box: how much is looked at around it
constexpr double core_share = 0.4;    // of the box's half axes: its middle is the object
constexpr double wanted_size = 72;    // px across that a small box is enlarged to
constexpr std::int64_t most_pixels = 250'000;

cv::Mat plane_of(const Image& image, int channel) {
    return cv::Mat(static_cast<int>(image.height()), static_cast<int>(image.width()), CV_32FC1,
                   const_cast<float*>(image.plane_as<float>(channel).data()));
}

// Three float planes that stand for the channels.
std::vector<cv::Mat> three_planes(const Image& scaled) {
    std::vector<cv::Mat> planes;
    for (int c = 0; c < scaled.channels(); ++c)
        planes.push_back(plane_of(scaled, c));
    if (planes.size() == 1)
        return {planes[0], planes[0], planes[0]};
    if (planes.size() == 2)
        planes.push_back((planes[0] + planes[1]) / 2);
    if (planes.size() == 3)
        return planes;
    cv::Mat samples(planes[0].rows * planes[0].cols, static_cast<int>(planes.size()), CV_32FC1);
    for (std::size_t c = 0; c < planes.size(); ++c)
        planes[c].reshape(1, samples.rows).copyTo(samples.col(static_cast<int>(c)));
    const cv::PCA components(samples, {}, cv::PCA::DATA_AS_ROW, 3);
    const cv::Mat projected = components.project(samples);
    const int rows = planes[0].rows;
    planes.clear();
    for (int c = 0; c < 3; ++c)
        planes.push_back(projected.col(c).clone().reshape(1, rows));
    return planes;
}

// OpenCV's GrabCut wants three channels of 8 bits. The span of all three planes is used in full, but for the
// percentile at either end.
cv::Mat as_bytes(const std::vector<cv::Mat>& planes) {
    std::vector<float> values;
    for (const cv::Mat& plane : planes)
        values.insert(values.end(), plane.begin<float>(), plane.end<float>());
    const auto at = [&](double share) {
        const auto place =
            values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
        std::nth_element(values.begin(), place, values.end());
        return static_cast<double>(*place);
    };
    const double low = at(0.005), high = at(0.995), scale = high > low ? 255 / (high - low) : 0;
    std::vector<cv::Mat> bytes(planes.size());
    for (std::size_t c = 0; c < planes.size(); ++c)
        planes[c].convertTo(bytes[c], CV_8UC1, scale, -low * scale);
    cv::Mat merged;
    cv::merge(bytes, merged);
    return merged;
}

// The box with what lies around it and all marks: what is looked at.
Region window_of(const Region& box, const Region& extent, std::span<const SeedMark> marks) {
    const auto margin = std::max<std::int64_t>(
        4, static_cast<std::int64_t>(margin_share * static_cast<double>(std::max(box.width, box.height))));
    Region window{box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin};
    for (std::size_t i = 0; i < marks.size(); ++i)
        if (marks[i] != SeedMark::None)
            window = window.united({static_cast<std::int64_t>(i) % extent.width - 1,
                                    static_cast<std::int64_t>(i) / extent.width - 1, 3, 3});
    return window.intersected(extent);
}

// What is said of a pixel beforehand, as OpenCV says it.
std::uint8_t state_of(double x, double y, const Region& box, SeedMark mark) {
    if (mark != SeedMark::None)
        return mark == SeedMark::Object ? cv::GC_FGD : cv::GC_BGD;
    const double across = 2 * (x - static_cast<double>(box.x)) / static_cast<double>(box.width) - 1,
                 down = 2 * (y - static_cast<double>(box.y)) / static_cast<double>(box.height) - 1;
    if (std::abs(across) >= 1 || std::abs(down) >= 1)
        return cv::GC_BGD;
    return across * across + down * down < core_share * core_share ? cv::GC_FGD : cv::GC_PR_FGD;
}

} // namespace

Mask grab_cut(const Image& scaled, const Region& box, std::span<const SeedMark> marks,
              const GrabCutOptions& options, JobContext& context) {
    const Region extent{0, 0, scaled.width(), scaled.height()};
    if (box.intersected(extent).empty())
        throw Error(ErrorCode::BadInput, "The box holds no pixel of the image. Draw it around an object.");
    if (!marks.empty() && marks.size() != static_cast<std::size_t>(extent.width * extent.height))
        throw Error(ErrorCode::BadInput, "The image and the marks on it are not of one size.");
    context.throw_if_cancelled();
    const Region window = window_of(box, extent, marks);
    const Image part = scaled.cropped(window);
    // Small objects are looked at enlarged: the cut weighs an outline against an area, and one of a few
    // pixels would do away with the object. Large ones are made smaller, so that a turn does not take long.
    const double pixels = static_cast<double>(window.width * window.height);
    const double zoom =
        std::min(std::max(1.0, wanted_size / std::sqrt(static_cast<double>(box.width * box.height))),
                 std::sqrt(static_cast<double>(most_pixels) / pixels));
    const cv::Mat seen = as_bytes(three_planes(part));
    cv::Mat colors;
    cv::resize(seen, colors,
               {std::max(1, static_cast<int>(std::lround(zoom * seen.cols))),
                std::max(1, static_cast<int>(std::lround(zoom * seen.rows)))},
               0, 0, zoom > 1 ? cv::INTER_CUBIC : cv::INTER_AREA);
    cv::Mat state(colors.size(), CV_8UC1);
    const double step_x = static_cast<double>(window.width) / colors.cols,
                 step_y = static_cast<double>(window.height) / colors.rows;
    for (int y = 0; y < state.rows; ++y)
        for (int x = 0; x < state.cols; ++x) {
            const double at_x = static_cast<double>(window.x) + (x + 0.5) * step_x,
                         at_y = static_cast<double>(window.y) + (y + 0.5) * step_y;
            const auto pixel = static_cast<std::size_t>(static_cast<std::int64_t>(at_y) * extent.width +
                                                        static_cast<std::int64_t>(at_x));
            state.at<std::uint8_t>(y, x) =
                state_of(at_x, at_y, box, marks.empty() ? SeedMark::None : marks[pixel]);
        }
    const std::span<std::uint8_t> all(state.ptr<std::uint8_t>(), state.total());
    const auto is_object = [](std::uint8_t s) { return s == cv::GC_FGD || s == cv::GC_PR_FGD; };
    const auto enough = [&] { // mixtures of five need as many pixels as that on either side
        const auto objects = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_object));
        return objects >= 5 && all.size() - objects >= 5;
    };
    if (!enough())
        throw Error(ErrorCode::BadInput,
                    "The box leaves no object or no background to tell apart. Draw it closely "
                    "around one object, or mark some of both.");
    cv::Mat background, foreground;
    cv::theRNG().state = options.seed;
    for (int turn = 0; turn < options.iterations && enough(); ++turn) {
        context.throw_if_cancelled();
        context.progress(static_cast<double>(turn) / options.iterations);
        cv::grabCut(colors, state, {}, background, foreground, 1,
                    turn == 0 ? cv::GC_INIT_WITH_MASK : cv::GC_EVAL);
    }

    cv::Mat share(state.size(), CV_32FC1), found;
    std::transform(all.begin(), all.end(), share.ptr<float>(),
                   [&](std::uint8_t s) { return is_object(s) ? 1.f : 0.f; });
    cv::resize(share, found, {static_cast<int>(window.width), static_cast<int>(window.height)}, 0, 0,
               zoom > 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    Mask mask(extent.height, extent.width);
    for (std::int64_t y = 0; y < window.height; ++y)
        for (std::int64_t x = 0; x < window.width; ++x)
            mask.set(window.x + x, window.y + y,
                     found.at<float>(static_cast<int>(y), static_cast<int>(x)) >= 0.5f);
    for (std::size_t i = 0; i < marks.size(); ++i) // to the pixel, at any zoom
        if (marks[i] != SeedMark::None)
            mask.pixels[i] = marks[i] == SeedMark::Object;
    return mask;
}

} // namespace eyepiece
