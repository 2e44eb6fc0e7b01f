// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/scene_voxels.h"

#include <algorithm>
#include <array>

namespace eyepiece {

namespace {

constexpr std::size_t most_labels = 65'535;

int step_for(std::int64_t length, int longest) {
    return static_cast<int>((length + longest - 1) / std::max(longest, 1));
}

} // namespace

SceneVoxels scene_voxels(const SceneSource& source, int longest) {
    SceneVoxels voxels;
    const auto known = std::find_if(source.planes.begin(), source.planes.end(),
                                    [](const Image& plane) { return !plane.empty(); });
    if (known == source.planes.end() || !source.contrast)
        return voxels;
    const std::int64_t width = known->width(), height = known->height();
    const auto depth = static_cast<std::int64_t>(source.planes.size());
    const std::array<int, 3> step{step_for(width, longest), step_for(height, longest),
                                  step_for(depth, longest)};
    voxels.width = static_cast<int>((width + step[0] - 1) / step[0]);
    voxels.height = static_cast<int>((height + step[1] - 1) / step[1]);
    voxels.depth = static_cast<int>((depth + step[2] - 1) / step[2]);
    voxels.geometry = source.geometry;
    for (std::size_t axis = 0; axis < 3; ++axis)
        voxels.geometry.spacing[axis] *= step[axis];
    const auto columns = static_cast<std::size_t>(voxels.width),
               rows = static_cast<std::size_t>(voxels.height);
    const auto count = columns * rows * static_cast<std::size_t>(voxels.depth);

    std::vector<std::uint32_t> sums(count, 0), counts(count, 0), line(static_cast<std::size_t>(width));
    const auto channels = static_cast<std::size_t>(known->channels());
    const std::size_t line_bytes = static_cast<std::size_t>(width) * bytes_per_pixel(known->type());
    std::vector<const std::byte*> pointers(channels);
    for (std::int64_t z = 0; z < depth; ++z) {
        const Image& plane = source.planes[static_cast<std::size_t>(z)];
        if (plane.empty())
            continue;
        for (std::int64_t y = 0; y < height; ++y) {
            for (std::size_t c = 0; c < channels; ++c)
                pointers[c] =
                    plane.plane(static_cast<int>(c)).data() + static_cast<std::size_t>(y) * line_bytes;
            source.contrast->render_row(pointers, width, line.data());
            const std::size_t at =
                (static_cast<std::size_t>(z / step[2]) * rows + static_cast<std::size_t>(y / step[1])) *
                columns;
            for (std::int64_t x = 0; x < width; ++x) {
                const std::uint32_t color = line[static_cast<std::size_t>(x)];
                const std::size_t voxel = at + static_cast<std::size_t>(x / step[0]);
                sums[voxel] += std::max({color & 0xff, color >> 8 & 0xff, color >> 16 & 0xff});
                ++counts[voxel];
            }
        }
    }
    voxels.brightness.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        voxels.brightness[i] = counts[i] ? static_cast<std::uint8_t>(sums[i] / counts[i]) : 0;

    std::map<ObjectId, std::uint16_t> numbers;
    for (const auto& [id, color] : source.colors)
        if (numbers.size() < most_labels) {
            voxels.label_colors.push_back(color);
            numbers.emplace(id, static_cast<std::uint16_t>(voxels.label_colors.size()));
        }
    if (numbers.empty())
        return voxels;
    voxels.labels.assign(count, 0);
    for (const auto& [z, labels] : source.labels) {
        if (z % step[2] != 0 || z >= depth)
            continue;
        for (std::int64_t y = 0; y < std::min(height, labels.height()); y += step[1])
            for (std::int64_t x = 0; x < std::min(width, labels.width()); x += step[0])
                if (const auto found = numbers.find(labels.at(x, y)); found != numbers.end())
                    voxels.labels[(static_cast<std::size_t>(z / step[2]) * rows +
                                   static_cast<std::size_t>(y / step[1])) *
                                      columns +
                                  static_cast<std::size_t>(x / step[0])] = found->second;
    }
    return voxels;
}

} // namespace eyepiece
