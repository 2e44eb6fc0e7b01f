// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/seed_strokes.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

double distance(const QPointF& p, const QPointF& a, const QPointF& b) {
    const QPointF ab = b - a, ap = p - a;
    const double length = QPointF::dotProduct(ab, ab);
    const double t = length > 0 ? std::clamp(QPointF::dotProduct(ap, ab) / length, 0.0, 1.0) : 0;
    const QPointF off = ap - t * ab;
    return std::hypot(off.x(), off.y());
}

} // namespace

void SeedStrokes::begin(ObjectId id, double scale, const QPointF& at) {
    strokes_.push_back({id, pen_ / scale, QPolygonF{at}});
}

void SeedStrokes::resize_pen(double steps) {
    pen_ = std::clamp(pen_ + 2 * steps, 2.0, 60.0);
}

void SeedStrokes::extend(const QPointF& to) {
    if (!strokes_.empty() && strokes_.back().points.back() != to)
        strokes_.back().points << to;
}

void SeedStrokes::take_back() {
    if (!strokes_.empty())
        strokes_.pop_back();
}

bool SeedStrokes::has(ObjectId id) const {
    return std::any_of(strokes_.begin(), strokes_.end(), [&](const Stroke& each) { return each.id == id; });
}

ObjectId SeedStrokes::largest_id() const {
    ObjectId largest = 0;
    for (const Stroke& stroke : strokes_)
        largest = std::max(largest, stroke.id);
    return largest;
}

ObjectId SeedStrokes::last_other_than(ObjectId id) const {
    const auto found =
        std::find_if(strokes_.rbegin(), strokes_.rend(), [&](const Stroke& each) { return each.id != id; });
    return found == strokes_.rend() ? 0 : found->id;
}

LabelMap SeedStrokes::drawn(const Region& window) const {
    LabelMap map(window.height, window.width);
    const Region inside{0, 0, window.width, window.height};
    for (const Stroke& stroke : strokes_) {
        const double r = stroke.diameter / 2;
        for (qsizetype i = 0; i < stroke.points.size(); ++i) {
            const QPointF corner(static_cast<double>(window.x), static_cast<double>(window.y));
            const QPointF a = stroke.points[std::max<qsizetype>(i - 1, 0)] - corner,
                          b = stroke.points[i] - corner;
            const QRect box =
                QRectF(a, b).normalized().adjusted(-r - 1, -r - 1, r + 1, r + 1).toAlignedRect();
            const Region place = Region{box.x(), box.y(), box.width(), box.height()}.intersected(inside);
            for (std::int64_t y = place.y; y < place.bottom(); ++y)
                for (std::int64_t x = place.x; x < place.right(); ++x)
                    if (distance({static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5}, a, b) <= r)
                        map.set(x, y, stroke.id);
            const Region below{static_cast<std::int64_t>(std::floor(b.x())),
                               static_cast<std::int64_t>(std::floor(b.y())), 1, 1};
            if (!below.intersected(inside).empty())
                map.set(below.x, below.y, stroke.id);
        }
    }
    return map;
}

void SeedStrokes::paint(QPainter& painter, const ViewTransform& view,
                        const std::function<QColor(ObjectId)>& color) const {
    painter.save();
    for (const Stroke& stroke : strokes_) {
        QPolygonF line;
        for (const QPointF& p : stroke.points)
            line << view.to_device(p);
        if (line.size() == 1)
            line << line.front() + QPointF(0.01, 0);
        const double width = std::max(3.0, stroke.diameter * view.scale());
        painter.setPen(QPen(QColor(0, 0, 0, 150), width + 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolyline(line);
        painter.setPen(QPen(color(stroke.id), width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolyline(line);
    }
    painter.restore();
}

} // namespace eyepiece
