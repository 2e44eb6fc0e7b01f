// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/tool_drawing.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace eyepiece {

Point2 to_point(const QPointF& p) {
    return {p.x(), p.y()};
}

QPoint pixel_of(const QPointF& image) {
    return {static_cast<int>(std::floor(image.x())), static_cast<int>(std::floor(image.y()))};
}

QPolygonF device_polygon(const Polygon& polygon, const ViewTransform& view) {
    QPolygonF out;
    for (const Point2& p : polygon)
        out << view.to_device(QPointF(p.x, p.y));
    return out;
}

void draw_twice(QPainter& painter, const std::function<void()>& draw) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 170), 3));
    draw();
    painter.setPen(QPen(Qt::white, 1.4));
    draw();
}

void draw_handles(QPainter& painter, const QPolygonF& points, int highlighted) {
    for (int i = 0; i < points.size(); ++i) {
        const double r = i == highlighted ? 5.5 : 4;
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5));
        painter.setBrush(i == highlighted ? QColor(0x5a, 0xa9, 0xe6) : QColor(Qt::white));
        painter.drawEllipse(points[i], r, r);
    }
}

namespace {
constexpr double note_width = 340, note_height = 24, note_distance = 18; // logical px
}

QRectF note_area(const QPointF& pointer, double ratio) {
    const double reach = (note_width + note_distance) * ratio, rise = (note_height + note_distance) * ratio;
    return {pointer.x() - reach, pointer.y() - rise, 2 * reach, 2 * rise};
}

void draw_note(QPainter& painter, const QPointF& pointer, const QString& text) {
    const QPaintDevice& device = *painter.device();
    const double ratio = device.devicePixelRatioF();
    painter.save();
    painter.translate(pointer);
    painter.scale(ratio, ratio); // words are of the same size on every screen
    const double width = std::min(painter.fontMetrics().horizontalAdvance(text) + 16.0, note_width);
    // Right below the pointer; at the window's edges on its other side.
    const QPointF at = pointer / ratio;
    const double left =
        at.x() + note_distance + width < device.width() ? note_distance : -width - note_distance;
    const double top = at.y() + note_distance + note_height < device.height() ? note_distance - 4
                                                                              : -note_height - note_distance;
    const QRectF box(left, top, width, note_height);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0x1d, 0x20, 0x26, 225));
    painter.drawRoundedRect(box, 6, 6);
    painter.setPen(QColor(0xe4, 0xe7, 0xec));
    painter.drawText(box, Qt::AlignCenter,
                     painter.fontMetrics().elidedText(text, Qt::ElideRight, static_cast<int>(width) - 8));
    painter.restore();
}

} // namespace eyepiece
