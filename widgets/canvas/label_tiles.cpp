// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_tiles.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace eyepiece {

LabelTiles::LabelTiles(std::int64_t height, std::int64_t width)
    : width_(width)
    , height_(height)
    , columns_(static_cast<int>((width + tile_size - 1) / tile_size))
    , rows_(static_cast<int>((height + tile_size - 1) / tile_size))
    , tiles_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {}

LabelTiles::LabelTiles(const LabelMap& map) : LabelTiles(map.height(), map.width(), map.ids()) {}

LabelTiles::LabelTiles(std::int64_t height, std::int64_t width, std::span<const ObjectId> ids)
    : LabelTiles(height, width) {
    write(extent(), ids);
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
    if (!data) {
        data = std::make_shared<TileData>();
    } else if (data.use_count() > 1) {
        auto copy = std::make_shared<TileData>();
        copy->ids = data->ids;
        data = std::move(copy);
    } else {
        std::atomic_thread_fence(
            std::memory_order_acquire); // the thread that dropped its snapshot has read it
    }
    return *data;
}

LabelMap LabelTiles::Snapshot::read() const {
    LabelMap out(region_.height, region_.width);
    std::size_t next = 0;
    for (auto top = region_.y / tile_size * tile_size; top < region_.bottom(); top += tile_size)
        for (auto left = region_.x / tile_size * tile_size; left < region_.right(); left += tile_size) {
            const auto& data = tiles_[next++];
            if (!data)
                continue;
            const Region part = Region{left, top, tile_size, tile_size}.intersected(region_);
            for (std::int64_t y = part.y; y < part.bottom(); ++y)
                std::memcpy(out.row(y - region_.y).data() + (part.x - region_.x),
                            data->ids.data() + (y - top) * tile_size + (part.x - left),
                            static_cast<std::size_t>(part.width) * sizeof(ObjectId));
        }
    return out;
}

LabelTiles::Snapshot LabelTiles::snapshot(const Region& region) const {
    Snapshot taken;
    taken.region_ = region;
    for (auto row = region.y / tile_size; row * tile_size < region.bottom(); ++row)
        for (auto column = region.x / tile_size; column * tile_size < region.right(); ++column)
            taken.tiles_.push_back(tiles_[index(static_cast<int>(column), static_cast<int>(row))]);
    return taken;
}

void LabelTiles::restore(const Snapshot& snapshot) {
    const Region& region = snapshot.region_;
    LabelTiles from(region.bottom(), region.right());
    std::size_t next = 0;
    for (auto row = region.y / tile_size; row * tile_size < region.bottom(); ++row)
        for (auto column = region.x / tile_size; column * tile_size < region.right(); ++column)
            from.tiles_[from.index(static_cast<int>(column), static_cast<int>(row))] =
                snapshot.tiles_[next++];
    take(from, region);
}

void LabelTiles::take(LabelTiles& from, const Region& wanted) {
    const Region region = wanted.intersected(extent()).intersected(from.extent());
    for (auto row = region.y / tile_size; row * tile_size < region.bottom(); ++row)
        for (auto column = region.x / tile_size; column * tile_size < region.right(); ++column) {
            const Region place =
                Region{column * tile_size, row * tile_size, tile_size, tile_size}.intersected(extent());
            const Region part = place.intersected(region);
            if (part == place)
                tiles_[index(static_cast<int>(column), static_cast<int>(row))] =
                    std::move(from.tiles_[from.index(static_cast<int>(column), static_cast<int>(row))]);
            else
                write(part, from.read(part));
        }
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
    write(region, pixels.ids());
}

void LabelTiles::write(const Region& region, std::span<const ObjectId> ids) {
    for (std::int64_t y = region.y; y < region.bottom(); ++y) {
        const auto row = ids.subspan(static_cast<std::size_t>((y - region.y) * region.width),
                                     static_cast<std::size_t>(region.width));
        for (std::int64_t x = region.x; x < region.right();) {
            const std::int64_t end = std::min(region.right(), (x / tile_size + 1) * tile_size);
            const auto part =
                row.subspan(static_cast<std::size_t>(x - region.x), static_cast<std::size_t>(end - x));
            const int column = static_cast<int>(x / tile_size), tile_row = static_cast<int>(y / tile_size);
            const bool blank = std::all_of(part.begin(), part.end(), [](ObjectId id) { return id == 0; });
            if (!blank || tiles_[index(column, tile_row)]) {
                TileData& data = writable(column, tile_row);
                std::memcpy(data.ids.data() + (y % tile_size) * tile_size + x % tile_size, part.data(),
                            part.size_bytes());
                data.fresh = false;
            }
            x = end;
        }
    }
}

void LabelTiles::erase(const Region& region, const std::function<bool(ObjectId)>& unwanted) {
    for (auto row = region.y / tile_size; row * tile_size < region.bottom(); ++row)
        for (auto column = region.x / tile_size; column * tile_size < region.right(); ++column) {
            if (!tiles_[index(static_cast<int>(column), static_cast<int>(row))])
                continue;
            const Region part =
                Region{column * tile_size, row * tile_size, tile_size, tile_size}.intersected(region);
            LabelMap piece = read(part);
            ObjectId last = 0;
            bool last_goes = false;
            for (ObjectId& id : piece.ids()) {
                if (id != last) { // asked once a run
                    last = id;
                    last_goes = id != 0 && unwanted(id);
                }
                if (last_goes)
                    id = 0;
            }
            write(part, piece);
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
