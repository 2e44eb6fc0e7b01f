// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/seeded_watershed.h"

#include "core/base/error.h"

#include <queue>
#include <vector>

namespace eyepiece {

namespace {

struct Place {
    double height;
    std::uint64_t age;
    std::uint32_t pixel;
    bool operator>(const Place& other) const {
        return height != other.height ? height > other.height : age > other.age;
    }
};

} // namespace

LabelMap seeded_watershed(const Image& relief, const LabelMap& seeds, std::span<const std::uint8_t> blocked,
                          const JobContext& context) {
    const std::int64_t width = seeds.width(), height = seeds.height();
    if (relief.width() != width || relief.height() != height || relief.channels() != 1 ||
        (!blocked.empty() && blocked.size() != seeds.ids().size()))
        throw Error(ErrorCode::BadInput, "The seeds and the image to flood are not of one size.");
    LabelMap labels = seeds;
    const auto ids = labels.ids();
    const auto is_blocked = [&](std::size_t i) { return !blocked.empty() && blocked[i] != 0; };
    constexpr std::uint64_t between_looks = 1 << 15;
    with_pixel_type(relief.type(), [&](auto sample) {
        const auto heights = relief.plane_as<decltype(sample)>(0);
        std::priority_queue<Place, std::vector<Place>, std::greater<>> open;
        std::uint64_t age = 0;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (is_blocked(i))
                ids[i] = 0;
            if (ids[i])
                open.push({static_cast<double>(heights[i]), age++, static_cast<std::uint32_t>(i)});
        }
        for (std::uint64_t settled = 0; !open.empty(); ++settled) {
            if (settled % between_looks == 0)
                context.throw_if_cancelled();
            const std::size_t i = open.top().pixel;
            open.pop();
            const auto x = static_cast<std::int64_t>(i) % width, y = static_cast<std::int64_t>(i) / width;
            const auto flow = [&](std::size_t j) {
                if (ids[j] || is_blocked(j))
                    return;
                ids[j] = ids[i];
                open.push({static_cast<double>(heights[j]), age++, static_cast<std::uint32_t>(j)});
            };
            const auto row = static_cast<std::size_t>(width);
            if (y > 0)
                flow(i - row);
            if (x > 0)
                flow(i - 1);
            if (x + 1 < width)
                flow(i + 1);
            if (y + 1 < height)
                flow(i + row);
        }
    });
    return labels;
}

} // namespace eyepiece
