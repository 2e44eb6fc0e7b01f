// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/table_inquiry.h"

#include "core/base/error.h"
#include "plugins/explore/panels/exploration.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/workbench_context.h"

namespace eyepiece {

namespace {
const Json nothing;
}

TableInquiry::TableInquiry(WorkbenchContext& context, Exploration& exploration, const QString& operation,
                           const std::string& question, QObject* parent)
    : QObject(parent)
    , context_(context)
    , exploration_(exploration)
    , operation_(operation)
    , question_(question) {
    connect(&exploration, &Exploration::adopted, this, &TableInquiry::take_over);
    connect(&exploration, &Exploration::closed, this, &TableInquiry::take_over);
}

const Json& TableInquiry::answer() const {
    return kept_ ? kept_->answer : nothing;
}

const Json& TableInquiry::answered() const {
    return kept_ ? kept_->spec : nothing;
}

// What is kept of the exploration that is open now, or nothing.
void TableInquiry::take_over() {
    cancel();
    const auto& answers = exploration_.record().answers;
    const auto found = answers.find(question_);
    kept_ = found == answers.end() ? nullptr : found->second;
    problem_.clear();
    Q_EMIT answer_changed();
    Q_EMIT changed();
}

void TableInquiry::ask(const Json& spec, const QString& title) {
    cancel();
    problem_.clear();
    fraction_ = -1;
    stage_.clear();
    EngineHandlers handlers;
    handlers.progress = [this](double fraction, const QString& stage) {
        fraction_ = fraction;
        stage_ = stage;
        Q_EMIT progressed();
    };
    handlers.done = [this, spec](const EngineReply& reply) {
        kept_ = std::make_shared<const TableAnswer>(TableAnswer{spec, reply.json()});
        exploration_.set_answer(question_, kept_);
        Q_EMIT answer_changed();
    };
    handlers.failed = [this](const Error& error) { problem_ = QString::fromUtf8(error.what()); };
    handlers.ended = [this] {
        request_ = 0;
        Q_EMIT changed();
    };
    request_ = context_.engine.send({.operation = operation_, .spec = spec, .title = title}, this, handlers);
    Q_EMIT changed();
}

void TableInquiry::cancel() {
    if (const quint64 request = std::exchange(request_, 0)) {
        context_.engine.cancel(request);
        Q_EMIT changed();
    }
}

void TableInquiry::forget() {
    cancel();
    kept_ = nullptr;
    problem_.clear();
    exploration_.set_answer(question_, nullptr);
    Q_EMIT answer_changed();
    Q_EMIT changed();
}

} // namespace eyepiece
