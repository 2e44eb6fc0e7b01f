// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/pixel_features.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/data/components.h"
#include "core/learning/simd.h"
#include "plugins/label/engine/gaussian_filters.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace eyepiece::label {
namespace {

constexpr double structure_ratio = 0.5, difference_ratio = 0.66; // of sigma; ilastik's
// Below this, derivatives are mere differences of neighbours: only the Gaussian is computed (as in ilastik).
constexpr double least_derivative_sigma = 0.5;

struct KindName {
    FeatureKind kind;
    const char *id, *title;
    int features;
};
constexpr std::array<KindName, 6> kind_names{
    {{FeatureKind::Gaussian, "gaussian", "Gaussian", 1},
     {FeatureKind::Laplacian, "laplacian", "Laplacian of Gaussian", 1},
     {FeatureKind::GradientMagnitude, "gradient", "Gradient magnitude", 1},
     {FeatureKind::DifferenceOfGaussians, "difference", "Difference of Gaussians", 1},
     {FeatureKind::StructureTensor, "structure", "Structure tensor", 2},
     {FeatureKind::Hessian, "hessian", "Hessian", 2}}};

bool computed(FeatureKind kind, double sigma) {
    return kind == FeatureKind::Gaussian || sigma >= least_derivative_sigma;
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + ",") {
        if (c != ',' && c != ' ' && c != ';') {
            word += c;
        } else if (!word.empty()) {
            words.push_back(word);
            word.clear();
        }
    }
    return words;
}

std::string shown(double sigma) {
    std::string text = std::to_string(sigma);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.')
        text.pop_back();
    return text;
}

double sigma_of(const std::string& word) {
    std::size_t read = 0;
    double sigma = 0;
    try {
        sigma = std::stod(word, &read);
    } catch (const std::exception&) {
        read = 0;
    }
    if (read != word.size() || !(sigma >= 0.3 && sigma <= 20))
        throw Error(ErrorCode::BadInput,
                    "\"" + word +
                        "\" cannot be a sigma: give numbers from 0.3 to 20 px, with commas between.");
    return sigma;
}

bool is_small_integer(PixelType type) {
    return bytes_per_pixel(type) <= 2;
}

// Small integers over the range of their type, as [0,1]; others as they are.
template<class T>
void to_floats(std::span<const T> from, float* to) {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
        constexpr float low = std::numeric_limits<T>::min(),
                        scale = 1.f / (static_cast<float>(std::numeric_limits<T>::max()) - low);
        for (std::size_t i = 0; i < from.size(); ++i)
            to[i] = (static_cast<float>(from[i]) - low) * scale;
    } else {
        for (std::size_t i = 0; i < from.size(); ++i) {
            const auto value = static_cast<float>(from[i]);
            to[i] = std::isfinite(value) ? value : 0.f;
        }
    }
}

std::int64_t mirrored(std::int64_t at, std::int64_t size) {
    if (size == 1)
        return 0;
    const std::int64_t period = 2 * (size - 1);
    at = std::abs(at) % period;
    return at < size ? at : period - at;
}

constexpr int magnitude_shift = 14;                      // nine bits of the mantissa stay
constexpr std::int32_t magnitude_zero = (127 - 40) << 9; // code of 2^-40

[[gnu::always_inline]] inline std::int16_t code_of_magnitude(float value) {
    const auto bits = std::bit_cast<std::int32_t>(value);
    std::int32_t code =
        (((bits & 0x7fffffff) + (1 << (magnitude_shift - 1))) >> magnitude_shift) - magnitude_zero;
    code = code < 0 ? 0 : code;
    code = code > 32767 ? 32767 : code;
    return static_cast<std::int16_t>(bits < 0 ? -code : code);
}

[[gnu::always_inline]] inline std::int16_t code_of_linear(float value) {
    float scaled = value * 65535.f - 32767.5f;
    scaled = scaled < -32768.f ? -32768.f : scaled;
    scaled = scaled > 32767.f ? 32767.f : scaled;
    return static_cast<std::int16_t>(std::floor(scaled));
}

// Rows of numbers; lengths are multiples of Plane::lane_width.
EYEPIECE_SIMD void magnitude_codes(const float* from, std::int16_t* to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = code_of_magnitude(from[i]);
}
EYEPIECE_SIMD void linear_codes(const float* from, std::int16_t* to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = code_of_linear(from[i]);
}
EYEPIECE_SIMD void add_rows(const float* a, const float* b, float* to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = a[i] + b[i];
}
EYEPIECE_SIMD void subtract_rows(const float* a, const float* b, float* to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = a[i] - b[i];
}
EYEPIECE_SIMD void multiply_rows(const float* a, const float* b, float* to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = a[i] * b[i];
}
EYEPIECE_SIMD void length_rows(const float* a, const float* b, float* to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = std::sqrt(a[i] * a[i] + b[i] * b[i]);
}
// Of symmetric matrices (xx, xy; xy, yy).
EYEPIECE_SIMD void eigenvalue_rows(const float* xx, const float* xy, const float* yy, float* larger,
                                   float* smaller, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        const float mean = (xx[i] + yy[i]) * 0.5f, half = (xx[i] - yy[i]) * 0.5f;
        const float root = std::sqrt(half * half + xy[i] * xy[i]);
        larger[i] = mean + root;
        smaller[i] = mean - root;
    }
}

// Puts rows of features into a block's cells.
class BlockWriter {
public:
    BlockWriter(FeatureBlock& block, std::int64_t width) : block_(block), width_(width) {}

    void write(int feature, std::int64_t y, const float* values, bool linear) {
        if (linear)
            linear_codes(values, codes_.data(), width_);
        else
            magnitude_codes(values, codes_.data(), width_);
        constexpr std::int64_t cell = FeatureBlock::cell;
        std::int16_t* to = block_.codes.data() + y / cell * block_.cells_across * block_.features * 64 +
                           feature * 64 + y % cell * cell;
        for (std::int64_t column = 0; column < block_.cells_across; ++column, to += block_.features * 64)
            std::memcpy(to, codes_.data() + column * cell, cell * sizeof(std::int16_t));
    }

private:
    FeatureBlock& block_;
    std::int64_t width_;
    std::array<std::int16_t, FeatureBlock::side> codes_{};
};

// One channel at one scale.
class ScaleComputer {
public:
    ScaleComputer(const PixelFeatureOptions& options, std::int64_t height, std::int64_t width)
        : options_(options), height_(height), width_(width) {}

    bool wants(FeatureKind kind, double sigma) const {
        return computed(kind, sigma) &&
               std::find(options_.kinds.begin(), options_.kinds.end(), kind) != options_.kinds.end();
    }

    // Writes the features from `first` on and returns the one after the last.
    int compute(const Plane& source, double sigma, int first, bool linear, BlockWriter& writer) {
        const bool structure = wants(FeatureKind::StructureTensor, sigma);
        const bool slopes = structure || wants(FeatureKind::GradientMagnitude, sigma);
        const bool curves = wants(FeatureKind::Laplacian, sigma) || wants(FeatureKind::Hessian, sigma);
        const GaussianKernel kernel(sigma), outer(structure_ratio * sigma);
        const std::int64_t margin = structure ? outer.radius : 0;
        differentiate(source, kernel, margin, slopes, curves);

        int feature = first;
        const auto write = [&](const auto& row_of, bool as_linear = false) {
            for (std::int64_t y = 0; y < height_; ++y)
                writer.write(feature, y, row_of(y), as_linear);
            ++feature;
        };
        const auto combined = [&](auto&& function, const Plane& a, const Plane& b) {
            write([&](std::int64_t y) {
                function(a.at(y, 0), b.at(y, 0), row_.data(), width_);
                return static_cast<const float*>(row_.data());
            });
        };
        const auto eigenvalues = [&](const Plane& xx, const Plane& xy, const Plane& yy) {
            for (std::int64_t y = 0; y < height_; ++y) {
                eigenvalue_rows(xx.at(y, 0), xy.at(y, 0), yy.at(y, 0), row_.data(), second_row_.data(),
                                width_);
                writer.write(feature, y, row_.data(), false);
                writer.write(feature + 1, y, second_row_.data(), false);
            }
            feature += 2;
        };
        for (const FeatureKind kind : options_.kinds) {
            if (!computed(kind, sigma))
                continue;
            switch (kind) {
            case FeatureKind::Gaussian:
                write([&](std::int64_t y) { return std::as_const(smooth_).at(y, 0); }, linear);
                break;
            case FeatureKind::Laplacian:
                combined(add_rows, xx_, yy_);
                break;
            case FeatureKind::GradientMagnitude:
                combined(length_rows, x_, y_);
                break;
            case FeatureKind::DifferenceOfGaussians: {
                const GaussianKernel narrow(difference_ratio * sigma);
                smoothed(source, narrow, narrow.radius, other_);
                combined(subtract_rows, smooth_, other_);
                break;
            }
            case FeatureKind::StructureTensor:
                average_products(outer, margin);
                eigenvalues(tensor_[0], tensor_[1], tensor_[2]);
                break;
            case FeatureKind::Hessian:
                eigenvalues(xx_, xy_, yy_);
                break;
            }
        }
        return feature;
    }

private:
    void room(Plane& plane, std::int64_t margin) const { plane = Plane(height_, width_, margin); }

    void smoothed(const Plane& source, const GaussianKernel& kernel, std::int64_t margin_y, Plane& to) {
        Plane along_rows(height_, width_, margin_y);
        filter(source, Along::Rows, kernel, height_, width_, margin_y, 0, std::array{&along_rows});
        room(to, 0);
        filter(along_rows, Along::Columns, kernel, height_, width_, 0, 0, std::array{&to});
    }

    // The derivatives that are wanted, `margin` pixels beyond the block.
    void differentiate(const Plane& source, const GaussianKernel& kernel, std::int64_t margin, bool slopes,
                       bool curves) {
        std::array<Plane, 3> rows;
        const std::size_t orders = curves ? 3 : slopes ? 2 : 1;
        std::array<Plane*, 3> out{};
        for (std::size_t i = 0; i < orders; ++i) {
            room(rows[i], margin + kernel.radius);
            out[i] = &rows[i];
        }
        filter(source, Along::Rows, kernel, height_, width_, margin + kernel.radius, margin,
               std::span(out).first(orders));
        const auto down = [&](const Plane& from, std::initializer_list<Plane*> to) {
            for (Plane* plane : to)
                room(*plane, margin);
            filter(from, Along::Columns, kernel, height_, width_, margin, margin,
                   std::span(to.begin(), to.size()));
        };
        if (curves) {
            down(rows[0], {&smooth_, &y_, &yy_});
            down(rows[1], {&x_, &xy_});
            down(rows[2], {&xx_});
        } else if (slopes) {
            down(rows[0], {&smooth_, &y_});
            down(rows[1], {&x_});
        } else {
            down(rows[0], {&smooth_});
        }
    }

    void average_products(const GaussianKernel& outer, std::int64_t margin) {
        Plane product(height_, width_, margin), along_rows(height_, width_, margin);
        const std::int64_t width = Plane(1, width_ + 2 * margin).width();
        const std::array<std::pair<const Plane*, const Plane*>, 3> factors{
            {{&x_, &x_}, {&x_, &y_}, {&y_, &y_}}};
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::int64_t y = -margin; y < height_ + margin; ++y)
                multiply_rows(factors[i].first->at(y, -margin), factors[i].second->at(y, -margin),
                              product.at(y, -margin), width);
            filter(product, Along::Rows, outer, height_, width_, margin, 0, std::array{&along_rows});
            room(tensor_[i], 0);
            filter(along_rows, Along::Columns, outer, height_, width_, 0, 0, std::array{&tensor_[i]});
        }
    }

    const PixelFeatureOptions& options_;
    const std::int64_t height_, width_; // whole cells
    Plane smooth_, x_, y_, xx_, xy_, yy_, other_;
    std::array<Plane, 3> tensor_;
    std::array<float, FeatureBlock::side> row_{}, second_row_{};
};

// A channel of a window of the image as a plane whose corner is the block's, mirrored at the image's edge.
Plane mirrored_plane(const Image& window, const Region& at, int channel, const ImageInfo& info,
                     const Region& block, std::int64_t height, std::int64_t width, std::int64_t halo) {
    std::vector<float> values(static_cast<std::size_t>(window.width() * window.height()));
    with_pixel_type(window.type(), [&](auto kind) {
        using T = decltype(kind);
        to_floats<T>(window.plane_as<T>(channel), values.data());
    });
    Plane plane(height, width, halo);
    std::vector<std::int64_t> columns;
    // The width rounded up is filtered too, so there must be numbers there.
    for (std::int64_t x = -halo; x < plane.width() + halo; ++x)
        columns.push_back(
            std::clamp<std::int64_t>(mirrored(block.x + x, info.width) - at.x, 0, window.width() - 1));
    for (std::int64_t y = -halo; y < height + halo; ++y) {
        const std::int64_t row =
            std::clamp<std::int64_t>(mirrored(block.y + y, info.height) - at.y, 0, window.height() - 1);
        const float* from = values.data() + row * window.width();
        float* to = plane.at(y, -halo);
        for (const std::int64_t column : columns)
            *to++ = from[column];
    }
    return plane;
}

} // namespace

std::int16_t linear_code(float value) {
    return code_of_linear(value);
}
float linear_value(std::int16_t code) {
    return (static_cast<float>(code) + 32768.f) / 65535.f;
}
std::int16_t magnitude_code(float value) {
    return code_of_magnitude(value);
}
float magnitude_value(std::int16_t code) {
    if (code == 0)
        return 0;
    const std::int32_t bits = (std::abs(static_cast<std::int32_t>(code)) + magnitude_zero) << magnitude_shift;
    return code < 0 ? -std::bit_cast<float>(bits) : std::bit_cast<float>(bits);
}

ParameterSchema PixelFeatureOptions::parameters() {
    return {
        text_parameter("features", "gaussian, laplacian, gradient, difference, structure, hessian",
                       "Features",
                       "What is computed of each pixel: any of gaussian (brightness), laplacian (blobs), "
                       "gradient and difference (edges), structure and hessian (texture, ridges)."),
        text_parameter("sigmas", "0.3, 0.7, 1, 1.6, 3.5, 5, 10", "Scales",
                       "The sizes at which features look, as sigmas in px from 0.3 to 20 with commas "
                       "between: about half the width of what is to be told apart. Below 0.5 only gaussian "
                       "is computed.")
            .with_unit("px"),
        choice_parameter("channels", "all", {"all", "gray"}, "Channels",
                         "Look at each channel on its own, or at the brightness of a colour picture: a third "
                         "of the work, where colour tells nothing.")};
}

PixelFeatureOptions PixelFeatureOptions::from_parameters(const Json& complete) {
    PixelFeatureOptions options;
    std::vector<std::string> known;
    for (const KindName& name : kind_names)
        known.emplace_back(name.id);
    for (const std::string& word : words_of(complete.at("features"))) {
        const auto found = std::find(known.begin(), known.end(), word);
        if (found == known.end()) {
            std::string all;
            for (const std::string& one : known)
                all += (all.empty() ? "" : ", ") + one;
            throw Error(ErrorCode::BadInput, "There is no feature \"" + word + "\"" +
                                                 nearest_hint(word, known) + ". Known: " + all + ".");
        }
        options.kinds.push_back(kind_names[static_cast<std::size_t>(found - known.begin())].kind);
    }
    for (const std::string& word : words_of(complete.at("sigmas")))
        options.sigmas.push_back(sigma_of(word));
    // In one order and once each, so that the same choice is the same features.
    std::sort(options.kinds.begin(), options.kinds.end());
    options.kinds.erase(std::unique(options.kinds.begin(), options.kinds.end()), options.kinds.end());
    std::sort(options.sigmas.begin(), options.sigmas.end());
    options.sigmas.erase(std::unique(options.sigmas.begin(), options.sigmas.end()), options.sigmas.end());
    options.gray = complete.at("channels") == "gray";
    return options;
}

Json PixelFeatureOptions::to_json() const {
    std::string features, scales;
    for (const FeatureKind kind : kinds)
        features +=
            (features.empty() ? "" : ", ") + std::string(kind_names[static_cast<std::size_t>(kind)].id);
    for (const double sigma : sigmas)
        scales += (scales.empty() ? "" : ", ") + shown(sigma);
    return {{"features", features}, {"sigmas", scales}, {"channels", gray ? "gray" : "all"}};
}

void FeatureBlock::gather(std::int64_t x, std::int64_t y, std::span<std::int16_t> to) const {
    const std::int16_t* from = cell_at(y / cell, x / cell) + y % cell * cell + x % cell;
    for (int feature = 0; feature < features; ++feature)
        to[static_cast<std::size_t>(feature)] = from[feature * cell_pixels];
}

PixelFeatures::PixelFeatures(PixelFeatureOptions options, const ImageInfo& info)
    : options_(std::move(options))
    , luminance_(options_.gray && info.rgb && info.channels == 3)
    , type_(info.type) {
    channels_ = luminance_ ? 1 : info.channels;
    for (const double sigma : options_.sigmas) {
        const GaussianKernel kernel(sigma), outer(structure_ratio * sigma);
        halo_ = std::max<std::int64_t>(halo_, kernel.radius + outer.radius);
    }
    for (int channel = 1; channel <= channels_; ++channel)
        for (const double sigma : options_.sigmas)
            for (const FeatureKind kind : options_.kinds) {
                if (!computed(kind, sigma))
                    continue;
                const KindName& name = kind_names[static_cast<std::size_t>(kind)];
                const std::string end =
                    " " + shown(sigma) +
                    (channels_ > 1 || info.channels == 1 ? " · channel " + std::to_string(channel)
                                                         : " · brightness");
                if (name.features == 1)
                    names_.push_back(name.title + end);
                else
                    for (const char* which : {", larger eigenvalue", ", smaller eigenvalue"})
                        names_.push_back(name.title + end + which);
            }
    if (names_.empty())
        throw Error(ErrorCode::BadInput, "No feature is left to tell pixels apart by: choose at least one of "
                                         "the features and one scale of 0.5 px or more.");
}

Region PixelFeatures::block_region(const ImageInfo& info, std::int64_t row, std::int64_t column) {
    constexpr std::int64_t side = FeatureBlock::side;
    return Region{column * side, row * side, side, side}.intersected({0, 0, info.width, info.height});
}

FeatureBlock PixelFeatures::compute(ImageSource& source, PlaneIndex plane, std::int64_t row,
                                    std::int64_t column, const JobContext& context) const {
    const ImageInfo& info = source.info();
    FeatureBlock block;
    block.region = block_region(info, row, column);
    if (block.region.empty())
        throw Error(ErrorCode::Internal, "A block of features was asked for beyond its image.");
    constexpr std::int64_t cell = FeatureBlock::cell;
    block.features = count();
    block.cells_across = (block.region.width + cell - 1) / cell;
    block.cells_down = (block.region.height + cell - 1) / cell;
    block.codes.resize(static_cast<std::size_t>(block.cells_across * block.cells_down * count()) *
                       FeatureBlock::cell_pixels);
    const std::int64_t height = block.cells_down * cell, width = Plane(1, block.cells_across * cell).width();

    // Whole cells and lanes may lie beyond the image's edge, and mirror what lies as far within it.
    const std::int64_t reach = halo_ + Plane::lane_width;
    const Region around = Region{block.region.x - reach, block.region.y - reach,
                                 block.region.width + 2 * reach, block.region.height + 2 * reach}
                              .intersected({0, 0, info.width, info.height});
    context.throw_if_cancelled();
    Image window = source.read(around, 0, plane.z, plane.t);
    if (luminance_)
        window = luminance(window);
    if (window.channels() != channels_ || window.type() != type_)
        throw Error(ErrorCode::Conflict,
                    "The image changed while it was read. Look at it in Data, then try again.");
    BlockWriter writer(block, width);
    ScaleComputer computer(options_, height, width);
    int feature = 0;
    for (int channel = 0; channel < channels_; ++channel) {
        const Plane pixels =
            mirrored_plane(window, around, channel, info, block.region, height, width, halo_);
        for (const double sigma : options_.sigmas) {
            context.throw_if_cancelled();
            feature = computer.compute(pixels, sigma, feature, is_small_integer(type_), writer);
        }
    }
    return block;
}

} // namespace eyepiece::label
