// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/pyramid.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace eyepiece {
namespace {

std::size_t level_bytes(LevelSize size, std::size_t bytes_per_pixel) {
    return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * bytes_per_pixel;
}

void paste_rows(const Image& from, Image& to, std::int64_t y) {
    const std::size_t row = static_cast<std::size_t>(to.width()) * bytes_per_pixel(to.type());
    for (int channel = 0; channel < to.channels(); ++channel)
        std::memcpy(to.writable_plane(channel).data() + static_cast<std::size_t>(y) * row,
                    from.plane(channel).data(), static_cast<std::size_t>(from.height()) * row);
}

} // namespace

Overviews::Overviews(LevelSize finest, std::size_t bytes_per_pixel, std::int64_t band_rows, ReadRegion read,
                     std::size_t budget)
    : finest_(finest)
    , bytes_per_pixel_(bytes_per_pixel)
    , band_rows_(std::max<std::int64_t>(band_rows, 1))
    , read_(std::move(read))
    , budget_(budget) {
    // All levels below one together take a third of it.
    while (level_bytes(level_size(finest.width, finest.height, first_kept_), bytes_per_pixel) / 3 * 4 >
           budget)
        ++first_kept_;
}

Image Overviews::read(const Region& region, int level, int z, int t) {
    if (level < first_kept_)
        return average(region, level, z, t);
    const std::lock_guard lock(mutex_);
    const auto& levels = kept(z, t).levels; // they end at 1 x 1
    return levels[std::min(static_cast<std::size_t>(level - first_kept_), levels.size() - 1)].cropped(region);
}

Image Overviews::average(const Region& region, int level, int z, int t) const {
    const std::int64_t scale = std::int64_t{1} << level;
    // Bands of about 16 MB, each a multiple of what one row of the level covers, so that every 2 x 2 block
    // lies within one band, and of the file's blocks, so that each is decoded once.
    constexpr std::size_t band_bytes = std::size_t{16} << 20;
    const std::int64_t unit = (band_rows_ + scale - 1) / scale; // rows of the level
    const auto row_bytes =
        static_cast<std::size_t>(std::min(region.width * scale, finest_.width)) * bytes_per_pixel_;
    const auto affordable =
        static_cast<std::int64_t>(band_bytes / std::max<std::size_t>(row_bytes, 1)) / scale;
    const std::int64_t rows = std::max<std::int64_t>(
        affordable / unit * unit, std::min<std::int64_t>(unit, std::max<std::int64_t>(affordable, 1)));
    Image result;
    for (std::int64_t y = 0; y < region.height; y += rows) {
        const Region band = Region{region.x * scale, (region.y + y) * scale, region.width * scale,
                                   std::min(rows, region.height - y) * scale}
                                .intersected({0, 0, finest_.width, finest_.height});
        Image part = read_(band, z, t);
        for (int i = 0; i < level; ++i)
            part = halved(part);
        if (result.empty())
            result = Image::create(part.type(), part.channels(), region.height, region.width);
        paste_rows(part, result, y);
    }
    return result;
}

const Overviews::Kept& Overviews::kept(int z, int t) {
    const auto found =
        std::find_if(planes_.begin(), planes_.end(), [&](const Kept& k) { return k.z == z && k.t == t; });
    if (found != planes_.end()) {
        planes_.splice(planes_.begin(), planes_, found);
        return planes_.front();
    }
    const LevelSize size = level_size(finest_.width, finest_.height, first_kept_);
    Kept made{z, t, {}, 0};
    made.levels.push_back(average({0, 0, size.width, size.height}, first_kept_, z, t));
    while (made.levels.back().width() > 1 || made.levels.back().height() > 1)
        made.levels.push_back(halved(made.levels.back()));
    for (const Image& level : made.levels)
        made.bytes += level.bytes();
    planes_.push_front(std::move(made));
    std::size_t total = 0;
    for (auto plane = planes_.begin(); plane != planes_.end();) {
        total += plane->bytes;
        plane = plane != planes_.begin() && total > budget_ ? planes_.erase(plane) : std::next(plane);
    }
    return planes_.front();
}

} // namespace eyepiece
