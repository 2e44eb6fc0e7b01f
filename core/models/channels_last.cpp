// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/channels_last.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

// One function body for each instruction set, chosen when the library is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EACH_PROCESSOR
#endif
#define INLINE inline __attribute__((always_inline))

namespace eyepiece::channels_last {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Channels are taken sixteen at a time: one register of AVX-512, two of AVX2, four of SSE.
constexpr std::int64_t lanes = 16;
typedef float Floats __attribute__((vector_size(64)));
typedef std::uint32_t Words __attribute__((vector_size(64)));
typedef std::uint16_t Halves __attribute__((vector_size(32)));

// The pixels of a tensor one after the other, each with its channels; `half`: bfloat16, else float32.
struct Pixels {
    void* data;
    bool half;
};

INLINE void load(const Pixels& from, std::int64_t at, Floats& value) {
    if (from.half) {
        Halves raw;
        std::memcpy(&raw, static_cast<const std::uint16_t*>(from.data) + at, sizeof raw);
        const Words wide = __builtin_convertvector(raw, Words) << 16;
        std::memcpy(&value, &wide, sizeof value);
    } else {
        std::memcpy(&value, static_cast<const float*>(from.data) + at, sizeof value);
    }
}

// To the nearest bfloat16, ties to even. Not-a-numbers stay so: training looks at the loss for them.
INLINE void store(const Pixels& to, std::int64_t at, const Floats& value) {
    if (to.half) {
        Words wide;
        std::memcpy(&wide, &value, sizeof wide);
        wide = (wide + 0x7fff + ((wide >> 16) & 1)) >> 16;
        const Halves raw = __builtin_convertvector(wide, Halves);
        std::memcpy(static_cast<std::uint16_t*>(to.data) + at, &raw, sizeof raw);
    } else {
        std::memcpy(static_cast<float*>(to.data) + at, &value, sizeof value);
    }
}

INLINE void load(const float* from, Floats& value) {
    std::memcpy(&value, from, sizeof value);
}
INLINE void store(float* to, const Floats& value) {
    std::memcpy(to, &value, sizeof value);
}

// Sums over pixels [first, last) of x - shift and of its square, per channel.
EACH_PROCESSOR void sum_values(Pixels x, std::int64_t first, std::int64_t last, std::int64_t channels,
                               const float* shift, float* sums, float* squares) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
        Floats sum{}, square{}, from, value;
        load(shift + c, from);
        for (std::int64_t p = first; p < last; ++p) {
            load(x, p * channels + c, value);
            value -= from;
            sum += value;
            square += value * value;
        }
        store(sums + c, sum);
        store(squares + c, square);
    }
}

// y = max(0, scale x + offset)
EACH_PROCESSOR void scale_and_clip(Pixels x, Pixels y, std::int64_t first, std::int64_t last,
                                   std::int64_t channels, const float* scales, const float* offsets) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
        Floats scale, offset, value;
        load(scales + c, scale);
        load(offsets + c, offset);
        for (std::int64_t p = first; p < last; ++p) {
            load(x, p * channels + c, value);
            value = scale * value + offset;
            value = value > 0 ? value : Floats{};
            store(y, p * channels + c, value);
        }
    }
}

// Sums of the gradient that the ReLU lets through, and of it times (x - mean).
EACH_PROCESSOR void sum_gradients(Pixels x, Pixels gradient, std::int64_t first, std::int64_t last,
                                  std::int64_t channels, const float* scales, const float* offsets,
                                  const float* means, float* sums, float* products) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
        Floats scale, offset, mean, value, g, sum{}, product{};
        load(scales + c, scale);
        load(offsets + c, offset);
        load(means + c, mean);
        for (std::int64_t p = first; p < last; ++p) {
            load(x, p * channels + c, value);
            load(gradient, p * channels + c, g);
            g = scale * value + offset > 0 ? g : Floats{};
            sum += g;
            product += g * (value - mean);
        }
        store(sums + c, sum);
        store(products + c, product);
    }
}

// The gradient of x: scale g + slope x + constant, g as above.
EACH_PROCESSOR void input_gradients(Pixels x, Pixels gradient, Pixels to, std::int64_t first,
                                    std::int64_t last, std::int64_t channels, const float* scales,
                                    const float* offsets, const float* slopes, const float* constants) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
        Floats scale, offset, slope, constant, value, g;
        load(scales + c, scale);
        load(offsets + c, offset);
        load(slopes + c, slope);
        load(constants + c, constant);
        for (std::int64_t p = first; p < last; ++p) {
            load(x, p * channels + c, value);
            load(gradient, p * channels + c, g);
            g = scale * value + offset > 0 ? g : Floats{};
            g = scale * g + (slope * value + constant);
            store(to, p * channels + c, g);
        }
    }
}

// One row of the halved picture from two rows of the larger, whose length is `pitch` values.
EACH_PROCESSOR void halve_row(Pixels x, std::int64_t from, std::int64_t pitch, Pixels y, std::int64_t to,
                              std::int64_t width, std::int64_t channels) {
    for (std::int64_t p = 0; p < width; ++p)
        for (std::int64_t c = 0; c < channels; c += lanes) {
            const std::int64_t at = from + 2 * p * channels + c;
            Floats a, b, d, e;
            load(x, at, a);
            load(x, at + channels, b);
            load(x, at + pitch, d);
            load(x, at + pitch + channels, e);
            b = b > a ? b : a;
            e = e > d ? e : d;
            b = e > b ? e : b;
            store(y, to + p * channels + c, b);
        }
}

// The gradient goes to the first of the four that is the maximum.
EACH_PROCESSOR void spread_row(Pixels x, Pixels y, Pixels gradient, std::int64_t small, Pixels to,
                               std::int64_t large, std::int64_t pitch, std::int64_t width,
                               std::int64_t channels) {
    for (std::int64_t p = 0; p < width; ++p)
        for (std::int64_t c = 0; c < channels; c += lanes) {
            const std::int64_t at = large + 2 * p * channels + c;
            const std::int64_t places[] = {at, at + channels, at + pitch, at + pitch + channels};
            Floats maximum, left, value;
            load(y, small + p * channels + c, maximum);
            load(gradient, small + p * channels + c, left);
            for (const std::int64_t place : places) {
                load(x, place, value);
                const auto here = value == maximum;
                const Floats given = here ? left : Floats{};
                left = here ? Floats{} : left;
                store(to, place, given);
            }
        }
}

// One row of the joined picture's gradient pair: each pixel's first channels to `skip`; those after, summed
// over 2 x 2, to `low`.
EACH_PROCESSOR void split_rows(Pixels joined, std::int64_t from, std::int64_t pitch, Pixels skip,
                               std::int64_t skip_at, std::int64_t skip_pitch, Pixels low, std::int64_t low_at,
                               std::int64_t width, std::int64_t skip_channels, std::int64_t low_channels) {
    const std::int64_t all = skip_channels + low_channels;
    for (std::int64_t p = 0; p < width; ++p) {
        for (int row = 0; row < 2; ++row)
            for (int column = 0; column < 2; ++column)
                for (std::int64_t c = 0; c < skip_channels; c += lanes) {
                    Floats value;
                    load(joined, from + row * pitch + (2 * p + column) * all + c, value);
                    store(skip, skip_at + row * skip_pitch + (2 * p + column) * skip_channels + c, value);
                }
        for (std::int64_t c = 0; c < low_channels; c += lanes) {
            Floats sum{}, value;
            for (int row = 0; row < 2; ++row)
                for (int column = 0; column < 2; ++column) {
                    load(joined, from + row * pitch + (2 * p + column) * all + skip_channels + c, value);
                    sum += value;
                }
            store(low, low_at + p * low_channels + c, sum);
        }
    }
}

Pixels pixels(const torch::Tensor& tensor) {
    return {tensor.data_ptr(), tensor.scalar_type() == torch::kBFloat16};
}

torch::Tensor ordered(const torch::Tensor& tensor) {
    return tensor.contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor like(const torch::Tensor& of, at::IntArrayRef sizes) {
    return torch::empty(sizes, of.options(), torch::MemoryFormat::ChannelsLast);
}

// Pixels in pieces of one size, so that sums come out the same whatever the number of threads.
struct Pieces {
    Pieces(std::int64_t pixels, std::int64_t channels)
        : pixels(pixels)
        , size(std::max<std::int64_t>(1, 16384 / channels))
        , count((pixels + size - 1) / size) {}
    template<class Work>
    void each(Work work) const {
        at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
                work(i, i * size, std::min(pixels, (i + 1) * size));
        });
    }
    std::int64_t pixels, size, count;
};

// Per channel, over all pieces, in their order.
std::vector<double> total(const std::vector<float>& parts, std::int64_t channels) {
    std::vector<double> sums(static_cast<std::size_t>(channels), 0.0);
    for (std::size_t i = 0; i < parts.size(); ++i)
        sums[i % static_cast<std::size_t>(channels)] += static_cast<double>(parts[i]);
    return sums;
}

class BatchNormReluFunction : public torch::autograd::Function<BatchNormReluFunction> {
public:
    static tensor_list forward(AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& weight, const torch::Tensor& bias, double eps) {
        const auto x = ordered(input);
        const std::int64_t channels = x.size(1);
        const Pieces pieces(x.numel() / channels, channels);
        const auto floats = torch::TensorOptions(torch::kFloat32);
        // Shifted by a value of each channel, the squares lose no digits to a mean far from zero.
        const auto shift =
            x.permute({0, 2, 3, 1}).reshape({-1, channels})[0].to(torch::kFloat32).contiguous();
        const auto* from = shift.data_ptr<float>();
        std::vector<float> sums(static_cast<std::size_t>(pieces.count * channels)), squares(sums.size());
        pieces.each([&](std::int64_t i, std::int64_t first, std::int64_t last) {
            sum_values(pixels(x), first, last, channels, from, sums.data() + i * channels,
                       squares.data() + i * channels);
        });
        const auto sum = total(sums, channels), square = total(squares, channels);
        const auto mean = torch::empty({channels}, floats), variance = torch::empty({channels}, floats);
        const auto scale = torch::empty({channels}, floats), offset = torch::empty({channels}, floats);
        const auto count = static_cast<double>(pieces.pixels);
        const auto* w = weight.data_ptr<float>();
        const auto* b = bias.data_ptr<float>();
        for (std::int64_t c = 0; c < channels; ++c) {
            const auto at = static_cast<std::size_t>(c);
            const double apart = sum[at] / count, m = from[c] + apart;
            const double v = std::max(0.0, square[at] / count - apart * apart);
            const double s = w[c] / std::sqrt(v + eps);
            mean.data_ptr<float>()[c] = static_cast<float>(m);
            variance.data_ptr<float>()[c] = static_cast<float>(v);
            scale.data_ptr<float>()[c] = static_cast<float>(s);
            offset.data_ptr<float>()[c] = static_cast<float>(b[c] - m * s);
        }
        const auto y = like(x, x.sizes());
        pieces.each([&](std::int64_t, std::int64_t first, std::int64_t last) {
            scale_and_clip(pixels(x), pixels(y), first, last, channels, scale.data_ptr<float>(),
                           offset.data_ptr<float>());
        });
        context->save_for_backward({x, mean, variance, scale, offset});
        context->saved_data["eps"] = eps;
        context->mark_non_differentiable({mean, variance});
        return {y, mean, variance};
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &mean = saved[1], &variance = saved[2], &scale = saved[3],
                   &offset = saved[4];
        const double eps = context->saved_data["eps"].toDouble();
        const auto gradient = ordered(gradients[0].to(x.scalar_type()));
        const std::int64_t channels = x.size(1);
        const Pieces pieces(x.numel() / channels, channels);
        std::vector<float> sums(static_cast<std::size_t>(pieces.count * channels)), products(sums.size());
        pieces.each([&](std::int64_t i, std::int64_t first, std::int64_t last) {
            sum_gradients(pixels(x), pixels(gradient), first, last, channels, scale.data_ptr<float>(),
                          offset.data_ptr<float>(), mean.data_ptr<float>(), sums.data() + i * channels,
                          products.data() + i * channels);
        });
        const auto sum = total(sums, channels), product = total(products, channels);
        const auto of_weight = torch::empty_like(mean), of_bias = torch::empty_like(mean);
        std::vector<float> slopes(static_cast<std::size_t>(channels)), constants(slopes.size());
        const auto count = static_cast<double>(pieces.pixels);
        for (std::int64_t c = 0; c < channels; ++c) {
            const auto at = static_cast<std::size_t>(c);
            const double inverse = 1 / (variance.data_ptr<float>()[c] + eps); // of the variance
            of_weight.data_ptr<float>()[c] = static_cast<float>(product[at] * std::sqrt(inverse));
            of_bias.data_ptr<float>()[c] = static_cast<float>(sum[at]);
            const double s = scale.data_ptr<float>()[c];
            const double slope = -s * product[at] * inverse / count;
            slopes[at] = static_cast<float>(slope);
            constants[at] = static_cast<float>(-s * sum[at] / count - slope * mean.data_ptr<float>()[c]);
        }
        const auto to = like(x, x.sizes());
        pieces.each([&](std::int64_t, std::int64_t first, std::int64_t last) {
            input_gradients(pixels(x), pixels(gradient), pixels(to), first, last, channels,
                            scale.data_ptr<float>(), offset.data_ptr<float>(), slopes.data(),
                            constants.data());
        });
        return {to, of_weight, of_bias, torch::Tensor()};
    }
};

class HalveFunction : public torch::autograd::Function<HalveFunction> {
public:
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input) {
        const auto x = ordered(input);
        const std::int64_t channels = x.size(1), height = x.size(2) / 2, width = x.size(3) / 2;
        const std::int64_t pitch = x.size(3) * channels;
        const auto y = like(x, {x.size(0), channels, height, width});
        at::parallel_for(0, x.size(0) * height, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                halve_row(pixels(x), (row / height * x.size(2) + 2 * (row % height)) * pitch, pitch,
                          pixels(y), row * width * channels, width, channels);
        });
        context->save_for_backward({x, y});
        return y;
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &y = saved[1];
        const auto gradient = ordered(gradients[0].to(x.scalar_type()));
        const std::int64_t channels = x.size(1), height = y.size(2), width = y.size(3);
        const std::int64_t pitch = x.size(3) * channels;
        const auto to = like(x, x.sizes());
        if (x.size(2) % 2 != 0 || x.size(3) % 2 != 0)
            to.zero_();
        at::parallel_for(0, x.size(0) * height, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                spread_row(pixels(x), pixels(y), pixels(gradient), row * width * channels, pixels(to),
                           (row / height * x.size(2) + 2 * (row % height)) * pitch, pitch, width, channels);
        });
        return {to};
    }
};

class JoinFunction : public torch::autograd::Function<JoinFunction> {
public:
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& first,
                                 const torch::Tensor& second) {
        const auto skip = ordered(first), low = ordered(second.to(first.scalar_type()));
        const std::int64_t height = skip.size(2), width = skip.size(3);
        const auto y = like(skip, {skip.size(0), skip.size(1) + low.size(1), height, width});
        const auto item = static_cast<std::int64_t>(skip.element_size());
        const std::int64_t a = skip.size(1) * item, b = low.size(1) * item; // bytes a pixel
        const auto* skip_data = static_cast<const char*>(skip.data_ptr());
        const auto* low_data = static_cast<const char*>(low.data_ptr());
        auto* to_data = static_cast<char*>(y.data_ptr());
        at::parallel_for(0, skip.size(0) * height, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                const std::int64_t low_row = row / height * (height / 2) + row % height / 2;
                const char* from = skip_data + row * width * a;
                const char* below = low_data + low_row * (width / 2) * b;
                char* to = to_data + row * width * (a + b);
                for (std::int64_t p = 0; p < width; ++p, to += a + b) {
                    std::memcpy(to, from + p * a, static_cast<std::size_t>(a));
                    std::memcpy(to + a, below + p / 2 * b, static_cast<std::size_t>(b));
                }
            }
        });
        context->saved_data["skip"] = skip.size(1);
        context->saved_data["type"] = second.scalar_type();
        return y;
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto gradient = ordered(gradients[0]);
        const std::int64_t skip_channels = context->saved_data["skip"].toInt();
        const std::int64_t low_channels = gradient.size(1) - skip_channels;
        const std::int64_t count = gradient.size(0), height = gradient.size(2) / 2,
                           width = gradient.size(3) / 2;
        const auto skip = like(gradient, {count, skip_channels, 2 * height, 2 * width});
        const auto low = like(gradient, {count, low_channels, height, width});
        const std::int64_t pitch = 2 * width * gradient.size(1), skip_pitch = 2 * width * skip_channels;
        at::parallel_for(0, count * height, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                split_rows(pixels(gradient), 2 * row * pitch, pitch, pixels(skip), 2 * row * skip_pitch,
                           skip_pitch, pixels(low), row * width * low_channels, width, skip_channels,
                           low_channels);
        });
        return {skip, low.to(context->saved_data["type"].toScalarType())};
    }
};

} // namespace

bool suits(const torch::Tensor& input) {
    return input.dim() == 4 && input.device().is_cpu() && input.size(1) % lanes == 0 && input.numel() > 0 &&
           (input.scalar_type() == torch::kFloat32 || input.scalar_type() == torch::kBFloat16) &&
           input.is_contiguous(torch::MemoryFormat::ChannelsLast);
}

Normalised batch_norm_relu(const torch::Tensor& input, const torch::Tensor& weight, const torch::Tensor& bias,
                           double eps) {
    const auto results = BatchNormReluFunction::apply(input, weight, bias, eps);
    return {results[0], results[1], results[2]};
}

torch::Tensor halve(const torch::Tensor& input) {
    return HalveFunction::apply(input);
}

torch::Tensor join(const torch::Tensor& skip, const torch::Tensor& low) {
    TORCH_CHECK(skip.size(0) == low.size(0) && skip.size(2) == 2 * low.size(2) &&
                    skip.size(3) == 2 * low.size(3) && low.size(1) % lanes == 0,
                "join: the lower picture is not half of the upper one");
    return JoinFunction::apply(skip, low);
}

} // namespace eyepiece::channels_last
