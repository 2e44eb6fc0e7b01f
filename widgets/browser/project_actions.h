// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/intake/facts.h"
#include "widgets/shell/background_job.h"

#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>
#include <QWidget>
#include <memory>
#include <vector>

namespace eyepiece {

class ItemListModel;
class WorkbenchContext;

// What the user can do to projects and their images, as actions of the registry and as calls for buttons and
// drops. Everything that reads files runs as a job of the session; errors become notices.
//
//   project.open-images  project.open  project.new  project.sample  project.close
//   data.add-files  data.add-folder  data.import-labels  data.export-labels  data.check-files  data.remove
class EYEPIECE_EXPORT ProjectActions : public QObject {
    Q_OBJECT
public:
    ProjectActions(WorkbenchContext& context, ItemListModel& items, QObject* parent = nullptr);
    void set_window(QWidget* window) { window_ = window; } // parent of dialogs

    // A folder of images becomes a project, made in that folder; a folder that is one is opened.
    void open_images(const QString& folder);
    void open_project(const QString& folder);
    void create_project(const QString& folder, const QString& name);
    void add_paths(const QStringList& paths); // files and folders, into the open project
    // `settings`: of import_parameters() (core/intake/importer.h), those that differ from their defaults.
    void import_labels(const QStringList& paths, const Json& settings);
    // In one of label_export_formats() (core/intake/label_export.h), into a folder or a file. What the format
    // cannot say of the labels is told first; then the user decides whether they are written so.
    void export_labels(const QString& format, const QString& path);
    // The sample project, made by the seeded generator when it is not there yet. `folder` empty: in the
    // user's data.
    void open_sample(const QString& folder = {});
    void check_files(); // which are missing or changed
    void remove_selected();
    // Files, folders and projects let fall on the window, or given on the command line.
    void take(const QStringList& paths);

    static QString sample_folder();
    // The words of `eyepiece-cli import` that do the same.
    static QStringList import_arguments(const QString& project, const QStringList& paths,
                                        const Json& settings);
    static QStringList export_arguments(const QString& project, const QString& format, const QString& path);

    // Of the last time images or labels were brought in.
    const std::vector<SkippedFile>& skipped() const { return skipped_; }
    QString last_summary() const { return last_summary_; }         // "94 images added, 3 files left out"
    QStringList last_arguments() const { return last_arguments_; } // of the same on the command line

Q_SIGNALS:
    void report_changed();

private:
    void register_actions();
    void bring_in(const QString& title, const QStringList& paths, const Json& settings);
    void write_labels(const QString& format, const QString& path);
    template<class Action>
    bool tried(Action action); // false after an error, which was shown

    WorkbenchContext& context_;
    ItemListModel& items_;
    QPointer<QWidget> window_;
    QPointer<BackgroundJob> making_sample_;
    std::vector<SkippedFile> skipped_;
    QString last_summary_;
    QStringList last_arguments_;
};

} // namespace eyepiece
