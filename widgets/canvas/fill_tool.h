// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

namespace eyepiece {

// Fills the connected area of similar brightness that bears no label; in an object, its holes.
class FillTool : public LabelTool {
    Q_OBJECT
public:
    using LabelTool::LabelTool;
    void press(const CanvasPointer& pointer) override;
    QCursor cursor() const override { return Qt::CrossCursor; }

private:
    void apply(const Mask& mask, QPoint corner, ItemId item, bool cut);
    bool busy_ = false;
};

LabelToolSpec fill_tool();

} // namespace eyepiece
