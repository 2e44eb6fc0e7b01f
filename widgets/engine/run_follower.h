// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/project/runs.h"
#include "widgets/engine/run_record.h"

#include <QElapsedTimer>
#include <QFileSystemWatcher>
#include <QObject>
#include <QSet>
#include <QTimer>
#include <map>
#include <memory>
#include <vector>

namespace eyepiece {

// What one look at the runs' folders brought.
struct RunUpdate {
    struct Change {
        RunRecord run;                       // without metrics
        bool from_scratch = false;           // its metrics were read anew: forget those known
        QHash<QString, MetricSeries> points; // new ones
        bool changed = false, watched_changed = false;
    };
    quint64 generation = 0;
    std::vector<Change> runs; // all of them, oldest first
};

// Reads runs/ of one project. Lives on the monitor's thread; only called there.
class RunFollower : public QObject {
    Q_OBJECT
public:
    RunFollower();

    void open(const QString& project_folder, quint64 generation);
    void close();
    void follow(const QSet<QString>& ids);
    void look(); // at everything, now
    // Returns the id; throws Error.
    QString start(const Json& spec, const QString& slug, const QStringList& program);
    void resume(const QString& id, const QStringList& program);
    void control(const QString& id, const QString& word);
    void remove(const QString& id);

Q_SIGNALS:
    void looked(const eyepiece::RunUpdate& update);

private:
    // A file that is only appended to, and how far it is read.
    struct Tail {
        qint64 position = 0;
        QByteArray rest;   // an unfinished line
        quint64 inode = 0; // a file that was replaced is read anew
    };
    struct Followed {
        Tail metrics, events;
        RunRecord last;
        QElapsedTimer seen_queued;
    };

    std::vector<Json> read_on(Tail& tail, const QString& file, bool& from_scratch);
    void read_details(Followed& followed, RunRecord& run, RunUpdate::Change& change);
    RunState judge(const RunInfo& info, Followed& followed);
    void launch(const QString& spec_file, const QString& run_folder, const QStringList& program);
    void watch();

    QString folder_;
    quint64 generation_ = 0;
    std::unique_ptr<ProjectChanges> changes_;
    std::unique_ptr<RunStore> store_;
    std::map<QString, Followed> followed_;
    QSet<QString> wanted_;
    QFileSystemWatcher* watcher_;
    QTimer* timer_; // while a run lives
    QTimer* soon_;  // one look for a burst of changes
};

} // namespace eyepiece

Q_DECLARE_METATYPE(eyepiece::RunUpdate)
