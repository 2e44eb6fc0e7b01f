// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/paint_tools.h"

#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QPainter>
#include <cmath>

namespace eyepiece {

BrushTool::BrushTool(const LabelToolContext& context, bool erases, QObject* parent)
    : LabelTool(context, parent), erases_(erases) {
    connect(&settings(), &LabelToolSettings::changed, this, &CanvasTool::repaint);
}

// The object that a stroke from here belongs to; made when there is none. 0: no class to paint.
ObjectId BrushTool::target(const Point2& at) {
    const LabelDocument& document = editor().document();
    const ClassId wanted = editor().current_class();
    const auto x = static_cast<std::int64_t>(std::floor(at.x)),
               y = static_cast<std::int64_t>(std::floor(at.y));
    if (const LabelObject* below = document.object(document.at(x, y)); below && below->class_id == wanted)
        return below->id;
    if (wanted == 0) // painted background is one thing, not many
        for (const auto& [id, object] : document.objects())
            if (object.class_id == 0)
                return id;
    return editor().new_object();
}

void BrushTool::press(const CanvasPointer& pointer) {
    if (drawing_ || picked(pointer))
        return;
    const bool erase = erases_ || pointer.buttons == Qt::RightButton;
    if (pointer.buttons != Qt::LeftButton && pointer.buttons != Qt::RightButton)
        return;
    if (!erase && !has_class())
        return;
    if (!editor().begin(erase ? tr("eraser") : stroke_name()))
        return;
    const Point2 at = to_point(pointer.image);
    const bool straight =
        (pointer.modifiers & Qt::ShiftModifier) && has_last_ && last_item_ == editor().item();
    const LabelObject* before = editor().document().object(last_object_);
    rule_ = {};
    if (!erase) {
        // A straight line goes on with the stroke that it starts from.
        rule_.id =
            straight && before && before->class_id == editor().current_class() ? last_object_ : target(at);
        rule_.only_where_empty = settings().only_where_empty();
        editor().select(rule_.id);
    }
    drawing_ = true;
    path_ = straight ? std::vector{last_, at} : std::vector{at};
    editor().line(straight ? last_ : at, at, settings().brush_size(), rule_);
    last_ = at;
    last_item_ = editor().item();
    has_last_ = true;
    last_object_ = rule_.id;
}

void BrushTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    modifiers_ = pointer.modifiers;
    if (drawing_) {
        const Point2 at = to_point(pointer.image);
        editor().line(last_, at, settings().brush_size(), rule_);
        path_.push_back(at);
        last_ = at;
    }
    Q_EMIT repaint();
}

void BrushTool::release(const CanvasPointer& pointer) {
    if (!drawing_)
        return;
    const Point2 at = to_point(pointer.image);
    if (at.x != last_.x || at.y != last_.y) {
        editor().line(last_, at, settings().brush_size(), rule_);
        path_.push_back(at);
    }
    last_ = at;
    drawing_ = false;
    end_stroke();
}

QString BrushTool::stroke_name() const {
    return tr("brush");
}

void BrushTool::end_stroke() {
    editor().commit();
}

void BrushTool::finish() {
    if (drawing_) {
        drawing_ = false;
        end_stroke();
    }
    pointer_.reset();
}

void BrushTool::leave() {
    pointer_.reset();
    Q_EMIT repaint();
}

bool BrushTool::own_key(QKeyEvent* event) {
    if (event->key() != Qt::Key_Escape || !drawing_)
        return false;
    drawing_ = false;
    editor().cancel();
    return true;
}

bool BrushTool::shows_line() const {
    return (modifiers_ & Qt::ShiftModifier) && has_last_ && last_item_ == editor().item() && !drawing_;
}

std::optional<QRectF> BrushTool::painted_area(const ViewTransform& view) const {
    if (!pointer_)
        return QRectF();
    const double reach = settings().brush_size() / 2 * view.scale() + 3;
    const QPointF middle = view.to_device(*pointer_);
    QRectF area(middle.x() - reach, middle.y() - reach, 2 * reach, 2 * reach);
    if (shows_line())
        area |= QRectF(view.to_device(QPointF(last_.x, last_.y)), QSizeF(1, 1)).adjusted(-3, -3, 3, 3);
    return area;
}

void BrushTool::paint(QPainter& painter, const ViewTransform& view) {
    if (!pointer_)
        return;
    const double radius = settings().brush_size() / 2 * view.scale();
    const QPointF middle = view.to_device(*pointer_);
    draw_twice(painter, [&] {
        painter.drawEllipse(middle, radius, radius);
        if (shows_line())
            painter.drawLine(view.to_device(QPointF(last_.x, last_.y)), middle);
    });
}

LabelToolSpec brush_tool() {
    return {.id = BrushTool::brush_id,
            .title = BrushTool::tr("Brush"),
            .help = BrushTool::tr("Paint an object. Starting inside one of the same class goes on with it."),
            .hint = BrushTool::tr("Drag to paint; Shift-click for a line; Ctrl+wheel or [ ] for the size"),
            .icon = "brush",
            .key = Qt::Key_B,
            .make = [](const LabelToolContext& context) {
                return std::make_unique<BrushTool>(context, false, nullptr);
            }};
}

LabelToolSpec eraser_tool() {
    return {.id = BrushTool::eraser_id,
            .title = BrushTool::tr("Eraser"),
            .help = BrushTool::tr("Take labels away. The right button does the same while painting."),
            .hint = BrushTool::tr("Drag to erase; Shift-click for a line; Ctrl+wheel or [ ] for the size"),
            .icon = "eraser",
            .key = Qt::Key_E,
            .make = [](const LabelToolContext& context) {
                return std::make_unique<BrushTool>(context, true, nullptr);
            }};
}

} // namespace eyepiece
