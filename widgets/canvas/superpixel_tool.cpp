// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/superpixel_tool.h"

#include "core/data/superpixels.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_cursor.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <set>

namespace eyepiece {

namespace {

constexpr double least_scale = 1.2; // device px an image pixel: below, borders would be all there is to see

struct Extent {
    std::int64_t left, top, right, bottom;
};

// The superpixel's bounds: it is not much larger than the grid's step, so it is looked for around one of its
// pixels.
Extent bounds_of_cell(const LabelMap& labels, ObjectId cell, std::int64_t x, std::int64_t y) {
    Extent found{x, y, x + 1, y + 1};
    // Connected: grown until its border holds no more of it.
    for (bool grew = true; grew;) {
        grew = false;
        const auto holds = [&](std::int64_t x0, std::int64_t x1, std::int64_t y0, std::int64_t y1) {
            for (std::int64_t py = std::max<std::int64_t>(y0, 0); py < std::min(y1, labels.height()); ++py)
                for (std::int64_t px = std::max<std::int64_t>(x0, 0); px < std::min(x1, labels.width()); ++px)
                    if (labels.at(px, py) == cell)
                        return true;
            return false;
        };
        if (holds(found.left - 1, found.left, found.top - 1, found.bottom + 1))
            --found.left, grew = true;
        if (holds(found.right, found.right + 1, found.top - 1, found.bottom + 1))
            ++found.right, grew = true;
        if (holds(found.left - 1, found.right + 1, found.top - 1, found.top))
            --found.top, grew = true;
        if (holds(found.left - 1, found.right + 1, found.bottom, found.bottom + 1))
            ++found.bottom, grew = true;
    }
    return found;
}

QImage borders_of(const LabelMap& labels) {
    QImage image(static_cast<int>(labels.width()), static_cast<int>(labels.height()),
                 QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    for (std::int64_t y = 0; y < labels.height(); ++y) {
        auto* row = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(y)));
        for (std::int64_t x = 0; x < labels.width(); ++x)
            if ((x + 1 < labels.width() && labels.at(x + 1, y) != labels.at(x, y)) ||
                (y + 1 < labels.height() && labels.at(x, y + 1) != labels.at(x, y)))
                row[x] = qPremultiply(qRgba(0xe6, 0xa2, 0x3c, 110));
    }
    return image;
}

} // namespace

SuperpixelTool::SuperpixelTool(const LabelToolContext& context, QObject* parent)
    : LabelTool(context, parent) {
    connect(&canvas(), &ImageCanvas::view_changed, this, [this] {
        if (canvas().tool() == this && !painting_)
            refresh();
    });
    connect(&canvas(), &ImageCanvas::image_shown, this, [this] {
        if (canvas().tool() == this)
            refresh();
    });
    connect(&work_, &LatestWork::failed, this,
            [this](const QString& problem) { Q_EMIT editor().refused(problem); });
}

void SuperpixelTool::refresh() {
    const QPointF middle = canvas().view().visible_image().center();
    const auto part = image_part(canvas(), region_in_sight(canvas(), pointer_.value_or(middle)));
    if (!part) {
        cells_.reset();
        return;
    }
    if (cells_ && cells_->size == size_) {
        // A closer look at the same pixels keeps the superpixels that were seen.
        ImagePart had = cells_->part;
        const bool inside = had.window.intersected(part->window) == part->window;
        had.window = part->window;
        if (inside && had == *part)
            return;
    }
    work_.start([this, part = *part, size = size_](LatestWork::Stop stop) -> LatestWork::Finish {
        StoppedBy context(stop);
        auto cells = std::make_shared<Cells>(
            Cells{part, size, superpixels(part.scaled(), {.size = size}, context), {}});
        cells->borders = borders_of(cells->labels);
        return [this, cells] {
            if (painting_)
                return; // the stroke goes on with what it began on
            cells_ = cells;
            lit_ = 0;
            if (pointer_)
                light(cell_at(*pointer_));
            Q_EMIT repaint();
        };
    });
}

ObjectId SuperpixelTool::cell_at(const QPointF& image) const {
    if (!cells_)
        return 0;
    const QPoint pixel = pixel_of(image);
    const Region& window = cells_->part.window;
    return window.intersected({pixel.x(), pixel.y(), 1, 1}).empty()
               ? 0
               : cells_->labels.at(pixel.x() - window.x, pixel.y() - window.y);
}

void SuperpixelTool::light(ObjectId cell) {
    if (cell == lit_)
        return;
    lit_ = cell;
    light_ = {};
    if (cell == 0 || !pointer_)
        return;
    const QPoint pixel = pixel_of(*pointer_);
    const Region& window = cells_->part.window;
    const Extent place = bounds_of_cell(cells_->labels, cell, pixel.x() - window.x, pixel.y() - window.y);
    light_ = QImage(static_cast<int>(place.right - place.left), static_cast<int>(place.bottom - place.top),
                    QImage::Format_ARGB32_Premultiplied);
    light_.fill(Qt::transparent);
    light_at_ = {static_cast<int>(window.x + place.left), static_cast<int>(window.y + place.top)};
    for (int y = 0; y < light_.height(); ++y)
        for (int x = 0; x < light_.width(); ++x)
            if (cells_->labels.at(place.left + x, place.top + y) == cell)
                light_.setPixel(x, y, qPremultiply(qRgba(255, 255, 255, 70)));
}

// Every superpixel on the way.
void SuperpixelTool::paint_cells(const QPointF& from, const QPointF& to) {
    const Region& window = cells_->part.window;
    const int steps =
        std::max(1, static_cast<int>(std::ceil(2 * std::hypot(to.x() - from.x(), to.y() - from.y()))));
    ObjectId last = 0;
    for (int i = 0; i <= steps; ++i) {
        const QPointF at = from + (to - from) * i / steps;
        const ObjectId cell = cell_at(at);
        if (cell == 0 || cell == last)
            continue;
        last = cell;
        const QPoint pixel = pixel_of(at);
        const Extent place = bounds_of_cell(cells_->labels, cell, pixel.x() - window.x, pixel.y() - window.y);
        editor().mask(mask_of(cells_->labels, cell,
                              {place.left, place.top, place.right - place.left, place.bottom - place.top}),
                      window.x + place.left, window.y + place.top, rule_);
    }
}

void SuperpixelTool::press(const CanvasPointer& pointer) {
    const bool left = pointer.buttons == Qt::LeftButton, right = pointer.buttons == Qt::RightButton;
    if (painting_ || (!left && !right) || picked(pointer) || (left && !has_class()))
        return;
    if (!cells_) {
        Q_EMIT editor().refused(tr("The superpixels are still being worked out. Try again in a moment."));
        return;
    }
    if (cell_at(pointer.image) == 0 || !editor().begin(tr("superpixels")))
        return;
    rule_ = {};
    if (left) {
        const QPoint pixel = pixel_of(pointer.image);
        const LabelObject* below = editor().document().object(editor().document().at(pixel.x(), pixel.y()));
        rule_.id = below && below->class_id == editor().current_class() ? below->id : editor().new_object();
        rule_.only_where_empty = settings().only_where_empty();
    }
    painting_ = true;
    last_ = pointer.image;
    paint_cells(last_, last_);
}

void SuperpixelTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    if (painting_) {
        paint_cells(last_, pointer.image);
        last_ = pointer.image;
    }
    light(cell_at(pointer.image));
    Q_EMIT repaint();
}

void SuperpixelTool::release(const CanvasPointer& pointer) {
    if (!painting_)
        return;
    move(pointer);
    painting_ = false;
    if (rule_.id)
        end_object(rule_.id);
    else
        editor().commit();
    refresh(); // the view may have moved meanwhile
}

void SuperpixelTool::leave() {
    pointer_.reset();
    light(0);
    Q_EMIT repaint();
}

void SuperpixelTool::finish() {
    if (painting_) {
        painting_ = false;
        editor().commit();
    }
    work_.drop();
    cells_.reset();
    lit_ = 0;
    light_ = {};
    pointer_.reset();
}

bool SuperpixelTool::resize(double steps) {
    if (steps == 0 || painting_)
        return true;
    const double by = std::max(1.0, size_ * 0.15) * (std::abs(steps) < 1 ? std::copysign(1.0, steps) : steps);
    const double size = std::clamp(std::round(size_ + by), smallest, largest);
    if (size == size_)
        return true;
    size_ = size;
    refresh();
    Q_EMIT repaint();
    return true;
}

bool SuperpixelTool::own_key(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_BracketLeft:
        return resize(-1);
    case Qt::Key_BracketRight:
        return resize(1);
    case Qt::Key_Escape:
        if (!painting_)
            return false;
        painting_ = false;
        editor().cancel();
        return true;
    default:
        return false;
    }
}

QCursor SuperpixelTool::cursor() const {
    return tool_cursor(QStringLiteral("superpixels"));
}

void SuperpixelTool::paint(QPainter& painter, const ViewTransform& view) {
    if (cells_) {
        const Region& window = cells_->part.window;
        painter.save();
        painter.setRenderHint(QPainter::SmoothPixmapTransform, view.scale() < 1);
        if (view.scale() >= least_scale || size_ * view.scale() >= 12)
            painter.drawImage(view.to_device(QRectF(window.x, window.y, window.width, window.height)),
                              cells_->borders);
        if (!light_.isNull())
            painter.drawImage(view.to_device(QRectF(QPointF(light_at_), QSizeF(light_.size()))), light_);
        painter.restore();
    }
    if (pointer_ && (work_.busy() || cells_))
        draw_note(painter, view.to_device(*pointer_),
                  cells_ && cells_->size == size_ ? tr("%1 px").arg(size_)
                                                  : tr("%1 px, looking …").arg(size_));
}

LabelToolSpec superpixel_tool() {
    return {.id = "label.superpixels",
            .title = SuperpixelTool::tr("Superpixels"),
            .help = SuperpixelTool::tr("Paint whole patches that keep to the image's edges."),
            .hint = SuperpixelTool::tr(
                "Drag to paint whole patches, the right button takes away; Ctrl+wheel or [ ] for "
                "their size"),
            .icon = "superpixels",
            .key = Qt::Key_Y,
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<SuperpixelTool>(context, nullptr);
                },
            .family = "smart"};
}

} // namespace eyepiece
