// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"
#include "core/data/label_map.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace eyepiece {

// The labels of one image in memory, as tiles of 256 x 256 ids; a tile without labels takes no memory. Beside
// the ids each tile keeps them subsampled to halves down to one pixel, so that a picture of the whole image
// does not walk through all of them. Not thread-safe; several threads may read while none writes and
// prepare() was called. What another thread is to read while painting goes on is handed to it as a snapshot.
class EYEPIECE_EXPORT LabelTiles {
    struct TileData;

public:
    static constexpr int tile_size = 256; // px
    static constexpr int levels = 9;      // 256, 128, ... 1

    // The ids of a region as they were when it was taken, at the cost of a pointer a tile: a tile is copied
    // when it is painted on afterwards. May be read on any thread.
    class EYEPIECE_EXPORT Snapshot {
    public:
        const Region& region() const { return region_; }
        LabelMap read() const;

    private:
        friend class LabelTiles;
        Region region_;
        std::vector<std::shared_ptr<TileData>> tiles_; // of the tiles that the region touches, row by row
    };

    LabelTiles() = default;
    LabelTiles(std::int64_t height, std::int64_t width);
    explicit LabelTiles(const LabelMap& map);
    LabelTiles(std::int64_t height, std::int64_t width, std::span<const ObjectId> ids); // (H,W)
    LabelTiles(LabelTiles&&) noexcept;
    LabelTiles& operator=(LabelTiles&&) noexcept;
    ~LabelTiles();

    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    Region extent() const { return {0, 0, width_, height_}; }
    int columns() const { return columns_; }
    int rows() const { return rows_; }

    ObjectId at(std::int64_t x, std::int64_t y) const; // 0 outside
    LabelMap read(const Region& region) const;         // region must lie inside
    void write(const Region& region, const LabelMap& pixels);
    // Takes over the content of a region, tile by tile where it holds whole ones; nothing is left in `from`
    // of those.
    void take(LabelTiles& from, const Region& region);
    // Clears the pixels of a region, which must lie inside, whose id is unwanted.
    void erase(const Region& region, const std::function<bool(ObjectId)>& unwanted);
    Snapshot snapshot(const Region& region) const; // region must lie inside
    void restore(const Snapshot& snapshot);

    // Sets pixels [x0, x1) of a row, which must lie inside; calls changed(x, old id) for each that changes,
    // and leaves a pixel as it is when keep(old id) holds. Both are inlined: strokes live on this.
    template<class Keep, class Changed>
    void set_span(std::int64_t y, std::int64_t x0, std::int64_t x1, ObjectId id, Keep keep, Changed changed);

    // One tile at a level: (tile_size >> level) squared ids, or null when it has no labels.
    const ObjectId* tile(int column, int row, int level) const;
    // Brings the subsampled levels of the tiles that a region touches up to date.
    void prepare(const Region& region, int level);
    std::size_t bytes() const;

private:
    struct TileData {
        std::array<ObjectId, tile_size * tile_size> ids{};
        std::vector<ObjectId> coarser; // all levels from 1 on, one after another
        bool fresh = false;            // coarser is up to date
    };
    void write(const Region& region, std::span<const ObjectId> ids);
    TileData& writable(int column, int row); // made when it is not there, copied when a snapshot holds it
    std::size_t index(int column, int row) const {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
               static_cast<std::size_t>(column);
    }
    std::int64_t width_ = 0, height_ = 0;
    int columns_ = 0, rows_ = 0;
    std::vector<std::shared_ptr<TileData>> tiles_;
};

template<class Keep, class Changed>
void LabelTiles::set_span(std::int64_t y, std::int64_t x0, std::int64_t x1, ObjectId id, Keep keep,
                          Changed changed) {
    const int row = static_cast<int>(y / tile_size);
    while (x0 < x1) {
        const int column = static_cast<int>(x0 / tile_size);
        const std::int64_t end = std::min<std::int64_t>(x1, (column + std::int64_t{1}) * tile_size);
        if (!tiles_[index(column, row)] && id == 0) { // nothing to erase
            x0 = end;
            continue;
        }
        TileData& data = writable(column, row);
        ObjectId* ids = data.ids.data() + (y % tile_size) * tile_size - column * std::int64_t{tile_size};
        for (std::int64_t x = x0; x < end; ++x) {
            const ObjectId old = ids[x];
            if (old == id || keep(old))
                continue;
            ids[x] = id;
            data.fresh = false;
            changed(x, old);
        }
        x0 = end;
    }
}

} // namespace eyepiece
