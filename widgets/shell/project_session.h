// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/project.h"

#include <QHash>
#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <memory>
#include <vector>

class QFileSystemWatcher;
class QSettings;
class QTimer;

namespace eyepiece {

class BackgroundJob; // widgets/shell/background_job.h

// How well some run did on each item, for "worst first" in the item list.
struct ItemScores {
    QString title;                // "IoU of run 7"
    QHash<ItemId, double> values; // lower is worse
};

// The one open project, as its editor, and its typed change events as Qt signals. Lives on the window's
// thread and so does its Project: long work goes through run(), which gives a thread with a connection of its
// own.
class EYEPIECE_EXPORT ProjectSession : public QObject {
    Q_OBJECT
public:
    explicit ProjectSession(QSettings& settings, QObject* parent = nullptr);
    ~ProjectSession() override;

    bool is_open() const { return project_ != nullptr; }
    Project& project() const; // throws Error(NotFound) when none is open
    QString folder() const;   // empty when none is open
    QString name() const;

    // All throw Error and then leave what was open open. `folder` of open() may be the project's file, too.
    void open(const QString& folder);
    void create(const QString& folder, const QString& name = {});
    void close();

    QStringList recent() const; // folders that still hold a project, newest first
    void forget_recent(const QString& folder);

    // Work on its own thread with its own connection to the project (Access::Shared). The job belongs to the
    // session, is listed in jobs() while it runs and deletes itself after ended(). `done` is called on the
    // window's thread, after the changes have been told, unless the work failed or the project was closed.
    using ProjectWork = std::function<void(Project&, JobContext&)>;
    BackgroundJob* run(const QString& title, ProjectWork work, std::function<void()> done = {});
    const std::vector<BackgroundJob*>& jobs() const { return jobs_; }

    // Undo or redo the last edit, wherever it was; tells edit_reverted so that the window can go there.
    void undo();
    void redo();

    // Has someone else written? Called by itself when the project's files change.
    void look_for_external_changes();

    const ItemScores& scores() const { return scores_; }
    void set_scores(const ItemScores& scores);

Q_SIGNALS:
    void opened();  // a project is open now; everything is to be read anew
    void closing(); // project() still works
    void closed();
    void items_added(const std::vector<eyepiece::ItemId>& items);
    void items_removed(const std::vector<eyepiece::ItemId>& items);
    void items_changed(const std::vector<eyepiece::ItemId>& items);
    void labels_changed(eyepiece::ItemId item, const eyepiece::Region& region);
    void marks_changed(eyepiece::ItemId item); // its points, keypoints or classes as a whole
    void classes_changed();
    void splits_changed();
    void runs_changed();
    void history_changed();
    void external_change(); // someone else wrote: read anew
    void scores_changed();
    void recent_changed();
    // Undo or redo comes now: whoever still has an edit to write, write it first, or set *may to false.
    void about_to_revert(bool* may);
    void edit_reverted(const QString& what, eyepiece::ItemId item); // "Undo brush on field_017.tif"
    // A step too large for the window's thread is on its way back in the background: until it is, nothing
    // may be edited.
    void reverting_changed(bool reverting);
    void job_started(eyepiece::BackgroundJob* job);
    void job_failed(const QString& title, const QString& message);

private:
    void adopt(std::unique_ptr<Project> project);
    void tell(const ProjectChange& change);
    void watch();
    void revert(bool back);

    QSettings& settings_;
    std::unique_ptr<Project> project_;
    std::shared_ptr<void> listening_;
    QFileSystemWatcher* watcher_;
    QTimer* look_soon_;
    std::vector<BackgroundJob*> jobs_;
    ItemScores scores_;
    bool reverting_ = false;
};

} // namespace eyepiece
