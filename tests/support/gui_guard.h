// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QAbstractEventDispatcher>
#include <QApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QStringList>
#include <QTest>
#include <QThread>
#include <QThreadPool>
#include <QTimer>
#include <QWidget>
#include <ctime>

namespace eyepiece::test {

inline QStringList thread_names() {
    QStringList names;
    const QDir tasks(QStringLiteral("/proc/self/task"));
    for (const QString& task : tasks.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile name(tasks.filePath(task + QStringLiteral("/comm")));
        if (name.open(QIODevice::ReadOnly))
            names << QString::fromLocal8Bit(name.readAll().trimmed());
    }
    return names;
}

// The threads of this process. Those that Qt and the C library keep for themselves are there before the test;
// since 6.8 Qt scales pictures in a pool of its own, whose idle threads nobody can send away.
inline int thread_count() {
    QStringList names = thread_names();
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    if (QThreadPool::globalInstance()->activeThreadCount() == 0)
        names.removeAll(QStringLiteral("Thread (pooled)"));
#endif
    return static_cast<int>(names.size());
}

// Timers below `root` that go on by themselves.
inline QStringList running_timers(const QObject* root) {
    QStringList names;
    for (const QTimer* timer : root->findChildren<QTimer*>())
        if (timer->isActive() && !timer->isSingleShot())
            names << QStringLiteral("%1 every %2 ms in %3")
                         .arg(timer->objectName())
                         .arg(timer->interval())
                         .arg(QString::fromLatin1(timer->parent() ? timer->parent()->metaObject()->className()
                                                                  : "-"));
    return names;
}

// Fails a test that leaves threads, widgets or repeating timers behind. Make one in init() (or first in the
// test) and call check() when all that the test built is gone.
class GuiGuard {
public:
    GuiGuard() : threads_(thread_count()), widgets_(all_widgets()), timers_(running_timers(qApp)) {
        // Qt's own: idle threads of the pool wait half a minute for more, and effects are widgets that fade.
        QThreadPool::globalInstance()->setExpiryTimeout(200);
        for (const Qt::UIEffect effect : {Qt::UI_AnimateMenu, Qt::UI_FadeMenu, Qt::UI_AnimateCombo,
                                          Qt::UI_AnimateTooltip, Qt::UI_FadeTooltip})
            QApplication::setEffectEnabled(effect, false);
    }

    // One sentence for each thing left behind; empty: nothing.
    QString left_behind() const {
        QStringList words;
        QDeadlineTimer patience(3000); // a thread pool lets go of its threads a little later
        while (!patience.hasExpired() &&
               (thread_count() > threads_ || all_widgets().size() > widgets_.size()))
            QTest::qWait(20);
        if (const int more = thread_count() - threads_; more > 0)
            words << QStringLiteral("%1 threads (of %2)")
                         .arg(more)
                         .arg(thread_names().join(QStringLiteral(", ")));
        for (const QWidget* widget : all_widgets())
            if (!widgets_.contains(widget))
                words << QStringLiteral("widget %1 \"%2\" with %3")
                             .arg(QString::fromLatin1(widget->metaObject()->className()),
                                  widget->objectName())
                             .arg(widget->children().isEmpty()
                                      ? QStringLiteral("no children")
                                      : QString::fromLatin1(
                                            widget->children().first()->metaObject()->className()));
        for (const QString& timer : running_timers(qApp))
            if (!timers_.contains(timer))
                words << "timer " + timer;
        return words.join(QStringLiteral("; "));
    }

private:
    static QList<const QWidget*> all_widgets() {
        QList<const QWidget*> widgets;
        for (QWidget* widget : QApplication::allWidgets())
            // Qt keeps one tip label and one desktop's worth of helpers for itself.
            if (widget->windowType() != Qt::Desktop &&
                !QByteArray(widget->metaObject()->className()).startsWith("QTipLabel"))
                widgets << widget;
        return widgets;
    }

    int threads_;
    QList<const QWidget*> widgets_;
    QStringList timers_;
};

// What an idle program costs while `ms` pass: how often its event loop woke up, and the processor time of the
// whole process.
struct IdleCost {
    int wake_ups = 0;
    double cpu_ms = 0;
};
inline IdleCost measure_idle(int ms) {
    IdleCost cost;
    const auto counting = QObject::connect(QAbstractEventDispatcher::instance(),
                                           &QAbstractEventDispatcher::awake, qApp, [&] { ++cost.wake_ups; });
    const auto cpu = [] {
        timespec now{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
    };
    const double before = cpu();
    QEventLoop loop;
    QTimer::singleShot(ms, &loop, &QEventLoop::quit);
    loop.exec();
    cost.cpu_ms = cpu() - before;
    QObject::disconnect(counting);
    return cost;
}

} // namespace eyepiece::test
