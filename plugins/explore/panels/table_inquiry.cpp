// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/table_inquiry.h"

#include "core/base/error.h"
#include "plugins/explore/panels/exploration.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/workbench_context.h"

namespace eyepiece {

TableInquiry::TableInquiry(WorkbenchContext& context, Exploration& exploration, const QString& operation,
                           QObject* parent)
    : QObject(parent), context_(context), operation_(operation) {
    connect(&exploration, &Exploration::adopted, this, &TableInquiry::forget);
    connect(&exploration, &Exploration::closed, this, &TableInquiry::forget);
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
        answer_ = reply.json();
        answered_ = spec;
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
    answer_ = answered_ = Json();
    problem_.clear();
    Q_EMIT answer_changed();
    Q_EMIT changed();
}

} // namespace eyepiece
