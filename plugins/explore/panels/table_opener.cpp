// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/table_opener.h"

#include "core/base/error.h"
#include "widgets/engine/job_model.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/workbench_context.h"

#include <QFileDialog>
#include <QFileInfo>

namespace eyepiece {

TableOpener::TableOpener(WorkbenchContext& context, QObject* parent) : QObject(parent), context_(context) {}

TableOpener::~TableOpener() {
    if (job_)
        context_.jobs.end(listed_);
}

double TableOpener::fraction() const {
    return job_ ? job_->fraction() : -1;
}

QString TableOpener::stage() const {
    return job_ ? job_->stage() : QString();
}

void TableOpener::open(const ExplorationRecord& record) {
    open([record] { return record; }, QFileInfo(QString::fromStdString(record.source.path)).fileName());
}

void TableOpener::open(const std::function<ExplorationRecord()>& read_record, const QString& title,
                       const Settle& settle) {
    cancel();
    struct Result {
        std::shared_ptr<OpenedTable> table;
        ExplorationRecord record;
    };
    auto result = std::make_shared<Result>();
    title_ = title;
    job_ = std::make_unique<BackgroundJob>(tr("Open %1").arg(title), [read_record, settle,
                                                                      result](JobContext& context) {
        result->record = read_record();
        const TableSource& source = result->record.source;
        TableOptions options;
        options.format = source.format;
        options.set = source.set;
        TableReaderRegistry readers("table reader");
        register_table_readers(readers);
        result->table = std::make_shared<OpenedTable>(open_table(readers, source.path, options, context));
        if (result->table->table.rows() == 0)
            throw Error(ErrorCode::BadInput, "\"" + source.path + "\" has no rows. Choose a file with data.");
        if (settle)
            settle(result->record, *result->table);
    });
    Job entry;
    entry.title = job_->title();
    entry.controls.cancel = [this] { cancel(); };
    listed_ = context_.jobs.add(entry);
    connect(job_.get(), &BackgroundJob::progressed, this, [this](double fraction, const QString& stage) {
        context_.jobs.update(listed_, fraction, stage);
        Q_EMIT progressed();
    });
    const auto conclude = [this](const std::function<void()>& tell) {
        context_.jobs.end(listed_);
        job_.release()->deleteLater(); // it is telling us just now
        tell();
        Q_EMIT ended();
    };
    connect(job_.get(), &BackgroundJob::finished, this,
            [this, conclude, result] { conclude([&] { Q_EMIT opened(result->table, result->record); }); });
    connect(job_.get(), &BackgroundJob::failed, this,
            [this, conclude](const QString& message) { conclude([&] { Q_EMIT failed(message); }); });
    connect(job_.get(), &BackgroundJob::cancelled, this, [conclude] { conclude([] {}); });
    job_->start();
    Q_EMIT started();
}

void TableOpener::cancel() {
    if (!job_)
        return;
    context_.jobs.end(listed_);
    job_->disconnect(this);
    job_->cancel();
    // It lets go at the next look at its context; the window does not wait for that.
    BackgroundJob* job = job_.release();
    connect(job, &BackgroundJob::ended, job, &QObject::deleteLater);
    job->setParent(this);
    Q_EMIT ended();
}

QString ask_for_table(QWidget* parent, const QString& title) {
    return QFileDialog::getOpenFileName(
        parent, title, {},
        TableOpener::tr("Tables (*.csv *.tsv *.txt *.tab *.arff *.npy *.npz *.h5 *.hdf5 *.h5ad *.mtx *.fcs "
                        "*.gz *ubyte);;All files (*)"));
}

} // namespace eyepiece
