// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/held_tool_key.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"

#include <QKeyEvent>

namespace eyepiece {

HeldToolKey::HeldToolKey(LabelTools& tools, ImageCanvas& canvas) : tools_(tools) {
    canvas.installEventFilter(this);
    up_.setSingleShot(true);
    up_.setInterval(repeat_ms);
    connect(&up_, &QTimer::timeout, this, &HeldToolKey::came_up);
}

void HeldToolKey::chosen(const QString& before) {
    forget();
    if (pressed_ == 0)
        return; // by a click, or from the palette
    held_ = pressed_;
    before_ = before;
    since_.start();
}

void HeldToolKey::forget() {
    held_ = 0;
    used_ = returning_ = false;
    up_.stop();
}

void HeldToolKey::released() {
    long_ = since_.elapsed() >= held_ms;
    up_.start();
}

void HeldToolKey::came_up() {
    if (!used_ && !long_)
        return forget();
    held_ = 0;
    returning_ = true;
    give_back();
}

void HeldToolKey::give_back() {
    if (!returning_ || tools_.busy())
        return;
    returning_ = false;
    tools_.choose(before_);
}

bool HeldToolKey::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
    case QEvent::ShortcutOverride: {
        // Comes before the key is handled, whether a shortcut of the window or the canvas does it.
        const auto* key = static_cast<QKeyEvent*>(event);
        if (held_ != 0 && key->key() == held_) {
            up_.stop();
            event->accept(); // a repeat: no shortcut is to run again
            return true;
        }
        if (!key->isAutoRepeat()) {
            pressed_ = key->key();
            QMetaObject::invokeMethod(
                this, [this] { pressed_ = 0; }, Qt::QueuedConnection);
        }
        break;
    }
    case QEvent::KeyPress:
        if (held_ != 0 && static_cast<QKeyEvent*>(event)->key() == held_ && pressed_ == 0)
            return true; // a repeat
        if (returning_)  // Enter or Escape may end what was begun
            QMetaObject::invokeMethod(this, &HeldToolKey::give_back, Qt::QueuedConnection);
        break;
    case QEvent::KeyRelease:
        if (const auto* key = static_cast<QKeyEvent*>(event);
            held_ != 0 && key->key() == held_ && !key->isAutoRepeat())
            released();
        break;
    case QEvent::FocusOut: // where the key comes up is not heard here
        if (held_ != 0)
            released();
        break;
    case QEvent::MouseButtonPress:
        if (up_.isActive()) { // the key came up before, however shortly
            up_.stop();
            came_up();
        }
        used_ = held_ != 0;
        break;
    case QEvent::MouseButtonRelease:
    case QEvent::MouseButtonDblClick:
        if (returning_)
            QMetaObject::invokeMethod(this, &HeldToolKey::give_back, Qt::QueuedConnection);
        break;
    default:
        break;
    }
    return QObject::eventFilter(watched, event);
}

} // namespace eyepiece
