// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/watershed_tool.h"

#include "core/data/components.h"
#include "core/data/seeded_watershed.h"
#include "core/data/thresholds.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/image_part.h"
#include "widgets/canvas/layer.h"
#include "widgets/canvas/tool_cursor.h"

#include <QKeyEvent>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr ObjectId background_seed = 1, first_object = 2;
constexpr double sigma = 1.5; // px, of the gradient that is flooded

// Each object's pixels within its bounds.
Proposal objects_of(const LabelMap& labels, const Region& window) {
    struct Bounds {
        std::int64_t left = 0, top = 0, right = 0, bottom = 0;
    };
    std::vector<Bounds> all(labels.largest_id() + std::size_t{1});
    for (std::int64_t y = 0; y < labels.height(); ++y)
        for (std::int64_t x = 0; x < labels.width(); ++x) {
            Bounds& b = all[labels.at(x, y)];
            if (b.right == 0)
                b = {x, y, x + 1, y + 1};
            b = {std::min(b.left, x), b.top, std::max(b.right, x + 1), y + 1};
        }
    Proposal proposal;
    for (ObjectId id = first_object; id < all.size(); ++id)
        if (const Bounds& b = all[id]; b.right > 0) {
            const Region place{b.left, b.top, b.right - b.left, b.bottom - b.top};
            proposal.add(mask_of(labels, id, place),
                         {window.x + place.x, window.y + place.y, place.width, place.height}, id);
        }
    return proposal;
}

} // namespace

// Goes from work to work, of which one runs at a time.
struct WatershedTool::Looked {
    ImagePart part;
    LabelTiles::Snapshot labels; // of the part's window
    Image relief;                // empty until the first work has made it and the next
    Mask ground;                 // what is background by its brightness
};

void WatershedTool::press(const CanvasPointer& pointer) {
    const bool left = pointer.buttons == Qt::LeftButton, right = pointer.buttons == Qt::RightButton;
    if (drawing_ || (!left && !right) || picked(pointer) || !has_class() || !editor().ready())
        return;
    if (!looked_) {
        const auto part = image_part(canvas(), region_in_sight(canvas(), pointer.image));
        if (!part)
            return;
        looked_ = std::make_shared<Looked>(
            Looked{*part, editor().document().tiles()->snapshot(part->window), {}, {}});
    }
    const ObjectId last =
        pointer.modifiers & Qt::ShiftModifier ? strokes_.last_other_than(background_seed) : 0;
    const ObjectId id = right  ? background_seed
                        : last ? last
                               : std::max(strokes_.largest_id() + 1, first_object);
    strokes_.begin(id, canvas().view().scale(), pointer.image);
    drawing_ = true;
    Q_EMIT repaint();
}

void WatershedTool::move(const CanvasPointer& pointer) {
    set_pointer(pointer);
    if (drawing_)
        strokes_.extend(pointer.image);
    if (busy())
        Q_EMIT repaint();
}

void WatershedTool::release(const CanvasPointer& pointer) {
    if (!drawing_)
        return;
    move(pointer);
    drawing_ = false;
    look();
}

void WatershedTool::look() {
    const Region window = looked_->part.window;
    propose([looked = looked_, seeds = strokes_.drawn(window), window,
             enclosed = !strokes_.has(background_seed)](JobContext& context) mutable {
        if (looked->relief.empty()) {
            const Image scaled = looked->part.scaled();
            looked->ground = sure_background(scaled.channels() >= 3 ? luminance(scaled) : scaled);
            looked->relief = gradient_magnitude(scaled, sigma);
        }
        const LabelMap labels = looked->labels.read();
        std::vector<std::uint8_t> labelled(labels.ids().size());
        std::transform(labels.ids().begin(), labels.ids().end(), labelled.begin(),
                       [](ObjectId id) { return static_cast<std::uint8_t>(id != 0); });
        if (enclosed)
            for (std::int64_t y = 0; y < window.height; ++y)
                for (std::int64_t x = 0; x < window.width; ++x)
                    if ((looked->ground.at(x, y) || x == 0 || y == 0 || x == window.width - 1 ||
                         y == window.height - 1) &&
                        !seeds.at(x, y))
                        seeds.set(x, y, background_seed);
        return objects_of(seeded_watershed(looked->relief, seeds, labelled, context), window);
    });
}

bool WatershedTool::resize(double steps) {
    strokes_.resize_pen(steps);
    return true;
}

QCursor WatershedTool::cursor() const {
    return tool_cursor(QStringLiteral("watershed"));
}

void WatershedTool::drop() {
    strokes_.clear();
    looked_.reset();
    drawing_ = false;
    SmartTool::drop();
}

bool WatershedTool::own_key(QKeyEvent* event) {
    if (event->key() == Qt::Key_Backspace && busy() && !drawing_) {
        strokes_.take_back();
        if (strokes_.empty())
            drop();
        else
            look();
        return true;
    }
    return SmartTool::own_key(event);
}

QString WatershedTool::note() const {
    if (!busy() || drawing_)
        return {};
    return working() ? tr("Looking …")
                     : tr("%n object(s); Enter", nullptr, static_cast<int>(proposal().shapes.size()));
}

void WatershedTool::paint(QPainter& painter, const ViewTransform& view) {
    SmartTool::paint(painter, view);
    strokes_.paint(painter, view, [](ObjectId id) {
        return id == background_seed ? QColor(0xe0, 0x6c, 0x55, 150) : QColor(LabelColors::object_color(id));
    });
}

LabelToolSpec watershed_tool() {
    return {
        .id = "label.watershed",
        .title = WatershedTool::tr("Watershed from seeds"),
        .help = WatershedTool::tr(
            "A stroke or dot in each object, the right button on the background: areas grow "
            "to the edges between them."),
        .hint = WatershedTool::tr(
            "Left: a dot in each object (Shift: one more in the last); right: background; Enter makes them, "
            "Backspace takes back, Esc drops"),
        .icon = "watershed",
        .key = QKeySequence(Qt::SHIFT | Qt::Key_W),
        .make =
            [](const LabelToolContext& context) { return std::make_unique<WatershedTool>(context, nullptr); },
        .family = "smart"};
}

} // namespace eyepiece
