// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/saving.h"

#include "plugins/explore/panels/exploration.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/table/table_text.h"

#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>
#include <QWidget>

namespace eyepiece {

namespace {

QString said(const char* text) {
    return QCoreApplication::translate("Saving", text);
}

} // namespace

QString ask_where_to_save(QWidget* parent, const QString& title, const Exploration& exploration,
                          const QString& ending, const QString& filter) {
    const QString base =
        QFileInfo(QString::fromStdString(exploration.record().source.path)).completeBaseName();
    return QFileDialog::getSaveFileName(parent, title, base + ending, filter);
}

void save_in_background(QWidget* parent, const QString& file, std::function<QString(JobContext&)> write,
                        Notices& notices) {
    auto besides = std::make_shared<QString>();
    auto* job = new BackgroundJob(
        said("Save %1").arg(QFileInfo(file).fileName()),
        [besides, write = std::move(write)](JobContext& context) { *besides = write(context); }, parent);
    QObject::connect(job, &BackgroundJob::finished, parent, [&notices, besides, file] {
        notices.show(Notice::Kind::Good,
                     said("Saved %1.").arg(file) + (besides->isEmpty() ? QString() : " " + *besides));
    });
    QObject::connect(job, &BackgroundJob::failed, parent,
                     [&notices](const QString& message) { notices.show(Notice::Kind::Bad, message); });
    QObject::connect(job, &BackgroundJob::ended, job, &QObject::deleteLater);
    job->start();
}

void save_rows_as_csv(QWidget* parent, const QString& file, std::shared_ptr<const Table> table,
                      std::vector<std::uint32_t> rows, Notices& notices) {
    save_in_background(
        parent, file,
        [file, table = std::move(table), rows = std::move(rows)](JobContext& context) {
            save_table_csv(file.toStdString(), *table, rows, context);
            return QString();
        },
        notices);
}

} // namespace eyepiece
