// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/preview_tool.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>

namespace eyepiece {

PreviewTool::PreviewTool(const LabelToolContext& context, QObject* parent) : LabelTool(context, parent) {
    const auto anew = [this] {
        if (in_use())
            refresh();
    };
    connect(&editor(), &LabelEditor::selected_changed, this, anew);
    connect(&editor(), &LabelEditor::objects_changed, this, anew);
    connect(&settings(), &LabelToolSettings::changed, this, anew);
    // Everywhere; while the pointer moves, only the words beside it.
    connect(this, &PreviewTool::preview_changed, &canvas(), qOverload<>(&QWidget::update));
}

void PreviewTool::chosen() {
    pointer_.reset();
    if (const QPoint pixel = canvas().pixel_below_pointer(); pixel.x() >= 0)
        pointer_ = QPointF(pixel) + QPointF(0.5, 0.5);
    refresh();
}

bool PreviewTool::in_use() const {
    return canvas().tool() == this;
}

void PreviewTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton || picked(pointer))
        return;
    const QPoint pixel = pixel_of(pointer.image);
    const ObjectId id = editor().document().at(pixel.x(), pixel.y());
    if (pointer.modifiers & Qt::ShiftModifier)
        editor().toggle_selected(id);
    else
        editor().select(id);
}

void PreviewTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    Q_EMIT repaint();
}

void PreviewTool::leave() {
    pointer_.reset();
    Q_EMIT repaint();
}

bool PreviewTool::own_key(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        apply();
        return true;
    case Qt::Key_Escape:
        Q_EMIT over();
        return true;
    default:
        return false;
    }
}

std::optional<QRectF> PreviewTool::painted_area(const ViewTransform& view) const {
    return pointer_ ? note_area(view.to_device(*pointer_), canvas().devicePixelRatioF()) : QRectF();
}

void PreviewTool::paint(QPainter& painter, const ViewTransform& view) {
    if (pointer_)
        draw_note(painter, view.to_device(*pointer_), status());
}

} // namespace eyepiece
