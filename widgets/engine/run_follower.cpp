// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/run_follower.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QSysInfo>
#include <algorithm>
#include <sys/stat.h>

namespace eyepiece {

namespace {

constexpr int look_every_ms = 400;
constexpr int look_soon_ms = 60;
constexpr qint64 queued_patience_ms = 60'000; // from asking for a run to its process's first word
constexpr qint64 read_at_once = qint64{8} << 20;
constexpr int most_watched_folders = 64;

QString text(const std::string& text) {
    return QString::fromStdString(text);
}

Json json_or_empty(const QString& file) {
    QFile opened(file);
    if (!opened.open(QIODevice::ReadOnly))
        return Json::object();
    const QByteArray all = opened.readAll();
    Json json = Json::parse(all.begin(), all.end(), nullptr, false);
    return json.is_object() ? json : Json::object();
}

RunState state_from(const std::string& name) {
    if (name == "queued")
        return RunState::Queued;
    if (name == "running")
        return RunState::Running;
    if (name == "paused")
        return RunState::Paused;
    if (name == "finished")
        return RunState::Finished;
    if (name == "stopped")
        return RunState::Stopped;
    if (name == "cancelled")
        return RunState::Cancelled;
    if (name == "failed")
        return RunState::Failed;
    return RunState::Damaged;
}

QString last_line(const QString& file) {
    QFile opened(file);
    if (!opened.open(QIODevice::ReadOnly))
        return {};
    opened.seek(std::max<qint64>(0, opened.size() - 2048));
    const auto lines = QString::fromUtf8(opened.readAll()).split('\n', Qt::SkipEmptyParts);
    return lines.isEmpty() ? QString() : lines.last().trimmed().left(240);
}

bool same_except_metrics(const RunRecord& a, const RunRecord& b) {
    return a.state == b.state && a.status == b.status && a.spec == b.spec && a.plan == b.plan &&
           a.snapshot == b.snapshot && a.baselines == b.baselines && a.warnings == b.warnings &&
           a.has_checkpoint == b.has_checkpoint && a.last_log_line == b.last_log_line;
}

} // namespace

RunFollower::RunFollower()
    : watcher_(new QFileSystemWatcher(this)), timer_(new QTimer(this)), soon_(new QTimer(this)) {
    timer_->setInterval(look_every_ms);
    soon_->setSingleShot(true);
    soon_->setInterval(look_soon_ms);
    connect(timer_, &QTimer::timeout, this, &RunFollower::look);
    connect(soon_, &QTimer::timeout, this, &RunFollower::look);
    connect(watcher_, &QFileSystemWatcher::directoryChanged, soon_, [this] {
        if (!soon_->isActive())
            soon_->start();
    });
}

void RunFollower::open(const QString& project_folder, quint64 generation) {
    close();
    folder_ = project_folder;
    generation_ = generation;
    changes_ = std::make_unique<ProjectChanges>();
    store_ = std::make_unique<RunStore>(std::filesystem::path(folder_.toStdString()), *changes_);
    look();
}

void RunFollower::close() {
    timer_->stop();
    soon_->stop();
    if (const QStringList all = watcher_->directories(); !all.isEmpty())
        watcher_->removePaths(all);
    store_.reset();
    changes_.reset();
    followed_.clear();
    wanted_.clear();
    folder_.clear();
}

void RunFollower::follow(const QSet<QString>& ids) {
    wanted_ = ids;
    look();
}

// An aliveness that the status file cannot tell by itself: the process may be gone, or not there yet.
RunState RunFollower::judge(const RunInfo& info, Followed& followed) {
    const RunState said = state_from(info.state());
    if (said != RunState::Queued && said != RunState::Running && said != RunState::Paused)
        return said;
    if (info.alive)
        return said;
    const std::string host = info.status.value("host", std::string());
    if (!host.empty() && text(host) != QSysInfo::machineHostName())
        return RunState::Elsewhere;
    if (said != RunState::Queued)
        return RunState::Died;
    if (!followed.seen_queued.isValid())
        followed.seen_queued.start();
    const QFileInfo status(QString::fromStdString((info.folder / "status.json").string()));
    const bool long_ago = status.lastModified().msecsTo(QDateTime::currentDateTime()) > queued_patience_ms;
    return long_ago || followed.seen_queued.elapsed() > queued_patience_ms ? RunState::Died
                                                                           : RunState::Queued;
}

void RunFollower::look() {
    if (!store_)
        return;
    std::vector<RunInfo> found;
    try {
        found = store_->all();
    } catch (const Error&) {
        return; // the project's folder went away; whoever owns it will say so
    }
    RunUpdate update;
    update.generation = generation_;
    bool any_alive = false;
    for (const RunInfo& info : found) {
        const QString id = text(info.id);
        Followed& followed = followed_[id];
        RunUpdate::Change change;
        RunRecord& run = change.run;
        run.id = id;
        run.number = id.section('-', 0, 0).toInt();
        run.folder = text(info.folder.string());
        run.spec = info.spec.is_object() ? info.spec : Json::object();
        run.status = info.status.is_object() ? info.status : Json::object();
        run.state = judge(info, followed);
        any_alive = any_alive || run.active();
        run.has_checkpoint = QFileInfo::exists(run.folder + QStringLiteral("/checkpoints/last.pt"));
        if (run.state == RunState::Died || run.state == RunState::Failed)
            run.last_log_line = last_line(run.folder + QStringLiteral("/log.txt"));
        // What it wrote between our last look and its end is read when it is seen to have ended.
        if (run.active() || followed.last.active() || wanted_.contains(id)) {
            read_details(followed, run, change);
        } else {
            run.plan = followed.last.plan;
            run.snapshot = followed.last.snapshot;
            run.baselines = followed.last.baselines;
            run.warnings = followed.last.warnings;
            run.watched = followed.last.watched;
        }
        change.changed = followed.last.id.isEmpty() || !same_except_metrics(followed.last, run);
        change.watched_changed = run.watched != followed.last.watched;
        followed.last = run;
        update.runs.push_back(std::move(change));
    }
    if (any_alive != timer_->isActive())
        any_alive ? timer_->start() : timer_->stop();
    watch();
    Q_EMIT looked(update);
}

std::vector<Json> RunFollower::read_on(Tail& tail, const QString& file, bool& from_scratch) {
    std::vector<Json> lines;
    QFile opened(file);
    if (!opened.open(QIODevice::ReadOnly))
        return lines;
    // Written anew: by hand, or cut back to a checkpoint from which training goes on.
    struct stat now {};
    const quint64 inode = ::fstat(opened.handle(), &now) == 0 ? now.st_ino : 0;
    if (opened.size() < tail.position || (tail.inode != 0 && tail.inode != inode)) {
        tail = {};
        from_scratch = true;
    }
    tail.inode = inode;
    opened.seek(tail.position);
    const QByteArray fresh = opened.read(read_at_once);
    tail.position += fresh.size();
    const QByteArray all = tail.rest + fresh;
    qsizetype begin = 0;
    for (qsizetype end; (end = all.indexOf('\n', begin)) >= 0; begin = end + 1) {
        // A line that a crash cut short, and another process went on after, is nobody's: leave it out.
        Json json = Json::parse(all.begin() + begin, all.begin() + end, nullptr, false);
        if (json.is_object())
            lines.push_back(std::move(json));
    }
    tail.rest = all.mid(begin);
    if (fresh.size() == read_at_once)
        soon_->start();
    return lines;
}

void RunFollower::read_details(Followed& followed, RunRecord& run, RunUpdate::Change& change) {
    const auto read_once = [&](const char* name, const Json& known) {
        return known.empty() ? json_or_empty(run.folder + '/' + QLatin1String(name)) : known;
    };
    run.plan = read_once("plan.json", followed.last.plan);
    run.snapshot = read_once("snapshot.json", followed.last.snapshot);
    run.baselines = read_once("baselines.json", followed.last.baselines);

    bool anew = false;
    for (const Json& line : read_on(followed.metrics, run.folder + QStringLiteral("/metrics.jsonl"), anew)) {
        const auto series = line.find("series"), step = line.find("step"), value = line.find("value");
        if (series == line.end() || step == line.end() || value == line.end() || !series->is_string() ||
            !step->is_number() || !value->is_number())
            continue; // NaN is written as null: nothing to draw
        change.points[text(series->get<std::string>())].append({step->get<double>(), value->get<double>()});
    }
    change.from_scratch = anew;

    bool events_anew = false;
    const auto events = read_on(followed.events, run.folder + QStringLiteral("/events.jsonl"), events_anew);
    run.warnings = events_anew ? QStringList() : followed.last.warnings;
    for (const Json& event : events)
        if (const auto warning = event.find("warn"); warning != event.end() && warning->is_string()) {
            const QString sentence = text(warning->get<std::string>());
            if (!run.warnings.contains(sentence))
                run.warnings << sentence;
        }

    QMap<qint64, WatchedImage> newest;
    const QDir watched(run.folder + QStringLiteral("/watched"));
    for (const QString& name : watched.entryList({QStringLiteral("*_*.png")}, QDir::Files)) {
        bool epoch_ok = false, item_ok = false;
        const int epoch = name.section('_', 0, 0).toInt(&epoch_ok);
        const qint64 item = name.section('_', 1).chopped(4).toLongLong(&item_ok);
        if (epoch_ok && item_ok && (!newest.contains(item) || newest[item].epoch < epoch))
            newest[item] = {item, epoch, watched.filePath(name)};
    }
    for (const WatchedImage& image : newest)
        run.watched.append(image);
}

// New runs, and old ones that go on again, show as changes of these folders.
void RunFollower::watch() {
    QStringList paths{folder_, folder_ + QStringLiteral("/runs")};
    for (auto at = followed_.rbegin(); at != followed_.rend() && paths.size() < most_watched_folders; ++at)
        if (at->second.last.state != RunState::Finished)
            paths << at->second.last.folder;
    const QStringList have = watcher_->directories();
    for (const QString& path : paths)
        if (!have.contains(path) && QFileInfo::exists(path))
            watcher_->addPath(path);
}

void RunFollower::launch(const QString& spec_file, const QString& run_folder, const QStringList& program) {
    QProcess process;
    process.setProgram(program.value(0));
    process.setArguments(program.mid(1) << spec_file);
    process.setWorkingDirectory(run_folder);
    const QString log = run_folder + QStringLiteral("/log.txt");
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(log, QIODevice::Append);
    process.setStandardErrorFile(log, QIODevice::Append);
    if (!process.startDetached()) // in a session of its own: it outlives the window and its terminal
        throw Error(ErrorCode::NotFound,
                    QObject::tr("The training could not be started: \"%1\" was not found or may not be run.")
                        .arg(program.value(0))
                        .toStdString(),
                    process.errorString().toStdString());
}

QString RunFollower::start(const Json& spec, const QString& slug, const QStringList& program) {
    if (!store_)
        throw Error(ErrorCode::NotFound, QObject::tr("No project is open.").toStdString());
    Json complete = spec;
    complete["operation"] = "train";
    const RunInfo made = store_->create(complete, slug.toStdString());
    const QString folder = text(made.folder.string());
    try {
        launch(folder + QStringLiteral("/spec.json"), folder, program);
    } catch (const Error& error) {
        Json status = made.status.is_object() ? made.status : Json::object();
        status["state"] = "failed";
        status["reason"] = error.what();
        write_file_atomically(made.folder / "status.json", status.dump(2));
        look();
        throw;
    }
    look();
    return text(made.id);
}

void RunFollower::resume(const QString& id, const QStringList& program) {
    if (!store_)
        return;
    const RunInfo info = store_->at(id.toStdString());
    if (info.alive) {
        store_->control(id.toStdString(), "resume");
        return;
    }
    Json spec = info.spec;
    spec["operation"] = "train";
    spec["run"] = info.id;
    spec["resume"] = true;
    write_file_atomically(info.folder / "resume.json", spec.dump(2));
    const QString folder = text(info.folder.string());
    QFile::remove(folder + QStringLiteral("/control")); // an old word must not stop it again
    Json status = info.status;
    status["state"] = "queued";
    status.erase("pid");
    write_file_atomically(info.folder / "status.json", status.dump(2));
    followed_[id].seen_queued.invalidate();
    launch(folder + QStringLiteral("/resume.json"), folder, program);
    look();
}

void RunFollower::control(const QString& id, const QString& word) {
    if (store_)
        store_->control(id.toStdString(), word.toStdString());
}

void RunFollower::remove(const QString& id) {
    if (!store_)
        return;
    store_->remove(id.toStdString());
    followed_.erase(id);
    look();
}

} // namespace eyepiece
