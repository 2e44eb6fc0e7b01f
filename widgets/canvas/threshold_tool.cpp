// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/threshold_tool.h"

#include "core/data/components.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/image_part.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr std::int64_t whole_image = std::int64_t{3072} * 3072; // px: of larger ones what is in sight

Proposal objects_of(const LabelMap& labels, const Region& window) {
    Proposal proposal;
    for (const ObjectMeasures& object : measure_objects(labels))
        proposal.add(mask_of(labels, object.id, object.bounds),
                     {window.x + object.bounds.x, window.y + object.bounds.y, object.bounds.width,
                      object.bounds.height});
    return proposal;
}

} // namespace

// Goes from work to work, of which one runs at a time.
struct ThresholdTool::Looked {
    ImagePart part;
    Image brightness; // one channel; empty until the first work has read it
};

ThresholdTool::ThresholdTool(const LabelToolContext& context, QObject* parent)
    : SmartTool(context, LatestWork::Policy::Interrupt, parent) {
    const auto anew = [this] {
        if (canvas().tool() == this)
            look();
    };
    connect(&canvas(), &ImageCanvas::image_shown, this, anew);
    connect(&canvas(), &ImageCanvas::plane_changed, this, anew);
}

void ThresholdTool::set_options(const ThresholdOptions& options) {
    options_ = options;
    if (canvas().tool() == this)
        look();
    Q_EMIT preview_changed();
}

void ThresholdTool::look() {
    const OpenImage* image = canvas().image();
    if (!image)
        return;
    const Region extent = image->blocks->extent(0);
    const QPointF middle = canvas().view().visible_image().center();
    auto part = image_part(
        canvas(), extent.width * extent.height <= whole_image ? extent : region_in_sight(canvas(), middle));
    if (!part) {
        drop();
        return;
    }
    const bool rgb = image->info().rgb;
    if (!rgb)
        part->ranges.resize(1); // the first channel that is shown
    if (!looked_ || looked_->part != *part)
        looked_ = std::make_shared<Looked>(Looked{*part, {}});
    propose([looked = looked_, options = options_](JobContext& context) {
        if (looked->brightness.empty()) {
            const Image scaled = looked->part.scaled();
            looked->brightness = scaled.channels() >= 3 ? luminance(scaled) : scaled;
        }
        return objects_of(threshold_objects(looked->brightness, options, context).objects,
                          looked->part.window);
    });
    Q_EMIT preview_changed();
}

void ThresholdTool::press(const CanvasPointer& pointer) {
    picked(pointer);
}

void ThresholdTool::move(const CanvasPointer& pointer) {
    set_pointer(pointer);
    Q_EMIT repaint();
}

void ThresholdTool::apply() {
    if (!has_class())
        return;
    if (!working() && proposal().empty()) {
        Q_EMIT editor().refused(status());
        return;
    }
    accept();
}

void ThresholdTool::make(const std::vector<ObjectShape>& shapes) {
    Q_EMIT over(); // before the labels change: nothing is to be previewed any more
    SmartTool::make(shapes);
}

bool ThresholdTool::resize(double steps) {
    if (steps == 0)
        return true;
    ThresholdOptions options = options_;
    options.offset = std::clamp(
        options.offset + 0.01 * (std::abs(steps) < 1 ? std::copysign(1.0, steps) : steps), -0.5, 0.5);
    set_options(options);
    return true;
}

bool ThresholdTool::own_key(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        apply();
        return true;
    case Qt::Key_Escape:
        Q_EMIT over();
        return true;
    case Qt::Key_BracketLeft:
        return resize(-1);
    case Qt::Key_BracketRight:
        return resize(1);
    default:
        return false;
    }
}

QString ThresholdTool::status() const {
    if (working())
        return tr("Looking …");
    if (proposal().empty())
        return tr("No object at this threshold. Lower the offset or the least area.");
    return tr("%n object(s)", nullptr, static_cast<int>(proposal().shapes.size()));
}

LabelToolSpec threshold_tool() {
    return {
        .id = "label.threshold",
        .title = ThresholdTool::tr("Threshold"),
        .help = ThresholdTool::tr("Objects by brightness: Otsu, Li, triangle or local, with a live preview."),
        .hint =
            ThresholdTool::tr("Enter makes the objects, Esc leaves; Ctrl+wheel or [ ] moves the threshold"),
        .icon = "threshold",
        .key = QKeySequence(Qt::SHIFT | Qt::Key_T),
        .make =
            [](const LabelToolContext& context) { return std::make_unique<ThresholdTool>(context, nullptr); },
        .family = "smart"};
}

} // namespace eyepiece
