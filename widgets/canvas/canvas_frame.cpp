// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/canvas_frame.h"

#include "widgets/canvas/furniture.h"
#include "widgets/canvas/layer_stack.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <utility>

namespace eyepiece {

namespace {

double step_of(int level) {
    return std::ldexp(1.0, level);
}

// Tiles of a level that an area of the image touches.
QRect tiles_of(const QRectF& image, int level) {
    const double side = step_of(level) * Tile::size;
    const int x0 = static_cast<int>(std::floor(image.left() / side)),
              y0 = static_cast<int>(std::floor(image.top() / side));
    const int x1 = static_cast<int>(std::ceil(image.right() / side)),
              y1 = static_cast<int>(std::ceil(image.bottom() / side));
    return {x0, y0, x1 - x0, y1 - y0};
}

} // namespace

QRect CanvasFrame::device_rect(const ViewTransform& view, const TileKey& key) {
    const double side = step_of(key.level) * Tile::size;
    const FramePart part{nullptr, {}, view, 1};
    const double right = std::min((key.x + 1) * side, view.image_size().width());
    const double bottom = std::min((key.y + 1) * side, view.image_size().height());
    const int x0 = part.device_x(key.x * side), x1 = part.device_x(right);
    const int y0 = part.device_y(key.y * side), y1 = part.device_y(bottom);
    return {x0, y0, x1 - x0, y1 - y0};
}

QRegion CanvasFrame::set_view(const ViewTransform& view) {
    const QRect all(QPoint(0, 0), view.view_size());
    const bool same_size = view.image_size() == view_.image_size() && view.view_size() == frame_.size();
    const bool same_scale = same_size && view.scale() == view_.scale();
    const QPoint moved = view.offset() - view_.offset();
    if (!same_scale) {
        if (!same_size) {
            frame_ = QImage(view.view_size(), QImage::Format_RGB32);
            before_ = {};
            invalidate();
        } else if (dirty_.isEmpty() || zoomed_) { // else there is no whole picture to enlarge
            if (!zoomed_) { // of several steps between two frames the first one's picture counts
                if (before_.size() != frame_.size())
                    before_ = QImage(frame_.size(), QImage::Format_RGB32);
                frame_.swap(before_);
                before_view_ = view_;
                zoomed_ = true;
            }
            dirty_ = waiting_ = {};
        } else {
            invalidate();
        }
        view_ = view;
        return all;
    }
    view_ = view;
    if (moved.isNull())
        return {};
    if (zoomed_) // all of it is to be composed anyway
        return all;
    if (std::abs(moved.x()) >= all.width() || std::abs(moved.y()) >= all.height()) {
        invalidate();
    } else {
        scroll(moved);
        waiting_ = waiting_.translated(moved) & all;
        dirty_ = dirty_.translated(moved) & all;
        dirty_ += QRegion(all) - QRegion(all.translated(moved));
    }
    return all;
}

void CanvasFrame::scroll(const QPoint& by) {
    const int width = frame_.width() - std::abs(by.x()), height = frame_.height() - std::abs(by.y());
    const int from_x = std::max(-by.x(), 0), to_x = std::max(by.x(), 0);
    const auto row = [&](int y, int x) { return frame_.bits() + y * frame_.bytesPerLine() + x * 4; };
    const auto move = [&](int i) {
        const int from_y = i + std::max(-by.y(), 0), to_y = i + std::max(by.y(), 0);
        std::memmove(row(to_y, to_x), row(from_y, from_x), static_cast<std::size_t>(width) * 4);
    };
    if (by.y() <= 0)
        for (int i = 0; i < height; ++i)
            move(i);
    else
        for (int i = height - 1; i >= 0; --i)
            move(i);
}

void CanvasFrame::invalidate() {
    dirty_ = QRect(QPoint(0, 0), frame_.size());
    waiting_ = {};
    zoomed_ = false;
}
void CanvasFrame::invalidate(const QRect& rect) {
    dirty_ += rect.intersected(frame_.rect());
}
void CanvasFrame::refine(const QRect& rect) {
    waiting_ += rect.intersected(frame_.rect());
}

const QImage& CanvasFrame::compose(TileCache& tiles, const TileScene* scene, const LayerStack& layers,
                                   const QRect& seen, Clock::time_point until) {
    // Many small rectangles cost more than the few pixels between them.
    const auto rects_of = [](const QRegion& region) {
        std::vector<QRect> rects(region.begin(), region.end());
        if (rects.size() > 24)
            rects.assign(1, region.boundingRect());
        return rects;
    };
    std::mutex mutex;
    QRegion late;
    const auto in_time = [&](const QRect& rows) {
        if (Clock::now() < until)
            return true;
        const std::lock_guard lock(mutex);
        late += rows;
        return false;
    };
    if (zoomed_) {
        zoomed_ = false;
        dirty_ = waiting_ = {};
        compose_rect(frame_.rect(), tiles, scene, layers, [&](const QRect& rows) {
            if (in_time(rows))
                return true;
            enlarge_before(rows);
            return false;
        });
        waiting_ = late;
        return frame_;
    }
    const auto always = [](const QRect&) { return true; };
    for (const QRect& rect : rects_of(std::exchange(dirty_, {})))
        compose_rect(rect, tiles, scene, layers, always);
    const QRegion now = waiting_ & seen;
    waiting_ -= seen;
    for (const QRect& rect : rects_of(now))
        compose_rect(rect, tiles, scene, layers, in_time);
    waiting_ += late;
    return frame_;
}

void CanvasFrame::compose_rect(const QRect& rect, TileCache& tiles, const TileScene* scene,
                               const LayerStack& layers,
                               const std::function<bool(const QRect& rows)>& may_compose) {
    const std::vector<Draw> draws = scene ? plan(tiles, *scene, rect) : std::vector<Draw>{};
    const QRect seen = rect.intersected(view_.covering(QRectF(QPointF(0, 0), view_.image_size())));
    for (const auto& layer : layers.bottom_up())
        if (layer->visible() && !seen.isEmpty())
            layer->prepare(view_, seen);
    frame_.bits(); // detached before several threads write
    constexpr int rows = 48;
    const int parts = (rect.height() + rows - 1) / rows;
    constexpr int worth_a_thread = 200'000; // px
    in_bands(parts, std::max(1, worth_a_thread / (rows * std::max(rect.width(), 1))),
             [&](int first, int last) {
                 for (int i = first; i < last; ++i) {
                     const int at = (parts / 2 + (i % 2 ? (i + 1) / 2 : -(i / 2)) + parts) % parts;
                     const QRect piece =
                         QRect(rect.left(), rect.top() + at * rows, rect.width(), rows).intersected(rect);
                     if (may_compose(piece))
                         compose_part(piece, draws, layers);
                 }
             });
}

// Pixel by pixel from the picture before, as it lies in the view now: the ground where that did not reach.
void CanvasFrame::enlarge_before(const QRect& rect) {
    const QPointF corner =
        before_view_.to_device(view_.to_image(QPointF(rect.left() + 0.5, rect.top() + 0.5)));
    const double step = before_view_.scale() / view_.scale();
    std::vector<int> columns(static_cast<std::size_t>(rect.width()));
    for (int x = 0; x < rect.width(); ++x) {
        const double from = std::floor(corner.x() + x * step);
        columns[static_cast<std::size_t>(x)] =
            from >= 0 && from < before_.width() ? static_cast<int>(from) : -1;
    }
    for (int y = 0; y < rect.height(); ++y) {
        auto* out =
            reinterpret_cast<QRgb*>(frame_.bits() + (rect.top() + y) * frame_.bytesPerLine()) + rect.left();
        const double from = std::floor(corner.y() + y * step);
        if (from < 0 || from >= before_.height()) {
            std::fill_n(out, rect.width(), ground_);
            continue;
        }
        const auto* in = reinterpret_cast<const QRgb*>(before_.constScanLine(static_cast<int>(from)));
        for (int x = 0; x < rect.width(); ++x) {
            const int column = columns[static_cast<std::size_t>(x)];
            out[x] = column >= 0 ? in[column] : ground_;
        }
    }
}

void CanvasFrame::compose_part(const QRect& rect, const std::vector<Draw>& draws, const LayerStack& layers) {
    FramePart part{&frame_, rect, view_, outline_};
    const QRect image = QRect(QPoint(part.device_x(0), part.device_y(0)),
                              QPoint(part.device_x(view_.image_size().width()) - 1,
                                     part.device_y(view_.image_size().height()) - 1));
    for (int y = rect.top(); y <= rect.bottom(); ++y)
        std::fill_n(part.row(y) + rect.left(), rect.width(), ground_);
    part.rect = rect.intersected(image);
    if (part.rect.isEmpty())
        return;
    for (const Draw& draw : draws) {
        FramePart clipped = part;
        clipped.rect = part.rect.intersected(draw.clip);
        if (!clipped.rect.isEmpty())
            draw_pixels(clipped, draw.pixels, draw.corner_x, draw.corner_y, draw.step, Tile::apron,
                        draw.smooth);
    }
    for (const auto& layer : layers.bottom_up())
        if (layer->visible())
            layer->compose(part);
    draw_pixel_grid(part);
}

std::vector<CanvasFrame::Draw> CanvasFrame::plan(TileCache& tiles, const TileScene& scene,
                                                 const QRect& rect) const {
    const int levels = scene.blocks->levels();
    const int level = view_.level(levels);
    const QRectF image =
        QRectF(view_.to_image(rect.topLeft()), view_.to_image(rect.bottomRight() + QPointF(1, 1)))
            .intersected(QRectF(QPointF(0, 0), view_.image_size()));
    std::vector<Draw> draws;
    if (image.isEmpty())
        return draws;
    const bool crisp = view_.scale() >= 1;
    const auto add = [&](const Tile& tile, const TileKey& key, const QRect& clip, bool smooth) {
        const double step = step_of(key.level);
        draws.push_back(
            {tile.pixels, key.x * step * Tile::size, key.y * step * Tile::size, step, clip, smooth});
    };
    const QRect grid = tiles_of(image, level);
    for (int y = grid.top(); y <= grid.bottom(); ++y)
        for (int x = grid.left(); x <= grid.right(); ++x) {
            const TileKey key{scene.image, level, x, y};
            const QRect place = device_rect(view_, key);
            if (const Tile* tile = tiles.find(key)) {
                add(*tile, key, place, !crisp);
                continue;
            }
            for (int up = 1; level + up < levels; ++up) {
                const TileKey coarse{scene.image, level + up, x >> up, y >> up};
                if (const Tile* tile = tiles.find(coarse)) {
                    add(*tile, coarse, place, true);
                    break;
                }
            }
            if (level > 0)
                for (int child = 0; child < 4; ++child) {
                    const TileKey fine{scene.image, level - 1, 2 * x + (child & 1), 2 * y + (child >> 1)};
                    if (const Tile* tile = tiles.find(fine))
                        add(*tile, fine, device_rect(view_, fine), true);
                }
        }
    return draws;
}

std::vector<TileKey> CanvasFrame::wanted(const ViewTransform& view, TileCache& tiles,
                                         const TileScene& scene) {
    std::vector<TileKey> list;
    const int levels = scene.blocks->levels();
    const int level = view.level(levels);
    const QRectF seen = view.visible_image();
    const QRectF whole(QPointF(0, 0), view.image_size());
    // Reading ahead must never push out what is in sight.
    const std::size_t room = tiles.budget() / (std::size_t{4} * (Tile::size + 2) * (Tile::size + 2)) * 3 / 4;
    std::size_t counted = 0;
    const auto add = [&](const QRectF& area, int at) {
        const QRect grid = tiles_of(area.intersected(whole), at);
        counted += static_cast<std::size_t>(grid.width()) * static_cast<std::size_t>(grid.height());
        if (counted > room && at != level)
            return;
        const QPointF middle = QRectF(grid).center();
        std::vector<std::pair<double, TileKey>> found;
        for (int y = grid.top(); y <= grid.bottom(); ++y)
            for (int x = grid.left(); x <= grid.right(); ++x) {
                const TileKey key{scene.image, at, x, y};
                const Tile* tile = tiles.peek(key);
                if (tile && tile->revision == scene.revision)
                    continue;
                found.push_back({std::hypot(x + 0.5 - middle.x(), y + 0.5 - middle.y()), key});
            }
        std::stable_sort(found.begin(), found.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (const auto& [distance, key] : found)
            if (std::find(list.begin(), list.end(), key) == list.end())
                list.push_back(key);
    };
    if (seen.isEmpty())
        return list;
    add(seen, level);
    // The coarsest level stands in wherever a tile is missing.
    add(whole, levels - 1);
    // Then what panning and zooming out by a step will show.
    const double ring = step_of(level) * Tile::size;
    if (counted < room / 2)
        add(seen.adjusted(-ring, -ring, ring, ring), level);
    if (level + 1 < levels - 1)
        add(seen.adjusted(-seen.width() / 2, -seen.height() / 2, seen.width() / 2, seen.height() / 2),
            level + 1);
    return list;
}

} // namespace eyepiece
