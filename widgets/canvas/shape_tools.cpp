// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/shape_tools.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/measure_text.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <utility>

namespace eyepiece {

namespace {

constexpr const char* family = "shapes";

QRectF to_rect(const Box& box) {
    return {box.left, box.top, box.width(), box.height()};
}

} // namespace

BoxTool::BoxTool(const LabelToolContext& context, Shape shape, QObject* parent)
    : LabelTool(context, parent), shape_(shape) {}

Box BoxTool::box() const {
    return dragged_box(to_point(from_), to_point(to_),
                       {modifiers_.testFlag(Qt::ShiftModifier), modifiers_.testFlag(Qt::AltModifier)});
}

void BoxTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton)
        return;
    dragging_ = true;
    from_ = to_ = pointer.image;
    from_device_ = pointer.device;
    modifiers_ = pointer.modifiers;
}

void BoxTool::move(const CanvasPointer& pointer) {
    if (!dragging_)
        return;
    to_ = pointer.image;
    modifiers_ = pointer.modifiers;
    Q_EMIT repaint();
}

void BoxTool::release(const CanvasPointer& pointer) {
    if (!std::exchange(dragging_, false))
        return;
    to_ = pointer.image;
    modifiers_ = pointer.modifiers;
    Q_EMIT repaint();
    if (QLineF(from_device_, pointer.device).length() < click_reach) {
        picked(pointer); // Alt and a click picks, Alt and a drag draws from the middle
        return;
    }
    if (!has_class() || editor().document().empty())
        return;
    const Box drawn = box();
    if (shape_ == Shape::Rectangle)
        return add_object(outline_of(drawn), tr("rectangle"));
    const Region place = bounds_of(outline_of(drawn))
                             .intersected({0, 0, editor().document().width(), editor().document().height()});
    add_object(rasterize_ellipse(drawn, place), place, tr("ellipse"));
}

void BoxTool::finish() {
    dragging_ = false;
    Q_EMIT repaint();
}

bool BoxTool::own_key(QKeyEvent* event) {
    if (event->key() != Qt::Key_Escape || !dragging_)
        return false;
    finish();
    return true;
}

std::optional<QRectF> BoxTool::painted_area(const ViewTransform& view) const {
    if (!dragging_)
        return QRectF();
    return view.to_device(to_rect(box())).adjusted(-4, -4, 4, 4) |
           note_area(view.to_device(to_), canvas().devicePixelRatioF());
}

void BoxTool::paint(QPainter& painter, const ViewTransform& view) {
    if (!dragging_)
        return;
    const Box drawn = box();
    const QRectF rect = view.to_device(to_rect(drawn));
    draw_twice(painter, [&] {
        if (shape_ == Shape::Rectangle)
            painter.drawRect(rect);
        else
            painter.drawEllipse(rect);
    });
    draw_note(painter, view.to_device(to_), size_text(drawn.width(), drawn.height(), pixel_size()));
}

// ---- at any angle

void RotatedRectangleTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton || (edge_.empty() && (picked(pointer) || !has_class())))
        return;
    pointer_ = pointer.image;
    pressed_device_ = pointer.device;
    if (edge_.size() == 2)
        third_ = true;
    else
        edge_.push_back(to_point(pointer.image));
    Q_EMIT repaint();
}

void RotatedRectangleTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    if (!edge_.empty())
        Q_EMIT repaint();
}

void RotatedRectangleTool::release(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    const bool dragged = QLineF(pressed_device_, pointer.device).length() >= click_reach;
    if (edge_.size() == 1 && dragged)
        edge_.push_back(to_point(pointer.image)); // the edge was drawn in one go
    else if (std::exchange(third_, false)) {
        const Polygon edge = std::exchange(edge_, {});
        add_object(rotated_rectangle(edge[0], edge[1], to_point(pointer.image)), tr("rectangle"));
    }
    Q_EMIT repaint();
}

void RotatedRectangleTool::finish() {
    edge_.clear();
    third_ = false;
    Q_EMIT repaint();
}

bool RotatedRectangleTool::own_key(QKeyEvent* event) {
    if (edge_.empty())
        return false;
    if (event->key() == Qt::Key_Escape) {
        finish();
        return true;
    }
    if (event->key() == Qt::Key_Backspace) {
        edge_.pop_back();
        third_ = false;
        Q_EMIT repaint();
        return true;
    }
    return false;
}

Polygon RotatedRectangleTool::corners() const {
    const Point2 here = to_point(pointer_);
    if (edge_.size() == 2)
        return rotated_rectangle(edge_[0], edge_[1], here);
    return edge_.empty() ? Polygon{} : Polygon{edge_[0], here};
}

std::optional<QRectF> RotatedRectangleTool::painted_area(const ViewTransform& view) const {
    if (edge_.empty())
        return QRectF();
    const QRectF outline = device_polygon(corners(), view).boundingRect();
    return outline.adjusted(-grab_reach, -grab_reach, grab_reach, grab_reach) |
           note_area(view.to_device(pointer_), canvas().devicePixelRatioF());
}

void RotatedRectangleTool::paint(QPainter& painter, const ViewTransform& view) {
    if (edge_.empty())
        return;
    const Polygon shape = corners();
    const QPolygonF outline = device_polygon(shape, view);
    const auto side = [&](std::size_t i) {
        return length_text(shape[i + 1].x - shape[i].x, shape[i + 1].y - shape[i].y, pixel_size());
    };
    draw_twice(painter, [&] { painter.drawPolygon(outline); });
    draw_handles(painter, outline.sliced(0, static_cast<qsizetype>(edge_.size())), -1);
    draw_note(painter, view.to_device(pointer_),
              shape.size() < 4 ? side(0) : tr("%1 by %2").arg(side(0), side(1)));
}

// ---- the list

LabelToolSpec rectangle_tool() {
    return {.id = "label.rectangle",
            .title = BoxTool::tr("Rectangle"),
            .help = BoxTool::tr("Drag a rectangle. Shift makes it a square, Alt draws from the middle."),
            .hint = BoxTool::tr("Drag a rectangle; Shift for a square, Alt from the middle"),
            .icon = "rectangle",
            .key = Qt::Key_R,
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<BoxTool>(context, BoxTool::Shape::Rectangle, nullptr);
                },
            .family = family};
}

LabelToolSpec rotated_rectangle_tool() {
    return {.id = "label.rotated-rectangle",
            .title = BoxTool::tr("Rotated rectangle"),
            .help = BoxTool::tr("A rectangle at any angle: one edge first, then how wide."),
            .hint = BoxTool::tr("Drag or click along one edge, then drag or click across; Esc cancels"),
            .icon = "rotated-rectangle",
            .key = QKeySequence(Qt::SHIFT | Qt::Key_R),
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<RotatedRectangleTool>(context, nullptr);
                },
            .family = family};
}

LabelToolSpec ellipse_tool() {
    return {.id = "label.ellipse",
            .title = BoxTool::tr("Ellipse"),
            .help = BoxTool::tr("Drag an ellipse. Shift makes it a circle, Alt draws from the middle."),
            .hint = BoxTool::tr("Drag an ellipse; Shift for a circle, Alt from the middle"),
            .icon = "ellipse",
            .key = Qt::Key_O,
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<BoxTool>(context, BoxTool::Shape::Ellipse, nullptr);
                },
            .family = family};
}

} // namespace eyepiece
