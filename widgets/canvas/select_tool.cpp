// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/select_tool.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {

constexpr double outline_tolerance = 0.75; // px that fewer vertices may be off

} // namespace

SelectTool::SelectTool(const LabelToolContext& context, QObject* parent) : LabelTool(context, parent) {
    connect(&editor(), &LabelEditor::selected_changed, this, &SelectTool::load);
    connect(&editor(), &LabelEditor::objects_changed, this, &SelectTool::load);
}

void SelectTool::load() {
    if (dragged_ >= 0)
        return;
    const LabelObject* object =
        editor().selection().size() == 1 ? editor().document().object(editor().selected()) : nullptr;
    object_ = object ? object->id : 0;
    points_ = object ? object->polygon : Polygon{};
    hovered_ = hovered_edge_ = -1;
    Q_EMIT repaint();
}

int SelectTool::vertex_near(const QPointF& device) const {
    int best = -1;
    double nearest = grab_reach;
    for (int i = 0; i < static_cast<int>(points_.size()); ++i) {
        const Point2& p = points_[static_cast<std::size_t>(i)];
        const double distance = QLineF(canvas().view().to_device(QPointF(p.x, p.y)), device).length();
        if (distance < nearest) {
            nearest = distance;
            best = i;
        }
    }
    return best;
}

int SelectTool::edge_near(const QPointF& device) const {
    for (std::size_t i = 0; i < points_.size(); ++i) {
        const Point2 &a = points_[i], &b = points_[(i + 1) % points_.size()];
        const QPointF middle = canvas().view().to_device(QPointF((a.x + b.x) / 2, (a.y + b.y) / 2));
        if (QLineF(middle, device).length() < grab_reach - 2)
            return static_cast<int>(i);
    }
    return -1;
}

void SelectTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton)
        return;
    const int vertex = vertex_near(pointer.device);
    if (vertex >= 0 && (pointer.modifiers & Qt::AltModifier)) {
        if (points_.size() > 3) {
            points_.erase(points_.begin() + vertex);
            changed_ = true;
            apply(tr("delete vertex"));
        }
        return;
    }
    if (picked(pointer))
        return;
    if (vertex >= 0) {
        dragged_ = vertex;
        return;
    }
    if (const int edge = edge_near(pointer.device); edge >= 0) {
        points_.insert(points_.begin() + edge + 1, {pointer.image.x(), pointer.image.y()});
        dragged_ = edge + 1;
        changed_ = true;
        Q_EMIT repaint();
        return;
    }
    pressed_ = true;
    from_ = to_ = pointer.image;
    from_device_ = pointer.device;
}

void SelectTool::move(const CanvasPointer& pointer) {
    if (dragged_ >= 0) {
        points_[static_cast<std::size_t>(dragged_)] = {pointer.image.x(), pointer.image.y()};
        changed_ = true;
        Q_EMIT repaint();
        return;
    }
    if (pressed_) {
        to_ = pointer.image;
        banding_ = banding_ || QLineF(from_device_, pointer.device).length() >= click_reach;
        Q_EMIT repaint();
        return;
    }
    const int vertex = vertex_near(pointer.device), edge = vertex >= 0 ? -1 : edge_near(pointer.device);
    if (vertex != hovered_ || edge != hovered_edge_) {
        hovered_ = vertex;
        hovered_edge_ = edge;
        Q_EMIT repaint();
    }
}

void SelectTool::release(const CanvasPointer& pointer) {
    if (std::exchange(pressed_, false))
        return choose_at(pointer);
    if (dragged_ < 0)
        return;
    dragged_ = -1;
    apply(tr("move vertex"));
}

void SelectTool::choose_at(const CanvasPointer& pointer) {
    const bool more = pointer.modifiers & Qt::ShiftModifier;
    if (!std::exchange(banding_, false)) {
        const QPoint pixel = pixel_of(pointer.image);
        const ObjectId id = editor().document().at(pixel.x(), pixel.y());
        if (more)
            editor().toggle_selected(id);
        else
            editor().select(id);
        return;
    }
    Q_EMIT repaint();
    const QRect box = QRectF(from_, pointer.image).normalized().toAlignedRect();
    const std::vector<ObjectId> within =
        objects_in(editor().document(), {box.x(), box.y(), box.width(), box.height()});
    std::vector<ObjectId> objects = more ? editor().selection() : std::vector<ObjectId>{};
    objects.insert(objects.end(), within.begin(), within.end());
    editor().select_objects(std::move(objects));
}

void SelectTool::double_click(const CanvasPointer& pointer) {
    const ObjectId id = editor().document().at(static_cast<std::int64_t>(std::floor(pointer.image.x())),
                                               static_cast<std::int64_t>(std::floor(pointer.image.y())));
    const LabelObject* object = editor().document().object(id);
    if (!object || !object->polygon.empty())
        return;
    editor().select(id);
    const Region place = editor().document().measured_bounds(id);
    object_ = id;
    points_ = simplified(trace_outline(mask_of(editor().document().tiles()->read(place), id,
                                               {0, 0, place.width, place.height}),
                                       static_cast<double>(place.x), static_cast<double>(place.y)),
                         outline_tolerance);
    changed_ = false; // pixels stay as they are until a vertex moves
    Q_EMIT repaint();
}

void SelectTool::apply(const QString& what) {
    if (!changed_ || object_ == 0 || points_.size() < 3)
        return;
    changed_ = false;
    const Polygon points = points_;
    if (!editor().document().object(object_) || !editor().begin(what)) {
        load();
        return;
    }
    // Out with the old shape, in with the new; other objects keep their pixels.
    editor().clear_object(object_);
    editor().polygon(points, {object_, true, 0});
    if (const LabelObject* object = editor().document().object(object_)) {
        LabelObject reshaped = *object;
        reshaped.polygon = points;
        editor().set_object(reshaped);
    }
    editor().commit();
    load();
}

void SelectTool::finish() {
    dragged_ = -1;
    changed_ = pressed_ = banding_ = false;
    load();
}

bool SelectTool::own_key(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        if (busy())
            finish();
        else
            editor().select(0);
        return true;
    }
    if ((event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace) && hovered_ >= 0 &&
        points_.size() > 3) {
        points_.erase(points_.begin() + hovered_);
        hovered_ = -1;
        changed_ = true;
        apply(tr("delete vertex"));
        return true;
    }
    return false;
}

void SelectTool::paint(QPainter& painter, const ViewTransform& view) {
    if (banding_) {
        const QRectF band = view.to_device(QRectF(from_, to_).normalized());
        painter.fillRect(band, QColor(0x5a, 0xa9, 0xe6, 40));
        draw_twice(painter, [&] { painter.drawRect(band); });
    }
    if (points_.size() < 3)
        return;
    const QPolygonF outline = device_polygon(points_, view);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 150), 3));
    painter.drawPolygon(outline);
    painter.setPen(QPen(QColor(0x5a, 0xa9, 0xe6), 1.5));
    painter.drawPolygon(outline);
    for (int i = 0; i < outline.size(); ++i) { // where a new vertex can be pulled out
        const QLineF edge(outline[i], outline[(i + 1) % outline.size()]);
        if (edge.length() < 36 && i != hovered_edge_)
            continue;
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1));
        painter.setBrush(i == hovered_edge_ ? QColor(0x5a, 0xa9, 0xe6) : QColor(255, 255, 255, 130));
        painter.drawEllipse(edge.center(), 2.8, 2.8);
    }
    draw_handles(painter, outline, dragged_ >= 0 ? dragged_ : hovered_);
}

LabelToolSpec select_tool() {
    return {
        .id = "label.select",
        .title = SelectTool::tr("Select"),
        .help = SelectTool::tr("Choose objects; drag, add and delete the vertices of an outline."),
        .hint = SelectTool::tr(
            "Click an object, Shift-click or drag for several; drag vertices; double-click for an outline"),
        .icon = "select",
        .key = Qt::Key_V,
        .make = [](const LabelToolContext& context) {
            return std::make_unique<SelectTool>(context, nullptr);
        }};
}

} // namespace eyepiece
