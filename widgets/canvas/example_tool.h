// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

namespace eyepiece {

// Clicks say which objects are examples of the class in hand, for the others to be sorted by: a click gives
// the object the class and makes it an example, a second one takes the example back. While it is in use each
// object bears a dot of the class that it is told to be; an example's has a ring.
class ExampleTool : public LabelTool {
    Q_OBJECT
public:
    ExampleTool(const LabelToolContext& context, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    QCursor cursor() const override { return Qt::PointingHandCursor; }
};

LabelToolSpec example_tool();

} // namespace eyepiece
