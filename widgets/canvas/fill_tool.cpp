// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/fill_tool.h"

#include "core/data/components.h"
#include "core/data/magic_wand.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/image_part.h"
#include "widgets/canvas/tool_cursor.h"
#include "widgets/canvas/tool_drawing.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr std::int64_t fill_reach = 1024;  // px to each side of the click
constexpr std::int64_t largest_speck = 20; // px of a hole that is noise
constexpr double drag_for_all = 400;       // logical px of a drag from no tolerance to all of it

// Specks that the area encloses become part of it; larger holes are of another brightness on purpose.
void fill_specks(Mask& mask) {
    Mask ground(mask.height, mask.width);
    std::transform(mask.pixels.begin(), mask.pixels.end(), ground.pixels.begin(),
                   [](std::uint8_t on) { return static_cast<std::uint8_t>(!on); });
    const LabelMap holes = connected_components(ground, Connectivity::Four);
    std::vector<std::int64_t> areas(holes.largest_id() + std::size_t{1}, 0);
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x) {
            const bool border = x == 0 || y == 0 || x == mask.width - 1 || y == mask.height - 1;
            areas[holes.at(x, y)] += border ? largest_speck + 1 : 1;
        }
    for (std::size_t i = 0; i < mask.pixels.size(); ++i)
        if (const ObjectId hole = holes.ids()[i]; hole && areas[hole] <= largest_speck)
            mask.pixels[i] = 1;
}

} // namespace

// Goes from work to work, of which one runs at a time.
struct FillTool::Search {
    ImagePart part;
    LabelTiles::Snapshot labels; // of the part's window
    QPoint seed;                 // within the window
    Region extent;               // of the image
    ItemId item = 0;
    WandReach reach; // empty until the first work has found it

    Proposal propose(double tolerance, const JobContext& context);
};

Proposal FillTool::Search::propose(double tolerance, const JobContext& context) {
    const Region& window = part.window;
    if (reach.empty()) {
        const LabelMap there = labels.read();
        std::vector<std::uint8_t> labelled(there.ids().size());
        std::transform(there.ids().begin(), there.ids().end(), labelled.begin(),
                       [](ObjectId id) { return static_cast<std::uint8_t>(id != 0); });
        reach = WandReach(part.scaled(), seed.x(), seed.y(), labelled, context);
    }
    Mask mask = reach.mask(tolerance);
    bool cut = false; // it ran into the window's edge, where the image goes on
    for (std::int64_t y = 0; y < mask.height && !cut; ++y)
        cut =
            (window.x > 0 && mask.at(0, y)) || (window.right() < extent.width && mask.at(mask.width - 1, y));
    for (std::int64_t x = 0; x < mask.width && !cut; ++x)
        cut = (window.y > 0 && mask.at(x, 0)) ||
              (window.bottom() < extent.height && mask.at(x, mask.height - 1));
    Proposal proposal;
    if (cut) {
        proposal.problem =
            tr("The area of similar brightness is larger than %1 pixels across, so it was left alone. "
               "Lower the tolerance of the wand and try again.")
                .arg(2 * fill_reach);
        return proposal;
    }
    fill_specks(mask);
    proposal.add(mask, window);
    return proposal;
}

void FillTool::press(const CanvasPointer& pointer) {
    if (picked(pointer) || pointer.buttons != Qt::LeftButton || busy())
        return;
    const QPoint pixel = pixel_of(pointer.image);
    const LabelDocument& document = editor().document();
    if (document.empty() || !document.tiles()->extent().intersected({pixel.x(), pixel.y(), 1, 1}).width)
        return;
    if (const ObjectId id = document.at(pixel.x(), pixel.y())) {
        fill_holes(editor(), std::array{id});
        return;
    }
    const auto part = image_part(
        canvas(), {pixel.x() - fill_reach, pixel.y() - fill_reach, 2 * fill_reach, 2 * fill_reach});
    if (!has_class() || !part)
        return;
    search_ = std::make_shared<Search>(
        Search{*part,
               document.tiles()->snapshot(part->window),
               pixel - QPoint(static_cast<int>(part->window.x), static_cast<int>(part->window.y)),
               document.tiles()->extent(),
               document.item(),
               {}});
    held_ = true;
    dragged_ = false;
    pressed_y_ = pointer.device.y();
    pressed_tolerance_ = settings().tolerance();
    look();
}

void FillTool::look() {
    propose([search = search_, tolerance = settings().tolerance()](JobContext& context) {
        return search->propose(tolerance, context);
    });
}

void FillTool::move(const CanvasPointer& pointer) {
    if (!held_)
        return;
    const double rise = pressed_y_ - pointer.device.y();
    dragged_ = dragged_ || std::abs(rise) >= click_reach;
    if (!dragged_)
        return;
    set_pointer(pointer);
    const double before = settings().tolerance();
    settings().set_tolerance(pressed_tolerance_ + rise / (drag_for_all * canvas().devicePixelRatioF()));
    if (settings().tolerance() != before)
        look();
    Q_EMIT repaint();
}

void FillTool::release(const CanvasPointer&) {
    if (!held_)
        return;
    held_ = false;
    accept();
}

void FillTool::drop() {
    search_.reset();
    held_ = false;
    SmartTool::drop();
}

QString FillTool::note() const {
    if (!dragged_ || !held_)
        return {};
    const QString percent = tr("Tolerance %1 %").arg(std::round(settings().tolerance() * 100));
    return proposal().problem.isEmpty() ? percent : tr("%1: the area has no end").arg(percent);
}

QCursor FillTool::cursor() const {
    return tool_cursor(QStringLiteral("wand"));
}

LabelToolSpec fill_tool() {
    return {
        .id = "label.fill",
        .title = FillTool::tr("Magic wand"),
        .help = FillTool::tr("Fill an area of similar brightness, or the holes of an object."),
        .hint = FillTool::tr("Click an area to fill it, drag up or down to take more or less; on an object: "
                             "fills its holes"),
        .icon = "wand",
        .key = Qt::Key_W,
        .make = [](const LabelToolContext& context) { return std::make_unique<FillTool>(context, nullptr); }};
}

} // namespace eyepiece
