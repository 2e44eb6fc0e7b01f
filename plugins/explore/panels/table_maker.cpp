// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/table_maker.h"

#include "core/base/error.h"
#include "plugins/explore/panels/exploration.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QFileInfo>
#include <utility>

namespace eyepiece {

namespace {
namespace fs = std::filesystem;
} // namespace

TableMaker::TableMaker(WorkbenchContext& context, Exploration& exploration, QObject* parent)
    : QObject(parent), context_(context), exploration_(exploration), tables_("table of a project") {
    register_project_tables(tables_);
    connect(&context_.session, &ProjectSession::closing, this, &TableMaker::cancel);
}

QString TableMaker::title_of(const TableSource& source) const {
    const auto* of = source.made.is_null() ? nullptr : tables_.find(source.made.value("from", std::string()));
    return of ? QString::fromStdString(of->title) : QFileInfo(QString::fromStdString(source.path)).fileName();
}

bool TableMaker::can_make_again() const {
    if (!context_.session.is_open() || !exploration_.is_open())
        return false;
    const Json& made = exploration_.record().source.made;
    return !made.is_null() && tables_.find(made.value("from", std::string())) != nullptr;
}

void TableMaker::make_again() {
    if (!can_make_again())
        return;
    const Json made = exploration_.record().source.made;
    make(made.value("from", std::string()), made.value("set", Json::object()), true);
}

void TableMaker::make(const std::string& from, const Json& set, bool again) {
    cancel();
    if (!context_.session.is_open())
        return;
    const fs::path project = context_.session.folder().toStdString();
    ExplorationRecord record;
    if (again && exploration_.is_open())
        record = exploration_.record();
    else
        record.id = ExplorationStore(project).new_id(from);
    const fs::path file = ExplorationStore(project).folder_of(record.id) / (from + ".tab");
    record.source = {file.string(), "auto", Json::object(), {{"from", from}, {"set", set}}};
    fraction_ = -1;
    stage_.clear();
    EngineHandlers handlers;
    handlers.progress = [this](double fraction, const QString& stage) {
        fraction_ = fraction;
        stage_ = stage;
        Q_EMIT changed();
    };
    handlers.warned = [this](const QString& message) { context_.notices.show(Notice::Kind::Look, message); };
    handlers.done = [this, record](const EngineReply&) {
        request_ = 0; // whoever hears of it may ask for the next one
        Q_EMIT made(record);
    };
    handlers.failed = [this, file](const Error& error) {
        request_ = 0;
        std::error_code ignored;
        fs::remove(file.parent_path(), ignored); // only where it is empty
        Q_EMIT failed(QString::fromUtf8(error.what()));
    };
    handlers.ended = [this] {
        if (!context_.engine.pending(request_)) // else the next one is under way already
            request_ = 0;
        Q_EMIT changed();
    };
    request_ = context_.engine.send(
        {.operation = QStringLiteral("tabulate"),
         .spec = {{"input", {{"path", project.string()}, {"from", from}, {"set", set}}},
                  {"out", file.string()}},
         .title = tr("Make a table: %1").arg(QString::fromStdString(tables_.at(from).title))},
        this, handlers);
    Q_EMIT changed();
}

void TableMaker::cancel() {
    if (const quint64 request = std::exchange(request_, 0)) {
        context_.engine.cancel(request);
        Q_EMIT changed();
    }
}

} // namespace eyepiece
