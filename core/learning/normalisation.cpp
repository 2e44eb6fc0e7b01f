// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/normalisation.h"

#include "core/base/error.h"
#include "core/data/components.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace eyepiece {
namespace {

constexpr std::int64_t whole_limit = std::int64_t{4} << 20; // px; larger images are sampled
constexpr std::int64_t block = 128, grid = 16;              // px, blocks a side of the sample

// Finite values of one channel, appended. Very many are thinned evenly: percentiles do not notice.
void gather(const Image& image, int channel, std::vector<float>& values) {
    with_pixel_type(image.type(), [&](auto zero) {
        const auto plane = image.plane_as<decltype(zero)>(channel);
        const std::size_t step = std::max<std::size_t>(1, plane.size() / (std::size_t{1} << 20));
        for (std::size_t i = 0; i < plane.size(); i += step) {
            const float value = static_cast<float>(plane[i]);
            if (std::isfinite(value))
                values.push_back(value);
        }
    });
}

float percentile(std::vector<float>& values, double percent) {
    if (values.empty())
        return 0;
    const auto at =
        static_cast<std::size_t>(std::llround(percent / 100.0 * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
    return values[at];
}

std::pair<float, float> type_range(PixelType type) {
    std::pair<float, float> range{0.f, 1.f};
    with_pixel_type(type, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_integral_v<T>)
            range = {static_cast<float>(std::numeric_limits<T>::min()),
                     static_cast<float>(std::numeric_limits<T>::max())};
    });
    return range;
}

// Where 1 lies so that a typical object comes to about 0.8, however bright a few others are: objects are what
// lies above Otsu's threshold of the square roots, which weigh dim and bright ones more alike, and the
// typical one is their 80th percentile. Never above `high`; `high` where that parts the picture into no
// objects on a ground.
float typical_high(const std::vector<float>& sample, float low, float high) {
    if (sample.empty() || !(high > low))
        return high;
    Image roots = Image::create(PixelType::Float32, 1, 1, static_cast<std::int64_t>(sample.size()));
    const auto to = roots.writable_plane_as<float>(0);
    for (std::size_t i = 0; i < sample.size(); ++i)
        to[i] = std::sqrt(std::clamp((sample[i] - low) / (high - low), 0.f, 1.f));
    const auto cut = otsu_threshold(roots);
    if (!cut)
        return high;
    std::vector<float> objects;
    for (std::size_t i = 0; i < sample.size(); ++i)
        if (to[i] > *cut)
            objects.push_back(sample[i]);
    const double share = static_cast<double>(objects.size()) / static_cast<double>(sample.size());
    if (share < 0.002 || share > 0.5)
        return high;
    return std::min(high, low + 1.25f * (percentile(objects, 80) - low));
}

InputLimits limits_of(const Normalisation& normalisation, PixelType type,
                      std::vector<std::vector<float>> values) {
    InputLimits limits;
    const auto channels = values.size();
    const bool joint = normalisation.channels == "rgb"; // one pair of limits for the three colours
    if (joint)
        for (std::size_t c = 1; c < channels; ++c)
            values[0].insert(values[0].end(), values[c].begin(), values[c].end());
    const auto sample = [&](std::size_t c) -> auto& {
        return values[joint ? 0 : c];
    };
    const bool alike = joint && normalisation.mode != "range";
    const std::size_t measured = alike ? std::min<std::size_t>(channels, 1) : channels;
    double median = 0, low_sum = 0, high_sum = 0;
    for (std::size_t c = 0; c < measured; ++c) {
        float low = 0, high = 1;
        if (normalisation.mode == "percentile" || normalisation.mode == "typical") {
            low = percentile(sample(c), normalisation.low_percentile);
            high = percentile(sample(c), normalisation.high_percentile);
        } else if (normalisation.mode == "range") {
            const auto pick = [c](const std::vector<float>& v) { return v.size() == 1 ? v[0] : v.at(c); };
            low = pick(normalisation.fixed_low);
            high = pick(normalisation.fixed_high);
        } else {
            std::tie(low, high) = type_range(type);
        }
        if (!(high > low)) // an empty or even image: everything becomes 0
            high = low + 1;
        limits.low.push_back(low);
        limits.high.push_back(high);
        median += percentile(sample(c), 50);
        low_sum += low;
        high_sum += high;
    }
    // On a bright ground objects are the dark part, which has no outliers to speak of.
    if (normalisation.mode == "typical" && 2 * median <= low_sum + high_sum)
        for (std::size_t c = 0; c < measured; ++c)
            limits.high[c] = typical_high(sample(c), limits.low[c], limits.high[c]);
    limits.inverted = normalisation.invert_bright_ground && 2 * median > low_sum + high_sum;
    if (measured < channels) {
        limits.low.resize(channels, limits.low.front());
        limits.high.resize(channels, limits.high.front());
    }
    return limits;
}

} // namespace

Json Normalisation::to_json() const {
    Json json = {{"channels", channels},
                 {"input-channels", input_channels},
                 {"mode", mode},
                 {"gamma", gamma},
                 {"invert-bright-ground", invert_bright_ground}};
    if (mode == "percentile" || mode == "typical") {
        json["low-percentile"] = low_percentile;
        json["high-percentile"] = high_percentile;
    } else if (mode == "range") {
        json["low"] = fixed_low;
        json["high"] = fixed_high;
    }
    json["clip"] = {-0.5, 1.5};
    return json;
}

Normalisation Normalisation::from_json(const Json& json) {
    Normalisation result;
    try {
        result.channels = json.at("channels").get<std::string>();
        result.input_channels = json.at("input-channels").get<int>();
        result.mode = json.at("mode").get<std::string>();
        result.gamma = json.value("gamma", 1.0);
        result.invert_bright_ground = json.value("invert-bright-ground", false);
        result.low_percentile = json.value("low-percentile", 1.0);
        result.high_percentile = json.value("high-percentile", 99.8);
        result.fixed_low = json.value("low", std::vector<float>{});
        result.fixed_high = json.value("high", std::vector<float>{});
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorCode::BadInput, "The model's description of its input cannot be read.",
                    error.what());
    }
    const auto fits = [&](const std::vector<float>& v) {
        return v.size() == 1 || v.size() == static_cast<std::size_t>(result.input_channels);
    };
    const bool known_channels =
        result.channels == "gray" || result.channels == "rgb" || result.channels == "all";
    const bool known_mode = result.mode == "percentile" || result.mode == "typical" ||
                            result.mode == "type" ||
                            (result.mode == "range" && fits(result.fixed_low) && fits(result.fixed_high));
    if (!known_channels || !known_mode || result.input_channels < 1 || result.gamma <= 0)
        throw Error(ErrorCode::BadInput, "The model's description of its input is damaged: " + json.dump());
    return result;
}

bool is_gray(const Image& image) {
    if (image.channels() == 1)
        return true;
    if (image.channels() != 3)
        return false;
    const auto r = image.plane(0), g = image.plane(1), b = image.plane(2);
    return std::memcmp(r.data(), g.data(), r.size()) == 0 && std::memcmp(r.data(), b.data(), r.size()) == 0;
}

Image Normalisation::arranged(const Image& image) const {
    if (channels == "gray") {
        if (image.channels() == 1)
            return image;
        if (image.channels() >= 3)
            return luminance(image);
        throw Error(ErrorCode::BadInput,
                    "The model takes gray or colour images, but this one has " +
                        std::to_string(image.channels()) +
                        " channels. Choose channels \"all\" and train on images like it.");
    }
    if (channels == "rgb") {
        if (image.channels() == 3)
            return image;
        if (image.channels() == 1) {
            Image three = Image::create(image.type(), 3, image.height(), image.width());
            for (int c = 0; c < 3; ++c) {
                const auto to = three.writable_plane(c);
                std::memcpy(to.data(), image.plane(0).data(), to.size());
            }
            return three;
        }
    }
    if (image.channels() != input_channels)
        throw Error(ErrorCode::BadInput, "The model takes images of " + std::to_string(input_channels) +
                                             " channels, but this one has " +
                                             std::to_string(image.channels()) +
                                             ". Use images like those it was trained on.");
    return image;
}

InputLimits Normalisation::measure(const Image& arranged) const {
    std::vector<std::vector<float>> values(static_cast<std::size_t>(arranged.channels()));
    for (int c = 0; c < arranged.channels(); ++c)
        gather(arranged, c, values[static_cast<std::size_t>(c)]);
    return limits_of(*this, arranged.type(), std::move(values));
}

InputLimits Normalisation::measure(ImageSource& source, int z, int t) const {
    const ImageInfo& info = source.info();
    if (info.width * info.height <= whole_limit)
        return measure(arranged(source.read({0, 0, info.width, info.height}, 0, z, t)));
    std::vector<std::vector<float>> values;
    PixelType type = info.type;
    const std::int64_t columns = std::min(grid, (info.width + block - 1) / block);
    const std::int64_t rows = std::min(grid, (info.height + block - 1) / block);
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t column = 0; column < columns; ++column) {
            const std::int64_t x =
                columns < 2 ? 0 : column * std::max<std::int64_t>(info.width - block, 0) / (columns - 1);
            const std::int64_t y =
                rows < 2 ? 0 : row * std::max<std::int64_t>(info.height - block, 0) / (rows - 1);
            const Image part = arranged(source.read({x, y, block, block}, 0, z, t));
            values.resize(static_cast<std::size_t>(part.channels()));
            type = part.type();
            for (int c = 0; c < part.channels(); ++c)
                gather(part, c, values[static_cast<std::size_t>(c)]);
        }
    return limits_of(*this, type, std::move(values));
}

torch::Tensor Normalisation::apply(const Image& arranged, const InputLimits& limits) const {
    auto result = torch::empty({arranged.channels(), arranged.height(), arranged.width()}, torch::kFloat32);
    float* out = result.data_ptr<float>();
    const auto power = static_cast<float>(gamma);
    for (int c = 0; c < arranged.channels(); ++c) {
        const float low = limits.low.at(static_cast<std::size_t>(c));
        const float scale = 1.0f / (limits.high.at(static_cast<std::size_t>(c)) - low);
        with_pixel_type(arranged.type(), [&](auto zero) {
            for (const auto raw : arranged.plane_as<decltype(zero)>(c)) {
                float value = (static_cast<float>(raw) - low) * scale;
                value = value >= -0.5f ? std::min(value, 1.5f) : (value < -0.5f ? -0.5f : 0.f); // NaN: 0
                if (limits.inverted)
                    value = 1.0f - value;
                if (power != 1.0f && value > 0)
                    value = std::pow(value, power);
                *out++ = value;
            }
        });
    }
    return result;
}

} // namespace eyepiece
