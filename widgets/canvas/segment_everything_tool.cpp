// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/segment_everything_tool.h"

#include "core/data/components.h"
#include "widgets/canvas/image_canvas.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>

namespace eyepiece {

void SegmentEverythingTool::chosen() {
    drop();
    if (!has_class() || !editor().ready() || !canvas().has_image()) {
        Q_EMIT over();
        return;
    }
    if (!finder_) {
        Q_EMIT editor().refused(
            tr("There is no engine that finds objects by clicks. Install Eyepiece anew."));
        Q_EMIT over();
        return;
    }
    const QRect seen = canvas().view().visible_image().toAlignedRect();
    const Region view = Region{seen.x(), seen.y(), seen.width(), seen.height()}.intersected(
        editor().document().tiles()->extent());
    waiting_ = true;
    fraction_ = 0;
    finder_->ask_all(
        view,
        [this](const AllObjectsAnswer& answer) {
            waiting_ = false;
            propose([answer](JobContext& context) {
                Proposal proposal;
                for (const ObjectMeasures& object : measure_objects(answer.labels)) {
                    context.throw_if_cancelled();
                    proposal.add(mask_of(answer.labels, object.id, object.bounds),
                                 {answer.region.x + object.bounds.x, answer.region.y + object.bounds.y,
                                  object.bounds.width, object.bounds.height});
                }
                return proposal;
            });
        },
        [this](const QString& problem) {
            Q_EMIT over();
            Q_EMIT editor().refused(problem);
        },
        [this](double fraction) {
            fraction_ = fraction;
            canvas().update();
        });
    canvas().update();
}

void SegmentEverythingTool::move(const CanvasPointer& pointer) {
    set_pointer(pointer);
    Q_EMIT repaint();
}

void SegmentEverythingTool::drop() {
    if (finder_)
        finder_->drop();
    waiting_ = false;
    SmartTool::drop();
}

void SegmentEverythingTool::make(const std::vector<ObjectShape>& shapes) {
    Q_EMIT over(); // before the labels change: nothing is to be shown any more
    SmartTool::make(shapes);
}

bool SegmentEverythingTool::own_key(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (can_apply() && has_class())
            accept();
        else
            Q_EMIT editor().refused(status());
        return true;
    case Qt::Key_Escape:
        Q_EMIT over();
        return true;
    default:
        return false;
    }
}

QString SegmentEverythingTool::status() const {
    if (waiting_)
        return tr("Clicking for you … %1 %; Esc stops").arg(std::lround(100 * std::max(0.0, fraction_)));
    if (working())
        return tr("Looking …");
    if (proposal().empty())
        return tr("No object is sure enough here. Click on one with Object from a click (Z).");
    return tr("%n object(s); Enter", nullptr, static_cast<int>(proposal().shapes.size()));
}

LabelToolSpec segment_everything_tool() {
    return {.id = "label.segment-everything",
            .title = SegmentEverythingTool::tr("Segment everything here"),
            .help = SegmentEverythingTool::tr(
                "The network of Object from a click clicks for you on all that is in sight."),
            .hint = SegmentEverythingTool::tr(
                "Wait for the objects in sight; Enter makes them, Esc stops and leaves"),
            .icon = "segment-everything",
            .key = QKeySequence(Qt::SHIFT | Qt::Key_Z),
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<SegmentEverythingTool>(context, nullptr);
                },
            .family = "smart"};
}

} // namespace eyepiece
