// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

namespace eyepiece {

// Chooses objects: by a click, several by Shift and a click or by dragging a rectangle around them. Shows and
// changes the vertices of the outline of one that is chosen alone. A double click gives an object that was
// brushed an outline to edit.
class SelectTool : public LabelTool {
    Q_OBJECT
public:
    SelectTool(const LabelToolContext& context, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override { return Qt::ArrowCursor; }
    bool busy() const override { return dragged_ >= 0 || banding_; }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    void choose_at(const CanvasPointer& pointer);
    void load();
    void apply(const QString& what);
    int vertex_near(const QPointF& device) const; // -1: none
    int edge_near(const QPointF& device) const;   // the edge whose middle's handle is near
    ObjectId object_ = 0;                         // whose outline is shown
    Polygon points_;
    int dragged_ = -1, hovered_ = -1, hovered_edge_ = -1;
    bool changed_ = false;
    bool pressed_ = false, banding_ = false; // a rectangle is dragged
    QPointF from_, to_, from_device_;
};

LabelToolSpec select_tool();

} // namespace eyepiece
