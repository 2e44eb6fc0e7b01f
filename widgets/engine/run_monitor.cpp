// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/run_monitor.h"

#include "widgets/engine/engine_client.h"
#include "widgets/engine/job_model.h"
#include "widgets/engine/run_follower.h"
#include "widgets/shell/project_session.h"

#include <QMetaObject>
#include <QPointer>
#include <algorithm>
#include <cmath>
#include <utility>

namespace eyepiece {

RunMonitor::RunMonitor(QStringList program, QObject* parent)
    : QObject(parent), program_(std::move(program)), follower_(new RunFollower) {
    qRegisterMetaType<RunUpdate>();
    follower_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, follower_, &QObject::deleteLater);
    connect(follower_, &RunFollower::looked, this, &RunMonitor::take);
    thread_.setObjectName(QStringLiteral("run-monitor"));
    thread_.start();
}

RunMonitor::~RunMonitor() {
    thread_.quit();
    thread_.wait();
}

QStringList RunMonitor::default_program() {
    return {EngineClient::default_command().first(), QStringLiteral("run")};
}

void RunMonitor::set_jobs(JobModel* jobs) {
    jobs_ = jobs;
    for (const RunRecord& run : runs_)
        update_job(run, false);
}

void RunMonitor::attach(ProjectSession& session) {
    session_ = &session;
    connect(&session, &ProjectSession::opened, this, [this] { open(session_->folder()); });
    connect(&session, &ProjectSession::closing, this, &RunMonitor::close);
    if (session.is_open())
        open(session.folder());
}

void RunMonitor::open(const QString& project_folder) {
    close();
    folder_ = project_folder;
    ++generation_;
    QMetaObject::invokeMethod(follower_, [follower = follower_, project_folder, generation = generation_] {
        follower->open(project_folder, generation);
    });
}

void RunMonitor::close() {
    if (folder_.isEmpty())
        return;
    folder_.clear();
    ++generation_;
    QMetaObject::invokeMethod(follower_, [follower = follower_] { follower->close(); });
    if (jobs_)
        for (const quint64 job : std::as_const(job_of_))
            jobs_->end(job);
    job_of_.clear();
    runs_.clear();
    Q_EMIT runs_changed();
}

RunRecord* RunMonitor::get(const QString& id) {
    const auto found =
        std::find_if(runs_.begin(), runs_.end(), [&](const RunRecord& run) { return run.id == id; });
    return found == runs_.end() ? nullptr : &*found;
}

const RunRecord* RunMonitor::find(const QString& id) const {
    return const_cast<RunMonitor*>(this)->get(id);
}

void RunMonitor::follow(const QStringList& ids) {
    QMetaObject::invokeMethod(
        follower_,
        [follower = follower_, wanted = QSet<QString>(ids.begin(), ids.end())] { follower->follow(wanted); });
}

void RunMonitor::start(const Json& spec, const QString& slug, QObject* context, Answer answered) {
    // Answers on the window's thread, to whom it still concerns.
    const auto answer = [this, context = QPointer<QObject>(context), had_context = context != nullptr,
                         answered = std::move(answered)](const QString& id, const QString& problem) {
        QMetaObject::invokeMethod(this, [this, context, had_context, answered, id, problem] {
            if (session_ && session_->is_open() && problem.isEmpty())
                session_->project().changes().tell(RunsChanged{});
            if (answered && (context || !had_context))
                answered(id, problem);
        });
    };
    QMetaObject::invokeMethod(follower_, [follower = follower_, spec, slug, program = program_, answer] {
        try {
            answer(follower->start(spec, slug, program), {});
        } catch (const std::exception& error) {
            answer({}, QString::fromUtf8(error.what()));
        }
    });
}

void RunMonitor::control(const QString& id, const QString& word) {
    QMetaObject::invokeMethod(follower_, [this, follower = follower_, id, word, program = program_] {
        try {
            if (word == QLatin1String("remove"))
                follower->remove(id);
            else if (word == QLatin1String("resume"))
                follower->resume(id, program);
            else
                follower->control(id, word);
        } catch (const std::exception& error) {
            Q_EMIT failed(QString::fromUtf8(error.what())); // queued to its receivers' thread
        }
    });
}

void RunMonitor::resume(const QString& id) {
    control(id, QStringLiteral("resume"));
}
void RunMonitor::pause(const QString& id) {
    control(id, QStringLiteral("pause"));
}
void RunMonitor::finish(const QString& id) {
    control(id, QStringLiteral("finish"));
}
void RunMonitor::cancel(const QString& id) {
    control(id, QStringLiteral("cancel"));
}
void RunMonitor::remove(const QString& id) {
    control(id, QStringLiteral("remove"));
}

QString RunMonitor::command_text(const QString& id) const {
    const RunRecord* run = find(id);
    return run ? QStringLiteral("eyepiece-cli run '%1/spec.json'")
                     .arg(QString(run->folder).replace('\'', "'\\''"))
               : QString();
}

void RunMonitor::take(const RunUpdate& update) {
    if (update.generation != generation_)
        return;
    std::vector<RunRecord> before = std::exchange(runs_, {});
    const auto known = [&](const QString& id) -> RunRecord* {
        const auto at =
            std::find_if(before.begin(), before.end(), [&](const RunRecord& run) { return run.id == id; });
        return at == before.end() ? nullptr : &*at;
    };
    bool list_changed = before.size() != update.runs.size();
    QStringList changed, measured, watched, ended;
    for (const RunUpdate::Change& change : update.runs) {
        RunRecord run = change.run;
        RunRecord* old = known(run.id);
        list_changed = list_changed || !old;
        const bool was_active = old && old->active();
        if (old && !change.from_scratch)
            run.metrics = std::move(old->metrics);
        take_metrics(run, change.points);
        if (change.changed)
            changed << run.id;
        if (!change.points.isEmpty() || change.from_scratch)
            measured << run.id;
        if (change.watched_changed)
            watched << run.id;
        if (was_active && !run.active())
            ended << run.id;
        runs_.push_back(std::move(run));
    }
    for (const RunRecord& old : before)
        if (!get(old.id) && job_of_.contains(old.id) && jobs_)
            jobs_->end(job_of_.take(old.id));
    for (const RunRecord& run : runs_)
        if (changed.contains(run.id))
            update_job(run, ended.contains(run.id));
    // Told last: a listener may ask for anything, and must find all of it new.
    if (list_changed)
        Q_EMIT runs_changed();
    for (const QString& id : std::as_const(changed))
        Q_EMIT run_changed(id);
    for (const QString& id : std::as_const(measured))
        Q_EMIT metrics_changed(id);
    for (const QString& id : std::as_const(watched))
        Q_EMIT watched_changed(id);
    for (const QString& id : std::as_const(ended))
        Q_EMIT run_ended(id);
}

// A run that resumed from a checkpoint measures some steps a second time: the later word counts.
void RunMonitor::take_metrics(RunRecord& run, const QHash<QString, MetricSeries>& points) {
    for (auto at = points.begin(); at != points.end(); ++at) {
        MetricSeries& series = run.metrics[at.key()];
        for (const QPointF& point : at.value()) {
            while (!series.isEmpty() && series.last().x() >= point.x())
                series.removeLast();
            series.append(point);
        }
    }
}

void RunMonitor::update_job(const RunRecord& run, bool ended) {
    if (!jobs_)
        return;
    if (!run.active()) {
        if (ended || job_of_.contains(run.id))
            jobs_->end(job_of_.take(run.id));
        return;
    }
    if (!job_of_.contains(run.id)) {
        Job job;
        job.title = run.title();
        job.controls.cancel = [this, id = run.id] { cancel(id); };
        job.controls.finish = [this, id = run.id] { finish(id); };
        job.controls.pause = [this, id = run.id] { pause(id); };
        job.controls.resume = [this, id = run.id] { resume(id); };
        job_of_[run.id] = jobs_->add(std::move(job));
    }
    const auto number = [&](const char* name) {
        const auto found = run.status.find(name);
        return found != run.status.end() && found->is_number() ? found->get<double>() : -1.0;
    };
    QStringList stage;
    if (run.state == RunState::Queued)
        stage << tr("starting");
    if (run.epochs() > 0)
        stage << tr("epoch %1 of %2").arg(run.epoch()).arg(run.epochs());
    if (std::isfinite(run.score()))
        stage << tr("IoU %1").arg(run.score(), 0, 'f', 3);
    const quint64 job = job_of_[run.id];
    jobs_->update(job, number("fraction"), stage.join(QStringLiteral(" · ")), number("seconds_left"));
    jobs_->set_paused(job, run.state == RunState::Paused);
}

} // namespace eyepiece
