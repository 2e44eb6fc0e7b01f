// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

#include <optional>
#include <vector>

namespace eyepiece {

// Brush and eraser. A stroke that starts inside an object of the current class goes on with that object, any
// other makes a new one. Shift-click draws a straight line from the last stroke's end. The right button
// erases.
class BrushTool : public LabelTool {
    Q_OBJECT
public:
    static constexpr const char* brush_id = "label.brush";
    static constexpr const char* eraser_id = "label.eraser";
    BrushTool(const LabelToolContext& context, bool erases, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void leave() override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }
    bool busy() const override { return drawing_; }

protected:
    bool own_key(QKeyEvent* event) override;
    virtual QString stroke_name() const;                      // as the history calls it
    virtual void end_stroke();                                // commits
    const std::vector<Point2>& path() const { return path_; } // of the stroke in hand, px
    const PaintRule& rule() const { return rule_; }

private:
    bool shows_line() const; // from the last stroke's end to the pointer
    ObjectId target(const Point2& at);
    bool erases_;
    bool drawing_ = false;
    PaintRule rule_;
    std::vector<Point2> path_;
    Point2 last_{};
    ItemId last_item_ = 0; // where last_ and last_object_ are meant
    ObjectId last_object_ = 0;
    bool has_last_ = false;
    std::optional<QPointF> pointer_; // image px
    Qt::KeyboardModifiers modifiers_;
};

LabelToolSpec brush_tool();
LabelToolSpec eraser_tool();

} // namespace eyepiece
