// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/reshape_tool.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/measure_text.h"
#include "widgets/canvas/proposal.h"
#include "widgets/canvas/tool_drawing.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPointer>
#include <QThreadPool>
#include <algorithm>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {

constexpr const char* family = "reshape";
constexpr std::int64_t largest = std::int64_t{1}
                                 << 26; // px around one object: what fits into memory with ease

struct Wish {
    struct Part {
        ObjectId id;
        LabelTiles::Snapshot labels; // of its bounds and the room around them
    };
    Reshaping how;
    double radius = 0;
    bool only_where_empty = true;
    std::vector<ObjectId> objects; // ascending
    std::vector<Part> parts;
};

// `current` says whether anyone still waits for it.
ReshapeTool::Preview work_out(const Wish& wish, const std::function<bool()>& current) {
    ReshapeTool::Preview preview;
    preview.objects = static_cast<int>(wish.parts.size());
    for (const Wish::Part& part : wish.parts) {
        if (!current())
            break;
        const Region& place = part.labels.region();
        const LabelMap labels = part.labels.read();
        Mask mask = reshaped(labels, part.id, wish.how, wish.radius, wish.objects, wish.only_where_empty);
        if (std::find(mask.pixels.begin(), mask.pixels.end(), 1) == mask.pixels.end()) {
            ++preview.lost;
            continue;
        }
        if (mask == mask_of(labels, part.id, {0, 0, place.width, place.height}))
            continue;
        preview.outlines.push_back(outline_of(mask, place));
        preview.shapes.push_back({part.id, place, std::move(mask)});
    }
    return preview;
}

} // namespace

ReshapeTool::ReshapeTool(const LabelToolContext& context, Reshaping how, QObject* parent)
    : PreviewTool(context, parent), how_(how), wanted_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

ReshapeTool::~ReshapeTool() {
    ++*wanted_; // whoever works on a preview stops
}

void ReshapeTool::chosen() {
    apply_when_ready_ = false;
    // Nothing is selected: the object below the pointer is meant.
    if (editor().selection().empty()) {
        const QPoint pixel = canvas().pixel_below_pointer();
        editor().select(editor().document().at(pixel.x(), pixel.y()));
    }
    PreviewTool::chosen();
}

void ReshapeTool::finish() {
    ++*wanted_;
    shown_ = *wanted_;
    preview_ = {};
    apply_when_ready_ = false;
    Q_EMIT preview_changed();
}

void ReshapeTool::refresh() {
    const LabelDocument& document = editor().document();
    const std::uint64_t number = ++*wanted_;
    Wish wish{how_, settings().radius(), settings().only_where_empty(), editor().selection(), {}};
    std::sort(wish.objects.begin(), wish.objects.end());
    const std::int64_t room = room_for(how_, wish.radius);
    for (const ObjectId id : wish.objects) {
        const LabelObject* object = document.object(id);
        if (!object)
            continue;
        const Region& bounds = object->bounds;
        const Region place =
            Region{bounds.x - room, bounds.y - room, bounds.width + 2 * room, bounds.height + 2 * room}
                .intersected(document.tiles()->extent());
        if (place.width * place.height > largest) {
            Preview none;
            none.problem = tr("Object #%1 is too large for this: more than %2 million pixels around it.")
                               .arg(id)
                               .arg(largest >> 20);
            return take(number, std::move(none));
        }
        wish.parts.push_back({id, document.tiles()->snapshot(place)});
    }
    if (wish.parts.empty())
        return take(number, {});
    QThreadPool::globalInstance()->start(
        [self = QPointer(this), wanted = wanted_, number, wish = std::move(wish)] {
            const auto current = [&] { return *wanted == number; };
            Preview preview;
            try {
                preview = work_out(wish, current);
            } catch (const std::exception& error) {
                preview.problem = QString::fromUtf8(error.what());
            }
            if (!current())
                return;
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [self, number, preview = std::move(preview)] {
                    if (self)
                        self->take(number, preview);
                },
                Qt::QueuedConnection);
        });
}

void ReshapeTool::take(std::uint64_t number, Preview preview) {
    if (number != *wanted_)
        return;
    shown_ = number;
    preview_ = std::move(preview);
    Q_EMIT preview_changed();
    if (std::exchange(apply_when_ready_, false))
        apply();
}

bool ReshapeTool::can_apply() const {
    return shown_ == *wanted_ && !preview_.shapes.empty();
}

void ReshapeTool::apply() {
    if (!editor().ready())
        editor().flush(); // what is on its way from the disk comes first, and may want another preview
    if (!editor().ready()) {
        Q_EMIT editor().refused(tr("The labels are being read. Try again in a moment."));
        return;
    }
    if (shown_ != *wanted_) {
        apply_when_ready_ = true;
        return;
    }
    if (preview_.shapes.empty()) {
        Q_EMIT editor().refused(status());
        return;
    }
    const std::vector<ObjectShape> shapes = std::exchange(preview_, {}).shapes;
    const bool leaves_others = how_ != Reshaping::Grow || settings().only_where_empty();
    Q_EMIT over(); // before the labels change: what changes then is no longer to be previewed
    apply_shapes(editor(), shapes, leaves_others, title());
}

bool ReshapeTool::resize(double steps) {
    const double by = std::abs(steps) < 1 ? std::copysign(1.0, steps) : steps;
    if (steps != 0)
        settings().set_radius(settings().radius() + by);
    return true;
}

QString ReshapeTool::title() const {
    return how_ == Reshaping::Grow ? tr("grow") : how_ == Reshaping::Shrink ? tr("shrink") : tr("smooth");
}

QString ReshapeTool::status() const {
    if (!preview_.problem.isEmpty())
        return preview_.problem;
    const int count = static_cast<int>(editor().selection().size());
    if (count == 0)
        return tr("Click an object, Shift-click several");
    const QString what = how_ == Reshaping::Grow     ? tr("Grow %1 by %2 px")
                         : how_ == Reshaping::Shrink ? tr("Shrink %1 by %2 px")
                                                     : tr("Smooth %1 by %2 px");
    const QString text = what.arg(objects_text(count)).arg(settings().radius());
    if (preview_.lost > 0)
        return tr("%1; %2 of them too thin, left alone").arg(text).arg(preview_.lost);
    return shown_ == *wanted_ && preview_.shapes.empty() ? tr("%1: nothing would change").arg(text) : text;
}

void ReshapeTool::paint(QPainter& painter, const ViewTransform& view) {
    draw_proposal(painter, view, preview_.outlines, Qt::transparent);
    PreviewTool::paint(painter, view);
}

// ---- the list

namespace {

LabelToolSpec reshape_spec(Reshaping how, LabelToolSpec spec) {
    spec.hint = ReshapeTool::tr("Enter applies, Esc leaves; Ctrl+wheel or [ ] for the radius");
    spec.family = family;
    spec.make = [how](const LabelToolContext& context) {
        return std::make_unique<ReshapeTool>(context, how, nullptr);
    };
    return spec;
}

} // namespace

LabelToolSpec grow_tool() {
    return reshape_spec(Reshaping::Grow, {.id = "label.grow",
                                          .title = ReshapeTool::tr("Grow"),
                                          .help = ReshapeTool::tr("Grow the selected objects by a radius."),
                                          .icon = "grow",
                                          .key = Qt::Key_Period});
}

LabelToolSpec shrink_tool() {
    return reshape_spec(Reshaping::Shrink,
                        {.id = "label.shrink",
                         .title = ReshapeTool::tr("Shrink"),
                         .help = ReshapeTool::tr("Shrink the selected objects by a radius."),
                         .icon = "shrink",
                         .key = Qt::Key_Comma});
}

LabelToolSpec smooth_tool() {
    return reshape_spec(
        Reshaping::Smooth,
        {.id = "label.smooth",
         .title = ReshapeTool::tr("Smooth"),
         .help = ReshapeTool::tr("Smooth the outline of the selected objects: spurs and notches go."),
         .icon = "smooth",
         .key = Qt::Key_S});
}

} // namespace eyepiece
