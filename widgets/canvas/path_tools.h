// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

#include <optional>

namespace eyepiece {

// Draws an open line: point by point, where Enter or a double click ends it, or in one drag. What becomes of
// it is the derived tool's business.
class PathTool : public LabelTool {
    Q_OBJECT
public:
    using LabelTool::LabelTool;
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void leave() override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }
    bool busy() const override { return !path_.empty(); }

protected:
    virtual bool may_start() { return true; }
    virtual double width() const = 0;             // image px of the line that is shown; 0: thin
    virtual bool closed() const { return false; } // it goes around something
    virtual void drawn(const Polygon& path) = 0;  // a point at least; consecutive ones differ
    virtual QString note(double length_px) const; // beside the pointer; empty: nothing
    bool own_key(QKeyEvent* event) override;

private:
    Polygon path_to_pointer() const; // what is drawn so far, and on to the pointer
    void append(const QPointF& image);
    void end();
    Polygon path_;
    bool pressed_ = false;
    bool one_go_ = false; // since the first press the button has not come up
    QPointF pressed_device_;
    std::optional<QPointF> pointer_;
};

// A line or curve as wide as the brush: an object of the current class.
class LineTool : public PathTool {
    Q_OBJECT
public:
    LineTool(const LabelToolContext& context, QObject* parent);

protected:
    bool may_start() override { return has_class(); }
    double width() const override { return settings().brush_size(); }
    void drawn(const Polygon& path) override;
};

LabelToolSpec line_tool();

} // namespace eyepiece
