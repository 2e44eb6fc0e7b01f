// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

namespace eyepiece {

// Chooses objects; shows and changes the vertices of the chosen one's outline. A double click gives an object
// that was brushed an outline to edit.
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
    bool busy() const override { return dragged_ >= 0; }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    void load();
    void apply(const QString& what);
    int vertex_near(const QPointF& device) const; // -1: none
    int edge_near(const QPointF& device) const;   // the edge whose middle's handle is near
    ObjectId object_ = 0;                         // whose outline is shown
    Polygon points_;
    int dragged_ = -1, hovered_ = -1, hovered_edge_ = -1;
    bool changed_ = false;
};

LabelToolSpec select_tool();

} // namespace eyepiece
