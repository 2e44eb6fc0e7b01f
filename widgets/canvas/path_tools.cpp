// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/path_tools.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/measure_text.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {

constexpr double step = 0.7; // image px between the points of a drag, at least

double length_of(const Polygon& path) {
    double length = 0;
    for (std::size_t i = 1; i < path.size(); ++i)
        length += std::hypot(path[i].x - path[i - 1].x, path[i].y - path[i - 1].y);
    return length;
}

} // namespace

void PathTool::append(const QPointF& image) {
    const Point2 at = to_point(image);
    if (path_.empty() || at != path_.back())
        path_.push_back(at);
}

void PathTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton || (path_.empty() && (picked(pointer) || !may_start())))
        return;
    one_go_ = path_.empty();
    pressed_ = true;
    pressed_device_ = pointer.device;
    pointer_ = pointer.image;
    append(pointer.image);
    Q_EMIT repaint();
}

void PathTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    const bool dragged = pressed_ && QLineF(pressed_device_, pointer.device).length() >= click_reach;
    if (dragged && std::hypot(pointer.image.x() - path_.back().x, pointer.image.y() - path_.back().y) >= step)
        append(pointer.image);
    if (!path_.empty())
        Q_EMIT repaint();
}

void PathTool::release(const CanvasPointer& pointer) {
    if (!std::exchange(pressed_, false) || QLineF(pressed_device_, pointer.device).length() < click_reach)
        return; // a click, which has set its point
    append(pointer.image);
    if (one_go_)
        end();
}

void PathTool::double_click(const CanvasPointer&) {
    if (!path_.empty())
        end(); // the first click of the two has set the last point
}

void PathTool::end() {
    const Polygon path = std::exchange(path_, {});
    pressed_ = false;
    Q_EMIT repaint();
    drawn(path);
}

void PathTool::leave() {
    pointer_.reset();
    if (!path_.empty())
        Q_EMIT repaint();
}

void PathTool::finish() {
    path_.clear(); // nothing of it was on the image yet
    pressed_ = false;
    pointer_.reset();
    Q_EMIT repaint();
}

bool PathTool::own_key(QKeyEvent* event) {
    if (path_.empty())
        return false;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        end();
        return true;
    case Qt::Key_Escape:
        finish();
        return true;
    case Qt::Key_Backspace:
        path_.pop_back();
        pressed_ = false;
        Q_EMIT repaint();
        return true;
    default:
        return false;
    }
}

QString PathTool::note(double length_px) const {
    return length_text(length_px, 0, pixel_size());
}

Polygon PathTool::path_to_pointer() const {
    Polygon path = path_;
    if (pointer_)
        path.push_back(to_point(*pointer_));
    return path;
}

std::optional<QRectF> PathTool::painted_area(const ViewTransform& view) const {
    if (path_.empty())
        return QRectF();
    const double reach = width() / 2 * view.scale() + grab_reach;
    const QRectF line = device_polygon(path_to_pointer(), view).boundingRect();
    QRectF area = line.adjusted(-reach, -reach, reach, reach);
    if (pointer_)
        area |= note_area(view.to_device(*pointer_), canvas().devicePixelRatioF());
    return area;
}

void PathTool::paint(QPainter& painter, const ViewTransform& view) {
    if (path_.empty())
        return;
    const Polygon path = path_to_pointer();
    const QPolygonF line = device_polygon(path, view);
    painter.setBrush(Qt::NoBrush);
    if (width() > 0) {
        painter.setPen(QPen(QColor(255, 255, 255, 70), std::max(width() * view.scale(), 1.0), Qt::SolidLine,
                            Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolyline(line);
    }
    draw_twice(painter, [&] { painter.drawPolyline(line); });
    if (closed() && line.size() > 2) {
        painter.setPen(QPen(QColor(255, 255, 255, 150), 1.2, Qt::DashLine));
        painter.drawLine(line.back(), line.front());
    }
    if (!one_go_ || !pressed_)
        draw_handles(painter, device_polygon(path_, view), -1);
    if (pointer_)
        if (const QString text = note(length_of(path)); !text.isEmpty())
            draw_note(painter, view.to_device(*pointer_), text);
}

// ---- a painted line

LineTool::LineTool(const LabelToolContext& context, QObject* parent) : PathTool(context, parent) {
    connect(&settings(), &LabelToolSettings::changed, this, &CanvasTool::repaint);
}

void LineTool::drawn(const Polygon& path) {
    if (!editor().begin(tr("line")))
        return;
    const PaintRule rule{editor().new_object(), settings().only_where_empty(), 0};
    editor().line(path.front(), path.front(), width(), rule);
    for (std::size_t i = 1; i < path.size(); ++i)
        editor().line(path[i - 1], path[i], width(), rule);
    end_object(rule.id);
}

LabelToolSpec line_tool() {
    return {
        .id = "label.line",
        .title = LineTool::tr("Line"),
        .help = LineTool::tr("Paint a line or a curve as wide as the brush."),
        .hint = LineTool::tr("Click point by point and Enter, or drag; Ctrl+wheel or [ ] for the width"),
        .icon = "line",
        .key = QKeySequence(Qt::SHIFT | Qt::Key_B),
        .make = [](const LabelToolContext& context) { return std::make_unique<LineTool>(context, nullptr); },
        .family = "lines"};
}

} // namespace eyepiece
