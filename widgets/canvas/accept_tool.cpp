// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/accept_tool.h"

#include "widgets/canvas/tool_drawing.h"

#include <QLineF>
#include <QPainter>

namespace eyepiece {

void AcceptTool::press(const CanvasPointer& pointer) {
    if (picked(pointer) || pointer.buttons != Qt::LeftButton)
        return;
    dragging_ = true;
    from_ = to_ = pointer.image;
    from_device_ = pointer.device;
}

void AcceptTool::move(const CanvasPointer& pointer) {
    if (!dragging_)
        return;
    to_ = pointer.image;
    Q_EMIT repaint();
}

void AcceptTool::release(const CanvasPointer& pointer) {
    if (!dragging_)
        return;
    dragging_ = false;
    Q_EMIT repaint();
    if (!editor().has_prediction()) {
        Q_EMIT editor().refused(
            tr("There is no prediction on this image to accept. Train a model, then choose Predict."));
        return;
    }
    if (QLineF(from_device_, pointer.device).length() < click_reach) {
        const QPoint pixel = pixel_of(pointer.image);
        editor().accept_object(editor().predicted_at(pixel.x(), pixel.y()));
        return;
    }
    const QRect box = QRectF(from_, pointer.image).normalized().toAlignedRect();
    editor().accept_region({box.x(), box.y(), box.width(), box.height()});
}

void AcceptTool::finish() {
    dragging_ = false;
    Q_EMIT repaint();
}

void AcceptTool::paint(QPainter& painter, const ViewTransform& view) {
    if (dragging_)
        draw_twice(painter, [&] { painter.drawRect(view.to_device(QRectF(from_, to_).normalized())); });
}

LabelToolSpec accept_tool() {
    return {.id = "label.accept",
            .title = AcceptTool::tr("Accept prediction"),
            .help = AcceptTool::tr("Take predicted objects over by clicking them or dragging around them."),
            .hint = AcceptTool::tr("Click a predicted object, or drag around several, to accept them"),
            .icon = "accept",
            .key = Qt::Key_T,
            .make = [](const LabelToolContext& context) {
                return std::make_unique<AcceptTool>(context, nullptr);
            }};
}

} // namespace eyepiece
