// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_tiles.h"

#include <algorithm>
#include <cstring>

namespace eyepiece {

LabelTiles::LabelTiles(std::int64_t height, std::int64_t width)
    : width_(width)
    , height_(height)
    , columns_(static_cast<int>((width + tile_size - 1) / tile_size))
    , rows_(static_cast<int>((height + tile_size - 1) / tile_size))
    , tiles_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {}

LabelTiles::LabelTiles(const LabelMap& map) : LabelTiles(map.height(), map.width()) {
    if (!map.empty())
        write(extent(), map);
}

LabelTiles::LabelTiles(LabelTiles&&) noexcept = default;
LabelTiles& LabelTiles::operator=(LabelTiles&&) noexcept = default;
LabelTiles::~LabelTiles() = default;

ObjectId LabelTiles::at(std::int64_t x, std::int64_t y) const {
    if (x < 0 || y < 0 || x >= width_ || y >= height_)
        return 0;
    const auto& data = tiles_[index(static_cast<int>(x / tile_size), static_cast<int>(y / tile_size))];
    return data ? data->ids[static_cast<std::size_t>((y % tile_size) * tile_size + x % tile_size)] : 0;
}

LabelTiles::TileData& LabelTiles::writable(int column, int row) {
    auto& data = tiles_[index(column, row)];
    if (!data)
        data = std::make_unique<TileData>();
    data->fresh = false;
    return *data;
}

LabelMap LabelTiles::read(const Region& region) const {
    LabelMap out(region.height, region.width);
    for (std::int64_t y = region.y; y < region.bottom(); ++y) {
        auto row = out.row(y - region.y);
        for (std::int64_t x = region.x; x < region.right();) {
            const std::int64_t end = std::min(region.right(), (x / tile_size + 1) * tile_size);
            const auto& data =
                tiles_[index(static_cast<int>(x / tile_size), static_cast<int>(y / tile_size))];
            if (data)
                std::memcpy(row.data() + (x - region.x),
                            data->ids.data() + (y % tile_size) * tile_size + x % tile_size,
                            static_cast<std::size_t>(end - x) * sizeof(ObjectId));
            x = end;
        }
    }
    return out;
}

void LabelTiles::write(const Region& region, const LabelMap& pixels) {
    for (std::int64_t y = region.y; y < region.bottom(); ++y) {
        const auto row = pixels.row(y - region.y);
        for (std::int64_t x = region.x; x < region.right();) {
            const std::int64_t end = std::min(region.right(), (x / tile_size + 1) * tile_size);
            const auto part =
                row.subspan(static_cast<std::size_t>(x - region.x), static_cast<std::size_t>(end - x));
            const int column = static_cast<int>(x / tile_size), tile_row = static_cast<int>(y / tile_size);
            const bool blank = std::all_of(part.begin(), part.end(), [](ObjectId id) { return id == 0; });
            if (!blank || tiles_[index(column, tile_row)])
                std::memcpy(writable(column, tile_row).ids.data() + (y % tile_size) * tile_size +
                                x % tile_size,
                            part.data(), part.size_bytes());
            x = end;
        }
    }
}

const ObjectId* LabelTiles::tile(int column, int row, int level) const {
    const auto& data = tiles_[index(column, row)];
    if (!data)
        return nullptr;
    if (level == 0)
        return data->ids.data();
    std::size_t offset = 0;
    for (int l = 1; l < level; ++l)
        offset += static_cast<std::size_t>(tile_size >> l) * static_cast<std::size_t>(tile_size >> l);
    return data->coarser.data() + offset;
}

void LabelTiles::prepare(const Region& wanted, int level) {
    const Region region = wanted.intersected(extent());
    if (level == 0 || region.empty())
        return;
    for (auto row = region.y / tile_size; row * tile_size < region.bottom(); ++row)
        for (auto column = region.x / tile_size; column * tile_size < region.right(); ++column) {
            TileData* data = tiles_[index(static_cast<int>(column), static_cast<int>(row))].get();
            if (!data || data->fresh)
                continue;
            data->coarser.resize(tile_size * tile_size / 3 + 1);
            const ObjectId* finer = data->ids.data();
            ObjectId* out = data->coarser.data();
            for (int size = tile_size / 2; size >= 1; size /= 2) {
                for (int y = 0; y < size; ++y)
                    for (int x = 0; x < size; ++x)
                        out[y * size + x] = finer[(2 * y) * (2 * size) + 2 * x];
                finer = out;
                out += size * size;
            }
            data->fresh = true;
        }
}

std::size_t LabelTiles::bytes() const {
    std::size_t sum = tiles_.size() * sizeof(tiles_[0]);
    for (const auto& data : tiles_)
        if (data)
            sum += sizeof(TileData) + data->coarser.capacity() * sizeof(ObjectId);
    return sum;
}

} // namespace eyepiece
