// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/project_session.h"

#include "widgets/shell/background_job.h"

#include <QDir>
#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QSettings>
#include <QTimer>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr int most_recent = 10;
constexpr std::int64_t reverted_at_once = 256 << 10; // bytes kept of a step: some 5 ms
constexpr int look_after_ms = 60;                    // one look for a burst of writes
const QString recent_key = QStringLiteral("projects/recent");

std::filesystem::path to_path(const QString& text) {
    return std::filesystem::path(text.toStdString());
}
QString to_text(const std::filesystem::path& path) {
    return QString::fromStdString(path.string());
}
} // namespace

ProjectSession::ProjectSession(QSettings& settings, QObject* parent)
    : QObject(parent)
    , settings_(settings)
    , watcher_(new QFileSystemWatcher(this))
    , look_soon_(new QTimer(this)) {
    look_soon_->setSingleShot(true);
    look_soon_->setInterval(look_after_ms);
    connect(look_soon_, &QTimer::timeout, this, [this] {
        watch(); // the write-ahead log may have come only now
        look_for_external_changes();
    });
    // Another process writes to the log beside the database: being told beats asking again and again.
    const auto look = [this] {
        if (!look_soon_->isActive())
            look_soon_->start();
    };
    connect(watcher_, &QFileSystemWatcher::fileChanged, this, look);
    connect(watcher_, &QFileSystemWatcher::directoryChanged, this, look);
}

ProjectSession::~ProjectSession() {
    close();
}

Project& ProjectSession::project() const {
    if (!project_)
        throw Error(ErrorCode::NotFound, "No project is open. Open or create one in the Data stage.");
    return *project_;
}

QString ProjectSession::folder() const {
    return project_ ? to_text(project_->folder()) : QString();
}
QString ProjectSession::name() const {
    return project_ ? QString::fromStdString(project_->name()) : QString();
}

void ProjectSession::open(const QString& folder) {
    const QFileInfo given(folder);
    const QString place = given.isFile() ? given.absolutePath() : given.absoluteFilePath();
    if (project_ && QDir(place) == QDir(this->folder()))
        return; // a second editor, even ourselves, would be refused
    adopt(Project::open(to_path(place), Project::Access::Editor));
}

void ProjectSession::create(const QString& folder, const QString& name) {
    const auto place = to_path(QFileInfo(folder).absoluteFilePath());
    Project::create(place, name.toStdString()).reset();
    adopt(Project::open(place, Project::Access::Editor));
}

void ProjectSession::adopt(std::unique_ptr<Project> project) {
    close();
    project_ = std::move(project);
    listening_ = project_->changes().listen([this](const ProjectChange& change) { tell(change); });
    watch();
    QStringList list = settings_.value(recent_key).toStringList();
    list.removeAll(folder());
    list.prepend(folder());
    settings_.setValue(recent_key, list.mid(0, most_recent));
    Q_EMIT opened();
    Q_EMIT recent_changed();
}

void ProjectSession::close() {
    if (!project_)
        return;
    Q_EMIT closing();
    const std::vector<BackgroundJob*> jobs = std::move(jobs_);
    jobs_.clear();
    for (BackgroundJob* job : jobs)
        job->cancel();
    qDeleteAll(jobs); // waits for each
    reverting_ = false;
    if (!watcher_->files().isEmpty())
        watcher_->removePaths(watcher_->files());
    if (!watcher_->directories().isEmpty())
        watcher_->removePaths(watcher_->directories());
    look_soon_->stop();
    listening_.reset();
    project_.reset();
    scores_ = {};
    Q_EMIT closed();
}

void ProjectSession::watch() {
    if (!project_)
        return;
    const QString base = folder();
    for (const QString& path : {base, base + "/project.eyepiece", base + "/project.eyepiece-wal"})
        if (!watcher_->files().contains(path) && !watcher_->directories().contains(path) &&
            QFileInfo::exists(path))
            watcher_->addPath(path);
}

QStringList ProjectSession::recent() const {
    QStringList list = settings_.value(recent_key).toStringList();
    list.erase(std::remove_if(list.begin(), list.end(),
                              [](const QString& folder) { return !Project::is_project(to_path(folder)); }),
               list.end());
    return list;
}

void ProjectSession::forget_recent(const QString& folder) {
    QStringList list = settings_.value(recent_key).toStringList();
    list.removeAll(folder);
    settings_.setValue(recent_key, list);
    Q_EMIT recent_changed();
}

BackgroundJob* ProjectSession::run(const QString& title, ProjectWork work, std::function<void()> done) {
    const auto place = project().folder();
    auto* job = new BackgroundJob(
        title,
        [place, work = std::move(work)](JobContext& context) {
            const auto own = Project::open(place, Project::Access::Shared);
            work(*own, context);
        },
        this);
    jobs_.push_back(job);
    // What it has written so far is shown while it goes on, also where the file system does not tell.
    connect(job, &BackgroundJob::progressed, this, [this] {
        if (!look_soon_->isActive())
            look_soon_->start();
    });
    connect(job, &BackgroundJob::finished, this, [this, done = std::move(done)] {
        look_for_external_changes();
        if (done)
            done();
    });
    connect(job, &BackgroundJob::failed, this, [this, title](const QString& message) {
        look_for_external_changes();
        Q_EMIT job_failed(title, message);
    });
    connect(job, &BackgroundJob::ended, this, [this, job] {
        look_for_external_changes();
        jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), job), jobs_.end());
        job->deleteLater();
    });
    Q_EMIT job_started(job);
    job->start();
    return job;
}

void ProjectSession::undo() {
    revert(true);
}

void ProjectSession::redo() {
    revert(false);
}

void ProjectSession::revert(bool back) {
    if (reverting_)
        return;
    bool may = true;
    Q_EMIT about_to_revert(&may);
    if (!may)
        return;
    EditHistory& history = project().history();
    const auto step = back ? history.next_undo() : history.next_redo();
    if (!step)
        return;
    const QString title = QString::fromStdString(step->title);
    const QString said = back ? tr("Undid %1").arg(title) : tr("Did again: %1").arg(title);
    if ((back ? history.undo_size() : history.redo_size()) <= reverted_at_once) {
        if (back ? history.undo() : history.redo())
            Q_EMIT edit_reverted(said, step->item);
        return;
    }
    reverting_ = true;
    Q_EMIT reverting_changed(true);
    BackgroundJob* job = run(
        back ? tr("Undo %1").arg(title) : tr("Do again: %1").arg(title),
        [back](Project& own, JobContext&) { back ? own.history().undo() : own.history().redo(); },
        [this, said, item = step->item] { Q_EMIT edit_reverted(said, item); });
    connect(job, &BackgroundJob::ended, this, [this] {
        reverting_ = false;
        Q_EMIT reverting_changed(false);
    });
}

void ProjectSession::look_for_external_changes() {
    if (!project_)
        return;
    try {
        project_->notice_external_changes(); // tells ExternalChange through changes()
    } catch (const Error& error) { // called by timers and watchers, where nobody else could catch it
        Q_EMIT job_failed(tr("Reading the project"), QString::fromUtf8(error.what()));
    }
}

void ProjectSession::set_scores(const ItemScores& scores) {
    scores_ = scores;
    Q_EMIT scores_changed();
}

void ProjectSession::tell(const ProjectChange& change) {
    struct Visitor {
        ProjectSession& s;
        void operator()(const ItemsAdded& c) const { Q_EMIT s.items_added(c.items); }
        void operator()(const ItemsRemoved& c) const { Q_EMIT s.items_removed(c.items); }
        void operator()(const ItemsChanged& c) const { Q_EMIT s.items_changed(c.items); }
        void operator()(const LabelsChanged& c) const { Q_EMIT s.labels_changed(c.item, c.region); }
        void operator()(const MarksChanged& c) const { Q_EMIT s.marks_changed(c.item); }
        void operator()(const ClassesChanged&) const { Q_EMIT s.classes_changed(); }
        void operator()(const SplitsChanged&) const { Q_EMIT s.splits_changed(); }
        void operator()(const RunsChanged&) const { Q_EMIT s.runs_changed(); }
        void operator()(const HistoryChanged&) const { Q_EMIT s.history_changed(); }
        void operator()(const ExternalChange&) const { Q_EMIT s.external_change(); }
    };
    std::visit(Visitor{*this}, change);
}

} // namespace eyepiece
