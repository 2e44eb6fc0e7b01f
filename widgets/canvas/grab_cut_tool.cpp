// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/grab_cut_tool.h"

#include "core/data/grab_cut.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/image_part.h"
#include "widgets/canvas/tool_cursor.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr ObjectId background_seed = 1, object_seed = 2;
constexpr std::int64_t largest_box = 4096; // px across

} // namespace

// Goes from work to work, of which one runs at a time.
struct GrabCutTool::Looked {
    ImagePart part;
    LabelTiles::Snapshot labels; // of the part's window
    Image scaled;                // empty until the first work has read it
};

void GrabCutTool::press(const CanvasPointer& pointer) {
    if (drag_ != Drag::None)
        return;
    const bool left = pointer.buttons == Qt::LeftButton, right = pointer.buttons == Qt::RightButton;
    if (busy() && (left || right)) {
        drag_ = Drag::Stroke;
        strokes_.begin(left ? object_seed : background_seed, canvas().view().scale(), pointer.image);
        Q_EMIT repaint();
    } else if (left && !picked(pointer) && has_class() && editor().ready()) {
        drag_ = Drag::Box;
        from_ = pointer.image;
    }
}

void GrabCutTool::move(const CanvasPointer& pointer) {
    set_pointer(pointer);
    if (drag_ == Drag::Box)
        box_ = QRectF(from_, pointer.image).normalized();
    else if (drag_ == Drag::Stroke)
        strokes_.extend(pointer.image);
    Q_EMIT repaint();
}

void GrabCutTool::release(const CanvasPointer& pointer) {
    move(pointer);
    const Drag ended = std::exchange(drag_, Drag::None);
    if (ended == Drag::Stroke)
        return look();
    if (ended != Drag::Box)
        return;
    const QRect pixels = box_.toAlignedRect();
    if (box_.width() < 2 || box_.height() < 2)
        return drop(); // a click
    if (std::max(pixels.width(), pixels.height()) > largest_box) {
        Q_EMIT editor().refused(
            tr("The box is more than %1 pixels across. Draw it closely around one object.").arg(largest_box));
        return drop();
    }
    const std::int64_t room = std::max(pixels.width(), pixels.height());
    const auto part = image_part(canvas(), {pixels.x() - room, pixels.y() - room, pixels.width() + 2 * room,
                                            pixels.height() + 2 * room});
    if (!part)
        return drop();
    looked_ =
        std::make_shared<Looked>(Looked{*part, editor().document().tiles()->snapshot(part->window), {}});
    look();
}

void GrabCutTool::look() {
    const QRect pixels = box_.toAlignedRect();
    const Region window = looked_->part.window;
    propose([looked = looked_, seeds = strokes_.drawn(window), empty_only = settings().only_where_empty(),
             window,
             box = Region{pixels.x() - window.x, pixels.y() - window.y, pixels.width(), pixels.height()}](
                JobContext& context) {
        if (looked->scaled.empty())
            looked->scaled = looked->part.scaled();
        std::vector<SeedMark> marks(seeds.ids().size(), SeedMark::None);
        const Region near = Region{box.x - box.width / 4 - 4, box.y - box.height / 4 - 4,
                                   box.width * 3 / 2 + 8, box.height * 3 / 2 + 8}
                                .intersected({0, 0, window.width, window.height});
        const LabelMap labels = looked->labels.read();
        for (std::int64_t y = 0; y < window.height; ++y)
            for (std::int64_t x = 0; x < window.width; ++x) {
                SeedMark& mark = marks[static_cast<std::size_t>(y * window.width + x)];
                if (const ObjectId seed = seeds.at(x, y))
                    mark = seed == object_seed ? SeedMark::Object : SeedMark::Background;
                else if (empty_only && labels.at(x, y) && !near.intersected({x, y, 1, 1}).empty())
                    mark = SeedMark::Background;
            }
        Proposal proposal;
        proposal.add(grab_cut(looked->scaled, box, marks, {}, context), window);
        return proposal;
    });
}

void GrabCutTool::double_click(const CanvasPointer&) {
    if (!busy())
        return;
    // The first click of the two has left a dot.
    strokes_.take_back();
    look();
    accept();
}

bool GrabCutTool::resize(double steps) {
    strokes_.resize_pen(steps);
    return true;
}

QCursor GrabCutTool::cursor() const {
    return tool_cursor(QStringLiteral("grab-cut"));
}

void GrabCutTool::drop() {
    drag_ = Drag::None;
    box_ = {};
    strokes_.clear();
    looked_.reset();
    SmartTool::drop();
}

bool GrabCutTool::own_key(QKeyEvent* event) {
    if (event->key() == Qt::Key_Backspace && busy() && drag_ == Drag::None) {
        if (strokes_.empty())
            drop();
        else {
            strokes_.take_back();
            look();
        }
        return true;
    }
    return SmartTool::own_key(event);
}

QString GrabCutTool::note() const {
    if (!looked_ || drag_ != Drag::None)
        return {};
    return working() ? tr("Looking …") : tr("Left adds, right takes away; Enter");
}

void GrabCutTool::paint(QPainter& painter, const ViewTransform& view) {
    strokes_.paint(painter, view, [](ObjectId id) {
        return id == object_seed ? QColor(0x35, 0xb3, 0x8a, 120) : QColor(0xe0, 0x6c, 0x55, 120);
    });
    SmartTool::paint(painter, view);
    if (!box_.isEmpty())
        draw_twice(painter, [&] { painter.drawRect(view.to_device(box_)); });
}

LabelToolSpec grab_cut_tool() {
    return {
        .id = "label.grab-cut",
        .title = GrabCutTool::tr("Object in a box"),
        .help = GrabCutTool::tr("GrabCut: drag a box around an object, and its outline is found."),
        .hint = GrabCutTool::tr("Drag a box around an object; then left strokes add, right ones take away; "
                                "Enter accepts, Esc drops"),
        .icon = "grab-cut",
        .key = Qt::Key_D,
        .make =
            [](const LabelToolContext& context) { return std::make_unique<GrabCutTool>(context, nullptr); },
        .family = "smart"};
}

} // namespace eyepiece
