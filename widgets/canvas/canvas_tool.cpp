// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/canvas_tool.h"

#include <QLineF>
#include <QPainter>
#include <cmath>

namespace eyepiece {

CanvasTool::~CanvasTool() = default;

PointTool::PointTool(QObject* parent) : CanvasTool(parent) {}

void PointTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton)
        return;
    dragging_ = true;
    from_ = to_ = pointer.image;
    from_device_ = pointer.device;
}

void PointTool::move(const CanvasPointer& pointer) {
    if (!dragging_)
        return;
    to_ = pointer.image;
    Q_EMIT repaint();
}

void PointTool::release(const CanvasPointer& pointer) {
    if (!dragging_)
        return;
    dragging_ = false;
    to_ = pointer.image;
    Q_EMIT repaint();
    if (QLineF(from_device_, pointer.device).length() < 4)
        Q_EMIT point_picked({static_cast<int>(std::floor(to_.x())), static_cast<int>(std::floor(to_.y()))});
    else
        Q_EMIT region_picked(QRectF(from_, to_).normalized().toAlignedRect());
}

void PointTool::finish() {
    dragging_ = false;
    Q_EMIT repaint();
}

void PointTool::paint(QPainter& painter, const ViewTransform& view) {
    if (!dragging_)
        return;
    const QRectF box = view.to_device(QRectF(from_, to_).normalized());
    painter.setBrush(QColor(255, 255, 255, 24));
    painter.setPen(QPen(QColor(0, 0, 0, 160), 3));
    painter.drawRect(box);
    painter.setPen(QPen(Qt::white, 1));
    painter.drawRect(box);
}

} // namespace eyepiece
