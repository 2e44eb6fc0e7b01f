// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/layer.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace eyepiece {

Layer::Layer(LayerKind kind, QString id, QString title)
    : kind_(kind), id_(std::move(id)), title_(std::move(title)) {}
Layer::~Layer() = default;

ChannelLayer::ChannelLayer(int channel, QString title, ChannelDisplay display, ChannelStatistics statistics)
    : Layer(LayerKind::Channel, QStringLiteral("channel-%1").arg(channel), std::move(title))
    , channel_(channel)
    , display_(std::move(display))
    , statistics_(std::move(statistics)) {}

QColor ChannelLayer::swatch() const {
    return channel_ < 0 ? QColor() : QColor(color_table(display_.contrast.color_map)[200]);
}

QRgb LabelColors::object_color(ObjectId id) {
    if (id == 0)
        return 0;
    // Steps of the golden section around the circle of hues keep neighbours apart; lightness varies as well,
    // so that objects stay apart for those who do not tell red from green.
    static const auto colors = [] {
        std::array<QRgb, 1021> made{};
        for (std::size_t i = 0; i < made.size(); ++i) {
            const double turn = static_cast<double>(i) * 0.61803398875;
            const double hue = turn - std::floor(turn);
            made[i] = QColor::fromHsv(static_cast<int>(hue * 359), 120 + static_cast<int>(i * 53 % 90),
                                      170 + static_cast<int>(i * 37 % 80))
                          .rgb();
        }
        return made;
    }();
    return colors[id % colors.size()];
}

QRgb LabelColors::outline_color(QRgb fill) {
    return mixed(fill, 0xffffffffu, 200);
}

LabelLayer::LabelLayer(LayerKind kind, QString id, QString title, std::shared_ptr<LabelTiles> tiles,
                       LabelColors colors)
    : Layer(kind, std::move(id), std::move(title)), tiles_(std::move(tiles)), colors_(std::move(colors)) {}

void LabelLayer::prepare(const ViewTransform& view, const QRect& rect) {
    const QRectF image(view.to_image(rect.topLeft() - QPointF(2, 2)),
                       view.to_image(rect.bottomRight() + QPointF(3, 3)));
    const QRect pixels = image.toAlignedRect().translated(-origin_);
    tiles_->prepare({pixels.x(), pixels.y(), pixels.width(), pixels.height()},
                    view.level(LabelTiles::levels));
}

namespace {

// Object ids under the middles of a row of device pixels.
class IdRows {
public:
    IdRows(const LabelTiles& tiles, const ViewTransform& view, const QPoint& origin, int x0, int count)
        : tiles_(tiles), view_(view), origin_(origin), level_(view.level(LabelTiles::levels)), count_(count) {
        const int tile_shift = 8;
        for (int i = 0; i < count; ++i) {
            const double image = (x0 + i + 0.5 - view.offset().x()) / view.scale();
            const auto x = static_cast<std::int64_t>(std::floor(image)) - origin.x();
            if (x < 0 || x >= tiles.width()) {
                column_.push_back(-1);
                inside_.push_back(0);
            } else {
                column_.push_back(static_cast<int>(x >> tile_shift));
                inside_.push_back(static_cast<int>(x & (LabelTiles::tile_size - 1)) >> level_);
            }
        }
    }

    // Returns the image row that was read, so that the caller can reuse a row that is the same.
    std::int64_t image_row(int y) const {
        return static_cast<std::int64_t>(std::floor((y + 0.5 - view_.offset().y()) / view_.scale())) -
               origin_.y();
    }

    void read(std::int64_t row, ObjectId* out) const {
        if (row < 0 || row >= tiles_.height()) {
            std::fill_n(out, count_, 0u);
            return;
        }
        const int tile_row = static_cast<int>(row / LabelTiles::tile_size);
        const auto inside = static_cast<std::size_t>(row % LabelTiles::tile_size) >> level_;
        const std::size_t stride = static_cast<std::size_t>(LabelTiles::tile_size >> level_);
        for (int i = 0; i < count_;) {
            const int column = column_[static_cast<std::size_t>(i)];
            int end = i + 1;
            while (end < count_ && column_[static_cast<std::size_t>(end)] == column)
                ++end;
            const ObjectId* ids = column < 0 ? nullptr : tiles_.tile(column, tile_row, level_);
            if (ids) {
                const ObjectId* from = ids + inside * stride;
                for (int k = i; k < end; ++k)
                    out[k] = from[inside_[static_cast<std::size_t>(k)]];
            } else {
                std::fill(out + i, out + end, 0u);
            }
            i = end;
        }
    }

private:
    const LabelTiles& tiles_;
    const ViewTransform& view_;
    QPoint origin_;
    int level_, count_;
    std::vector<int> column_, inside_;
};

} // namespace

namespace {

// The first of `ids` from `x` on that is not `id`, or `end`.
int end_of_run(const ObjectId* ids, int x, int end, ObjectId id) {
    constexpr int step = 8;
    for (; x + step <= end; x += step) { // most of a picture is long runs: eight are looked at in one go
        ObjectId other = 0;
        for (int k = 0; k < step; ++k)
            other |= ids[x + k] ^ id;
        if (other != 0)
            break;
    }
    while (x < end && ids[x] == id)
        ++x;
    return x;
}

QRgb faded(unsigned alpha, QRgb color) { // the colour's own alpha times `alpha`, as mixed() takes it
    return alpha * static_cast<unsigned>(qAlpha(color)) / 255;
}

} // namespace

// Leaves the ids of selected objects in a row; says whether there are any.
bool LabelLayer::keep_selected(std::vector<ObjectId>& row) const {
    bool any = false;
    const auto count = static_cast<int>(row.size());
    for (int x = 0; x < count;) {
        const ObjectId id = row[static_cast<std::size_t>(x)];
        const int end = end_of_run(row.data(), x, count, id);
        if (id != 0 && !selected(id))
            std::fill(row.begin() + x, row.begin() + end, 0u);
        else
            any |= id != 0;
        x = end;
    }
    return any;
}

void LabelLayer::compose(const FramePart& part) const {
    const int reach = part.outline + (selected_.empty() ? 0 : 1); // how far an outline looks around
    const int x0 = part.rect.left(), width = part.rect.width();
    const int count = width + 2 * reach;
    const unsigned fill_alpha = static_cast<unsigned>(std::lround(std::clamp(opacity(), 0.0, 1.0) * 256));
    // Outlines stay readable when the fill is faint.
    const unsigned line_alpha = std::min(256u, 2 * fill_alpha);
    if (fill_alpha == 0)
        return;
    const IdRows rows(*tiles_, part.view, origin_, x0 - reach, count);

    // A window of 2 reach + 1 rows of ids slides down.
    const int window = 2 * reach + 1;
    std::vector<std::vector<ObjectId>> ids(static_cast<std::size_t>(window),
                                           std::vector<ObjectId>(static_cast<std::size_t>(count)));
    std::vector<std::int64_t> which(static_cast<std::size_t>(window), INT64_MIN);
    // The same rows with the ids of selected objects alone.
    std::vector<std::vector<ObjectId>> chosen(static_cast<std::size_t>(window));
    std::vector<char> holds_selected(static_cast<std::size_t>(window), 0);
    const auto slot_of = [window](int y) {
        return static_cast<std::size_t>(((y % window) + window) % window);
    };
    const auto load = [&](int y) {
        const std::size_t slot = slot_of(y), above = slot_of(y - 1);
        const std::int64_t row = rows.image_row(y);
        if (which[above] == row) {
            ids[slot] = ids[above];
            chosen[slot] = chosen[above];
            holds_selected[slot] = holds_selected[above];
        } else {
            rows.read(row, ids[slot].data());
            if (!selected_.empty()) {
                chosen[slot] = ids[slot];
                holds_selected[slot] = keep_selected(chosen[slot]);
            }
        }
        which[slot] = row;
    };
    const auto line = [&](int y) { return ids[slot_of(y)].data() + reach; };
    const auto chosen_line = [&](int y) { return chosen[slot_of(y)].data() + reach; };
    for (int y = part.rect.top() - reach; y < part.rect.top() + reach; ++y)
        load(y);

    for (int y = part.rect.top(); y <= part.rect.bottom(); ++y) {
        load(y + reach);
        QRgb* out = part.row(y) + x0;
        compose_row(out, width, line(y), line(y + 1), part.outline > 1 ? line(y - 1) : nullptr, fill_alpha,
                    line_alpha);
        if (std::find(holds_selected.begin(), holds_selected.end(), 1) == holds_selected.end())
            continue;
        const ObjectId *here = chosen_line(y), *below = chosen_line(y + 1), *above = chosen_line(y - 1);
        const ObjectId *far_below = chosen_line(y + reach), *far_above = chosen_line(y - reach);
        for (int x = 0; x < width; ++x) {
            const ObjectId id = here[x];
            bool border = far_below[x] != id || far_above[x] != id || below[x] != id || above[x] != id;
            for (int k = 1; k <= reach && !border; ++k)
                border = here[x + k] != id || here[x - k] != id;
            if (border)
                out[x] = selection_color_;
        }
    }
}

// Run by run: the fill of a run is one colour, and outlines lie at its end and where the row below (and, for
// wide outlines, above and before) shows another id. Thin lines lie on one side of a border only, so that
// they are one device pixel wide.
void LabelLayer::compose_row(QRgb* out, int width, const ObjectId* here, const ObjectId* below,
                             const ObjectId* above, unsigned fill_alpha, unsigned line_alpha) const {
    const auto outline = [&](int x, ObjectId id, ObjectId other) {
        if (const QRgb color = colors_.outline_of(std::max(id, other)); qAlpha(color) != 0)
            out[x] = mixed(out[x], color, faded(line_alpha, color));
    };
    for (int x = 0; x < width;) {
        const ObjectId id = here[x];
        const int end = end_of_run(here, x, width, id);
        if (id != 0)
            if (const QRgb fill = colors_.fill_of(id); qAlpha(fill) != 0)
                for (int at = x; at < end; ++at)
                    out[at] = mixed(out[at], fill, faded(fill_alpha, fill));
        const bool ends = here[end] != id; // else the part's edge cuts it
        const int last = ends ? end - 1 : end;
        int at = x, next_below = x, next_above = above ? x : last;
        if (above && at < last && below[at] == id && here[at - 1] != id)
            outline(at++, id, here[x - 1]);
        while (at < last) {
            if (next_below <= at)
                next_below = end_of_run(below, at, last, id);
            if (next_above <= at)
                next_above = end_of_run(above, at, last, id);
            at = std::min(next_below, next_above);
            if (at == last)
                break;
            outline(at, id, at == next_below ? below[at] : above[at]);
            ++at;
        }
        if (ends)
            outline(last, id, here[end]);
        x = end;
    }
}

MapLayer::MapLayer(QString id, QString title, FloatMap map)
    : Layer(LayerKind::Map, std::move(id), std::move(title)), map_(std::move(map)) {
    if (map_.region.empty())
        map_.region = {0, 0, map_.width, map_.height};
    if (map_.color_map.empty())
        map_.color_map = map_.is_signed ? "blue-white-red" : "inferno";
    const ColorTable table = color_table(map_.color_map);
    colors_ = QImage(static_cast<int>(map_.width), static_cast<int>(map_.height), QImage::Format_RGB32);
    strength_ = QImage(colors_.size(), QImage::Format_RGB32);
    const float reach = std::max(std::abs(map_.minimum), std::abs(map_.maximum));
    const float low = map_.is_signed ? -reach : map_.minimum, high = map_.is_signed ? reach : map_.maximum;
    const float per_unit = high > low ? 1 / (high - low) : 0;
    for (int y = 0; y < colors_.height(); ++y) {
        const float* in =
            map_.values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(map_.width);
        auto* color = reinterpret_cast<QRgb*>(colors_.scanLine(y));
        auto* strength = reinterpret_cast<QRgb*>(strength_.scanLine(y));
        for (int x = 0; x < colors_.width(); ++x) {
            const float at = std::isfinite(in[x]) ? std::clamp((in[x] - low) * per_unit, 0.0f, 1.0f) : 0.0f;
            color[x] = table[static_cast<std::size_t>(at * 255)];
            // What says little covers little: the image stays in sight where the map is near zero.
            const float magnitude = map_.is_signed ? std::abs(2 * at - 1) : at;
            strength[x] = static_cast<QRgb>(255 * (0.1f + 0.9f * std::sqrt(magnitude))) | 0xff000000u;
        }
    }
}

void MapLayer::compose(const FramePart& part) const {
    const unsigned alpha = static_cast<unsigned>(std::lround(std::clamp(opacity(), 0.0, 1.0) * 256));
    const QRect covered =
        part.view.covering(QRectF(map_.region.x, map_.region.y, map_.region.width, map_.region.height));
    const QRect rect = part.rect.intersected(covered);
    if (alpha == 0 || rect.isEmpty() || colors_.isNull())
        return;
    const double step = static_cast<double>(map_.region.width) / static_cast<double>(map_.width);
    const bool smooth = step > 1 || part.view.scale() < 1; // one value a pixel stays crisp when zoomed in
    QImage color(rect.size(), QImage::Format_RGB32), strength(rect.size(), QImage::Format_RGB32);
    strength.fill(Qt::black);
    ViewTransform view = part.view;
    // The same view, seen through a window that begins at rect: draw_pixels then fills the small pictures.
    view.move_origin(rect.topLeft());
    const FramePart colors{&color, QRect(QPoint(0, 0), rect.size()), view, part.outline};
    const FramePart strengths{&strength, colors.rect, view, part.outline};
    draw_pixels(colors, colors_, map_.region.x, map_.region.y, step, 0, smooth);
    draw_pixels(strengths, strength_, map_.region.x, map_.region.y, step, 0, smooth);
    for (int y = 0; y < rect.height(); ++y) {
        QRgb* out = part.row(rect.top() + y) + rect.left();
        const QRgb* c = colors.row(y);
        const QRgb* s = strengths.row(y);
        for (int x = 0; x < rect.width(); ++x)
            if (const unsigned covers = alpha * (s[x] & 0xffu) / 255; covers != 0)
                out[x] = mixed(out[x], c[x], covers);
    }
}

} // namespace eyepiece
