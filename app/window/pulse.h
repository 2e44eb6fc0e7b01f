// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QElapsedTimer>
#include <QFile>
#include <QObject>
#include <QTimer>

namespace eyepiece {

class MainWindow;

// For measurements from outside: writes what the window does into a file, a line each, as it happens.
//
//   shown T            its first picture is on the screen, and it waits for events
//   event T            a click or a key of the user's has been handled
//   rows T COUNT       the list of images shows that many
//   stall T LENGTH     nothing was answered for LENGTH ms, which ended at T
//
// T: ms of the system's monotonic clock. Made only when the environment variable EYEPIECE_PULSE names the
// file: its timer keeps an idle window awake.
class Pulse : public QObject {
    Q_OBJECT
public:
    static void start_if_wanted(MainWindow& window); // owned by the window

private:
    Pulse(MainWindow& window, const QString& file);
    bool eventFilter(QObject* watched, QEvent* event) override;
    void say(const char* what, const QString& more = {});
    void beat();

    MainWindow& window_;
    QFile file_;
    QTimer timer_;
    QElapsedTimer since_;
    bool shown_ = false;
};

} // namespace eyepiece
