// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/outline_tools.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <QPainterPath>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {

constexpr double lasso_step = 0.7;      // image px between the points of a lasso, at least
constexpr double lasso_tolerance = 0.5; // px that fewer vertices may be off

} // namespace

PolygonTool::PolygonTool(const LabelToolContext& context, bool lasso, QObject* parent)
    : LabelTool(context, parent), lasso_(lasso) {}

void PolygonTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton || (points_.empty() && picked(pointer)))
        return;
    const Point2 at{pointer.image.x(), pointer.image.y()};
    if (!has_class())
        return;
    if (lasso_) {
        points_ = {at};
        dragging_ = true;
        return;
    }
    if (points_.size() >= 3) {
        const QPointF first = canvas().view().to_device(QPointF(points_.front().x, points_.front().y));
        if (QLineF(first, pointer.device).length() < grab_reach) {
            close();
            return;
        }
    }
    points_.push_back(at);
    pointer_ = pointer.image;
    Q_EMIT repaint();
}

void PolygonTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    if (dragging_ &&
        std::hypot(pointer.image.x() - points_.back().x, pointer.image.y() - points_.back().y) >= lasso_step)
        points_.push_back({pointer.image.x(), pointer.image.y()});
    if (!points_.empty())
        Q_EMIT repaint();
}

void PolygonTool::release(const CanvasPointer&) {
    if (!dragging_)
        return;
    dragging_ = false;
    close();
}

void PolygonTool::double_click(const CanvasPointer&) {
    if (!lasso_ && points_.size() >= 3)
        close(); // the first click of the two has set the last point
}

void PolygonTool::close() {
    Polygon polygon = std::exchange(points_, {});
    Q_EMIT repaint();
    if (lasso_ && polygon.size() > 3)
        polygon = simplified(polygon, lasso_tolerance);
    add_object(polygon, lasso_ ? tr("lasso") : tr("polygon"));
}

void PolygonTool::finish() {
    points_.clear(); // nothing of it was on the image yet
    dragging_ = false;
    pointer_.reset();
    Q_EMIT repaint();
}

bool PolygonTool::own_key(QKeyEvent* event) {
    if (points_.empty())
        return false;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (points_.size() >= 3)
            close();
        return true;
    case Qt::Key_Escape:
        finish();
        return true;
    case Qt::Key_Backspace:
        points_.pop_back();
        Q_EMIT repaint();
        return true;
    default:
        return false;
    }
}

void PolygonTool::paint(QPainter& painter, const ViewTransform& view) {
    if (points_.empty())
        return;
    const QPolygonF done = device_polygon(points_, view);
    QPolygonF all = done;
    if (pointer_)
        all << view.to_device(*pointer_);
    QPainterPath area;
    area.addPolygon(all);
    area.closeSubpath();
    painter.fillPath(area, QColor(255, 255, 255, 28));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 170), 3.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(all);
    painter.setPen(QPen(Qt::white, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(all);
    if (all.size() > 2) {
        painter.setPen(QPen(QColor(255, 255, 255, 150), 1.2, Qt::DashLine));
        painter.drawLine(all.back(), all.front());
    }
    if (!lasso_) {
        const bool closes = pointer_ && done.size() >= 3 &&
                            QLineF(done.front(), view.to_device(*pointer_)).length() < grab_reach;
        draw_handles(painter, done, closes ? 0 : -1);
    }
}

LabelToolSpec polygon_tool() {
    return {.id = "label.polygon",
            .title = PolygonTool::tr("Polygon"),
            .help = PolygonTool::tr("Draw an outline corner by corner."),
            .hint = PolygonTool::tr("Click the corners; Enter closes, Backspace takes back, Esc cancels"),
            .icon = "polygon",
            .key = Qt::Key_G,
            .make = [](const LabelToolContext& context) {
                return std::make_unique<PolygonTool>(context, false, nullptr);
            }};
}

LabelToolSpec lasso_tool() {
    return {.id = "label.lasso",
            .title = PolygonTool::tr("Lasso"),
            .help = PolygonTool::tr("Draw an outline in one go."),
            .hint = PolygonTool::tr("Drag around an object"),
            .icon = "lasso",
            .key = Qt::Key_L,
            .make = [](const LabelToolContext& context) {
                return std::make_unique<PolygonTool>(context, true, nullptr);
            }};
}

} // namespace eyepiece
