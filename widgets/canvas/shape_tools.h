// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/shapes.h"
#include "widgets/canvas/label_tool.h"

#include <optional>

namespace eyepiece {

// Rectangle and ellipse: one drag. Shift makes a square or a circle, Alt draws from the middle.
class BoxTool : public LabelTool {
    Q_OBJECT
public:
    enum class Shape { Rectangle, Ellipse };
    BoxTool(const LabelToolContext& context, Shape shape, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }
    bool busy() const override { return dragging_; }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    Box box() const;
    Shape shape_;
    bool dragging_ = false;
    QPointF from_, to_, from_device_;
    Qt::KeyboardModifiers modifiers_;
};

// A rectangle at any angle: one edge, then its width. Three clicks, or a drag along the edge and a second one
// across.
class RotatedRectangleTool : public LabelTool {
    Q_OBJECT
public:
    using LabelTool::LabelTool;
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }
    bool busy() const override { return !edge_.empty(); }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    Polygon corners() const; // of the edge to the pointer, or of the whole rectangle
    Polygon edge_;           // none, its first, or both ends
    bool third_ = false;     // the press that gives the width is held
    QPointF pointer_, pressed_device_;
};

LabelToolSpec rectangle_tool();
LabelToolSpec rotated_rectangle_tool();
LabelToolSpec ellipse_tool();

} // namespace eyepiece
