// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/volume.h"

#include <cmath>
#include <cstdint>

namespace eyepiece::test {

// A volume of 40 x 30 x 12 voxels of 1 x 1 x 3 mm with a bright ball of radius 8 mm around voxel (24, 12, 6).
class BallVolume final : public VolumeSource {
public:
    static constexpr int width = 40, height = 30, depth = 12, frames = 2;
    static constexpr double dark = 100, bright = 1000;

    BallVolume() {
        info_.width = width;
        info_.height = height;
        info_.depth = depth;
        info_.frames = frames;
        info_.type = PixelType::UInt16;
        info_.pixel_size = {1, 1, 3, "mm"};
        geometry_.spacing = {1, 1, 3};
        geometry_.oriented = true;
    }
    static double value(std::int64_t x, std::int64_t y, int z) {
        const auto dx = static_cast<double>(x) - 24, dy = static_cast<double>(y) - 12, dz = 3.0 * (z - 6);
        return std::sqrt(dx * dx + dy * dy + dz * dz) <= 8 ? bright : dark;
    }
    const ImageInfo& info() const override { return info_; }
    const VolumeGeometry& geometry() const override { return geometry_; }
    Image read(const Region& wanted, int level, int z, int t) override {
        const LevelSize size = level_size(width, height, level);
        const Region region = wanted.intersected({0, 0, size.width, size.height});
        Image image = Image::create(PixelType::UInt16, 1, region.height, region.width);
        const auto pixels = image.writable_plane_as<std::uint16_t>(0);
        for (std::int64_t y = 0; y < region.height; ++y)
            for (std::int64_t x = 0; x < region.width; ++x)
                pixels[static_cast<std::size_t>(y * region.width + x)] = static_cast<std::uint16_t>(
                    t == 0 ? value((region.x + x) << level, (region.y + y) << level, z) : dark);
        return image;
    }

private:
    ImageInfo info_;
    VolumeGeometry geometry_;
};

} // namespace eyepiece::test
