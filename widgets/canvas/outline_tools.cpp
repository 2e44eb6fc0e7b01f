// SPDX-License-Identifier: GPL-3.0-or-later
// Polygon, lasso, and choosing and reshaping objects.
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"

#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <QPainterPath>
#include <cmath>

namespace eyepiece {

namespace {

constexpr double grab = 9;         // device px around a handle in which it is taken
constexpr double lasso_step = 0.7; // image px between the points of a lasso, at least
constexpr double lasso_tolerance = 0.5, outline_tolerance = 0.75; // px that fewer vertices may be off

QPolygonF to_device(const Polygon& polygon, const ViewTransform& view) {
    QPolygonF out;
    for (const Point2& p : polygon)
        out << view.to_device(QPointF(p.x, p.y));
    return out;
}

void draw_handles(QPainter& painter, const QPolygonF& points, int highlighted) {
    for (int i = 0; i < points.size(); ++i) {
        const double r = i == highlighted ? 5.5 : 4;
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5));
        painter.setBrush(i == highlighted ? QColor(0x5a, 0xa9, 0xe6) : QColor(Qt::white));
        painter.drawEllipse(points[i], r, r);
    }
}

} // namespace

PolygonTool::PolygonTool(const LabelToolContext& context, bool lasso, QObject* parent)
    : LabelTool(context, parent), lasso_(lasso) {}

void PolygonTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton || (points_.empty() && picked(pointer)))
        return;
    const Point2 at{pointer.image.x(), pointer.image.y()};
    if (editor().current_class() < 0) {
        Q_EMIT editor().refused(tr("There is no class to draw yet. Add one under Classes at the right."));
        return;
    }
    if (lasso_) {
        points_ = {at};
        dragging_ = true;
        return;
    }
    if (points_.size() >= 3) {
        const QPointF first = canvas().view().to_device(QPointF(points_.front().x, points_.front().y));
        if (QLineF(first, pointer.device).length() < grab) {
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
    if (polygon.size() < 3 || !editor().begin(lasso_ ? tr("lasso") : tr("polygon")))
        return;
    const ObjectId id = editor().new_object();
    editor().polygon(polygon, {id, settings().only_where_empty(), 0});
    // It is a polygon to be edited as such only if nothing stood in its way.
    const LabelObject* made = editor().document().object(id);
    const Region place = bounds_of(polygon).intersected(editor().document().tiles()->extent());
    std::int64_t covered = 0;
    if (!place.empty())
        for (const std::uint8_t pixel : rasterize(polygon, place).pixels)
            covered += pixel;
    if (made && made->area == covered && covered > 0) {
        LabelObject object = *made;
        object.polygon = polygon;
        editor().set_object(object);
    }
    editor().commit();
    editor().select(id);
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
    const QPolygonF done = to_device(points_, view);
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
        const bool closes =
            pointer_ && done.size() >= 3 && QLineF(done.front(), view.to_device(*pointer_)).length() < grab;
        draw_handles(painter, done, closes ? 0 : -1);
    }
}

// ---- select

SelectTool::SelectTool(const LabelToolContext& context, QObject* parent) : LabelTool(context, parent) {
    connect(&editor(), &LabelEditor::selected_changed, this, &SelectTool::load);
    connect(&editor(), &LabelEditor::objects_changed, this, &SelectTool::load);
}

void SelectTool::load() {
    if (dragged_ >= 0)
        return;
    const LabelObject* object = editor().document().object(editor().selected());
    object_ = object ? object->id : 0;
    points_ = object ? object->polygon : Polygon{};
    hovered_ = hovered_edge_ = -1;
    Q_EMIT repaint();
}

int SelectTool::vertex_near(const QPointF& device) const {
    int best = -1;
    double nearest = grab;
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
        if (QLineF(middle, device).length() < grab - 2)
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
    editor().select(editor().document().at(static_cast<std::int64_t>(std::floor(pointer.image.x())),
                                           static_cast<std::int64_t>(std::floor(pointer.image.y()))));
}

void SelectTool::move(const CanvasPointer& pointer) {
    if (dragged_ >= 0) {
        points_[static_cast<std::size_t>(dragged_)] = {pointer.image.x(), pointer.image.y()};
        changed_ = true;
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

void SelectTool::release(const CanvasPointer&) {
    if (dragged_ < 0)
        return;
    dragged_ = -1;
    apply(tr("move vertex"));
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
    changed_ = false;
    load();
}

bool SelectTool::own_key(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        if (dragged_ >= 0)
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
    if (points_.size() < 3)
        return;
    const QPolygonF outline = to_device(points_, view);
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

} // namespace eyepiece
