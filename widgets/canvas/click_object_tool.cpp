// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/click_object_tool.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_cursor.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {

constexpr double mark_radius = 5; // device px

} // namespace

ObjectFinderService::~ObjectFinderService() = default;

void ClickObjectTool::press(const CanvasPointer& pointer) {
    if (held_ != Qt::NoButton)
        return;
    const bool left = pointer.buttons == Qt::LeftButton, right = pointer.buttons == Qt::RightButton;
    if (!left && !right)
        return;
    beside_ = right || (pointer.modifiers & Qt::AltModifier);
    // Before anything is meant, Alt picks the class below the pointer, as with every tool.
    if (!busy() && left && picked(pointer))
        return;
    if (!has_class() || !editor().ready())
        return;
    held_ = left ? Qt::LeftButton : Qt::RightButton;
    from_ = pointer.image;
    from_device_ = pointer.device;
}

void ClickObjectTool::move(const CanvasPointer& pointer) {
    set_pointer(pointer);
    const QPointF way = pointer.device - from_device_;
    if (held_ == Qt::LeftButton && !beside_ &&
        (!drawn_.isEmpty() || std::max(std::abs(way.x()), std::abs(way.y())) > click_reach))
        drawn_ = QRectF(from_, pointer.image).normalized();
    Q_EMIT repaint();
}

void ClickObjectTool::release(const CanvasPointer& pointer) {
    move(pointer);
    if (std::exchange(held_, Qt::NoButton) == Qt::NoButton)
        return;
    const QRect box = std::exchange(drawn_, {}).toAlignedRect();
    if (box.isEmpty())
        return say(from_, !beside_);
    const Region extent = editor().document().tiles()->extent();
    const Region inside = Region{box.x(), box.y(), box.width(), box.height()}.intersected(extent);
    if (inside.empty())
        return;
    // A new box is about a new object.
    drop();
    question_.box = inside;
    ask();
}

void ClickObjectTool::double_click(const CanvasPointer&) {
    if (!busy())
        return;
    // The first click of the two has said more than was meant, unless it was the only one.
    if (question_.clicks.size() > 1 || (question_.box && !question_.clicks.empty())) {
        question_.clicks.pop_back();
        ask();
    }
    accept_when_found();
}

void ClickObjectTool::say(const QPointF& at, bool object) {
    const Region extent = editor().document().tiles()->extent();
    if (at.x() < 0 || at.y() < 0 || at.x() >= static_cast<double>(extent.width) ||
        at.y() >= static_cast<double>(extent.height))
        return;
    if (!object && !busy()) {
        Q_EMIT editor().refused(
            tr("Click on an object first; then the right button says what is not of it."));
        return;
    }
    question_.clicks.push_back({at, object});
    ask();
}

void ClickObjectTool::ask() {
    if (!finder_) {
        drop();
        Q_EMIT editor().refused(
            tr("There is no engine that finds objects by clicks. Install Eyepiece anew."));
        return;
    }
    const QRect seen = canvas().view().visible_image().toAlignedRect();
    question_.view = Region{seen.x(), seen.y(), seen.width(), seen.height()}.intersected(
        editor().document().tiles()->extent());
    waiting_ = true;
    finder_->ask(
        question_, [this](const ObjectAnswer& answer) { take(answer); },
        [this](const QString& problem) {
            drop();
            Q_EMIT editor().refused(problem);
        });
    canvas().update();
}

void ClickObjectTool::take(const ObjectAnswer& answer) {
    waiting_ = false;
    found_ = answer.region.empty()
                 ? tr("Nothing found: click elsewhere on it, or drag a box")
                 : tr("%1 % sure%2")
                       .arg(std::lround(100 * answer.expected_iou))
                       .arg(answer.network.isEmpty() ? QString() : QStringLiteral(", ") + answer.network);
    propose([answer](JobContext&) {
        Proposal proposal;
        if (!answer.region.empty())
            proposal.add(answer.mask, answer.region);
        return proposal;
    });
}

void ClickObjectTool::proposed() {
    if (!waiting_ && !working() && std::exchange(accept_, false))
        accept();
}

void ClickObjectTool::accept_when_found() {
    if (waiting_ || working())
        accept_ = true;
    else
        accept();
}

void ClickObjectTool::drop() {
    if (finder_)
        finder_->drop();
    question_ = {};
    waiting_ = accept_ = false;
    found_.clear();
    drawn_ = {};
    held_ = Qt::NoButton;
    SmartTool::drop();
}

bool ClickObjectTool::own_key(QKeyEvent* event) {
    if (!busy())
        return false;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        accept_when_found();
        return true;
    case Qt::Key_Backspace:
        if (!question_.clicks.empty())
            question_.clicks.pop_back();
        else
            question_.box.reset();
        if (question_.clicks.empty() && !question_.box)
            drop();
        else
            ask();
        return true;
    default:
        return SmartTool::own_key(event);
    }
}

QString ClickObjectTool::note() const {
    if (!busy() || held_ != Qt::NoButton)
        return {};
    return waiting_ ? tr("Looking …") : tr("%1; Enter").arg(found_);
}

void ClickObjectTool::paint(QPainter& painter, const ViewTransform& view) {
    SmartTool::paint(painter, view);
    const auto box = question_.box;
    const QRectF shown = !drawn_.isEmpty() ? drawn_
                         : box             ? QRectF(static_cast<double>(box->x), static_cast<double>(box->y),
                                                    static_cast<double>(box->width), static_cast<double>(box->height))
                                           : QRectF();
    if (!shown.isEmpty())
        draw_twice(painter, [&] { painter.drawRect(view.to_device(shown)); });
    for (const ObjectQuestion::Click& click : question_.clicks) {
        const QPointF at = view.to_device(click.at);
        draw_twice(painter, [&] {
            painter.drawLine(at - QPointF(mark_radius, 0), at + QPointF(mark_radius, 0));
            if (click.object)
                painter.drawLine(at - QPointF(0, mark_radius), at + QPointF(0, mark_radius));
        });
    }
}

QCursor ClickObjectTool::cursor() const {
    return tool_cursor(QStringLiteral("click-object"));
}

LabelToolSpec click_object_tool() {
    return {
        .id = "label.click-object",
        .title = ClickObjectTool::tr("Object from a click"),
        .help =
            ClickObjectTool::tr("A small network finds the object you click on; further clicks correct it."),
        .hint = ClickObjectTool::tr("Click on an object, or drag a box; then left adds, right takes away; "
                                    "Enter or a double click accepts, Esc drops"),
        .icon = "click-object",
        .key = Qt::Key_Z,
        .make =
            [](const LabelToolContext& context) {
                return std::make_unique<ClickObjectTool>(context, nullptr);
            },
        .family = "smart"};
}

} // namespace eyepiece
