// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/refine_tool.h"

#include "core/data/active_contour.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/image_part.h"
#include "widgets/canvas/tool_drawing.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {

constexpr std::int64_t room_beyond = 8;                     // px around where an outline may come
constexpr std::int64_t largest = std::int64_t{2048} * 2048; // px around one object

struct Wish {
    ObjectId id;
    ImagePart part;
    LabelTiles::Snapshot labels; // of the part's window
};

} // namespace

RefineTool::RefineTool(const LabelToolContext& context, QObject* parent) : PreviewTool(context, parent) {
    connect(&work_, &LatestWork::failed, this, [this](const QString& problem) {
        Proposal none;
        none.problem = problem;
        take(wanted_, std::move(none));
    });
}

void RefineTool::chosen() {
    apply_when_ready_ = false;
    // Nothing is selected: the object below the pointer is meant.
    if (editor().selection().empty()) {
        const QPoint pixel = canvas().pixel_below_pointer();
        editor().select(editor().document().at(pixel.x(), pixel.y()));
    }
    PreviewTool::chosen();
}

void RefineTool::finish() {
    work_.drop();
    shown_ = ++wanted_;
    proposal_ = {};
    apply_when_ready_ = false;
    Q_EMIT preview_changed();
}

void RefineTool::refresh() {
    const std::uint64_t number = ++wanted_;
    work_.drop();
    std::vector<Wish> wishes;
    const auto room = static_cast<std::int64_t>(std::ceil(reach())) + room_beyond;
    for (const ObjectId id : editor().selection()) {
        const LabelObject* object = editor().document().object(id);
        if (!object)
            continue;
        const Region& bounds = object->bounds;
        const auto part = image_part(
            canvas(), {bounds.x - room, bounds.y - room, bounds.width + 2 * room, bounds.height + 2 * room});
        Proposal none;
        if (!part)
            none.problem = tr("No channel of the image is shown. Show one under Layers.");
        else if (part->window.width * part->window.height > largest)
            none.problem = tr("Object #%1 is too large for this: more than %2 million pixels around it.")
                               .arg(id)
                               .arg(largest >> 20);
        if (!none.problem.isEmpty())
            return take(number, std::move(none));
        wishes.push_back({id, *part, editor().document().tiles()->snapshot(part->window)});
    }
    if (wishes.empty())
        return take(number, {});
    work_.start([this, number, wishes = std::move(wishes), options = ActiveContourOptions{.reach = reach()}](
                    LatestWork::Stop stop) -> LatestWork::Finish {
        StoppedBy context(stop);
        Proposal proposal;
        for (const Wish& wish : wishes) {
            const Region& window = wish.part.window;
            const LabelMap labels = wish.labels.read();
            const Mask now = mask_of(labels, wish.id, {0, 0, window.width, window.height});
            std::vector<std::uint8_t> others(now.pixels.size());
            std::transform(labels.ids().begin(), labels.ids().end(), others.begin(),
                           [&](ObjectId id) { return static_cast<std::uint8_t>(id != 0 && id != wish.id); });
            Mask mask = active_contour(wish.part.scaled(), now, others, options, context);
            // What shrinks to nothing stays as it is.
            if (mask == now || std::find(mask.pixels.begin(), mask.pixels.end(), 1) == mask.pixels.end())
                continue;
            proposal.outlines.push_back(outline_of(mask, window));
            proposal.shapes.push_back({wish.id, window, std::move(mask)});
        }
        return [this, number, proposal = std::move(proposal)] { take(number, proposal); };
    });
}

void RefineTool::take(std::uint64_t number, Proposal proposal) {
    if (number != wanted_)
        return;
    shown_ = number;
    proposal_ = std::move(proposal);
    Q_EMIT preview_changed();
    if (std::exchange(apply_when_ready_, false))
        apply();
}

void RefineTool::apply() {
    if (shown_ != wanted_) {
        apply_when_ready_ = true;
        return;
    }
    if (proposal_.empty() || !editor().ready()) {
        Q_EMIT editor().refused(editor().ready() ? status()
                                                 : tr("The labels are being read. Try again in a moment."));
        return;
    }
    const std::vector<ObjectShape> shapes = std::exchange(proposal_, {}).shapes;
    Q_EMIT over(); // before the labels change: what changes then is no longer to be previewed
    apply_shapes(editor(), shapes, true, tr("snap to edges"));
}

bool RefineTool::resize(double steps) {
    const double by = std::abs(steps) < 1 ? std::copysign(1.0, steps) : steps;
    if (steps != 0)
        settings().set_radius(settings().radius() + by);
    return true;
}

QString RefineTool::status() const {
    if (!proposal_.problem.isEmpty())
        return proposal_.problem;
    const int count = static_cast<int>(editor().selection().size());
    if (count == 0)
        return tr("Click an object, Shift-click several");
    QString text = tr("Snap %n object(s) to edges, at most %1 px away", nullptr, count).arg(reach());
    if (shown_ == wanted_ && proposal_.empty())
        text += tr(": that changes nothing");
    return text;
}

void RefineTool::paint(QPainter& painter, const ViewTransform& view) {
    draw_proposal(painter, view, proposal_.outlines, Qt::transparent);
    PreviewTool::paint(painter, view);
}

LabelToolSpec refine_tool() {
    return {
        .id = "label.snap",
        .title = RefineTool::tr("Snap to edges"),
        .help = RefineTool::tr("Move the outlines of the selected objects to the edges near them (snake)."),
        .hint = RefineTool::tr("Enter applies, Esc leaves; Ctrl+wheel or [ ] for how far outlines may move"),
        .icon = "snap",
        .key = QKeySequence(Qt::SHIFT | Qt::Key_S),
        .make =
            [](const LabelToolContext& context) { return std::make_unique<RefineTool>(context, nullptr); },
        .family = "reshape"};
}

} // namespace eyepiece
