// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/gaussian_filters.h"

#include "core/learning/simd.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::label {
namespace {

const Lanes& lanes(const float* at) {
    return *reinterpret_cast<const Lanes*>(at);
}
Lanes& lanes(float* at) {
    return *reinterpret_cast<Lanes*>(at);
}

struct Pass {
    const float* in; // of the rectangle's first pixel
    std::ptrdiff_t pitch, step;
    const float *smooth, *slope, *curve;
    int radius;
    std::int64_t rows, columns;
    float* out[3];
    std::ptrdiff_t out_pitch[3];
};

// Two registers of pixels at a time, down the rows: what a column of taps reads stays in the first cache. The
// even functions share a tap's sum of both sides.
template<int orders>
[[gnu::always_inline]] inline void run_pass(const Pass& p) {
    for (std::int64_t x = 0; x < p.columns; x += Plane::lane_width)
        for (std::int64_t y = 0; y < p.rows; ++y) {
            const float* at = p.in + y * p.pitch + x;
            Lanes smooth[2], slope[2] = {}, curve[2];
            for (int i = 0; i < 2; ++i) {
                smooth[i] = p.smooth[0] * lanes(at + 16 * i);
                curve[i] = p.curve[0] * lanes(at + 16 * i);
            }
            for (int j = 1; j <= p.radius; ++j)
                for (int i = 0; i < 2; ++i) {
                    const Lanes &before = lanes(at + 16 * i - j * p.step),
                                &after = lanes(at + 16 * i + j * p.step);
                    const Lanes sum = before + after;
                    smooth[i] += p.smooth[j] * sum;
                    if constexpr (orders > 1)
                        slope[i] += p.slope[j] * (after - before);
                    if constexpr (orders > 2)
                        curve[i] += p.curve[j] * sum;
                }
            for (int i = 0; i < 2; ++i) {
                lanes(p.out[0] + y * p.out_pitch[0] + x + 16 * i) = smooth[i];
                if constexpr (orders > 1)
                    lanes(p.out[1] + y * p.out_pitch[1] + x + 16 * i) = slope[i];
                if constexpr (orders > 2)
                    lanes(p.out[2] + y * p.out_pitch[2] + x + 16 * i) = curve[i];
            }
        }
}

EYEPIECE_SIMD void smooth_pass(const Pass& pass) {
    run_pass<1>(pass);
}
EYEPIECE_SIMD void slope_pass(const Pass& pass) {
    run_pass<2>(pass);
}
EYEPIECE_SIMD void curve_pass(const Pass& pass) {
    run_pass<3>(pass);
}

std::int64_t rounded_up(std::int64_t value, std::int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

} // namespace

GaussianKernel::GaussianKernel(double sigma) : radius(std::max(1, static_cast<int>(4 * sigma + 0.5))) {
    const auto count = static_cast<std::size_t>(radius) + 1;
    std::vector<double> gaussian(count), second(count);
    double area = 0, ramp = 0, mean = 0, parabola = 0;
    const auto sides = [](std::size_t j) { return j == 0 ? 1.0 : 2.0; };
    for (std::size_t j = 0; j < count; ++j) {
        const double x = static_cast<double>(j) / sigma;
        gaussian[j] = std::exp(-x * x / 2);
        second[j] = (x * x - 1) * gaussian[j];
        area += sides(j) * gaussian[j];
        mean += sides(j) * second[j];
        ramp += sides(j) * static_cast<double>(j * j) * gaussian[j];
    }
    mean /= 2 * radius + 1;
    for (std::size_t j = 0; j < count; ++j) {
        second[j] -= mean;
        parabola += sides(j) * static_cast<double>(j * j) / 2 * second[j];
    }
    for (std::size_t j = 0; j < count; ++j) {
        smooth.push_back(static_cast<float>(gaussian[j] / area));
        slope.push_back(static_cast<float>(static_cast<double>(j) * gaussian[j] / ramp));
        curve.push_back(static_cast<float>(second[j] / parabola));
    }
}

Plane::Plane(std::int64_t height, std::int64_t width, std::int64_t margin)
    : height_(height), width_(rounded_up(width, lane_width)) {
    // The rectangle that a filter writes is rounded up in width too, and begins up to `margin` early.
    const std::int64_t left = rounded_up(margin, 16);
    pitch_ = left + width_ + rounded_up(margin, 16) + lane_width;
    values_.resize(static_cast<std::size_t>((height + 2 * margin) * pitch_));
    origin_ = values_.data() + margin * pitch_ + left;
}

void filter(const Plane& in, Along along, const GaussianKernel& kernel, std::int64_t height,
            std::int64_t width, std::int64_t margin_y, std::int64_t margin_x, std::span<Plane* const> out) {
    Pass pass{};
    pass.in = in.at(-margin_y, -margin_x);
    pass.pitch = in.pitch();
    pass.step = along == Along::Rows ? 1 : in.pitch();
    pass.smooth = kernel.smooth.data();
    pass.slope = kernel.slope.data();
    pass.curve = kernel.curve.data();
    pass.radius = kernel.radius;
    pass.rows = height + 2 * margin_y;
    pass.columns = rounded_up(width + 2 * margin_x, Plane::lane_width);
    for (std::size_t i = 0; i < out.size(); ++i) {
        pass.out[i] = out[i]->at(-margin_y, -margin_x);
        pass.out_pitch[i] = out[i]->pitch();
    }
    if (out.size() == 1)
        smooth_pass(pass);
    else if (out.size() == 2)
        slope_pass(pass);
    else
        curve_pass(pass);
}

} // namespace eyepiece::label
