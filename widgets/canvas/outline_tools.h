// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

#include <optional>

namespace eyepiece {

// Polygon (click by click) and lasso (one drag). Enter, a double click or a click on the first point closes.
class PolygonTool : public LabelTool {
    Q_OBJECT
public:
    PolygonTool(const LabelToolContext& context, bool lasso, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }
    bool busy() const override { return !points_.empty(); }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    void close();
    bool lasso_;
    bool dragging_ = false;
    Polygon points_;
    std::optional<QPointF> pointer_;
};

LabelToolSpec polygon_tool();
LabelToolSpec lasso_tool();

} // namespace eyepiece
