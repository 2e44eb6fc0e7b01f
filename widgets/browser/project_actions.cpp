// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/project_actions.h"

#include "core/formats/image_reader.h"
#include "widgets/browser/export_dialog.h"
#include "widgets/browser/import_dialog.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QAction>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QStandardPaths>

namespace eyepiece {

namespace {

std::filesystem::path to_path(const QString& text) {
    return std::filesystem::path(text.toStdString());
}

QString image_filter() {
    return QObject::tr(
        "Images (*.png *.jpg *.jpeg *.tif *.tiff *.PNG *.JPG *.JPEG *.TIF *.TIFF);;All files (*)");
}

} // namespace

ProjectActions::ProjectActions(WorkbenchContext& context, ItemListModel& items, QObject* parent)
    : QObject(parent), context_(context), items_(items) {
    register_actions();
    const auto enable = [this] {
        for (const char* id : {"project.close", "data.add-files", "data.add-folder", "data.import-labels",
                               "data.export-labels", "data.check-files", "data.remove"})
            context_.actions.find(QString::fromLatin1(id))->setEnabled(context_.session.is_open());
    };
    connect(&context_.session, &ProjectSession::opened, this, enable);
    connect(&context_.session, &ProjectSession::closed, this, enable);
    connect(&context_.session, &ProjectSession::opened, this, [this] {
        skipped_.clear();
        last_summary_.clear();
        Q_EMIT report_changed();
    });
    enable();
}

void ProjectActions::register_actions() {
    const auto add = [this](const char* id, const QString& title, const char* icon, const char* keys,
                            std::function<void()> handler, std::optional<Stage> stage = {}) {
        ActionSpec spec{QString::fromLatin1(id),
                        title,
                        {},
                        QString::fromLatin1(icon),
                        QKeySequence(QString::fromLatin1(keys)),
                        stage,
                        std::move(handler)};
        context_.actions.add(std::move(spec), this);
    };
    add("project.open-images", tr("Open a folder of images…"), "images", "Ctrl+Shift+O", [this] {
        const QString folder = QFileDialog::getExistingDirectory(window_, tr("Open a folder of images"));
        if (!folder.isEmpty())
            open_images(folder);
    });
    add("project.open", tr("Open a project…"), "open", "Ctrl+O", [this] {
        const QString folder = QFileDialog::getExistingDirectory(window_, tr("Open a project"));
        if (!folder.isEmpty())
            open_project(folder);
    });
    add("project.new", tr("New empty project…"), "folder-plus", "Ctrl+N", [this] {
        const QString folder = QFileDialog::getSaveFileName(window_, tr("Name and place of the new project"));
        if (!folder.isEmpty())
            create_project(folder, QFileInfo(folder).fileName());
    });
    add("project.sample", tr("Open the sample project"), "grain", "", [this] { open_sample(); });
    add("project.close", tr("Close the project"), "close", "Ctrl+W", [this] { context_.session.close(); });
    add("data.add-folder", tr("Add a folder of images…"), "folder-plus", "Ctrl+Shift+I", [this] {
        const QString folder = QFileDialog::getExistingDirectory(window_, tr("Add a folder of images"));
        if (!folder.isEmpty())
            add_paths({folder});
    });
    add("data.add-files", tr("Add images…"), "image", "Ctrl+I", [this] {
        const QStringList files =
            QFileDialog::getOpenFileNames(window_, tr("Add images"), {}, image_filter());
        if (!files.isEmpty())
            add_paths(files);
    });
    add("data.import-labels", tr("Import labels…"), "import", "Ctrl+Shift+L", [this] {
        ImportDialog dialog(context_, window_);
        connect(&dialog, &ImportDialog::chosen, this, &ProjectActions::import_labels);
        dialog.exec();
    });
    add("data.export-labels", tr("Export labels…"), "export", "Ctrl+Shift+E", [this] {
        ExportDialog dialog(context_, window_);
        connect(&dialog, &ExportDialog::chosen, this, &ProjectActions::export_labels);
        dialog.exec();
    });
    add("data.check-files", tr("Look for missing and changed files"), "refresh", "F5",
        [this] { check_files(); });
    add(
        "data.remove", tr("Remove the selected images from the project"), "trash", "",
        [this] { remove_selected(); }, Stage::Data);
}

template<class Action>
bool ProjectActions::tried(Action action) {
    try {
        action();
        return true;
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("project"));
        return false;
    }
}

void ProjectActions::open_project(const QString& folder) {
    if (tried([&] { context_.session.open(folder); }))
        context_.notices.withdraw(QStringLiteral("project"));
}

void ProjectActions::create_project(const QString& folder, const QString& name) {
    tried([&] { context_.session.create(folder, name); });
}

void ProjectActions::open_images(const QString& folder) {
    if (Project::is_project(to_path(folder)))
        return open_project(folder);
    // Beside the images, so that paths stay true when the whole folder moves; elsewhere where that is not
    // allowed.
    const QFileInfo info(folder);
    QString place = info.absoluteFilePath();
    if (!info.isWritable())
        place = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) + "/" + info.fileName() +
                "-eyepiece";
    if (!Project::is_project(to_path(place))) {
        if (!tried([&] { context_.session.create(place, info.fileName()); }))
            return;
        Notice notice{Notice::Kind::Info, tr("A project was made in %1. Your images stay as they are.")
                                              .arg(QDir::toNativeSeparators(place))};
        notice.topic = QStringLiteral("project");
        context_.notices.show(notice);
    } else if (!tried([&] { context_.session.open(place); })) {
        return;
    }
    add_paths({folder});
}

void ProjectActions::take(const QStringList& paths) {
    if (paths.size() == 1) {
        const QFileInfo info(paths.first());
        const QString folder = info.isDir() ? info.absoluteFilePath() : info.absolutePath();
        if (!info.exists())
            return context_.notices.show(Notice::Kind::Bad,
                                         tr("%1 does not exist. Check the path.").arg(paths.first()));
        if (info.fileName() == u"project.eyepiece" || (info.isDir() && Project::is_project(to_path(folder))))
            return open_project(folder);
        if (info.isDir() && !context_.session.is_open())
            return open_images(folder);
    }
    if (!context_.session.is_open()) { // single images: their folder is a good place for a project
        const QFileInfo info(paths.value(0));
        if (info.isFile()) {
            try {
                probe_image(to_path(info.absoluteFilePath()));
            } catch (const std::exception& error) {
                return context_.notices.show(
                    Notice::Kind::Bad, tr("%1 A table is opened in Explore, a folder of images anywhere.")
                                           .arg(QString::fromUtf8(error.what())));
            }
        }
        const QString folder = info.isDir() ? info.absoluteFilePath() : info.absolutePath();
        const bool there = Project::is_project(to_path(folder));
        if (!tried([&] { there ? context_.session.open(folder) : context_.session.create(folder); }))
            return;
    }
    add_paths(paths);
}

} // namespace eyepiece
