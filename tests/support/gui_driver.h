// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDeadlineTimer>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPointer>
#include <QScrollArea>
#include <QTest>
#include <QTimer>
#include <functional>

namespace eyepiece::test {

// What a hand does with a window: all of it arrives as mouse and key events. Each answers whether it could be
// done, so that a test says QVERIFY(click(...)): a control that is not there, hidden or disabled is a fault.

template<class Widget = QWidget>
Widget* shown(const QWidget& root, const char* name) {
    for (Widget* widget : root.findChildren<Widget*>(QString::fromLatin1(name)))
        if (widget->isVisible())
            return widget;
    qWarning("\"%s\" is not to be seen.", name);
    return nullptr;
}

// As one scrolls a column to what one wants to click.
inline void bring_into_sight(QWidget* widget) {
    for (QWidget* above = widget->parentWidget(); above; above = above->parentWidget())
        if (auto* area = qobject_cast<QScrollArea*>(above))
            area->ensureWidgetVisible(widget);
}

inline bool click(const QWidget& root, const char* name) {
    auto* button = shown<QAbstractButton>(root, name);
    if (!button)
        return false;
    if (!button->isEnabled()) {
        qWarning("\"%s\" is disabled.", name);
        return false;
    }
    bring_into_sight(button);
    QTest::mouseClick(button, Qt::LeftButton);
    return true;
}

inline bool type(const QWidget& root, const char* name, const QString& text, bool enter = false) {
    auto* line = shown<QLineEdit>(root, name);
    if (!line || !line->isEnabled())
        return false;
    bring_into_sight(line);
    QTest::mouseClick(line, Qt::LeftButton);
    QTest::keyClick(line, Qt::Key_A, Qt::ControlModifier);
    if (text.isEmpty())
        QTest::keyClick(line, Qt::Key_Backspace);
    QTest::keyClicks(line, text);
    if (enter)
        QTest::keyClick(line, Qt::Key_Return);
    return true;
}

// Steps through a list by the arrow keys to the entry with this text or data.
inline bool choose(const QWidget& root, const char* name, const QString& entry) {
    auto* box = shown<QComboBox>(root, name);
    if (!box || !box->isEnabled())
        return false;
    int wanted = box->findText(entry);
    if (wanted < 0)
        wanted = box->findData(entry);
    if (wanted < 0) {
        qWarning("\"%s\" does not offer \"%s\".", name, qPrintable(entry));
        return false;
    }
    bring_into_sight(box);
    box->setFocus();
    while (box->currentIndex() != wanted) {
        const int before = box->currentIndex();
        QTest::keyClick(box, before < wanted ? Qt::Key_Down : Qt::Key_Up);
        if (box->currentIndex() == before)
            return false;
    }
    return true;
}

// A drag through the points. QTest::mouseMove says nothing of buttons, so those events are made by hand.
inline void drag(QWidget* widget, const QList<QPoint>& points, Qt::KeyboardModifiers modifiers = {}) {
    QTest::mousePress(widget, Qt::LeftButton, modifiers, points.first());
    for (const QPoint& point : points.mid(1)) {
        QMouseEvent move(QEvent::MouseMove, QPointF(point), QPointF(widget->mapToGlobal(point)), Qt::NoButton,
                         Qt::LeftButton, modifiers);
        QApplication::sendEvent(widget, &move);
    }
    QTest::mouseRelease(widget, Qt::LeftButton, modifiers, points.last());
}

// Calls `open`, which shows a modal dialog and comes back when it is closed, and lets `answer` use the
// dialog. One that is still open after the answer is closed, and that is a fault.
inline bool with_dialog(const std::function<void()>& open, const std::function<void(QDialog&)>& answer) {
    bool answered = false, closed_by_answer = true;
    QTimer look;
    look.setInterval(20);
    QDeadlineTimer patience(15'000);
    QObject::connect(&look, &QTimer::timeout, &look, [&] {
        QPointer<QDialog> dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
        if (dialog && dialog->isVisible() && !answered) {
            answered = true;
            answer(*dialog);
        } else if (dialog && patience.hasExpired()) {
            closed_by_answer = false;
            dialog->reject();
        }
    });
    look.start();
    open();
    return answered && closed_by_answer;
}

// A path put into Qt's own file dialog (Qt::AA_DontUseNativeDialogs), and a click on its button. Not typed:
// the completer's popup takes the next click.
inline std::function<void(QDialog&)> file_answer(const QString& path) {
    return [path](QDialog& dialog) {
        auto* line = dialog.findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
        auto* box = dialog.findChild<QDialogButtonBox*>(QStringLiteral("buttonBox"));
        if (!line || !box)
            return;
        line->setText(path);
        for (QAbstractButton* button : box->buttons())
            if (box->buttonRole(button) == QDialogButtonBox::AcceptRole) {
                if (!button->isEnabled())
                    qWarning("\"%s\" is disabled for \"%s\".", qPrintable(button->text()),
                             qPrintable(line->text()));
                QTest::mouseClick(button, Qt::LeftButton);
            }
    };
}

} // namespace eyepiece::test
