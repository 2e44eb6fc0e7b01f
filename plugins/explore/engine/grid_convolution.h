// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <vector>

namespace eyepiece::explore {

// Convolves numbers on a square grid with t-SNE's kernels 1/(1+d^2) and 1/(1+d^2)^2 of the distance d between
// the nodes, by the fast Fourier transform (ours: 16 columns at a time in the vector units, and only the part
// of the zero-padded square that is not zero). Independent of the number of threads.
class GridConvolution {
public:
    // Prepares for side * side nodes, `spacing` apart; costs nothing when both are as before.
    void prepare(std::int64_t side, double spacing, int threads);
    std::int64_t side() const { return side_; }
    std::int64_t stride() const { return stride_; } // of a row of the arrays below: side, rounded up to 16

    // (first + i second) becomes its convolution with 1/(1+d^2)^2; (mass) becomes that in `squared` and that
    // with 1/(1+d^2) in `plain`. Arrays of side * stride floats; what lies beyond side in a row is zero.
    void convolve_pair(float* first, float* second, int threads);
    void convolve_mass(const float* mass, float* squared, float* plain, int threads);

private:
    void run(const float* real, const float* imaginary, bool both_kernels, float* real_out,
             float* imaginary_out, int threads);

    std::int64_t side_ = 0, stride_ = 0, size_ = 0, padded_ = 0;
    double spacing_ = 0;
    std::vector<float> twiddles_; // per stage
    std::vector<int> factors_;
    std::vector<float> squared_, plain_;            // transforms of the kernels: real, (size, padded)
    std::vector<float> work_real_, work_imaginary_; // (size, stride)
};

} // namespace eyepiece::explore
