// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/indexed_layer.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

IndexedLayer::IndexedLayer(QString id, QString title, std::shared_ptr<const ByteTiles> tiles,
                           const IndexColors& colors)
    : Layer(LayerKind::Classes, std::move(id), std::move(title)), tiles_(std::move(tiles)), colors_(colors) {
    colors_[ByteTiles::unknown] = 0;
}

void IndexedLayer::compose(const FramePart& part) const {
    constexpr int side = ByteTiles::tile_size;
    const unsigned alpha = static_cast<unsigned>(std::lround(std::clamp(opacity(), 0.0, 1.0) * 256));
    std::array<unsigned, 256> covers{};
    for (std::size_t i = 0; i < covers.size(); ++i)
        covers[i] = alpha * static_cast<unsigned>(qAlpha(colors_[i])) / 255;
    if (std::all_of(covers.begin(), covers.end(), [](unsigned c) { return c == 0; }))
        return;
    // The pixel below the middle of each device pixel, at the level that is drawn from.
    const int level = part.view.level(ByteTiles::levels);
    const auto image_at = [&](int device, int offset) {
        return static_cast<std::int64_t>(std::floor((device + 0.5 - offset) / part.view.scale()));
    };
    struct Column {
        int tile, inside; // tile -1: beside the image
    };
    std::vector<Column> columns;
    columns.reserve(static_cast<std::size_t>(part.rect.width()));
    for (int x = part.rect.left(); x <= part.rect.right(); ++x) {
        const std::int64_t image = image_at(x, part.view.offset().x());
        columns.push_back(
            image < 0 || image >= tiles_->width()
                ? Column{-1, 0}
                : Column{static_cast<int>(image / side), static_cast<int>(image % side) >> level});
    }
    for (int y = part.rect.top(); y <= part.rect.bottom(); ++y) {
        const std::int64_t image = image_at(y, part.view.offset().y());
        if (image < 0 || image >= tiles_->height())
            continue;
        const auto row = static_cast<int>(image / side);
        const auto inside = (image % side) >> level;
        QRgb* out = part.row(y) + part.rect.left();
        for (std::size_t x = 0; x < columns.size();) {
            const int column = columns[x].tile;
            const std::uint8_t* bytes = column < 0 ? nullptr : tiles_->tile(column, row, level);
            if (bytes)
                bytes += inside * (side >> level);
            for (; x < columns.size() && columns[x].tile == column; ++x)
                if (bytes) {
                    const std::uint8_t byte = bytes[columns[x].inside];
                    out[x] = mixed(out[x], colors_[byte], covers[byte]);
                }
        }
    }
}

} // namespace eyepiece
