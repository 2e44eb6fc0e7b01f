// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "core/project/changes.h"
#include "core/project/labels.h"

#include <functional>
#include <set>
#include <vector>

namespace SQLite {
class Database;
}

namespace eyepiece {

// The stored form of labels: one row a tile of 256 x 256 ids with at least one object. Internal to
// core/project; all run inside the caller's transaction.

using TileIds = std::vector<ObjectId>; // tile_size * tile_size, row-major

// What a tile holds of one object; its corners are within the tile and inclusive. Stored as it is,
// little-endian.
struct TileStat {
    ObjectId id = 0;
    std::uint32_t area = 0;
    std::uint8_t left = 0, top = 0, right = 0, bottom = 0;
};
static_assert(sizeof(TileStat) == 12);

struct TileRange { // half-open
    std::int64_t row = 0, col = 0, row_end = 0, col_end = 0;
};
TileRange tiles_of(const Region& region);

// The planes of a stack lie below one another in the table's column `row`: a row of tiles is stored as its
// plane times this, plus itself. An image of a single plane is as it always was.
inline constexpr std::int64_t rows_a_plane = std::int64_t{1} << 20; // of tiles: an image of 268 million px
constexpr std::int64_t stored_row(int plane, std::int64_t row) {
    return plane * rows_a_plane + row;
}
constexpr int plane_of(std::int64_t stored) {
    return static_cast<int>(stored / rows_a_plane);
}
constexpr std::int64_t row_of(std::int64_t stored) {
    return stored % rows_a_plane;
}

// Planes that bear labels, ascending.
std::vector<int> planes_with_tiles(SQLite::Database& db, ItemId item);

// `row` is the stored one.
bool load_tile(SQLite::Database& db, ItemId item, std::int64_t row, std::int64_t col,
               TileIds& ids); // else zeros
void store_tile(SQLite::Database& db, ItemId item, std::int64_t row, std::int64_t col, const TileIds& ids);

// Every stored tile of a plane that meets the region, in no order; `row` is that within the plane.
void for_each_tile(SQLite::Database& db, ItemId item, int plane, const Region& region,
                   const std::function<void(std::int64_t row, std::int64_t col, const TileIds&)>& visit);

// Area and bounds of objects from the tiles' statistics, without their pixels: in all planes, `row` is the
// stored one.
struct ObjectExtent {
    std::int64_t area = 0;
    Region bounds;
};
void for_each_stat(SQLite::Database& db, ItemId item, const Region& region,
                   const std::function<void(std::int64_t row, std::int64_t col, const TileStat&)>& visit);

// Rows and pixels of these objects.
void remove_objects(SQLite::Database& db, ItemId item, const std::set<ObjectId>& objects);

std::vector<TileStat> statistics(const TileIds& ids); // in order of id

} // namespace eyepiece
