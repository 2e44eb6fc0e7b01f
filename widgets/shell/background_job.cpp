// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/background_job.h"

#include <QMutex>
#include <QThread>
#include <atomic>

namespace eyepiece {

// What the working thread sees. It hands over by values under a lock; the window's thread is woken once for
// many changes.
class BackgroundJob::Context : public JobContext {
public:
    explicit Context(BackgroundJob* job) : job_(job) {}

    bool cancelled() const noexcept override { return cancel.load(); }
    bool finish_early_requested() const noexcept override { return false; }
    void metric(std::string_view, std::int64_t, double) override {}
    void partial(const Json&, std::span<const std::byte>) override {}

    void progress(double fraction, std::string_view stage) override {
        QMutexLocker lock(&mutex_);
        fraction_ = fraction;
        if (!stage.empty())
            stage_ = QString::fromUtf8(stage.data(), static_cast<qsizetype>(stage.size()));
        wake();
    }
    void warn(std::string_view message) override {
        QMutexLocker lock(&mutex_);
        warnings_.append(QString::fromUtf8(message.data(), static_cast<qsizetype>(message.size())));
        wake();
    }
    void end(const QString& error, bool was_cancelled) {
        QMutexLocker lock(&mutex_);
        error_ = error;
        was_cancelled_ = was_cancelled;
    }
    void orphan() { // the job is being destroyed: nothing is told any more
        QMutexLocker lock(&mutex_);
        job_ = nullptr;
    }

    void deliver() { // on the window's thread
        QStringList warnings;
        BackgroundJob* job = nullptr;
        {
            QMutexLocker lock(&mutex_);
            woken_ = false;
            warnings.swap(warnings_);
            job = job_;
            if (!job)
                return;
            job->fraction_ = fraction_;
            job->stage_ = stage_;
        }
        Q_EMIT job->progressed(job->fraction_, job->stage_);
        for (const QString& warning : warnings) {
            job->warnings_.append(warning);
            Q_EMIT job->warned(warning);
        }
    }

    std::atomic<bool> cancel{false};
    QString error_;
    bool was_cancelled_ = false;

private:
    void wake() {
        if (woken_ || !job_)
            return;
        woken_ = true;
        QMetaObject::invokeMethod(
            job_, [self = job_->context_] { self->deliver(); }, Qt::QueuedConnection);
    }

    QMutex mutex_;
    BackgroundJob* job_;
    bool woken_ = false;
    double fraction_ = -1;
    QString stage_;
    QStringList warnings_;
};

BackgroundJob::BackgroundJob(QString title, Work work, QObject* parent)
    : QObject(parent)
    , title_(std::move(title))
    , work_(std::move(work))
    , context_(std::make_shared<Context>(this)) {}

BackgroundJob::~BackgroundJob() {
    context_->orphan();
    context_->cancel = true;
    if (thread_) {
        thread_->disconnect(this);
        thread_->wait();
        delete thread_;
    }
}

void BackgroundJob::start() {
    if (thread_)
        return;
    thread_ = QThread::create([work = work_, context = context_] {
        QString error;
        bool was_cancelled = false;
        try {
            work(*context);
        } catch (const Error& e) {
            was_cancelled = e.code() == ErrorCode::Cancelled;
            error = QString::fromUtf8(e.what());
        } catch (const std::bad_alloc&) {
            error = tr(
                "There is not enough memory for this. Close other programs, or work on fewer files at once.");
        } catch (const std::exception& e) {
            error = QString::fromUtf8(e.what());
        }
        context->end(error, was_cancelled);
    });
    thread_->setObjectName(title_);
    connect(thread_, &QThread::finished, this, &BackgroundJob::conclude);
    thread_->start();
}

void BackgroundJob::cancel() {
    context_->cancel = true;
}

void BackgroundJob::conclude() {
    thread_->wait();
    delete thread_;
    thread_ = nullptr;
    context_->deliver();
    if (context_->was_cancelled_)
        Q_EMIT cancelled();
    else if (!context_->error_.isEmpty())
        Q_EMIT failed(context_->error_);
    else
        Q_EMIT finished();
    Q_EMIT ended();
}

} // namespace eyepiece
