// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/exploration_keeper.h"

#include "core/base/error.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/kept_models.h"
#include "plugins/explore/panels/remade.h"
#include "plugins/explore/panels/table_opener.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QFileInfo>

namespace eyepiece {

namespace {
constexpr int calm = 400; // ms without a change before it is written
const QString topic = QStringLiteral("explore");
} // namespace

ExplorationKeeper::ExplorationKeeper(WorkbenchContext& context, Exploration& exploration, TableOpener& opener,
                                     QObject* parent)
    : QObject(parent)
    , context_(context)
    , exploration_(exploration)
    , opener_(opener)
    , writing_(LatestWork::Policy::Complete) {
    soon_.setSingleShot(true);
    soon_.setInterval(calm);
    connect(&soon_, &QTimer::timeout, this, &ExplorationKeeper::save);
    connect(&context_.session, &ProjectSession::opened, this, &ExplorationKeeper::project_opened);
    connect(&context_.session, &ProjectSession::closing, this, &ExplorationKeeper::project_closing);
    connect(&exploration_, &Exploration::record_changed, this, &ExplorationKeeper::save_soon);
    connect(&exploration_, &Exploration::failed, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
    connect(&opener_, &TableOpener::failed, this, [this](const QString& message) {
        Notice notice{Notice::Kind::Bad, message};
        notice.topic = topic;
        context_.notices.show(notice);
    });
    connect(&opener_, &TableOpener::opened, this,
            [this](const std::shared_ptr<const OpenedTable>& table, ExplorationRecord record) {
                context_.notices.withdraw(topic);
                flush(); // what was open before
                if (record.id.empty() && !folder_.empty())
                    record.id = ExplorationStore(folder_).new_id(record.source.path);
                exploration_.adopt(table, std::move(record));
                if (const auto model = std::exchange(to_predict_with_, {}))
                    Q_EMIT prediction_added(exploration_.add_step(StepKind::Predict, model->name,
                                                                  prediction_title(*model),
                                                                  {{"model", model->path.string()}}));
                save_soon();
            });
    connect(&opener_, &TableOpener::ended, this, [this] { to_predict_with_.reset(); });
    for (const auto signal : {&Exploration::models_changed, &Exploration::adopted, &Exploration::closed})
        connect(&exploration_, signal, this, &ExplorationKeeper::models_changed);
    connect(this, &ExplorationKeeper::recent_changed, this, &ExplorationKeeper::models_changed);
    connect(&writing_, &LatestWork::failed, this, [this](const QString& message) {
        dirty_ = true; // the next change, or the end, tries again
        context_.notices.show(Notice::Kind::Bad, message);
    });
    if (context_.session.is_open())
        project_opened();
}

ExplorationKeeper::~ExplorationKeeper() {
    flush();
}

void ExplorationKeeper::project_opened() {
    folder_ = context_.session.folder().toStdString();
    restore_ = true;
    list();
}

void ExplorationKeeper::project_closing() {
    opener_.cancel();
    flush();
    folder_.clear();
    recent_.clear();
    exploration_.close();
    Q_EMIT recent_changed();
}

void ExplorationKeeper::list() {
    listing_.start([this, folder = folder_](LatestWork::Stop) {
        auto entries = std::make_shared<std::vector<ExplorationStore::Entry>>(ExplorationStore(folder).all());
        return LatestWork::Finish([this, folder, entries] {
            if (folder != folder_)
                return;
            recent_ = std::move(*entries);
            Q_EMIT recent_changed();
            if (std::exchange(restore_, false) && !recent_.empty() && !exploration_.is_open() &&
                !opener_.running())
                open_recent(QString::fromStdString(recent_.front().id));
        });
    });
}

void ExplorationKeeper::open_file(const QString& path) {
    restore_ = false;
    const std::string wanted = QFileInfo(path).absoluteFilePath().toStdString();
    for (const auto& entry : recent_)
        if (entry.source.path == wanted)
            return open_recent(QString::fromStdString(entry.id));
    ExplorationRecord record;
    record.source.path = wanted;
    opener_.open(record);
}

void ExplorationKeeper::open_made(const ExplorationRecord& made) {
    restore_ = false;
    if (!exploration_.is_open() || exploration_.record().id != made.id)
        return opener_.open(made);
    ExplorationRecord record = exploration_.record();
    record.source = made.source;
    opener_.open([record] { return record; }, QFileInfo(QString::fromStdString(made.source.path)).fileName(),
                 [before = exploration_.shared_opened()](ExplorationRecord& kept, const OpenedTable& now) {
                     keep_what_holds(kept, before->table, now.table);
                 });
}

void ExplorationKeeper::open_again(const TableSource& source) {
    ExplorationRecord record = exploration_.record();
    record.source = source;
    opener_.open(record);
}

void ExplorationKeeper::open_with_steps(const QString& path) {
    ExplorationRecord record;
    record.source.path = QFileInfo(path).absoluteFilePath().toStdString();
    record.corrections = exploration_.record().corrections;
    record.steps = exploration_.record().steps;
    for (ExplorationStep& step : record.steps)
        step.outcome.reset();
    opener_.open(record);
}

void ExplorationKeeper::open_to_predict(const QString& path, const KeptModel& model) {
    open_file(path);
    to_predict_with_ = model; // opening ends what was being opened before
}

std::vector<KeptModel> ExplorationKeeper::models() const {
    std::vector<KeptModel> models = exploration_.record().models;
    for (const auto& entry : recent_)
        if (entry.id != exploration_.record().id)
            models.insert(models.end(), entry.models.begin(), entry.models.end());
    return models;
}

void ExplorationKeeper::open_recent(const QString& id) {
    restore_ = false;
    flush();
    QString name = id;
    for (const auto& entry : recent_)
        if (entry.id == id.toStdString())
            name = QFileInfo(QString::fromStdString(entry.source.path)).fileName();
    opener_.open([folder = folder_, id = id.toStdString()] { return ExplorationStore(folder).read(id); },
                 name);
}

void ExplorationKeeper::save_soon() {
    dirty_ = true;
    soon_.start();
}

void ExplorationKeeper::save() {
    if (folder_.empty() || !exploration_.is_open() || exploration_.record().id.empty() || !dirty_)
        return;
    dirty_ = false;
    writing_.start([this, folder = folder_, record = exploration_.record()](LatestWork::Stop) {
        ExplorationStore(folder).write(record);
        return LatestWork::Finish([this] { list(); });
    });
}

void ExplorationKeeper::flush() {
    soon_.stop();
    writing_.wait();
    const bool waiting = writing_.busy();
    writing_.drop();
    if (folder_.empty() || !exploration_.is_open() || exploration_.record().id.empty() ||
        !(dirty_ || waiting))
        return;
    dirty_ = false;
    try {
        ExplorationStore(folder_).write(exploration_.record());
    } catch (const std::exception& error) {
        context_.notices.show_error(error);
    }
}

} // namespace eyepiece
