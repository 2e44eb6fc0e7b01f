// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/smart_tool.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QPainter>
#include <utility>

namespace eyepiece {

SmartTool::SmartTool(const LabelToolContext& context, LatestWork::Policy policy, QObject* parent)
    : LabelTool(context, parent), work_(policy) {
    connect(&work_, &LatestWork::failed, this, [this](const QString& problem) {
        shown_ = wanted_; // nothing comes any more
        proposal_ = {};
        accept_when_ready_ = false;
        Q_EMIT editor().refused(problem);
        canvas().update();
        proposed();
    });
}

void SmartTool::propose(Work work) {
    const std::uint64_t number = ++wanted_;
    work_.start([this, number, work = std::move(work)](LatestWork::Stop stop) -> LatestWork::Finish {
        StoppedBy context(stop);
        return [this, number, proposal = work(context)] { take(number, proposal); };
    });
}

void SmartTool::take(std::uint64_t number, Proposal proposal) {
    shown_ = number;
    proposal_ = std::move(proposal);
    canvas().update();
    proposed();
    if (!working() && std::exchange(accept_when_ready_, false))
        accept();
}

void SmartTool::drop() {
    work_.drop();
    shown_ = ++wanted_;
    proposal_ = {};
    accept_when_ready_ = false;
    pointer_.reset();
    canvas().update();
}

void SmartTool::accept() {
    if (working()) {
        accept_when_ready_ = true;
        return;
    }
    if (!proposal_.problem.isEmpty())
        Q_EMIT editor().refused(proposal_.problem);
    const std::vector<ObjectShape> shapes = std::exchange(proposal_, {}).shapes;
    drop();
    if (!shapes.empty())
        make(shapes);
}

void SmartTool::make(const std::vector<ObjectShape>& shapes) {
    if (!editor().begin(what()))
        return;
    std::vector<ObjectId> made;
    for (const ObjectShape& shape : shapes) {
        made.push_back(editor().new_object());
        editor().mask(shape.mask, shape.place.x, shape.place.y,
                      {made.back(), settings().only_where_empty(), 0});
    }
    if (made.size() == 1)
        return end_object(made.front());
    editor().commit();
    editor().select_objects(made);
    if (editor().selection().empty())
        Q_EMIT editor().refused(tr("Nothing was drawn: there is no free pixel below it. Turn \"Only where "
                                   "empty\" off (M) to draw over other objects."));
}

bool SmartTool::own_key(QKeyEvent* event) {
    if (!busy())
        return false;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        accept();
        return true;
    case Qt::Key_Escape:
        drop();
        return true;
    default:
        return false;
    }
}

void SmartTool::set_pointer(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
}

QRectF SmartTool::noted_area(const ViewTransform& view) const {
    return pointer_ ? note_area(view.to_device(*pointer_), canvas().devicePixelRatioF()) : QRectF();
}

void SmartTool::paint(QPainter& painter, const ViewTransform& view) {
    const LabelClass* chosen = editor().find_class(editor().current_class());
    QColor fill =
        chosen ? QColor(chosen->color[0], chosen->color[1], chosen->color[2]) : QColor(0xe6, 0xa2, 0x3c);
    fill.setAlpha(70);
    draw_proposal(painter, view, proposal_.outlines, fill);
    if (const QString words = note(); pointer_ && !words.isEmpty())
        draw_note(painter, view.to_device(*pointer_), words);
}

} // namespace eyepiece
