// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/grid_convolution.h"

#include "core/learning/parallel.h"
#include "core/learning/simd.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t lanes = 16;

// The least size at or above with no prime factor but 2, 3 and 5.
std::int64_t smooth_size(std::int64_t least) {
    for (std::int64_t size = least;; ++size) {
        std::int64_t rest = size;
        for (const int factor : {2, 3, 5})
            while (rest % factor == 0)
                rest /= factor;
        if (rest == 1)
            return size;
    }
}

std::vector<int> factors_of(std::int64_t size) {
    std::vector<int> factors;
    for (const int factor : {4, 5, 3, 2})
        while (size % factor == 0) {
            factors.push_back(factor);
            size /= factor;
        }
    return factors;
}

// exp(-2 pi i p j / n) for each stage, p < n/r and 1 <= j < r, as (real, imaginary).
std::vector<float> twiddles_of(std::int64_t size, const std::vector<int>& factors) {
    std::vector<float> values;
    std::int64_t n = size;
    for (const int r : factors) {
        for (std::int64_t p = 0; p < n / r; ++p)
            for (int j = 1; j < r; ++j) {
                const double angle =
                    -2 * std::numbers::pi * static_cast<double>(p * j % n) / static_cast<double>(n);
                values.push_back(static_cast<float>(std::cos(angle)));
                values.push_back(static_cast<float>(std::sin(angle)));
            }
        n /= r;
    }
    return values;
}

// Stockham's transform of 16 sequences at once. x and y: size * (16 real, 16 imaginary). The result is in x
// after an even number of stages, else in y; which one is returned.
EYEPIECE_SIMD float* transform(float* x, float* y, std::int64_t size, const int* factors, int stages,
                               const float* twiddles) {
    std::int64_t n = size, s = 1;
    const float* w = twiddles;
    for (int stage = 0; stage < stages; ++stage) {
        const int r = factors[stage];
        const std::int64_t m = n / r;
        for (std::int64_t p = 0; p < m; ++p, w += 2 * (r - 1))
            for (std::int64_t q = 0; q < s; ++q) {
                const float* in = x + 32 * (q + s * p);
                float* out = y + 32 * (q + s * r * p);
                const std::int64_t step = 32 * s * m, hop = 32 * s;
                const auto real = [&](int k) __attribute__((always_inline))->const Lanes* {
                    return reinterpret_cast<const Lanes*>(in + k * step);
                };
                const auto put = [&](int j, const Lanes& re, const Lanes& im) __attribute__((always_inline)) {
                    const float c = w[2 * (j - 1)], d = w[2 * (j - 1) + 1];
                    Lanes* const to = reinterpret_cast<Lanes*>(out + j * hop);
                    to[0] = re * c - im * d;
                    to[1] = re * d + im * c;
                };
                Lanes* const first = reinterpret_cast<Lanes*>(out);
                if (r == 4) {
                    const Lanes ar = real(0)[0], ai = real(0)[1], br = real(1)[0], bi = real(1)[1];
                    const Lanes cr = real(2)[0], ci = real(2)[1], dr = real(3)[0], di = real(3)[1];
                    const Lanes sr = ar + cr, si = ai + ci, tr = ar - cr, ti = ai - ci;
                    const Lanes ur = br + dr, ui = bi + di, vr = bi - di, vi = dr - br; // -i (b - d)
                    first[0] = sr + ur;
                    first[1] = si + ui;
                    put(1, tr + vr, ti + vi);
                    put(2, sr - ur, si - ui);
                    put(3, tr - vr, ti - vi);
                } else if (r == 2) {
                    const Lanes ar = real(0)[0], ai = real(0)[1], br = real(1)[0], bi = real(1)[1];
                    first[0] = ar + br;
                    first[1] = ai + bi;
                    put(1, ar - br, ai - bi);
                } else if (r == 3) {
                    constexpr float h = 0.86602540378f;
                    const Lanes ar = real(0)[0], ai = real(0)[1], br = real(1)[0], bi = real(1)[1];
                    const Lanes cr = real(2)[0], ci = real(2)[1];
                    const Lanes sr = br + cr, si = bi + ci;
                    const Lanes mr = ar - 0.5f * sr, mi = ai - 0.5f * si;
                    const Lanes nr = h * (bi - ci), ni = h * (cr - br);
                    first[0] = ar + sr;
                    first[1] = ai + si;
                    put(1, mr + nr, mi + ni);
                    put(2, mr - nr, mi - ni);
                } else {
                    constexpr float c1 = 0.30901699437f, c2 = -0.80901699437f;
                    constexpr float s1 = 0.95105651629f, s2 = 0.58778525229f;
                    const Lanes ar = real(0)[0], ai = real(0)[1];
                    const Lanes p1r = real(1)[0] + real(4)[0], p1i = real(1)[1] + real(4)[1];
                    const Lanes m1r = real(1)[0] - real(4)[0], m1i = real(1)[1] - real(4)[1];
                    const Lanes p2r = real(2)[0] + real(3)[0], p2i = real(2)[1] + real(3)[1];
                    const Lanes m2r = real(2)[0] - real(3)[0], m2i = real(2)[1] - real(3)[1];
                    const Lanes er = ar + c1 * p1r + c2 * p2r, ei = ai + c1 * p1i + c2 * p2i;
                    const Lanes fr = ar + c2 * p1r + c1 * p2r, fi = ai + c2 * p1i + c1 * p2i;
                    const Lanes gr = s1 * m1i + s2 * m2i, gi = -(s1 * m1r + s2 * m2r); // -i (...)
                    const Lanes hr = s2 * m1i - s1 * m2i, hi = -(s2 * m1r - s1 * m2r);
                    first[0] = ar + p1r + p2r;
                    first[1] = ai + p1i + p2i;
                    put(1, er + gr, ei + gi);
                    put(2, fr + hr, fi + hi);
                    put(3, fr - hr, fi - hi);
                    put(4, er - gr, ei - gi);
                }
            }
        std::swap(x, y);
        n = m;
        s *= r;
    }
    return x;
}

// Sixteen columns of rows [0,count) into a buffer of `size` steps; the rest is zero. A missing plane is zero.
EYEPIECE_SIMD void load_columns(const float* real, const float* imaginary, std::int64_t stride,
                                std::int64_t count, std::int64_t size, float* buffer) {
    for (std::int64_t i = 0; i < count; ++i) {
        std::memcpy(buffer + 32 * i, real + i * stride, lanes * sizeof(float));
        if (imaginary)
            std::memcpy(buffer + 32 * i + lanes, imaginary + i * stride, lanes * sizeof(float));
        else
            std::memset(buffer + 32 * i + lanes, 0, lanes * sizeof(float));
    }
    std::memset(buffer + 32 * count, 0, static_cast<std::size_t>(32 * (size - count)) * sizeof(float));
}

// Sixteen rows, turned by a quarter, into a buffer.
EYEPIECE_SIMD void load_rows(const float* plane, std::int64_t stride, std::int64_t rows, std::int64_t count,
                             float* buffer) {
    for (std::int64_t j = 0; j < count; j += lanes)
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = 0; c < lanes; ++c)
                buffer[32 * (j + c) + r] = plane[r * stride + j + c];
}

EYEPIECE_SIMD void store_rows(const float* buffer, std::int64_t stride, std::int64_t rows, std::int64_t count,
                              float* plane) {
    for (std::int64_t j = 0; j < count; j += lanes)
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = 0; c < lanes; ++c)
                plane[r * stride + j + c] = buffer[32 * (j + c) + r];
}

// By a real kernel, or (plain not null) by squared + i plain; and real and imaginary parts exchanged, so that
// the same transform is the inverse. The kernels are symmetric: their column is their row.
EYEPIECE_SIMD void apply_kernel(float* buffer, std::int64_t size, std::int64_t padded, const float* squared,
                                const float* plain) {
    for (std::int64_t j = 0; j < size; ++j) {
        Lanes* const at = reinterpret_cast<Lanes*>(buffer + 32 * j);
        const Lanes re = at[0], im = at[1];
        const Lanes k = *reinterpret_cast<const Lanes*>(squared + j * padded);
        if (plain) {
            const Lanes l = *reinterpret_cast<const Lanes*>(plain + j * padded);
            at[0] = im * k + re * l;
            at[1] = re * k - im * l;
        } else {
            at[0] = im * k;
            at[1] = re * k;
        }
    }
}

} // namespace

void GridConvolution::prepare(std::int64_t side, double spacing, int threads) {
    if (side == side_ && spacing == spacing_)
        return;
    side_ = side;
    spacing_ = spacing;
    stride_ = (side + lanes - 1) / lanes * lanes;
    size_ = smooth_size(std::max(2 * side - 1, stride_ + side - 1));
    padded_ = (size_ + lanes - 1) / lanes * lanes;
    factors_ = factors_of(size_);
    twiddles_ = twiddles_of(size_, factors_);
    work_real_.assign(static_cast<std::size_t>((size_ + lanes) * stride_), 0);
    work_imaginary_ = work_real_;
    // Both kernels' transforms at once: each is real and symmetric, so one is the real and one the imaginary
    // part all the way through.
    std::vector<float> re(static_cast<std::size_t>((padded_)*padded_)), im = re;
    for (std::int64_t i = 0; i < size_; ++i)
        for (std::int64_t j = 0; j < size_; ++j) {
            const double y = static_cast<double>(std::min(i, size_ - i)) * spacing;
            const double x = static_cast<double>(std::min(j, size_ - j)) * spacing;
            const double kernel = 1 / (1 + x * x + y * y);
            re[static_cast<std::size_t>(i * padded_ + j)] = static_cast<float>(kernel * kernel);
            im[static_cast<std::size_t>(i * padded_ + j)] = static_cast<float>(kernel);
        }
    const float scale = 1 / static_cast<float>(size_ * size_);
    const int stages = static_cast<int>(factors_.size());
    for (int pass = 0; pass < 2; ++pass) { // columns, then rows: by symmetry, columns of the transpose
        for_blocks(padded_ / lanes, threads, [&](std::int64_t block) {
            std::vector<float> x(static_cast<std::size_t>(32 * padded_)), y = x;
            const std::int64_t from = block * lanes;
            load_columns(re.data() + from, im.data() + from, padded_, size_, size_, x.data());
            const float* out =
                transform(x.data(), y.data(), size_, factors_.data(), stages, twiddles_.data());
            for (std::int64_t i = 0; i < size_; ++i)
                for (std::int64_t c = 0; c < lanes; ++c) {
                    re[static_cast<std::size_t>(i * padded_ + from + c)] = out[32 * i + c];
                    im[static_cast<std::size_t>(i * padded_ + from + c)] = out[32 * i + lanes + c];
                }
        });
        std::vector<float> turned_re(re.size()), turned_im(im.size());
        for (std::int64_t i = 0; i < size_; ++i)
            for (std::int64_t j = 0; j < size_; ++j) {
                turned_re[static_cast<std::size_t>(j * padded_ + i)] =
                    re[static_cast<std::size_t>(i * padded_ + j)];
                turned_im[static_cast<std::size_t>(j * padded_ + i)] =
                    im[static_cast<std::size_t>(i * padded_ + j)];
            }
        re.swap(turned_re);
        im.swap(turned_im);
    }
    for (float& value : re)
        value *= scale;
    for (float& value : im)
        value *= scale;
    squared_ = std::move(re);
    plain_ = std::move(im);
}

void GridConvolution::run(const float* real, const float* imaginary, bool both_kernels, float* real_out,
                          float* imaginary_out, int threads) {
    const int stages = static_cast<int>(factors_.size());
    const auto buffer_size = static_cast<std::size_t>(32 * padded_);
    for_blocks(stride_ / lanes, threads, [&](std::int64_t block) {
        thread_local std::vector<float> x, y;
        x.resize(std::max(x.size(), buffer_size));
        y.resize(std::max(y.size(), buffer_size));
        const std::int64_t from = block * lanes;
        load_columns(real + from, imaginary ? imaginary + from : nullptr, stride_, side_, size_, x.data());
        const float* out = transform(x.data(), y.data(), size_, factors_.data(), stages, twiddles_.data());
        for (std::int64_t i = 0; i < size_; ++i) {
            std::memcpy(work_real_.data() + i * stride_ + from, out + 32 * i, lanes * sizeof(float));
            std::memcpy(work_imaginary_.data() + i * stride_ + from, out + 32 * i + lanes,
                        lanes * sizeof(float));
        }
    });
    for_blocks(padded_ / lanes, threads, [&](std::int64_t block) {
        thread_local std::vector<float> x, y;
        x.resize(std::max(x.size(), buffer_size));
        y.resize(std::max(y.size(), buffer_size));
        const std::int64_t top = block * lanes, rows = std::min(lanes, size_ - top);
        std::memset(x.data() + 32 * stride_, 0,
                    static_cast<std::size_t>(32 * (size_ - stride_)) * sizeof(float));
        load_rows(work_real_.data() + top * stride_, stride_, rows, stride_, x.data());
        load_rows(work_imaginary_.data() + top * stride_, stride_, rows, stride_, x.data() + lanes);
        float* const there = transform(x.data(), y.data(), size_, factors_.data(), stages, twiddles_.data());
        float* const other = there == x.data() ? y.data() : x.data();
        apply_kernel(there, size_, padded_, squared_.data() + top,
                     both_kernels ? plain_.data() + top : nullptr);
        const float* back = transform(there, other, size_, factors_.data(), stages, twiddles_.data());
        // Still exchanged: the imaginary part comes first.
        store_rows(back + lanes, stride_, rows, stride_, work_real_.data() + top * stride_);
        store_rows(back, stride_, rows, stride_, work_imaginary_.data() + top * stride_);
    });
    for_blocks(stride_ / lanes, threads, [&](std::int64_t block) {
        thread_local std::vector<float> x, y;
        x.resize(std::max(x.size(), buffer_size));
        y.resize(std::max(y.size(), buffer_size));
        const std::int64_t from = block * lanes;
        // Exchanged again for the inverse: imaginary as real.
        load_columns(work_imaginary_.data() + from, work_real_.data() + from, stride_, size_, size_,
                     x.data());
        const float* out = transform(x.data(), y.data(), size_, factors_.data(), stages, twiddles_.data());
        for (std::int64_t i = 0; i < side_; ++i) {
            std::memcpy(real_out + i * stride_ + from, out + 32 * i + lanes, lanes * sizeof(float));
            std::memcpy(imaginary_out + i * stride_ + from, out + 32 * i, lanes * sizeof(float));
        }
    });
}

void GridConvolution::convolve_pair(float* first, float* second, int threads) {
    run(first, second, false, first, second, threads);
}

void GridConvolution::convolve_mass(const float* mass, float* squared, float* plain, int threads) {
    run(mass, nullptr, true, squared, plain, threads);
}

} // namespace eyepiece::explore
