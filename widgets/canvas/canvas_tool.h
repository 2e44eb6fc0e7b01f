// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/canvas/view_transform.h"

#include <QCursor>
#include <QObject>
#include <QRectF>
#include <QString>
#include <optional>

class QKeyEvent;
class QPainter;

namespace eyepiece {

// Where the pointer is and what it holds.
struct CanvasPointer {
    QPointF image;  // px; may lie outside the image
    QPointF device; // device pixels of the canvas
    Qt::MouseButtons buttons;
    Qt::KeyboardModifiers modifiers;
    double pressure = 1; // of a pen, 0 to 1
};

// What the pointer does on the canvas. The canvas keeps for itself: the wheel, panning (Space or the middle
// button) and the keys for zooming. Everything else goes to the tool in use. Lives on the window's thread.
class EYEPIECE_EXPORT CanvasTool : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    ~CanvasTool() override;

    virtual void press(const CanvasPointer&) {}
    virtual void move(const CanvasPointer&) {} // also without a button
    virtual void release(const CanvasPointer&) {}
    virtual void double_click(const CanvasPointer&) {}
    virtual void leave() {}                        // the pointer left the canvas
    virtual bool key(QKeyEvent*) { return false; } // true: used
    // Ctrl and the wheel. True: used (a size was changed), else the canvas zooms.
    virtual bool resize(double /*steps*/) { return false; }
    // What the tool draws above the layers; the painter works in device pixels, and is clipped to what is to
    // be drawn anew.
    virtual void paint(QPainter&, const ViewTransform&) {}
    // Where paint() draws, in device pixels; nothing said: anywhere. What follows the pointer should say it,
    // so that a move of the mouse does not draw the whole window anew.
    virtual std::optional<QRectF> painted_area(const ViewTransform&) const { return {}; }
    // The image or the tool changes: finish or drop what is in hand. Never loses a stroke silently.
    virtual void finish() {}
    virtual QCursor cursor() const { return Qt::ArrowCursor; }

Q_SIGNALS:
    void repaint(); // what paint() draws changed
    void cursor_changed();
};

// Points at a pixel, or drags a rectangle: for whoever asks the user "where?".
class EYEPIECE_EXPORT PointTool : public CanvasTool {
    Q_OBJECT
public:
    explicit PointTool(QObject* parent = nullptr);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }

Q_SIGNALS:
    void point_picked(const QPoint& pixel);
    void region_picked(const QRect& pixels); // not clipped to the image

private:
    bool dragging_ = false;
    QPointF from_, to_; // image px
    QPointF from_device_;
};

} // namespace eyepiece
