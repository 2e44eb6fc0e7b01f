// SPDX-License-Identifier: GPL-3.0-or-later
// What the canvas does with mouse, pen, wheel and keys; the rest of ImageCanvas is in image_canvas.cpp.
#include "widgets/canvas/image_canvas.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QPointingDevice>
#include <QTabletEvent>
#include <QWheelEvent>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {
constexpr double wheel_notch = 120; // what QWheelEvent::angleDelta says of one notch
constexpr double zoom_per_notch = 1.25;
constexpr int pan_step = 64; // logical px an arrow key
} // namespace

CanvasPointer ImageCanvas::pointer(const QPointF& position, Qt::MouseButtons buttons,
                                   Qt::KeyboardModifiers modifiers) const {
    const QPointF at = position * devicePixelRatioF();
    return {view_.to_image(at), at, buttons, modifiers, 1};
}

void ImageCanvas::set_tool(CanvasTool* tool) {
    if (tool == tool_)
        return;
    if (tool_) {
        tool_->finish();
        disconnect(tool_, nullptr, this, nullptr);
    }
    tool_ = tool;
    if (tool_) {
        connect(tool_, &CanvasTool::repaint, this, &ImageCanvas::repaint_tool);
        connect(tool_, &CanvasTool::cursor_changed, this, &ImageCanvas::update_cursor);
    }
    tool_area_.reset();
    update_cursor();
    update();
    Q_EMIT tool_changed();
}

void ImageCanvas::repaint_tool() {
    const auto now = tool_ ? tool_->painted_area(view_) : std::optional<QRectF>();
    const auto before = std::exchange(tool_area_, now);
    if (!now || !before)
        return update();
    for (const QRectF& area : {*before, *now})
        if (!area.isEmpty())
            update(logical(area.toAlignedRect()));
}

void ImageCanvas::update_cursor() {
    if (panning_)
        setCursor(Qt::ClosedHandCursor);
    else if (space_ || !tool_)
        setCursor(image_ ? Qt::OpenHandCursor : Qt::ArrowCursor);
    else
        setCursor(tool_->cursor());
}

void ImageCanvas::wheelEvent(QWheelEvent* event) {
    const QPointF notches = QPointF(event->angleDelta()) / wheel_notch;
    const QPointF at = event->position() * devicePixelRatioF();
    if (event->modifiers() & Qt::AltModifier) { // which turns the wheel sideways
        turned_ += event->angleDelta().x() + event->angleDelta().y();
        constexpr int notch = static_cast<int>(wheel_notch);
        if (const int planes = turned_ / notch) {
            turned_ -= planes * notch;
            set_plane(z_ - planes, t_);
        }
        event->accept();
        return;
    }
    const bool touchpad = event->device() && event->device()->type() == QInputDevice::DeviceType::TouchPad;
    event->accept();
    if (event->modifiers() & Qt::ControlModifier) {
        if (tool_ && tool_->resize(notches.y()))
            return;
        zoom_at(at, std::pow(zoom_per_notch, notches.y()));
    } else if (touchpad && !event->pixelDelta().isNull()) {
        pan((QPointF(event->pixelDelta()) * devicePixelRatioF()).toPoint());
    } else if (event->modifiers() & Qt::ShiftModifier) {
        const double along = notches.y() != 0 ? notches.y() : notches.x();
        pan({static_cast<int>(along * pan_step * devicePixelRatioF()), 0});
    } else {
        zoom_at(at, std::pow(zoom_per_notch, notches.y()));
    }
}

bool ImageCanvas::event(QEvent* event) {
    if (event->type() == QEvent::NativeGesture) {
        auto* gesture = static_cast<QNativeGestureEvent*>(event);
        if (gesture->gestureType() == Qt::ZoomNativeGesture) {
            zoom_at(gesture->position() * devicePixelRatioF(), 1 + gesture->value());
            return true;
        }
    }
    // Tab goes to the tool ("next object"); leaving the canvas by keyboard is Ctrl+Tab and Escape's business.
    if (event->type() == QEvent::KeyPress && tool_) {
        auto* key = static_cast<QKeyEvent*>(event);
        if ((key->key() == Qt::Key_Tab || key->key() == Qt::Key_Backtab) && tool_->key(key))
            return true;
    }
    return QWidget::event(event);
}

void ImageCanvas::mousePressEvent(QMouseEvent* event) {
    setFocus(Qt::MouseFocusReason);
    if (!image_)
        return;
    const bool pans =
        event->button() == Qt::MiddleButton || (event->button() == Qt::LeftButton && (space_ || !tool_));
    if (pans) {
        panning_ = true;
        pan_from_ = device(event->position());
        update_cursor();
        return;
    }
    if (tool_)
        tool_->press(pointer(event->position(), event->buttons(), event->modifiers()));
}

void ImageCanvas::mouseMoveEvent(QMouseEvent* event) {
    pointer_device_ = event->position() * devicePixelRatioF();
    if (panning_) {
        const QPoint now = device(event->position());
        pan(now - pan_from_);
        pan_from_ = now;
        return;
    }
    if (!image_)
        return;
    const CanvasPointer at = pointer(event->position(), event->buttons(), event->modifiers());
    const QPoint pixel(static_cast<int>(std::floor(at.image.x())),
                       static_cast<int>(std::floor(at.image.y())));
    const bool inside = pixel.x() >= 0 && pixel.y() >= 0 && pixel.x() < image_->info().width &&
                        pixel.y() < image_->info().height;
    const QPoint shown = inside ? pixel : QPoint(-1, -1);
    if (shown != pointer_pixel_) {
        pointer_pixel_ = shown;
        Q_EMIT pixel_hovered(shown);
    }
    if (tool_)
        tool_->move(at);
    refresh_readout();
}

void ImageCanvas::mouseReleaseEvent(QMouseEvent* event) {
    if (panning_) {
        panning_ = false;
        update_cursor();
        return;
    }
    if (tool_ && image_)
        tool_->release(pointer(event->position(), event->buttons(), event->modifiers()));
    refresh_readout();
}

void ImageCanvas::mouseDoubleClickEvent(QMouseEvent* event) {
    if (!image_ || event->button() != Qt::LeftButton || space_)
        return;
    if (tool_)
        tool_->double_click(pointer(event->position(), event->buttons(), event->modifiers()));
    else
        fit();
}

void ImageCanvas::tabletEvent(QTabletEvent* event) {
    if (!tool_ || !image_ || space_) {
        event->ignore(); // comes again as a mouse event
        return;
    }
    CanvasPointer at = pointer(event->position(), event->buttons(), event->modifiers());
    at.pressure = event->pressure();
    if (event->type() == QEvent::TabletPress)
        tool_->press(at);
    else if (event->type() == QEvent::TabletRelease)
        tool_->release(at);
    else
        tool_->move(at);
    event->accept();
}

void ImageCanvas::leaveEvent(QEvent*) {
    if (pointer_pixel_ != QPoint(-1, -1)) {
        pointer_pixel_ = {-1, -1};
        Q_EMIT pixel_hovered(pointer_pixel_);
        refresh_readout();
    }
    if (tool_)
        tool_->leave();
}

// Arrows go from image to image; with Shift they pan.
bool ImageCanvas::arrow_key(QKeyEvent* event) {
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    const int step = static_cast<int>(pan_step * devicePixelRatioF());
    QPoint along;
    switch (event->key()) {
    case Qt::Key_Left:
        along = {-1, 0};
        break;
    case Qt::Key_Right:
        along = {1, 0};
        break;
    case Qt::Key_Up:
        along = {0, -1};
        break;
    case Qt::Key_Down:
        along = {0, 1};
        break;
    default:
        return false;
    }
    const bool stack = image_ && (image_->info().depth > 1 || image_->info().frames > 1);
    if (stack && along.x() == 0 && modifiers != Qt::ShiftModifier) {
        // Of a film without depth, time is what there is to go through.
        const bool time = (modifiers & Qt::ControlModifier) || image_->info().depth == 1;
        set_plane(z_ + (time ? 0 : along.y()), t_ + (time ? along.y() : 0));
        return true;
    }
    if (modifiers == Qt::NoModifier)
        Q_EMIT step_wanted(along.x() + along.y());
    else if (modifiers == Qt::ShiftModifier)
        pan(-along * step);
    else
        return false;
    return true;
}

bool ImageCanvas::navigation_key(QKeyEvent* event) {
    const bool ctrl = event->modifiers() & Qt::ControlModifier;
    const bool plain = !(event->modifiers() & ~(Qt::KeypadModifier | Qt::ShiftModifier));
    switch (event->key()) {
    case Qt::Key_F:
        if (!plain)
            return false;
        fit();
        return true;
    case Qt::Key_0:
        if (!ctrl)
            return false;
        fit();
        return true;
    case Qt::Key_1:
        if (!ctrl)
            return false;
        zoom_to(devicePixelRatioF());
        return true;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom_by(zoom_per_notch);
        return true;
    case Qt::Key_Minus:
        zoom_by(1 / zoom_per_notch);
        return true;
    default:
        return false;
    }
}

void ImageCanvas::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space) {
        if (!event->isAutoRepeat()) {
            space_ = true;
            update_cursor();
        }
        return;
    }
    if (tool_ && tool_->key(event))
        return;
    if (arrow_key(event) || (image_ && navigation_key(event)))
        return;
    QWidget::keyPressEvent(event);
}

void ImageCanvas::keyReleaseEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
        space_ = false;
        update_cursor();
        return;
    }
    QWidget::keyReleaseEvent(event);
}

void ImageCanvas::focusOutEvent(QFocusEvent* event) {
    space_ = false;
    update_cursor();
    QWidget::focusOutEvent(event);
}

} // namespace eyepiece
