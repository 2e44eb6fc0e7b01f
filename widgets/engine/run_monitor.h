// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/engine/run_record.h"

#include <QObject>
#include <QSet>
#include <QThread>
#include <functional>
#include <vector>

namespace eyepiece {

class JobModel;
class ProjectSession;
class RunFollower; // widgets/engine/run_follower.h: the folders, read on a thread of their own
struct RunUpdate;

// Trainings, each a process of its own that outlives the window. Starts them detached, follows the folders
// that are their whole state, finds those that run already, and notices when one has died. Everything on disk
// happens on a thread of its own; while no run lives, nothing wakes up unless a folder changes. Lives on the
// window's thread.
class EYEPIECE_EXPORT RunMonitor : public QObject {
    Q_OBJECT
public:
    // `program`: how to run an operation's spec, for instance {"/usr/bin/eyepiece-cli", "run"}; the file
    // follows.
    explicit RunMonitor(QStringList program = default_program(), QObject* parent = nullptr);
    ~RunMonitor() override; // trainings go on

    static QStringList default_program(); // eyepiece-cli beside this program, else the one on the PATH
    void set_program(const QStringList& program) { program_ = program; }
    void set_jobs(JobModel* jobs); // where living runs are listed, with their controls; may be null

    void attach(ProjectSession& session); // opens and closes with it, and tells it of new runs
    void open(const QString& project_folder);
    void close();

    const std::vector<RunRecord>& runs() const { return runs_; } // oldest first
    const RunRecord* find(const QString& id) const;
    // Followed runs have metrics, plan, warnings and watched images; living ones are always followed.
    void follow(const QStringList& ids);

    // Makes the run's folder and starts its process. `answered` gets the id, or a sentence why not.
    using Answer = std::function<void(const QString& id, const QString& problem)>;
    void start(const Json& spec, const QString& slug, QObject* context, Answer answered);
    void resume(const QString& id); // a paused one goes on; an ended one goes on from its last checkpoint
    void pause(const QString& id);
    void finish(const QString& id); // stop, keep the best
    void cancel(const QString& id);
    void remove(const QString& id); // to the project's trash

    // "eyepiece-cli run ..." for the shell, of a run that is there.
    QString command_text(const QString& id) const;

Q_SIGNALS:
    void runs_changed();                     // which runs there are
    void run_changed(const QString& id);     // state, epoch, warnings, ...
    void metrics_changed(const QString& id); // more points
    void watched_changed(const QString& id);
    void run_ended(const QString& id);   // was seen alive, and is not any more
    void failed(const QString& message); // something asked for could not be done

private:
    void take(const RunUpdate& update);
    void take_metrics(RunRecord& run, const QHash<QString, MetricSeries>& points);
    void control(const QString& id, const QString& word);
    void update_job(const RunRecord& run, bool was_active);
    RunRecord* get(const QString& id);

    QStringList program_;
    JobModel* jobs_ = nullptr;
    ProjectSession* session_ = nullptr;
    QHash<QString, quint64> job_of_;
    QThread thread_;
    RunFollower* follower_; // lives on thread_
    std::vector<RunRecord> runs_;
    QString folder_;
    quint64 generation_ = 0; // of the open project
};

} // namespace eyepiece
