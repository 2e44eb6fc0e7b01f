// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece::label {

// A sampled Gaussian and its first two derivatives, cut off at four sigmas, for correlation:
// out(x) = sum over j of k(j) in(x + j). Normalised so that, as for the continuous ones, a constant gives
// 1, 0, 0, a ramp of slope 1 has the slope 1, and x^2 / 2 the curvature 1 (as vigra's initGaussianDerivative
// does: plainly sampled derivatives of narrow Gaussians answer to a constant). Held for j = 0 .. radius:
// smooth and curve are even, slope is odd.
struct GaussianKernel {
    explicit GaussianKernel(double sigma); // px, > 0
    int radius = 0;
    std::vector<float> smooth, slope, curve;
};

// Rows of float32, of which a filter may read `radius` pixels beyond the rectangle that it is asked for.
// Widths are multiples of `lane_width`, so that every pixel is computed by the same instructions and a
// value does not depend on where in a rectangle it stands. Moved, not copied.
class Plane {
public:
    static constexpr std::int64_t lane_width = 32;

    Plane() = default;
    // Room for height x width pixels with a margin on all four sides; contents are undefined.
    Plane(std::int64_t height, std::int64_t width, std::int64_t margin = 0);
    Plane(Plane&&) = default;
    Plane& operator=(Plane&&) = default;

    std::int64_t height() const { return height_; }
    std::int64_t width() const { return width_; } // rounded up to a multiple of lane_width
    std::ptrdiff_t pitch() const { return pitch_; }
    float* at(std::int64_t y, std::int64_t x) { return origin_ + y * pitch_ + x; }
    const float* at(std::int64_t y, std::int64_t x) const { return origin_ + y * pitch_ + x; }

private:
    std::vector<float> values_;
    float* origin_ = nullptr;
    std::int64_t height_ = 0, width_ = 0;
    std::ptrdiff_t pitch_ = 0;
};

enum class Along { Rows, Columns };

// Correlates the rectangle from (-margin_y, -margin_x) to (height + margin_y, width + margin_x) of `in` along
// one axis with the kernel's first 1, 2 or 3 functions, one output plane each, at the same places. Direct:
// with the radii that pixel features have (40 px at the widest) this is faster than a pyramid, and exact.
void filter(const Plane& in, Along along, const GaussianKernel& kernel, std::int64_t height,
            std::int64_t width, std::int64_t margin_y, std::int64_t margin_x, std::span<Plane* const> out);

} // namespace eyepiece::label
