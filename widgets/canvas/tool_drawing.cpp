// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/tool_drawing.h"

#include <QPainter>
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

} // namespace eyepiece
