// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window/pulse.h"

#include "widgets/shell/main_window.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QWindow>
#include <chrono>
#include <cstdio>

namespace eyepiece {

namespace {

constexpr int beat_ms = 2;
constexpr double worth_saying_ms = 10;

double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

void Pulse::start_if_wanted(MainWindow& window) {
    if (const QString file = qEnvironmentVariable("EYEPIECE_PULSE"); !file.isEmpty())
        new Pulse(window, file);
}

Pulse::Pulse(MainWindow& window, const QString& file) : QObject(&window), window_(window), file_(file) {
    if (!file_.open(QIODevice::WriteOnly | QIODevice::Append)) {
        std::fprintf(stderr, "eyepiece: %s, which EYEPIECE_PULSE names, cannot be written.\n",
                     qPrintable(file));
        return;
    }
    qApp->installEventFilter(this);
    if (const auto* list = window.findChild<QAbstractItemView*>(QStringLiteral("images.list"))) {
        const QAbstractItemModel* model = list->model();
        connect(model, &QAbstractItemModel::modelReset, this,
                [this, model] { say("rows", QString::number(model->rowCount())); });
    }
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, &Pulse::beat);
    since_.start();
    timer_.start(beat_ms);
}

void Pulse::say(const char* what, const QString& more) {
    file_.write(
        QStringLiteral("%1 %2 %3\n").arg(QLatin1String(what)).arg(now_ms(), 0, 'f', 2).arg(more).toUtf8());
    file_.flush();
}

void Pulse::beat() {
    const double late = static_cast<double>(since_.nsecsElapsed()) / 1e6 - beat_ms;
    if (late > worth_saying_ms)
        say("stall", QString::number(late, 'f', 2));
    since_.start();
}

bool Pulse::eventFilter(QObject* watched, QEvent* event) {
    // Said by a timer of no length: the event has been handled by then, and what it changed has been drawn.
    if (!shown_ && watched == &window_ && event->type() == QEvent::Paint) {
        shown_ = true;
        QTimer::singleShot(0, this, [this] { say("shown"); });
    }
    const bool input = event->type() == QEvent::MouseButtonRelease || event->type() == QEvent::KeyPress;
    if (input && watched == window_.windowHandle())
        QTimer::singleShot(0, this, [this] { say("event"); });
    return false;
}

} // namespace eyepiece
