// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace eyepiece {

// A byte for each pixel of an image, as tiles of 256 x 256 that may come in any order: the class that a
// classifier gives each pixel, or how sure it is. A pixel of which nothing is known yet is 255, and a tile of
// such pixels takes no memory. Beside the bytes each tile keeps them subsampled to halves down to one pixel,
// as LabelTiles does.
//
// A value type: a tile is never changed once it is made, so that a copy costs a pointer a tile and may be
// read on any thread.
class EYEPIECE_EXPORT ByteTiles {
public:
    static constexpr int tile_size = 256; // px
    static constexpr int levels = 9;      // 256, 128, ... 1
    static constexpr std::uint8_t unknown = 255;

    ByteTiles() = default;
    ByteTiles(std::int64_t height, std::int64_t width); // nothing is known
    // What is known of a region, which must lie inside: (H,W) of the region.
    ByteTiles(std::int64_t height, std::int64_t width, const Region& region,
              std::span<const std::uint8_t> bytes);

    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    Region extent() const { return {0, 0, width_, height_}; }
    bool empty() const { return tiles_.empty(); }

    std::uint8_t at(std::int64_t x, std::int64_t y) const; // unknown outside
    // A row of a region's pixels at a time; [x0, x1) must lie inside.
    void read_row(std::int64_t y, std::int64_t x0, std::int64_t x1, std::span<std::uint8_t> out) const;
    // Takes a region over from tiles of an image of the same size; whole tiles cost nothing.
    void take(const ByteTiles& from, const Region& region);

    // One tile at a level: (tile_size >> level) squared bytes, or null when nothing is known of it.
    const std::uint8_t* tile(int column, int row, int level) const;

private:
    struct Tile;
    std::shared_ptr<const Tile>& slot(std::int64_t column, std::int64_t row);
    const std::shared_ptr<const Tile>& slot(std::int64_t column, std::int64_t row) const;
    std::int64_t width_ = 0, height_ = 0, columns_ = 0;
    std::vector<std::shared_ptr<const Tile>> tiles_;
};

} // namespace eyepiece
