// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sample_nuclei.h"
#include "core/base/error.h"
#include "core/data/components.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace eyepiece {
namespace {

// The standard's engines are specified to the bit, its distributions are not: these are our own.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; } // [0, 1)
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    double normal() {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }
    double log_normal(double median, double spread) { return median * std::exp(spread * normal()); }
    double poisson(double mean) {
        if (mean > 60)
            return std::max(0.0, std::floor(mean + std::sqrt(mean) * normal() + 0.5));
        const double limit = std::exp(-mean);
        double product = uniform();
        int count = 0;
        for (; product > limit; ++count)
            product *= uniform();
        return count;
    }

private:
    std::mt19937_64 engine_;
};

// A plane of floats, row-major.
struct Plane {
    std::int64_t width, height;
    std::vector<float> v;
    Plane(std::int64_t w, std::int64_t h, float value = 0)
        : width(w), height(h), v(static_cast<std::size_t>(w * h), value) {}
    float& at(std::int64_t x, std::int64_t y) { return v[static_cast<std::size_t>(y * width + x)]; }
    float at(std::int64_t x, std::int64_t y) const { return v[static_cast<std::size_t>(y * width + x)]; }
};

void blur_lines(Plane& plane, const std::vector<float>& kernel, bool along_x) {
    const auto reach = static_cast<std::int64_t>(kernel.size()) - 1;
    const std::int64_t length = along_x ? plane.width : plane.height,
                       lines = along_x ? plane.height : plane.width;
    std::vector<float> line(static_cast<std::size_t>(length));
    for (std::int64_t i = 0; i < lines; ++i) {
        for (std::int64_t k = 0; k < length; ++k)
            line[static_cast<std::size_t>(k)] = along_x ? plane.at(k, i) : plane.at(i, k);
        for (std::int64_t k = 0; k < length; ++k) {
            const auto at = [&](std::int64_t j) {
                return line[static_cast<std::size_t>(std::clamp<std::int64_t>(j, 0, length - 1))];
            };
            float sum = kernel[0] * at(k);
            for (std::int64_t j = 1; j <= reach; ++j)
                sum += kernel[static_cast<std::size_t>(j)] * (at(k - j) + at(k + j));
            (along_x ? plane.at(k, i) : plane.at(i, k)) = sum;
        }
    }
}

void blur(Plane& plane, double sigma) {
    if (sigma < 0.1)
        return;
    std::vector<float> kernel(static_cast<std::size_t>(std::ceil(3 * sigma)) + 1);
    double sum = 0;
    for (std::size_t i = 0; i < kernel.size(); ++i) {
        const double value = std::exp(-static_cast<double>(i * i) / (2 * sigma * sigma));
        kernel[i] = static_cast<float>(value);
        sum += i ? 2 * value : value;
    }
    for (float& value : kernel)
        value = static_cast<float>(value / sum);
    blur_lines(plane, kernel, true);
    blur_lines(plane, kernel, false);
}

// Blurred white noise of mean 0 and deviation 1: chromatin is clumpy at more than one scale.
Plane texture(std::int64_t width, std::int64_t height, double sigma, Dice& dice) {
    Plane plane(width, height);
    for (float& value : plane.v)
        value = static_cast<float>(dice.normal());
    blur(plane, sigma);
    double squares = 0;
    for (const float value : plane.v)
        squares += static_cast<double>(value) * value;
    const auto scale = static_cast<float>(1 / std::sqrt(squares / static_cast<double>(plane.v.size())));
    for (float& value : plane.v)
        value *= scale;
    return plane;
}

struct Nucleus {
    double x, y, major, minor, angle;
    std::array<double, 4> bumps, phases; // of the outline: orders 2 to 5
    double brightness;
    int layer;    // of focus
    bool mitotic; // condensed: small, bright, no nucleoli
    struct Spot {
        double x, y, radius;
    };
    std::vector<Spot> nucleoli; // in units of the axes

    // 0 in the middle, 1 on the outline.
    double distance(double px, double py) const {
        const double dx = px - x, dy = py - y;
        const double u = (dx * std::cos(angle) + dy * std::sin(angle)) / major;
        const double v = (-dx * std::sin(angle) + dy * std::cos(angle)) / minor;
        const double radius = std::hypot(u, v), direction = std::atan2(v, u);
        double outline = 1;
        for (std::size_t i = 0; i < bumps.size(); ++i)
            outline += bumps[i] * std::cos(static_cast<double>(i + 2) * direction + phases[i]);
        return radius / outline;
    }
    double reach() const { return std::max(major, minor) * 1.35; }

    template<class F>
    void for_each_pixel(const LabelMap& map, double margin, F&& f) const {
        const auto left = std::max<std::int64_t>(0, static_cast<std::int64_t>(x - reach() - margin));
        const auto top = std::max<std::int64_t>(0, static_cast<std::int64_t>(y - reach() - margin));
        const auto right = std::min(map.width(), static_cast<std::int64_t>(x + reach() + margin) + 1);
        const auto bottom = std::min(map.height(), static_cast<std::int64_t>(y + reach() + margin) + 1);
        for (std::int64_t py = top; py < bottom; ++py)
            for (std::int64_t px = left; px < right; ++px)
                f(px, py, distance(static_cast<double>(px) + 0.5, static_cast<double>(py) + 0.5));
    }
};

Nucleus random_nucleus(const NucleiOptions& options, double x, double y, Dice& dice) {
    Nucleus n{};
    n.x = x;
    n.y = y;
    n.mitotic = dice.uniform() < 0.04;
    const double size =
        options.radius * std::clamp(std::exp(0.17 * dice.normal()), 0.62, 1.55) * (n.mitotic ? 0.62 : 1);
    const double ratio =
        n.mitotic ? dice.uniform(1.5, 2.2) : 1 + std::min(0.22 * std::abs(dice.normal()), 0.7);
    n.major = size * std::sqrt(ratio);
    n.minor = size / std::sqrt(ratio);
    n.angle = dice.uniform(0, std::numbers::pi);
    for (std::size_t i = 0; i < n.bumps.size(); ++i) {
        n.bumps[i] = 0.045 * dice.normal() / static_cast<double>(i + 1);
        n.phases[i] = dice.uniform(0, 2 * std::numbers::pi);
    }
    n.brightness = dice.log_normal(1, 0.3) * (n.mitotic ? 2.1 : 1);
    n.layer = dice.uniform() < 0.6 ? 0 : dice.uniform() < 0.7 ? 1 : 2;
    const int spots = n.mitotic ? 0 : static_cast<int>(dice.uniform(1, 4.6));
    for (int i = 0; i < spots; ++i) {
        const double direction = dice.uniform(0, 2 * std::numbers::pi),
                     away = 0.6 * std::sqrt(dice.uniform());
        n.nucleoli.push_back(
            {away * std::cos(direction), away * std::sin(direction), dice.uniform(0.1, 0.24)});
    }
    return n;
}

// Places nuclei one after the other; each takes its pixels from those below it. One that would hide too much
// of another, or break it in two, is not placed.
std::vector<Nucleus> place(const NucleiOptions& options, LabelMap& labels, Dice& dice) {
    std::vector<Nucleus> placed;
    std::vector<std::int64_t> full; // area of each without the others
    const auto width = static_cast<double>(options.width), height = static_cast<double>(options.height);
    for (int attempt = 0; attempt < options.nuclei * 12 && static_cast<int>(placed.size()) < options.nuclei;
         ++attempt) {
        double x = dice.uniform(-0.02 * width, 1.02 * width), y = dice.uniform(-0.02 * height, 1.02 * height);
        if (!placed.empty() && dice.uniform() < options.clumping) { // beside one that is there
            const auto& other =
                placed[static_cast<std::size_t>(dice.uniform() * static_cast<double>(placed.size()))];
            const double direction = dice.uniform(0, 2 * std::numbers::pi),
                         away = options.radius * dice.uniform(1.7, 2.5);
            x = other.x + away * std::cos(direction);
            y = other.y + away * std::sin(direction);
        }
        const Nucleus nucleus = random_nucleus(options, x, y, dice);
        std::int64_t area = 0, shared = 0;
        std::vector<std::int64_t> hidden(placed.size() + 1, 0);
        nucleus.for_each_pixel(labels, 0, [&](std::int64_t px, std::int64_t py, double d) {
            if (d > 1)
                return;
            ++area;
            if (const ObjectId below = labels.at(px, py)) {
                ++shared;
                ++hidden[below];
            }
        });
        if (area < 12 || static_cast<double>(shared) > options.overlap * static_cast<double>(area))
            continue;
        bool fits = true;
        for (std::size_t i = 0; i < placed.size() && fits; ++i)
            fits = static_cast<double>(hidden[i + 1]) <= options.overlap * static_cast<double>(full[i]);
        if (!fits)
            continue;
        LabelMap tried = labels;
        const auto id = static_cast<ObjectId>(placed.size() + 1);
        nucleus.for_each_pixel(tried, 0, [&](std::int64_t px, std::int64_t py, double d) {
            if (d <= 1)
                tried.set(px, py, id);
        });
        if (shared > 0) {
            std::vector<ObjectId> origin;
            split_parts(tried, Connectivity::Four, &origin);
            if (origin.size() != id)
                continue;
        }
        labels = std::move(tried);
        placed.push_back(nucleus);
        full.push_back(area);
    }
    return placed;
}

} // namespace

NucleiField generate_nuclei(const NucleiOptions& options) {
    if (options.width < 32 || options.height < 32 || options.width > 16384 || options.height > 16384 ||
        options.nuclei < 0 || options.nuclei > 100'000 || !(options.radius >= 3) ||
        !(options.radius <= 200) || !(options.brightness > 0))
        throw Error(ErrorCode::BadInput,
                    "A sample image needs 32 to 16384 px on each side and nuclei of 3 to 200 px.");
    Dice dice(options.seed);
    const std::int64_t width = options.width, height = options.height;
    NucleiField field;
    field.labels = LabelMap(height, width);
    const std::vector<Nucleus> nuclei = place(options, field.labels, dice);
    field.nuclei = static_cast<int>(nuclei.size());

    const Plane fine = texture(width, height, 0.09 * options.radius, dice);
    const Plane coarse = texture(width, height, 0.28 * options.radius, dice);
    std::vector<Plane> layers(3, Plane(width, height));
    for (const Nucleus& nucleus : nuclei)
        nucleus.for_each_pixel(field.labels, 2, [&](std::int64_t x, std::int64_t y, double d) {
            if (d >= 1.04)
                return;
            // Light adds up over the thickness of a flattened ball; the outline is a fraction of a pixel
            // soft.
            const double thickness = d < 1 ? std::pow(1 - std::pow(d, 2.6), 0.42) : 0;
            double light = nucleus.brightness * (0.12 + 0.88 * thickness) * (d < 1 ? 1 : 0.4);
            const double grain = nucleus.mitotic ? 0.05 : 0.10;
            light *= std::max(0.2, 1 + grain * fine.at(x, y) + 0.13 * coarse.at(x, y));
            const double dx = static_cast<double>(x) + 0.5 - nucleus.x,
                         dy = static_cast<double>(y) + 0.5 - nucleus.y;
            for (const auto& spot : nucleus.nucleoli) {
                const double u =
                    (dx * std::cos(nucleus.angle) + dy * std::sin(nucleus.angle)) / nucleus.major - spot.x;
                const double v =
                    (-dx * std::sin(nucleus.angle) + dy * std::cos(nucleus.angle)) / nucleus.minor - spot.y;
                light *= 1 - 0.42 * std::exp(-(u * u + v * v) / (spot.radius * spot.radius));
            }
            layers[static_cast<std::size_t>(nucleus.layer)].at(x, y) += static_cast<float>(light);
        });
    // Debris: dim specks out of focus, which are not nuclei.
    const auto specks = static_cast<int>(dice.poisson(static_cast<double>(width * height) / 9000.0));
    for (int i = 0; i < specks; ++i) {
        const auto x = static_cast<std::int64_t>(dice.uniform() * static_cast<double>(width));
        const auto y = static_cast<std::int64_t>(dice.uniform() * static_cast<double>(height));
        layers[static_cast<std::size_t>(i % 3)].at(x, y) += static_cast<float>(dice.uniform(0.8, 4));
    }

    constexpr double optics = 0.8; // px, of the microscope itself
    Plane light(width, height);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const double defocus = options.defocus * std::array{0.35, 1.1, 2.3}[i];
        blur(layers[i], std::hypot(optics, defocus));
        for (std::size_t p = 0; p < light.v.size(); ++p)
            light.v[p] += layers[i].v[p];
    }
    Plane haze = light; // light from above and below the focus
    blur(haze, 1.6 * options.radius);

    // Brightest at a place off the middle, falling off smoothly.
    const double cx = dice.uniform(0.25, 0.75), cy = dice.uniform(0.25, 0.75), tilt = dice.uniform(-0.1, 0.1);
    const double background = dice.uniform(0.06, 0.14);
    constexpr double camera_offset = 100, counts_per_electron = 2.2, read_noise = 2.4;
    field.image = Image::create(PixelType::UInt16, 1, height, width);
    auto out = field.image.writable_plane_as<std::uint16_t>(0);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
            const double u = static_cast<double>(x) / static_cast<double>(width) - cx;
            const double v = static_cast<double>(y) / static_cast<double>(height) - cy;
            const double lamp = std::max(0.15, 1 - options.unevenness * 1.6 * (u * u + v * v) - tilt * u);
            const double signal = 0.94 * light.at(x, y) + 0.13 * haze.at(x, y) + background;
            const double electrons =
                dice.poisson(options.brightness * lamp * signal) + read_noise * dice.normal();
            out[static_cast<std::size_t>(y * width + x)] = static_cast<std::uint16_t>(
                std::clamp(std::floor(camera_offset + counts_per_electron * electrons + 0.5), 0.0, 65535.0));
        }
    return field;
}

} // namespace eyepiece
