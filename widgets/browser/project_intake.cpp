// SPDX-License-Identifier: GPL-3.0-or-later
// The part of ProjectActions that reads and writes files: always as a job of the session.
#include "core/intake/importer.h"
#include "core/intake/label_export.h"
#include "core/intake/sample_project.h"
#include "widgets/browser/project_actions.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <QStandardPaths>
#include <QUrl>
#include <memory>

namespace eyepiece {

namespace {

constexpr std::uint64_t sample_seed = 1;

QString number(std::int64_t n) {
    return QLocale().toString(qlonglong(n));
}

std::vector<std::filesystem::path> to_paths(const QStringList& list) {
    std::vector<std::filesystem::path> paths;
    for (const QString& path : list)
        paths.emplace_back(path.toStdString());
    return paths;
}

QString words(const ImportReport& report) {
    QStringList parts;
    if (report.added)
        parts << QObject::tr("%1 images added").arg(number(report.added));
    if (report.labelled)
        parts << QObject::tr("%1 images labelled with %2 objects")
                     .arg(number(report.labelled), number(report.objects));
    if (report.known)
        parts << QObject::tr("%1 were there already").arg(number(report.known));
    if (report.relinked)
        parts << QObject::tr("%1 found again at a new place").arg(number(report.relinked));
    if (!report.skipped.empty())
        parts << QObject::tr("%1 left out").arg(number(static_cast<std::int64_t>(report.skipped.size())));
    return parts.isEmpty() ? QObject::tr("Nothing to bring in was found.")
                           : parts.join(QStringLiteral(", ")) + '.';
}

} // namespace

QStringList ProjectActions::import_arguments(const QString& project, const QStringList& paths,
                                             const Json& settings) {
    QStringList arguments{QStringLiteral("import"), project};
    arguments += paths;
    for (auto entry = settings.begin(); entry != settings.end(); ++entry) {
        const std::string value = entry->is_string() ? entry->get<std::string>() : entry->dump();
        if (entry.key() == "format" || entry.key() == "split")
            arguments << "--" + QString::fromStdString(entry.key()) << QString::fromStdString(value);
        else
            arguments << QStringLiteral("--set") << QString::fromStdString(entry.key() + "=" + value);
    }
    return arguments;
}

void ProjectActions::bring_in(const QString& title, const QStringList& paths, const Json& settings) {
    auto report = std::make_shared<ImportReport>();
    try {
        const ImportOptions options = import_options(import_parameters().complete(settings));
        context_.session.run(
            title,
            [paths = to_paths(paths), options, report](Project& project, JobContext& job) {
                *report = import_files(project, paths, options, job);
            },
            [this, report, arguments = import_arguments(context_.session.folder(), paths, settings)] {
                last_summary_ = words(*report);
                last_arguments_ = arguments;
                skipped_ = std::move(report->skipped);
                context_.notices.show(skipped_.empty() ? Notice::Kind::Good : Notice::Kind::Look,
                                      last_summary_);
                Q_EMIT report_changed();
            });
    } catch (const std::exception& error) { // no project, or settings that do not fit
        context_.notices.show_error(error);
    }
}

void ProjectActions::add_paths(const QStringList& paths) {
    bring_in(tr("Adding images"), paths, Json::object());
}

void ProjectActions::import_labels(const QStringList& paths, const Json& settings) {
    bring_in(tr("Importing labels"), paths, settings);
}

QStringList ProjectActions::export_arguments(const QString& project, const QString& format,
                                             const QString& path) {
    return {QStringLiteral("labels"), project, QStringLiteral("--format"), format,
            QStringLiteral("--out"),  path};
}

void ProjectActions::export_labels(const QString& format, const QString& path) {
    context_.labels.commit();
    if (!context_.labels.flush()) {
        return context_.notices.show(Notice::Kind::Bad,
                                     tr("The last strokes are not saved yet, so they would be missing "
                                        "from the export. Save them first, then export again."));
    }
    auto losses = std::make_shared<std::vector<std::string>>();
    try {
        context_.session.run(
            tr("Looking at the labels"),
            [losses, chosen = &label_export_format(format.toStdString())](Project& project, JobContext& job) {
                *losses = label_losses(project, *chosen, job);
            },
            [this, losses, format, path] {
                if (losses->empty())
                    return write_labels(format, path);
                Notice notice{Notice::Kind::Look, tr("Nothing is written yet.")};
                for (const std::string& loss : *losses)
                    notice.text += QLatin1Char(' ') + QString::fromStdString(loss);
                notice.action = tr("Export all the same");
                notice.handler = [this, format, path] { write_labels(format, path); };
                notice.topic = QStringLiteral("export-labels");
                context_.notices.show(notice);
            });
    } catch (const std::exception& error) { // no project
        context_.notices.show_error(error);
    }
}

void ProjectActions::write_labels(const QString& format, const QString& path) {
    auto report = std::make_shared<LabelExportReport>();
    try {
        context_.session.run(
            tr("Exporting labels"),
            [report, chosen = &label_export_format(format.toStdString()),
             place = std::filesystem::path(path.toStdString())](Project& project, JobContext& job) {
                *report = eyepiece::export_labels(project, *chosen, place, job);
            },
            [this, report, path] {
                Notice notice{report->skipped.empty() ? Notice::Kind::Good : Notice::Kind::Look,
                              tr("Wrote the labels of %1 images (%2 objects) to %3.")
                                  .arg(number(report->images), number(report->objects),
                                       QDir::toNativeSeparators(path))};
                if (!report->skipped.empty()) {
                    const SkippedFile& first = report->skipped.front();
                    notice.text +=
                        tr(" %1 were left out; %2: %3")
                            .arg(number(static_cast<std::int64_t>(report->skipped.size())),
                                 QString::fromStdString(first.name), QString::fromStdString(first.reason));
                }
                notice.action = tr("Show");
                notice.handler = [path] {
                    const QFileInfo info(path);
                    QDesktopServices::openUrl(
                        QUrl::fromLocalFile(info.isDir() ? info.absoluteFilePath() : info.absolutePath()));
                };
                notice.topic = QStringLiteral("export-labels");
                context_.notices.show(notice);
            });
    } catch (const std::exception& error) { // no project
        context_.notices.show_error(error);
    }
}

QString ProjectActions::sample_folder() {
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + "/eyepiece/sample-project";
}

void ProjectActions::open_sample(const QString& folder) {
    const QString place = folder.isEmpty() ? sample_folder() : QFileInfo(folder).absoluteFilePath();
    if (making_sample_)
        return;
    if (Project::is_project(place.toStdString()))
        return open_project(place);
    // No project is open for it yet, so it cannot be a job of the session.
    auto* job = new BackgroundJob(
        tr("Making the sample project"),
        [place](JobContext& context) {
            make_sample_project(std::filesystem::path(place.toStdString()), sample_seed, context);
        },
        this);
    making_sample_ = job;
    connect(job, &BackgroundJob::finished, this, [this, place] { open_project(place); });
    connect(job, &BackgroundJob::failed, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
    connect(job, &BackgroundJob::ended, job, &QObject::deleteLater);
    Q_EMIT context_.session.job_started(job);
    job->start();
}

void ProjectActions::check_files() {
    auto found = std::make_shared<std::size_t>(0);
    context_.session.run(
        tr("Looking at the files"),
        [found](Project& project, JobContext& job) { *found = project.items().refresh(job).size(); },
        [this, found] {
            context_.notices.show(Notice::Kind::Good,
                                  *found == 0 ? tr("All files are as they were.")
                                              : tr("%1 files are not as they were; the table says which.")
                                                    .arg(number(static_cast<std::int64_t>(*found))));
        });
}

void ProjectActions::remove_selected() {
    const std::vector<ItemId> ids = context_.selection.items();
    if (ids.empty() || !context_.session.is_open())
        return;
    try {
        context_.session.project().items().remove(ids);
    } catch (const std::exception& error) {
        return context_.notices.show_error(error);
    }
    Notice notice{Notice::Kind::Info, tr("Removed %n image(s) with their labels; the files stay.", nullptr,
                                         static_cast<int>(ids.size()))};
    notice.action = tr("Undo");
    notice.handler = [this] { context_.session.undo(); };
    context_.notices.show(notice);
}

} // namespace eyepiece
