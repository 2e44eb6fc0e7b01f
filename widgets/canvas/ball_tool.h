// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/paint_tools.h"

namespace eyepiece {

// A brush in space: what is drawn in one plane of a stack is drawn in those beside it too, as far as a ball
// of the brush's size reaches there. All planes are one step of undo. On a single picture it is the brush.
class BallTool : public BrushTool {
    Q_OBJECT
public:
    static constexpr const char* ball_id = "label.ball";
    explicit BallTool(const LabelToolContext& context) : BrushTool(context, false, nullptr) {}

protected:
    QString stroke_name() const override { return tr("ball"); }
    void end_stroke() override;
};

LabelToolSpec ball_tool();

} // namespace eyepiece
