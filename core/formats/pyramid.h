// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"

#include <functional>
#include <list>
#include <mutex>
#include <vector>

namespace eyepiece {

// Coarser levels of planes that are too large for memory, made from one that can be read by region.
//
// Levels that together fit `budget` bytes are made in one pass over the plane, a band of rows at a time, and
// kept (for the planes read last); finer ones are averaged anew from the pixels under the region asked for.
// Thread-safe.
class Overviews {
public:
    // Reads a region of the finest level of plane (z, t); must be thread-safe.
    using ReadRegion = std::function<Image(const Region&, int z, int t)>;

    Overviews(LevelSize finest, std::size_t bytes_per_pixel, std::int64_t band_rows, ReadRegion read,
              std::size_t budget = default_budget);

    // `level` >= 1, relative to the finest; `region` lies inside that level.
    Image read(const Region& region, int level, int z, int t);
    // The same from the pixels under the region alone: for levels that lie close above the finest.
    Image average(const Region& region, int level, int z, int t) const;

    static constexpr std::size_t default_budget = std::size_t{96} << 20;

private:
    struct Kept {
        int z, t;
        std::vector<Image> levels; // from first_kept_ on
        std::size_t bytes;
    };

    const Kept& kept(int z, int t);

    LevelSize finest_;
    std::size_t bytes_per_pixel_; // all channels
    std::int64_t band_rows_;      // natural height of the file's blocks
    ReadRegion read_;
    std::size_t budget_;
    int first_kept_ = 1;

    std::mutex mutex_;
    std::list<Kept> planes_; // last used first
};

} // namespace eyepiece
