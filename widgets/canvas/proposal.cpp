// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/proposal.h"

#include <QPainter>
#include <algorithm>

namespace eyepiece {

void Proposal::add(const Mask& mask, const Region& place, ObjectId id) {
    std::int64_t left = mask.width, right = -1, top = mask.height, bottom = -1;
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x)
            if (mask.at(x, y)) {
                left = std::min(left, x);
                right = std::max(right, x);
                top = std::min(top, y);
                bottom = y;
            }
    if (right < left)
        return;
    ObjectShape shape{id, {place.x + left, place.y + top, right - left + 1, bottom - top + 1}, {}};
    shape.mask = Mask(shape.place.height, shape.place.width);
    for (std::int64_t y = 0; y < shape.mask.height; ++y)
        for (std::int64_t x = 0; x < shape.mask.width; ++x)
            shape.mask.set(x, y, mask.at(left + x, top + y));
    outlines.push_back(outline_of(shape.mask, shape.place));
    shapes.push_back(std::move(shape));
}

QPainterPath outline_of(const Mask& mask, const Region& place) {
    QPainterPath path;
    for (const Polygon& ring :
         trace_outlines(mask, static_cast<double>(place.x), static_cast<double>(place.y))) {
        QPolygonF points;
        for (const Point2& p : ring)
            points << QPointF(p.x, p.y);
        path.addPolygon(points);
        path.closeSubpath();
    }
    return path;
}

void draw_proposal(QPainter& painter, const ViewTransform& view, std::span<const QPainterPath> outlines,
                   const QColor& fill) {
    painter.save();
    painter.translate(view.offset());
    painter.scale(view.scale(), view.scale());
    const double margin = 4 / view.scale();
    const QRectF asked = painter.hasClipping()
                             ? painter.clipBoundingRect().adjusted(-margin, -margin, margin, margin)
                             : view.visible_image();
    std::vector<const QPainterPath*> in_sight;
    for (const QPainterPath& outline : outlines)
        if (outline.controlPointRect().intersects(asked))
            in_sight.push_back(&outline);
    // Very many are drawn as thin lines without smoothing, which takes a tenth of the time.
    const bool many = in_sight.size() > 300;
    const QColor color(0xe6, 0xa2, 0x3c);
    painter.setRenderHint(QPainter::Antialiasing, !many);
    if (fill.alpha() > 0)
        for (const QPainterPath* outline : in_sight)
            painter.fillPath(*outline, fill);
    painter.setBrush(Qt::NoBrush);
    for (QPen pen : {QPen(QColor(0, 0, 0, 190), 3.5), QPen(color, many ? 1 : 1.8)}) {
        if (many && pen.color() != color)
            continue;
        pen.setCosmetic(true);
        painter.setPen(pen);
        for (const QPainterPath* outline : in_sight)
            painter.drawPath(*outline);
    }
    painter.restore();
}

} // namespace eyepiece
