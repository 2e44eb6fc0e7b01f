// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/magic_wand.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {
constexpr std::uint16_t levels = 4096, never = 0xffff;
constexpr std::size_t pixels_between_looks = 1 << 16; // at the context
} // namespace

WandReach::WandReach(const Image& scaled, std::int64_t x, std::int64_t y,
                     std::span<const std::uint8_t> blocked, const JobContext& context)
    : width_(scaled.width()), height_(scaled.height()) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_)
        throw Error(ErrorCode::BadInput, "The wand was put outside the image. Click inside it.");
    const auto count = static_cast<std::size_t>(width_ * height_);
    const auto seed = static_cast<std::size_t>(y * width_ + x);

    // How far each pixel is off by itself.
    std::vector<std::uint16_t> own(count, 0);
    for (int c = 0; c < scaled.channels(); ++c) {
        context.throw_if_cancelled();
        const auto values = scaled.plane_as<float>(c);
        const double at = values[seed];
        for (std::size_t i = 0; i < count; ++i) {
            const double off = std::ceil(std::abs(values[i] - at) / step - 1e-6);
            own[i] = std::max(own[i], off < levels ? static_cast<std::uint16_t>(off) : never);
        }
    }
    if (!blocked.empty())
        for (std::size_t i = 0; i < count; ++i)
            if (blocked[i])
                own[i] = never;

    // From the seed outwards, always by the way of least tolerance: one list of open pixels a level.
    levels_.assign(count, never);
    if (own[seed] == never)
        return;
    std::vector<std::vector<std::uint32_t>> open(levels);
    levels_[seed] = 0;
    open[0].push_back(static_cast<std::uint32_t>(seed));
    std::size_t looked = 0;
    for (std::uint16_t level = 0; level < levels; ++level) {
        auto& list = open[level];
        while (!list.empty()) {
            const std::size_t i = list.back();
            list.pop_back();
            if (++looked % pixels_between_looks == 0)
                context.throw_if_cancelled();
            const auto px = static_cast<std::int64_t>(i) % width_, py = static_cast<std::int64_t>(i) / width_;
            const auto reach = [&](std::size_t j) {
                if (levels_[j] != never || own[j] == never)
                    return;
                // The first to come here comes at the least level, for levels are worked upwards.
                levels_[j] = std::max(level, own[j]);
                open[levels_[j]].push_back(static_cast<std::uint32_t>(j));
            };
            if (px > 0)
                reach(i - 1);
            if (px + 1 < width_)
                reach(i + 1);
            if (py > 0)
                reach(i - static_cast<std::size_t>(width_));
            if (py + 1 < height_)
                reach(i + static_cast<std::size_t>(width_));
        }
        list = {};
    }
}

Mask WandReach::mask(double tolerance) const {
    Mask result(height_, width_);
    if (tolerance < 0)
        return result;
    const auto most = static_cast<std::uint16_t>(std::min(tolerance, greatest) / step + 1e-6);
    std::transform(levels_.begin(), levels_.end(), result.pixels.begin(),
                   [&](std::uint16_t level) { return static_cast<std::uint8_t>(level <= most); });
    return result;
}

double WandReach::tolerance_of(std::int64_t x, std::int64_t y) const {
    return levels_[static_cast<std::size_t>(y * width_ + x)] * step;
}

} // namespace eyepiece
