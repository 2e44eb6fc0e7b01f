// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/byte_tiles.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace eyepiece {

struct ByteTiles::Tile {
    // Level after level, each row by row.
    std::array<std::uint8_t, tile_size * tile_size * 4 / 3 + 1> bytes;

    Tile() { bytes.fill(unknown); }

    std::uint8_t* row(std::int64_t y) { return bytes.data() + y * tile_size; }
    const std::uint8_t* row(std::int64_t y) const { return bytes.data() + y * tile_size; }

    void subsample() {
        const std::uint8_t* finer = bytes.data();
        std::uint8_t* out = bytes.data() + tile_size * tile_size;
        for (int size = tile_size / 2; size >= 1; size /= 2) {
            for (int y = 0; y < size; ++y)
                for (int x = 0; x < size; ++x)
                    out[y * size + x] = finer[(2 * y) * (2 * size) + 2 * x];
            finer = out;
            out += size * size;
        }
    }
};

namespace {

// Calls f(column, row, part) for the part of a region in each tile that it touches.
template<class F>
void for_tiles(const Region& region, F f) {
    constexpr std::int64_t side = ByteTiles::tile_size;
    for (std::int64_t row = region.y / side; row * side < region.bottom(); ++row)
        for (std::int64_t column = region.x / side; column * side < region.right(); ++column)
            f(column, row, Region{column * side, row * side, side, side}.intersected(region));
}

} // namespace

ByteTiles::ByteTiles(std::int64_t height, std::int64_t width)
    : width_(width)
    , height_(height)
    , columns_((width + tile_size - 1) / tile_size)
    , tiles_(static_cast<std::size_t>(columns_ * ((height + tile_size - 1) / tile_size))) {}

ByteTiles::ByteTiles(std::int64_t height, std::int64_t width, const Region& region,
                     std::span<const std::uint8_t> bytes)
    : ByteTiles(height, width) {
    for_tiles(region, [&](std::int64_t column, std::int64_t row, const Region& part) {
        auto tile = std::make_shared<Tile>();
        for (std::int64_t y = part.y; y < part.bottom(); ++y)
            std::memcpy(tile->row(y - row * tile_size) + (part.x - column * tile_size),
                        bytes.data() + (y - region.y) * region.width + (part.x - region.x),
                        static_cast<std::size_t>(part.width));
        tile->subsample();
        slot(column, row) = std::move(tile);
    });
}

std::shared_ptr<const ByteTiles::Tile>& ByteTiles::slot(std::int64_t column, std::int64_t row) {
    return tiles_[static_cast<std::size_t>(row * columns_ + column)];
}

const std::shared_ptr<const ByteTiles::Tile>& ByteTiles::slot(std::int64_t column, std::int64_t row) const {
    return tiles_[static_cast<std::size_t>(row * columns_ + column)];
}

std::uint8_t ByteTiles::at(std::int64_t x, std::int64_t y) const {
    if (x < 0 || y < 0 || x >= width_ || y >= height_)
        return unknown;
    const auto& tile = slot(x / tile_size, y / tile_size);
    return tile ? tile->row(y % tile_size)[x % tile_size] : unknown;
}

void ByteTiles::read_row(std::int64_t y, std::int64_t x0, std::int64_t x1,
                         std::span<std::uint8_t> out) const {
    for_tiles({x0, y, x1 - x0, 1}, [&](std::int64_t column, std::int64_t row, const Region& part) {
        std::uint8_t* to = out.data() + (part.x - x0);
        if (const auto& tile = slot(column, row))
            std::memcpy(to, tile->row(y - row * tile_size) + (part.x - column * tile_size),
                        static_cast<std::size_t>(part.width));
        else
            std::memset(to, unknown, static_cast<std::size_t>(part.width));
    });
}

void ByteTiles::take(const ByteTiles& from, const Region& wanted) {
    for_tiles(wanted.intersected(extent()).intersected(from.extent()),
              [&](std::int64_t column, std::int64_t row, const Region& part) {
                  auto& mine = slot(column, row);
                  const auto& other = from.slot(column, row);
                  const Region place =
                      Region{column * tile_size, row * tile_size, tile_size, tile_size}.intersected(extent());
                  if (part == place || (!mine && !other)) {
                      mine = other;
                      return;
                  }
                  auto merged = mine ? std::make_shared<Tile>(*mine) : std::make_shared<Tile>();
                  for (std::int64_t y = part.y - place.y; y < part.bottom() - place.y; ++y) {
                      std::uint8_t* to = merged->row(y) + (part.x - place.x);
                      if (other)
                          std::memcpy(to, other->row(y) + (part.x - place.x),
                                      static_cast<std::size_t>(part.width));
                      else
                          std::memset(to, unknown, static_cast<std::size_t>(part.width));
                  }
                  merged->subsample();
                  mine = std::move(merged);
              });
}

const std::uint8_t* ByteTiles::tile(int column, int row, int level) const {
    const auto& tile = slot(column, row);
    if (!tile)
        return nullptr;
    std::size_t offset = 0;
    for (int l = 0; l < level; ++l)
        offset += static_cast<std::size_t>(tile_size >> l) * static_cast<std::size_t>(tile_size >> l);
    return tile->bytes.data() + offset;
}

} // namespace eyepiece
