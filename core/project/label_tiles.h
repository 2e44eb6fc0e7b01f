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

bool load_tile(SQLite::Database& db, ItemId item, std::int64_t row, std::int64_t col,
               TileIds& ids); // else zeros
void store_tile(SQLite::Database& db, ItemId item, std::int64_t row, std::int64_t col, const TileIds& ids);

// Every stored tile that meets the region, in no order.
void for_each_tile(SQLite::Database& db, ItemId item, const Region& region,
                   const std::function<void(std::int64_t row, std::int64_t col, const TileIds&)>& visit);

// Area and bounds of objects from the tiles' statistics, without their pixels.
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
