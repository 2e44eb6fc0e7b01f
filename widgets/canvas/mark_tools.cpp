// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/mark_tools.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {

Keypoint visible_at(Point2 place) {
    return {place, Visibility::Visible, -1};
}

} // namespace

// ---- what both have

MarkTool::MarkTool(const LabelToolContext& context, QObject* parent) : LabelTool(context, parent) {
    // What was taken up may be gone, by an undo or by another program.
    connect(&marks(), &MarkEditor::reloaded, this, [this] { hand_.reset(); });
    connect(&marks(), &MarkEditor::selection_changed, this, &CanvasTool::repaint);
}

void MarkTool::chosen() {
    Q_EMIT repaint();
}

void MarkTool::press(const CanvasPointer& pointer) {
    const bool left = pointer.buttons == Qt::LeftButton, right = pointer.buttons == Qt::RightButton;
    if (hand_ || (!left && !right))
        return;
    const double reach = grab_reach * canvas().devicePixelRatioF() / canvas().view().scale();
    const Point2 place = to_point(pointer.image);
    // With Shift a point may be set close beside another.
    const auto near = pointer.modifiers & Qt::ShiftModifier ? std::nullopt : marks().nearest(place, reach);
    if (near && (pointer.modifiers & Qt::AltModifier)) {
        editor().set_current_class(marks().mark(near->first)->class_id);
        return marks().select(near->first, near->second);
    }
    if (picked(pointer))
        return;
    if (near) {
        const Mark mark = *marks().mark(near->first);
        marks().select(near->first, near->second);
        if (right)
            return right_click(mark, near->second);
        hand_ = Hand{mark, near->second, false, false, tr("move %1").arg(name_of(mark, near->second))};
    } else if (marks().contains(place)) {
        hand_ = set_point(place, right);
        if (hand_)
            marks().preview(hand_->mark);
    }
    if (hand_) {
        button_ = left ? Qt::LeftButton : Qt::RightButton;
        from_device_ = pointer.device;
    }
}

void MarkTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.device;
    if (!hand_)
        return Q_EMIT repaint();
    // A click that trembles moves nothing.
    if (!hand_->moved && QLineF(from_device_, pointer.device).length() < click_reach)
        return;
    hand_->moved = true;
    hand_->mark.points[static_cast<std::size_t>(hand_->point)].place =
        marks().into_image(to_point(pointer.image));
    marks().preview(hand_->mark);
    Q_EMIT repaint();
}

void MarkTool::release(const CanvasPointer& pointer) {
    if (!hand_ || (pointer.buttons & button_))
        return;
    Hand hand = *std::exchange(hand_, std::nullopt);
    if (!hand.placed && !hand.moved)
        return;
    hand.mark.points[static_cast<std::size_t>(hand.point)].score = -1; // a person says so now
    if (marks().put(hand.mark, hand.what))
        was_put(hand);
    Q_EMIT repaint();
}

void MarkTool::leave() {
    pointer_.reset();
    Q_EMIT repaint();
}

void MarkTool::finish() {
    if (std::exchange(hand_, std::nullopt))
        marks().preview({});
    Q_EMIT repaint();
}

bool MarkTool::own_key(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Escape:
        if (hand_)
            finish();
        else
            marks().select(0);
        return true;
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
        return !hand_ && event->modifiers() == Qt::NoModifier && delete_chosen(marks());
    default:
        return false;
    }
}

// ---- points

std::optional<MarkTool::Hand> PlacePointTool::set_point(Point2 place, bool right_button) {
    if (right_button || !has_class())
        return {};
    if (editor().current_class() == 0) {
        Q_EMIT editor().refused(tr("A point cannot be background. Choose another class at the right."));
        return {};
    }
    Mark mark;
    mark.class_id = editor().current_class();
    mark.plane = marks().plane();
    mark.points = {visible_at(place)};
    return Hand{mark, 0, true, false, tr("point")};
}

void PlacePointTool::right_click(const Mark& mark, int point) {
    if (mark.kind == MarkKind::Point)
        marks().remove(mark.id, tr("delete %1").arg(name_of(mark, point)));
}

QString PlacePointTool::name_of(const Mark& mark, int) const {
    return mark.kind == MarkKind::Point ? tr("point") : tr("keypoint");
}

// ---- keypoints

int next_absent(const Mark& mark, int from) {
    const auto count = static_cast<int>(mark.points.size());
    for (int i = 0; i < count; ++i) {
        const int at = (std::max(from, 0) + i) % count;
        if (mark.points[static_cast<std::size_t>(at)].visibility == Visibility::Absent)
            return at;
    }
    return -1;
}

QString KeypointTool::name_of(const Mark& mark, int point) const {
    const Skeleton* skeleton = mark.kind == MarkKind::Keypoints ? marks().skeleton(mark.class_id) : nullptr;
    return skeleton && point >= 0 && point < skeleton->size()
               ? QString::fromStdString(skeleton->names[static_cast<std::size_t>(point)])
               : tr("point");
}

std::optional<MarkTool::Hand> KeypointTool::set_point(Point2 place, bool right_button) {
    if (!has_class())
        return {};
    const Mark* chosen = marks().mark(marks().selected());
    int point = chosen && chosen->kind == MarkKind::Keypoints
                    ? next_absent(*chosen, std::max(marks().selected_point(), 0))
                    : -1;
    Mark mark;
    if (point >= 0) {
        mark = *chosen;
    } else {
        const Skeleton* skeleton = marks().skeleton(editor().current_class());
        if (!skeleton) {
            const LabelClass* current = editor().find_class(editor().current_class());
            Q_EMIT editor().refused(tr("The class \"%1\" has no skeleton. Give it one under Points at the "
                                       "right, or choose a class "
                                       "that has one.")
                                        .arg(current ? QString::fromStdString(current->name) : QString()));
            return {};
        }
        mark.class_id = editor().current_class();
        mark.kind = MarkKind::Keypoints;
        mark.plane = marks().plane();
        mark.points.resize(skeleton->names.size());
        point = 0;
    }
    mark.points[static_cast<std::size_t>(point)] = {
        place, right_button ? Visibility::Hidden : Visibility::Visible, -1};
    return Hand{mark, point, true, false, name_of(mark, point)};
}

void KeypointTool::right_click(const Mark& mark, int point) {
    if (mark.kind == MarkKind::Point) {
        marks().remove(mark.id, tr("delete point"));
        return;
    }
    Mark changed = mark;
    Keypoint& keypoint = changed.points[static_cast<std::size_t>(point)];
    const bool hide = keypoint.visibility == Visibility::Visible;
    keypoint.visibility = hide ? Visibility::Hidden : Visibility::Visible;
    marks().put(changed, (hide ? tr("hide %1") : tr("show %1")).arg(name_of(mark, point)));
}

void KeypointTool::was_put(const Hand& hand) {
    const Mark* mark = marks().mark(marks().selected());
    if (!mark || mark->kind != MarkKind::Keypoints)
        return;
    const int next = hand.placed ? next_absent(*mark, hand.point) : hand.point;
    marks().select(mark->id, next >= 0 ? next : hand.point);
}

bool KeypointTool::own_key(QKeyEvent* event) {
    const bool back = event->key() == Qt::Key_Backtab ||
                      (event->key() == Qt::Key_Tab && (event->modifiers() & Qt::ShiftModifier));
    if ((back || event->key() == Qt::Key_Tab) && !busy() && step_point(marks(), back ? -1 : 1))
        return true;
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && !busy() &&
        marks().selected() != 0) {
        marks().select(0); // this one is done, however many points it has
        return true;
    }
    return MarkTool::own_key(event);
}

QString KeypointTool::next_name() const {
    const Mark* chosen = marks().mark(marks().selected());
    if (chosen && chosen->kind == MarkKind::Keypoints)
        if (const int point = next_absent(*chosen, std::max(marks().selected_point(), 0)); point >= 0)
            return name_of(*chosen, point);
    const Skeleton* skeleton = marks().skeleton(editor().current_class());
    return skeleton ? QString::fromStdString(skeleton->names.front()) : QString();
}

void KeypointTool::paint(QPainter& painter, const ViewTransform&) {
    if (!pointer() || busy())
        return;
    if (const QString next = next_name(); !next.isEmpty())
        draw_note(painter, *pointer(), next);
}

std::optional<QRectF> KeypointTool::painted_area(const ViewTransform&) const {
    return pointer() && !busy() ? note_area(*pointer(), canvas().devicePixelRatioF()) : QRectF();
}

bool delete_chosen(MarkEditor& marks) {
    const Mark* chosen = marks.mark(marks.selected());
    if (!chosen)
        return false;
    const int point = marks.selected_point();
    const bool one_of_many = chosen->kind == MarkKind::Keypoints && point >= 0 &&
                             chosen->points[static_cast<std::size_t>(point)].visibility != Visibility::Absent;
    if (!one_of_many) {
        marks.remove(chosen->id, chosen->kind == MarkKind::Point ? MarkEditor::tr("delete point")
                                                                 : MarkEditor::tr("delete keypoints"));
        return true;
    }
    Mark changed = *chosen;
    changed.points[static_cast<std::size_t>(point)] = {};
    const Skeleton* skeleton = marks.skeleton(chosen->class_id);
    marks.put(changed,
              MarkEditor::tr("delete %1")
                  .arg(skeleton ? QString::fromStdString(skeleton->names[static_cast<std::size_t>(point)])
                                : MarkEditor::tr("keypoint")));
    return true;
}

bool step_point(MarkEditor& marks, int step) {
    const Mark* chosen = marks.mark(marks.selected());
    if (!chosen || chosen->kind != MarkKind::Keypoints)
        return false;
    const auto count = static_cast<int>(chosen->points.size());
    const int from = marks.selected_point() >= 0 ? marks.selected_point() : step > 0 ? count - 1 : 0;
    marks.select(chosen->id, (from + step + count) % count);
    return true;
}

// ---- the image as a whole

void toggle_image_class(const LabelToolContext& context, ClassId class_id) {
    MarkEditor& marks = context.editor.marks();
    if (class_id == 0) {
        Q_EMIT context.editor.refused(
            LabelTool::tr("An image as a whole cannot be background. Press the key of another class."));
        return;
    }
    const std::vector<ClassId>& now = marks.image_classes();
    const bool on = std::find(now.begin(), now.end(), class_id) == now.end();
    if (marks.set_image_class(class_id, on, context.settings.one_class_an_image()) && on &&
        context.settings.next_after_class())
        Q_EMIT context.canvas.step_wanted(1);
}

bool ImageClassTool::own_key(QKeyEvent* event) {
    if (event->modifiers() & ~Qt::KeypadModifier)
        return false;
    for (const LabelClass& each : editor().classes())
        if (event->text() == (each.id == 0 ? QStringLiteral("0") : QString::fromStdString(each.key)) &&
            !event->text().isEmpty()) {
            if (!event->isAutoRepeat())
                toggle_image_class({canvas(), editor(), settings()}, each.id);
            return true;
        }
    return false;
}

// ---- as they are listed

LabelToolSpec keypoint_tool() {
    return {
        .id = "label.keypoints",
        .title = KeypointTool::tr("Keypoints"),
        .help =
            KeypointTool::tr("Click the points of the class's skeleton one after the other; drag moves one."),
        .hint = KeypointTool::tr("Click sets the next point · right click sets or makes it hidden · Tab next "
                                 "point · Del removes · Enter ends"),
        .icon = "keypoints",
        .key = QKeySequence(Qt::SHIFT | Qt::Key_K),
        .make =
            [](const LabelToolContext& context) { return std::make_unique<KeypointTool>(context, nullptr); },
        .family = "marks"};
}

LabelToolSpec place_point_tool() {
    return {.id = "label.point",
            .title = PlacePointTool::tr("Point"),
            .help = PlacePointTool::tr(
                "Click sets a point of the current class; drag moves one, right click deletes."),
            .hint =
                PlacePointTool::tr("Click sets a point · drag moves · right click deletes · Shift sets one "
                                   "close to another"),
            .icon = "point",
            .key = QKeySequence(Qt::SHIFT | Qt::Key_P),
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<PlacePointTool>(context, nullptr);
                },
            .family = "marks"};
}

LabelToolSpec image_class_tool() {
    return {
        .id = "label.image-class",
        .title = ImageClassTool::tr("Class of the image"),
        .help = ImageClassTool::tr("A class's key gives that class to the image as a whole, or takes it."),
        .hint = ImageClassTool::tr("Press a class's key to give it to the whole image, or to take it away"),
        .icon = "image-class",
        .key = QKeySequence(Qt::SHIFT | Qt::Key_I),
        .make = [](const LabelToolContext& context) {
            return std::make_unique<ImageClassTool>(context, nullptr);
        }};
}

} // namespace eyepiece
