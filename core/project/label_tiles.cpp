// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/label_tiles.h"

#include "core/base/error.h"
#include "core/project/compression.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

namespace eyepiece {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tiles are stored little-endian as they are in memory");

constexpr std::int64_t size = LabelStore::tile_size;
constexpr std::size_t tile_pixels = static_cast<std::size_t>(size * size);

void decode(const SQLite::Column& column, TileIds& ids) {
    const auto* bytes = static_cast<const std::byte*>(column.getBlob());
    const auto raw =
        decompress({bytes, static_cast<std::size_t>(column.getBytes())}, tile_pixels * sizeof(ObjectId));
    if (raw.size() != tile_pixels * sizeof(ObjectId))
        throw Error(ErrorCode::Storage, "The project file is damaged: a label tile has the wrong size. "
                                        "Run `eyepiece-cli check` on it, and restore it from a copy.");
    ids.resize(tile_pixels);
    std::memcpy(ids.data(), raw.data(), raw.size());
}

void bind_range(SQLite::Statement& query, ItemId item, int plane, const Region& region) {
    const TileRange range = tiles_of(region);
    query.bind(1, item);
    query.bind(2, stored_row(plane, std::min(range.row, rows_a_plane)));
    query.bind(3, stored_row(plane, std::min(range.row_end, rows_a_plane)));
    query.bind(4, range.col);
    query.bind(5, range.col_end);
}

constexpr const char* in_range =
    " FROM tiles WHERE item = ? AND row >= ? AND row < ? AND col >= ? AND col < ?";

} // namespace

TileRange tiles_of(const Region& region) {
    if (region.empty())
        return {};
    return {region.y / size, region.x / size, (region.bottom() + size - 1) / size,
            (region.right() + size - 1) / size};
}

std::vector<TileStat> statistics(const TileIds& ids) {
    std::map<ObjectId, TileStat> found;
    for (std::int64_t y = 0; y < size; ++y) {
        const ObjectId* row = ids.data() + y * size;
        for (std::int64_t x = 0; x < size;) {
            const ObjectId id = row[x];
            const std::int64_t start = x;
            while (x < size && row[x] == id)
                ++x;
            if (id == 0)
                continue;
            const auto left = static_cast<std::uint8_t>(start), right = static_cast<std::uint8_t>(x - 1);
            const auto line = static_cast<std::uint8_t>(y);
            auto [at, fresh] = found.try_emplace(id, TileStat{id, 0, left, line, right, line});
            TileStat& stat = at->second;
            stat.area += static_cast<std::uint32_t>(x - start);
            stat.left = std::min(stat.left, left);
            stat.right = std::max(stat.right, right);
            stat.bottom = line;
        }
    }
    std::vector<TileStat> stats;
    stats.reserve(found.size());
    for (const auto& [id, stat] : found)
        stats.push_back(stat);
    return stats;
}

bool load_tile(SQLite::Database& db, ItemId item, std::int64_t row, std::int64_t col, TileIds& ids) {
    SQLite::Statement query(db, "SELECT data FROM tiles WHERE item = ? AND row = ? AND col = ?");
    query.bind(1, item);
    query.bind(2, row);
    query.bind(3, col);
    if (!query.executeStep()) {
        ids.assign(tile_pixels, 0);
        return false;
    }
    decode(query.getColumn(0), ids);
    return true;
}

void store_tile(SQLite::Database& db, ItemId item, std::int64_t row, std::int64_t col, const TileIds& ids) {
    const auto stats = statistics(ids);
    if (stats.empty()) {
        SQLite::Statement remove(db, "DELETE FROM tiles WHERE item = ? AND row = ? AND col = ?");
        remove.bind(1, item);
        remove.bind(2, row);
        remove.bind(3, col);
        remove.exec();
        return;
    }
    const auto packed = compress(std::as_bytes(std::span(ids)));
    SQLite::Statement upsert(
        db, "INSERT INTO tiles(item, row, col, stats, data) VALUES(?, ?, ?, ?, ?) "
            "ON CONFLICT(item, row, col) DO UPDATE SET stats = excluded.stats, data = excluded.data");
    upsert.bind(1, item);
    upsert.bind(2, row);
    upsert.bind(3, col);
    upsert.bindNoCopy(4, stats.data(), static_cast<int>(stats.size() * sizeof(TileStat)));
    upsert.bindNoCopy(5, packed.data(), static_cast<int>(packed.size()));
    upsert.exec();
}

std::vector<int> planes_with_tiles(SQLite::Database& db, ItemId item) {
    // From one plane to the next by the key: an image of a million tiles costs no more than a small one.
    SQLite::Statement next(db, "SELECT MIN(row) FROM tiles WHERE item = ? AND row >= ?");
    std::vector<int> planes;
    for (std::int64_t from = 0;; from = stored_row(planes.back() + 1, 0)) {
        next.reset();
        next.bind(1, item);
        next.bind(2, from);
        if (!next.executeStep() || next.getColumn(0).isNull())
            return planes;
        planes.push_back(plane_of(next.getColumn(0).getInt64()));
    }
}

void for_each_tile(SQLite::Database& db, ItemId item, int plane, const Region& region,
                   const std::function<void(std::int64_t, std::int64_t, const TileIds&)>& visit) {
    SQLite::Statement query(db, std::string("SELECT row, col, data") + in_range);
    bind_range(query, item, plane, region);
    TileIds ids;
    while (query.executeStep()) {
        decode(query.getColumn(2), ids);
        visit(row_of(query.getColumn(0).getInt64()), query.getColumn(1).getInt64(), ids);
    }
}

void for_each_stat(SQLite::Database& db, ItemId item, const Region& region,
                   const std::function<void(std::int64_t, std::int64_t, const TileStat&)>& visit) {
    SQLite::Statement query(db, std::string("SELECT row, col, stats") + in_range);
    for (const int plane : planes_with_tiles(db, item)) {
        query.reset();
        bind_range(query, item, plane, region);
        while (query.executeStep()) {
            const auto column = query.getColumn(2);
            const auto* bytes = static_cast<const std::byte*>(column.getBlob());
            const std::size_t count = static_cast<std::size_t>(column.getBytes()) / sizeof(TileStat);
            for (std::size_t i = 0; i < count; ++i) {
                TileStat stat;
                std::memcpy(&stat, bytes + i * sizeof(TileStat), sizeof stat);
                visit(query.getColumn(0).getInt64(), query.getColumn(1).getInt64(), stat);
            }
        }
    }
}

void remove_objects(SQLite::Database& db, ItemId item, const std::set<ObjectId>& objects) {
    Region bounds;
    for (const ObjectId id : objects) {
        SQLite::Statement query(db, "SELECT x, y, width, height FROM objects WHERE item = ? AND id = ?");
        query.bind(1, item);
        query.bind(2, id);
        if (query.executeStep())
            bounds = bounds.united({query.getColumn(0).getInt64(), query.getColumn(1).getInt64(),
                                    query.getColumn(2).getInt64(), query.getColumn(3).getInt64()});
        for (const char* rows : {"DELETE FROM objects WHERE item = ? AND id = ?",
                                 "DELETE FROM work WHERE item = ? AND object = ?"}) {
            SQLite::Statement remove(db, rows);
            remove.bind(1, item);
            remove.bind(2, id);
            remove.exec();
        }
    }
    std::set<std::pair<std::int64_t, std::int64_t>> touched;
    for_each_stat(db, item, bounds, [&](std::int64_t row, std::int64_t col, const TileStat& stat) {
        if (objects.contains(stat.id))
            touched.emplace(row, col);
    });
    TileIds ids;
    for (const auto& [row, col] : touched) {
        load_tile(db, item, row, col, ids);
        ObjectId last = 0;
        bool doomed = false;
        for (ObjectId& id : ids) {
            if (id != last) {
                last = id;
                doomed = id != 0 && objects.contains(id);
            }
            if (doomed)
                id = 0;
        }
        store_tile(db, item, row, col, ids);
    }
}

} // namespace eyepiece
