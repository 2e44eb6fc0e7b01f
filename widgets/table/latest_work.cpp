// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/latest_work.h"

#include <QMutex>
#include <QThreadPool>
#include <QWaitCondition>
#include <exception>
#include <new>

namespace eyepiece {

struct LatestWork::Run {
    std::atomic<bool> stop{false};
    QMutex mutex;
    QWaitCondition ended_condition;
    bool ended = false;
    LatestWork* owner = nullptr; // null once it is gone
    Finish finish;
    QString problem;
};

LatestWork::LatestWork(Policy policy, QObject* parent) : QObject(parent), policy_(policy) {}

LatestWork::~LatestWork() {
    waiting_ = {};
    if (!running_)
        return;
    running_->stop = true;
    QMutexLocker lock(&running_->mutex);
    running_->owner = nullptr;
    while (!running_->ended)
        running_->ended_condition.wait(&running_->mutex);
}

void LatestWork::start(Work work) {
    if (!running_)
        return launch(std::move(work));
    waiting_ = std::move(work);
    if (policy_ == Policy::Interrupt)
        running_->stop = true;
}

void LatestWork::drop() {
    waiting_ = {};
    if (running_)
        running_->stop = true;
}

void LatestWork::wait() {
    if (!running_)
        return;
    QMutexLocker lock(&running_->mutex);
    while (!running_->ended)
        running_->ended_condition.wait(&running_->mutex);
}

void LatestWork::launch(Work work) {
    auto run = std::make_shared<Run>();
    run->owner = this;
    running_ = run;
    QThreadPool::globalInstance()->start([run, work = std::move(work)]() mutable {
        try {
            run->finish = work(run->stop);
        } catch (const std::bad_alloc&) {
            run->problem =
                tr("There is not enough memory for this. Close other programs, or take fewer rows.");
        } catch (const std::exception& error) {
            run->problem = QString::fromUtf8(error.what());
        }
        work = {}; // before anyone may believe that all is over: it may hold a table
        QMutexLocker lock(&run->mutex);
        run->ended = true;
        if (run->owner)
            QMetaObject::invokeMethod(
                run->owner, [run] { run->owner->conclude(run); }, Qt::QueuedConnection);
        run->ended_condition.wakeAll();
    });
}

void LatestWork::conclude(const std::shared_ptr<Run>& run) {
    running_.reset();
    const bool dropped = run->stop;
    if (waiting_) {
        Work next = std::move(waiting_);
        waiting_ = {};
        launch(std::move(next));
    }
    const Finish finish = std::move(run->finish);
    if (!dropped && !run->problem.isEmpty())
        Q_EMIT failed(run->problem);
    else if (!dropped && finish)
        finish();
    if (!running_)
        Q_EMIT idle();
}

} // namespace eyepiece
