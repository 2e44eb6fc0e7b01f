// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <memory>

class QThread;

namespace eyepiece {

// Work of the window's own (reading files, importing) on a thread of its own, seen from the window's thread:
// all signals arrive there. Destroying it cancels the work and waits for it.
class EYEPIECE_EXPORT BackgroundJob : public QObject {
    Q_OBJECT
public:
    using Work = std::function<void(JobContext&)>;
    BackgroundJob(QString title, Work work, QObject* parent = nullptr);
    ~BackgroundJob() override;

    void start();
    void cancel();
    QString title() const { return title_; }
    double fraction() const { return fraction_; } // < 0: unknown
    QString stage() const { return stage_; }
    QStringList warnings() const { return warnings_; }
    bool running() const { return thread_ != nullptr; }

Q_SIGNALS:
    void progressed(double fraction, const QString& stage); // at most some twenty times a second
    void warned(const QString& message);
    void finished();                     // the work returned
    void failed(const QString& message); // it threw
    void cancelled();                    // it threw Error(Cancelled)
    void ended();                        // after any of the three

private:
    class Context;
    void conclude();

    QString title_, stage_;
    QStringList warnings_;
    double fraction_ = -1;
    Work work_;
    std::shared_ptr<Context> context_;
    QThread* thread_ = nullptr;
};

} // namespace eyepiece
