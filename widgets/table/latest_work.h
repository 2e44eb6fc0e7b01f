// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"

#include <QObject>
#include <QString>
#include <atomic>
#include <functional>
#include <memory>

namespace eyepiece {

// Work that follows what the user does (sort, draw, count), one at a time off the window's thread: of several
// that wait only the newest is done. Lives on the window's thread; destroying it stops the work and waits.
class EYEPIECE_EXPORT LatestWork : public QObject {
    Q_OBJECT
public:
    using Stop = const std::atomic<bool>&;
    using Finish = std::function<void()>; // called on the window's thread
    using Work = std::function<Finish(Stop)>;
    // Interrupt: a newer one stops the one that runs, whose finish is then dropped. Complete: it may end and
    // be shown, for pictures that follow the mouse.
    enum class Policy { Interrupt, Complete };

    explicit LatestWork(Policy policy = Policy::Interrupt, QObject* parent = nullptr);
    ~LatestWork() override;

    void start(Work work);
    void drop(); // what runs and what waits: no finish of it is called
    void wait(); // until the one that runs has ended; its finish is still called later
    bool busy() const { return running_ != nullptr; }

Q_SIGNALS:
    void idle();
    void failed(const QString& message); // the work threw

private:
    struct Run;
    void launch(Work work);
    void conclude(const std::shared_ptr<Run>& run);

    Policy policy_;
    std::shared_ptr<Run> running_;
    Work waiting_;
};

// What such work hands to functions that ask a JobContext whether to stop.
class EYEPIECE_EXPORT StoppedBy : public QuietJob {
public:
    explicit StoppedBy(LatestWork::Stop stop) : stop_(stop) {}
    bool cancelled() const noexcept override { return stop_; }

private:
    LatestWork::Stop stop_;
};

} // namespace eyepiece
