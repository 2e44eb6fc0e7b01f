// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"
#include "widgets/canvas/mark_editor.h"

#include <optional>

namespace eyepiece {

// What point and keypoint tool have in common: a click on a point takes it, a drag moves it, and what is
// begun goes to the disk when the button comes up. The right button is each tool's own.
class EYEPIECE_EXPORT MarkTool : public LabelTool {
    Q_OBJECT
public:
    MarkTool(const LabelToolContext& context, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void leave() override;
    void finish() override;
    void chosen() override;
    QCursor cursor() const override { return Qt::CrossCursor; }
    bool busy() const override { return hand_.has_value(); }
    bool resize(double) override { return false; } // there is no size: the wheel zooms

protected:
    // A mark with one of its points in hand: dragged, and not yet put.
    struct Hand {
        Mark mark; // as it would be; id 0: a new one
        int point = 0;
        bool placed = false; // it was set by this press, not taken
        bool moved = false;
        QString what; // the undo step
    };
    // What a press on free ground sets; nothing when it cannot be, after refused().
    virtual std::optional<Hand> set_point(Point2 place, bool right_button) = 0;
    virtual void right_click(const Mark& mark, int point) = 0;
    virtual void was_put(const Hand&) {} // on its way to the disk; the mark put is selected
    virtual QString name_of(const Mark& mark, int point) const = 0;
    bool own_key(QKeyEvent* event) override;

    MarkEditor& marks() const { return editor().marks(); }
    const std::optional<QPointF>& pointer() const { return pointer_; } // device px; none: not on the canvas

private:
    std::optional<Hand> hand_;
    Qt::MouseButton button_ = Qt::NoButton; // that began it
    QPointF from_device_;
    std::optional<QPointF> pointer_;
};

// Single points of the current class.
class EYEPIECE_EXPORT PlacePointTool : public MarkTool {
    Q_OBJECT
public:
    using MarkTool::MarkTool;

protected:
    std::optional<Hand> set_point(Point2 place, bool right_button) override;
    void right_click(const Mark& mark, int point) override;
    QString name_of(const Mark& mark, int point) const override;
};

// The points of the current class's skeleton, one after the other.
class EYEPIECE_EXPORT KeypointTool : public MarkTool {
    Q_OBJECT
public:
    using MarkTool::MarkTool;
    void paint(QPainter& painter, const ViewTransform& view) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override;

protected:
    std::optional<Hand> set_point(Point2 place, bool right_button) override;
    void right_click(const Mark& mark, int point) override;
    void was_put(const Hand& hand) override;
    QString name_of(const Mark& mark, int point) const override;
    bool own_key(QKeyEvent* event) override;

private:
    QString next_name() const; // of the point that the next click sets; empty: none can be
};

// Gives the image as a whole the class whose key is pressed.
class EYEPIECE_EXPORT ImageClassTool : public LabelTool {
    Q_OBJECT
public:
    using LabelTool::LabelTool;
    QCursor cursor() const override { return Qt::ArrowCursor; }
    bool resize(double) override { return false; }

protected:
    bool own_key(QKeyEvent* event) override;
};

// The first point at or after `from`, around the end, that has no place; -1: all have one.
EYEPIECE_EXPORT int next_absent(const Mark& mark, int from);
// Takes the chosen point away, or the whole mark when it is a single point or none is chosen. False: no mark
// is selected.
EYEPIECE_EXPORT bool delete_chosen(MarkEditor& marks);
// To the point `step` further on in the skeleton, around its end. False: no keypoints are selected.
EYEPIECE_EXPORT bool step_point(MarkEditor& marks, int step);
// Toggles a class of the image in hand as the settings say, and goes on to the next image if they do.
EYEPIECE_EXPORT void toggle_image_class(const LabelToolContext& context, ClassId class_id);

LabelToolSpec place_point_tool();
LabelToolSpec keypoint_tool();
LabelToolSpec image_class_tool();

} // namespace eyepiece
