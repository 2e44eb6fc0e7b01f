// SPDX-License-Identifier: GPL-3.0-or-later
// How long the frames of a widget take.
#pragma once
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QString>
#include <QTextStream>
#include <QTimer>
#include <QWidget>
#include <algorithm>
#include <ctime>
#include <functional>
#include <vector>

namespace eyepiece::bench {

constexpr double frame_budget_ms = 1000.0 / 60;

// Of this thread on the processor. Where it is far below the time that passed, other programs had the
// processor.
inline double processor_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Times {
    std::vector<double> ms, processor;
    static double at(double share, std::vector<double>& times) {
        std::sort(times.begin(), times.end());
        return times[std::min(static_cast<std::size_t>(share * static_cast<double>(times.size())),
                              times.size() - 1)];
    }
    void report(const char* what, double limit_ms) {
        const double p95 = at(0.95, ms);
        QTextStream(stdout) << QString("%1 %2 times  p50 %3 ms  p95 %4 ms  max %5 ms   (p95 at most %6: %7)")
                                   .arg(QString::fromLatin1(what), -28)
                                   .arg(ms.size(), 4)
                                   .arg(at(0.5, ms), 6, 'f', 2)
                                   .arg(p95, 6, 'f', 2)
                                   .arg(ms.back(), 6, 'f', 2)
                                   .arg(limit_ms, 0, 'f', 1)
                                   .arg(p95 <= limit_ms ? "reached" : "MISSED");
        if (!processor.empty())
            QTextStream(stdout)
                << QString("  on the processor: p95 %1 ms").arg(at(0.95, processor), 0, 'f', 2);
        QTextStream(stdout) << "\n";
    }
};

// One step of the user's: move the view, paint, and let whatever arrived in between be handled, as the window
// does.
inline void frame(QWidget& view, Times& times, const std::function<void()>& step) {
    QElapsedTimer timer;
    timer.start();
    const double processor = processor_ms();
    step();
    view.repaint();
    QCoreApplication::processEvents();
    times.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    times.processor.push_back(processor_ms() - processor);
    const double left = frame_budget_ms - times.ms.back();
    if (left > 0) { // as at 60 frames a second: pictures are made meanwhile
        QEventLoop loop;
        QTimer::singleShot(static_cast<int>(left), Qt::PreciseTimer, &loop, &QEventLoop::quit);
        loop.exec();
    }
}

} // namespace eyepiece::bench
