// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/augmentation.h"

#include "core/learning/random.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace eyepiece {
namespace {

constexpr char group[] = "Augmentation";

ParameterSpec strength(std::string name, double value, double limit, std::string title, std::string help) {
    return real_parameter(std::move(name), value, std::move(title), std::move(help))
        .range(0, limit)
        .in(group);
}

ParameterSpec probability(std::string of, double value, std::string title) {
    return real_parameter(of + "-probability", value, std::move(title),
                          "How often this change is made: 0 never, 1 for every patch.")
        .range(0, 1)
        .in(group)
        .rarely();
}

// Where each pixel of the patch lies in the image, in OpenCV's coordinates (pixel centres are whole numbers).
struct Map {
    cv::Mat x, y; // float
};

// A smooth random displacement: independent ones on a coarse grid, bicubic in between (Ronneberger et al.
// 2015).
cv::Mat displacement(Random& random, int height, int width, double spacing, double amplitude) {
    cv::Mat coarse(static_cast<int>(height / spacing) + 3, static_cast<int>(width / spacing) + 3, CV_32F);
    for (int i = 0; i < static_cast<int>(coarse.total()); ++i)
        coarse.at<float>(i / coarse.cols, i % coarse.cols) =
            static_cast<float>(random.uniform(-amplitude, amplitude));
    cv::Mat fine;
    cv::resize(coarse, fine,
               cv::Size(std::max(width, static_cast<int>(coarse.cols * spacing)),
                        std::max(height, static_cast<int>(coarse.rows * spacing))),
               0, 0, cv::INTER_CUBIC);
    return fine(cv::Rect(0, 0, width, height)).clone();
}

// Index i mirrored into [0,n): -1 is 1, n is n-2 (cv::BORDER_REFLECT_101, for any distance).
std::int64_t mirrored(std::int64_t i, std::int64_t n) {
    if (n == 1)
        return 0;
    const std::int64_t period = 2 * (n - 1);
    i = ((i % period) + period) % period;
    return i < n ? i : period - i;
}

// The part of the image under the map, mirrored where it reaches beyond, so that remap() never needs a
// border. Returns its position in the image.
cv::Point cut(const LabelledImage& image, const Map& map, Image& pixels, cv::Mat& classes) {
    double low_x, high_x, low_y, high_y;
    cv::minMaxLoc(map.x, &low_x, &high_x);
    cv::minMaxLoc(map.y, &low_y, &high_y);
    const auto left = static_cast<std::int64_t>(std::floor(low_x)) - 1;
    const auto top = static_cast<std::int64_t>(std::floor(low_y)) - 1;
    const auto width = static_cast<std::int64_t>(std::ceil(high_x)) + 2 - left;
    const auto height = static_cast<std::int64_t>(std::ceil(high_y)) + 2 - top;

    std::vector<std::int64_t> columns(static_cast<std::size_t>(width));
    for (std::int64_t x = 0; x < width; ++x)
        columns[static_cast<std::size_t>(x)] = mirrored(left + x, image.pixels.width());
    const std::size_t size = bytes_per_pixel(image.pixels.type());
    pixels = Image::create(image.pixels.type(), image.pixels.channels(), height, width);
    classes.create(static_cast<int>(height), static_cast<int>(width), CV_8U);
    for (std::int64_t y = 0; y < height; ++y) {
        const std::int64_t row = mirrored(top + y, image.pixels.height()) * image.pixels.width();
        for (int c = 0; c < pixels.channels(); ++c) {
            const std::byte* from = image.pixels.plane(c).data() + static_cast<std::size_t>(row) * size;
            std::byte* to = pixels.writable_plane(c).data() + static_cast<std::size_t>(y * width) * size;
            for (std::int64_t x = 0; x < width; ++x, to += size)
                std::copy_n(from + static_cast<std::size_t>(columns[static_cast<std::size_t>(x)]) * size,
                            size, to);
        }
        auto* to = classes.ptr<std::uint8_t>(static_cast<int>(y));
        for (std::int64_t x = 0; x < width; ++x)
            to[x] = image.classes[static_cast<std::size_t>(row + columns[static_cast<std::size_t>(x)])];
    }
    return {static_cast<int>(left), static_cast<int>(top)};
}

} // namespace

ParameterSchema Augmentation::parameters() {
    return {
        probability("flip", 0.5, "Flip: how often").in(group),
        probability("right-angle", 0.75, "Quarter turns: how often").in(group),
        strength("rotation", 20, 180, "Rotation", "Turns the image by up to this angle either way.")
            .with_unit("°"),
        probability("rotation", 0.3, "Rotation: how often"),
        strength("scale", 0.3, 3, "Scale",
                 "Enlarges or shrinks by up to this share: 0.3 is 1/1.3 to 1.3 times."),
        probability("scale", 0.5, "Scale: how often"),
        strength("elastic", 4, 50, "Elastic", "Bends the image smoothly, by up to this many pixels.")
            .with_unit("px"),
        strength("elastic-spacing", 48, 512, "Elastic: distance", "Distance between independent bends.")
            .range(4, 512)
            .with_unit("px")
            .rarely(),
        probability("elastic", 0.2, "Elastic: how often"),
        strength("gain", 0.25, 4, "Contrast", "Multiplies each channel by up to 1 + this, or divides by it."),
        strength("offset", 0.08, 1, "Brightness",
                 "Adds up to this share of the normalised range to each channel."),
        strength("gamma", 0.3, 4, "Gamma",
                 "Raises each channel to a power of up to 1 + this, or its inverse."),
        probability("intensity", 0.6, "Contrast, brightness, gamma: how often"),
        strength("blur", 1.2, 10, "Blur", "Standard deviation of a Gaussian blur, at most.").with_unit("px"),
        probability("blur", 0.15, "Blur: how often"),
        strength("noise", 0.06, 1, "Noise",
                 "Standard deviation of added noise, at most, as a share of the range."),
        probability("noise", 0.2, "Noise: how often"),
    };
}

Augmentation Augmentation::none() {
    return {};
}

Augmentation::Augmentation(const Json& values)
    : flip_probability_(values.at("flip-probability"))
    , right_angle_probability_(values.at("right-angle-probability"))
    , rotation_(values.at("rotation"))
    , rotation_probability_(values.at("rotation-probability"))
    , scale_(values.at("scale"))
    , scale_probability_(values.at("scale-probability"))
    , elastic_(values.at("elastic"))
    , elastic_spacing_(values.at("elastic-spacing"))
    , elastic_probability_(values.at("elastic-probability"))
    , gain_(values.at("gain"))
    , offset_(values.at("offset"))
    , gamma_(values.at("gamma"))
    , intensity_probability_(values.at("intensity-probability"))
    , blur_(values.at("blur"))
    , blur_probability_(values.at("blur-probability"))
    , noise_(values.at("noise"))
    , noise_probability_(values.at("noise-probability")) {}

Example Augmentation::draw(const LabelledImage& image, const Normalisation& normalisation, double centre_x,
                           double centre_y, std::int64_t height, std::int64_t width,
                           std::uint64_t seed) const {
    Random random(seed);
    // The linear part, patch -> image: quarter turns and flips first, then a free turn and scale.
    const bool flip_x = random.chance(flip_probability_), flip_y = random.chance(flip_probability_);
    const auto quarter = random.chance(right_angle_probability_) ? random.below(4) : 0;
    const double angle = random.chance(rotation_probability_) ? random.uniform(-rotation_, rotation_) : 0;
    const double zoom = random.chance(scale_probability_) ? random.factor(scale_) : 1;
    constexpr int cosine[] = {1, 0, -1, 0};
    const double qc = cosine[quarter], qs = cosine[(quarter + 3) % 4];
    const double radians = angle * M_PI / 180, fc = std::cos(radians) / zoom, fs = std::sin(radians) / zoom;
    double a = fc * qc - fs * qs, b = -fc * qs - fs * qc, c = fs * qc + fc * qs, d = -fs * qs + fc * qc;
    if (flip_x)
        a = -a, c = -c;
    if (flip_y)
        b = -b, d = -d;
    const auto rows = static_cast<int>(height), columns = static_cast<int>(width);
    const bool exact = angle == 0 && zoom == 1;
    if (exact) { // whole pixels map to whole pixels, which takes a centre on the pixel grid
        const bool turned = quarter % 2 == 1;
        const double odd_x = (turned ? rows : columns) % 2 * 0.5, odd_y = (turned ? columns : rows) % 2 * 0.5;
        centre_x = std::round(centre_x - odd_x) + odd_x;
        centre_y = std::round(centre_y - odd_y) + odd_y;
    }
    Map map{cv::Mat(rows, columns, CV_32F), cv::Mat(rows, columns, CV_32F)};
    for (int y = 0; y < rows; ++y) {
        auto* to_x = map.x.ptr<float>(y);
        auto* to_y = map.y.ptr<float>(y);
        const double v = y + 0.5 - rows * 0.5;
        for (int x = 0; x < columns; ++x) {
            const double u = x + 0.5 - columns * 0.5;
            to_x[x] = static_cast<float>(centre_x + a * u + b * v - 0.5);
            to_y[x] = static_cast<float>(centre_y + c * u + d * v - 0.5);
        }
    }
    if (elastic_ > 0 && random.chance(elastic_probability_)) {
        const double amplitude = random.uniform(0.3, 1) * elastic_;
        map.x += displacement(random, rows, columns, elastic_spacing_, amplitude);
        map.y += displacement(random, rows, columns, elastic_spacing_, amplitude);
    }

    Image pixels;
    cv::Mat classes;
    const cv::Point origin = cut(image, map, pixels, classes);
    map.x -= origin.x;
    map.y -= origin.y;
    const torch::Tensor source = normalisation.apply(pixels, image.limits);

    Example example;
    example.input = torch::empty({source.size(0), height, width}, torch::kFloat32);
    const bool change = random.chance(intensity_probability_);
    const double blur = random.chance(blur_probability_) ? random.uniform(0.2, 1) * blur_ : 0;
    const double noise = random.chance(noise_probability_) ? random.uniform(0.2, 1) * noise_ : 0;
    const double common_gain = random.factor(gain_), common_gamma = random.factor(gamma_);
    const double common_offset = random.uniform(-offset_, offset_);
    for (std::int64_t channel = 0; channel < source.size(0); ++channel) {
        const cv::Mat from(static_cast<int>(source.size(1)), static_cast<int>(source.size(2)), CV_32F,
                           source[channel].data_ptr<float>());
        cv::Mat to(rows, columns, CV_32F, example.input[channel].data_ptr<float>());
        cv::remap(from, to, map.x, map.y, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
        if (change) {
            // Mostly the whole picture, a little each channel: stains and lamps vary both ways.
            const auto gain = static_cast<float>(common_gain * random.factor(gain_ * 0.3));
            const auto gamma = static_cast<float>(common_gamma * random.factor(gamma_ * 0.3));
            const auto offset = static_cast<float>(common_offset + random.uniform(-0.3, 0.3) * offset_);
            for (int y = 0; y < rows; ++y) {
                auto* row = to.ptr<float>(y);
                for (int x = 0; x < columns; ++x) {
                    const float value = row[x];
                    row[x] = (value > 0 && gamma != 1 ? std::pow(value, gamma) : value) * gain + offset;
                }
            }
        }
        if (blur > 0.05)
            cv::GaussianBlur(to, to, {}, blur, blur, cv::BORDER_REFLECT_101);
    }
    // Plain loops below: tensor operations of this size would start threads beside those that train.
    float* const values = example.input.data_ptr<float>();
    if (noise > 0) {
        auto generator = at::detail::createCPUGenerator(random.bits());
        const auto normal = torch::randn(example.input.sizes(), generator, torch::kFloat32);
        const float* const from = normal.data_ptr<float>();
        for (std::int64_t i = 0; i < normal.numel(); ++i)
            values[i] += static_cast<float>(noise) * from[i];
    }

    cv::Mat nearest;
    cv::remap(classes, nearest, map.x, map.y, cv::INTER_NEAREST, cv::BORDER_REPLICATE);
    example.target = torch::empty({height, width}, torch::kInt64);
    example.weight = torch::empty({height, width}, torch::kFloat32);
    auto* target = example.target.data_ptr<std::int64_t>();
    auto* weight = example.weight.data_ptr<float>();
    for (int i = 0; i < static_cast<int>(nearest.total()); ++i) {
        const std::uint8_t found = nearest.data[i];
        target[i] = found == LabelledImage::unknown ? 0 : found;
        weight[i] = found == LabelledImage::unknown ? 0.f : 1.f;
    }
    return example;
}

} // namespace eyepiece
