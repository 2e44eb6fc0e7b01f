// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/ball_tool.h"

#include "core/data/volume.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/plane_edits.h"

namespace eyepiece {

void BallTool::end_stroke() {
    const OpenImage* image = canvas().image();
    if (!image || image->info().depth <= 1) {
        editor().commit();
        return;
    }
    const VolumeGeometry geometry = geometry_of(image->blocks->source());
    const int depth = image->info().depth, plane = editor().document().plane();
    BallStroke ball;
    ball.item = editor().item();
    ball.width = image->info().width;
    ball.height = image->info().height;
    ball.planes = {plane / depth * depth, depth};
    ball.plane = plane;
    ball.plane_step = geometry.spacing[2] / geometry.spacing[0];
    ball.diameter = settings().brush_size();
    ball.path = path();
    ball.rule = rule();
    editor().commit_with([ball = std::move(ball)](Project& project) { return ball.edits(project); });
}

LabelToolSpec ball_tool() {
    return {.id = BallTool::ball_id,
            .title = BallTool::tr("Ball"),
            .help = BallTool::tr(
                "Paint in space: in the planes beside this one too, as far as the ball reaches."),
            .hint = BallTool::tr(
                "Drag to paint in space; Ctrl+wheel or [ ] for the size; the right button erases"),
            .icon = "ball",
            .key = QKeySequence(Qt::SHIFT | Qt::Key_O),
            .make = [](const LabelToolContext& context) { return std::make_unique<BallTool>(context); }};
}

} // namespace eyepiece
