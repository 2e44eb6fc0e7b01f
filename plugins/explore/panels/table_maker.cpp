// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/table_maker.h"

#include "core/base/error.h"
#include "core/intake/project_table.h"
#include "plugins/explore/panels/exploration.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QFileInfo>
#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {
namespace fs = std::filesystem;
} // namespace

TableMaker::TableMaker(WorkbenchContext& context, Exploration& exploration, QObject* parent)
    : QObject(parent), context_(context), exploration_(exploration) {
    ProjectTableRegistry tables("table of a project");
    register_project_tables(tables);
    for (const auto& entry : tables.entries())
        kinds_.push_back({entry.name, entry.title, entry.help, entry.parameters});
    connect(&context_.session, &ProjectSession::closing, this, &TableMaker::cancel);
}

const TableMaker::Kind* TableMaker::kind(const std::string& name) const {
    const auto found =
        std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& one) { return one.name == name; });
    return found == kinds_.end() ? nullptr : &*found;
}

// An engine that cannot answer says so where its steps are asked for; ours go on.
void TableMaker::ask_engine() {
    if (answered_)
        return;
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        answered_ = true;
        const std::size_t before = kinds_.size();
        const Json entries = reply.json().value("entries", Json::array());
        for (const Json& entry : entries)
            if (const std::string name = entry.value("name", std::string()); !kind(name))
                kinds_.push_back({name, entry.value("title", name), entry.value("help", std::string()),
                                  ParameterSchema::from_json(entry.value("parameters", Json::array()))});
        if (kinds_.size() != before)
            Q_EMIT kinds_changed();
    };
    context_.engine.send({.operation = QStringLiteral("list"),
                          .spec = {{"kind", "tables"}},
                          .topic = QStringLiteral("explore-list-tables")},
                         this, handlers);
}

QString TableMaker::title_of(const TableSource& source) const {
    const Kind* of = source.made.is_null() ? nullptr : kind(source.made.value("from", std::string()));
    return of ? QString::fromStdString(of->title) : QFileInfo(QString::fromStdString(source.path)).fileName();
}

bool TableMaker::can_make_again() const {
    if (!context_.session.is_open() || !exploration_.is_open())
        return false;
    const Json& made = exploration_.record().source.made;
    return !made.is_null() && kind(made.value("from", std::string())) != nullptr;
}

void TableMaker::make_again() {
    if (!can_make_again())
        return;
    const Json made = exploration_.record().source.made;
    make(made.value("from", std::string()), made.value("set", Json::object()), true);
}

void TableMaker::make(const std::string& from, const Json& set, bool again) {
    cancel();
    const Kind* what = kind(from);
    if (!context_.session.is_open() || !what)
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
    request_ =
        context_.engine.send({.operation = QStringLiteral("tabulate"),
                              .spec = {{"input", {{"path", project.string()}, {"from", from}, {"set", set}}},
                                       {"out", file.string()}},
                              .title = tr("Make a table: %1").arg(QString::fromStdString(what->title))},
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
