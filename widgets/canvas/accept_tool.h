// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

namespace eyepiece {

// Takes predicted objects over: the one clicked, or those within a dragged rectangle.
class AcceptTool : public LabelTool {
    Q_OBJECT
public:
    using LabelTool::LabelTool;
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override { return Qt::PointingHandCursor; }
    bool busy() const override { return dragging_; }

private:
    bool dragging_ = false;
    QPointF from_, to_, from_device_;
};

LabelToolSpec accept_tool();

} // namespace eyepiece
