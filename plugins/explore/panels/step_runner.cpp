// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/step_runner.h"

#include "core/base/error.h"
#include "plugins/explore/panels/exploration.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/workbench_context.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace eyepiece {

namespace {

// As the reply describes it. Throws Error(Internal) when the bytes are not what the head says.
std::shared_ptr<StepOutcome> outcome_of(StepKind kind, const EngineReply& reply, std::size_t table_rows) {
    auto outcome = std::make_shared<StepOutcome>();
    outcome->head = reply.json();
    const auto wrong = [](const std::string& details) {
        return Error(ErrorCode::Internal,
                     "The engine's answer does not fit the table. Run the step again; if it happens again, "
                     "report it.",
                     details);
    };
    const auto rows = reply.json().value("rows", std::size_t{0});
    const std::size_t classes = reply.json().value("classes", Json::array()).size();
    const std::size_t dimensions = kind == StepKind::Reduce ? reply.json().value("dimensions", std::size_t{0})
                                   : kind == StepKind::Predict ? std::max<std::size_t>(1, classes)
                                                               : 1;
    const std::size_t value = kind == StepKind::Predict ? sizeof(double) : sizeof(float);
    if (rows == 0 || dimensions == 0 || reply.bytes->size() != rows * dimensions * value)
        throw wrong(reply.json().dump());
    const auto kept = reply.json().find("kept_rows");
    if (kept != reply.json().end() && kept->is_array()) {
        if (kept->size() != rows)
            throw wrong("kept_rows has another length");
        for (const Json& row : *kept)
            if (row.get<std::size_t>() >= table_rows)
                throw wrong("kept_rows goes beyond the table");
    } else if (rows != table_rows) {
        throw wrong("other rows, and kept_rows does not say which");
    }
    if (kind == StepKind::Reduce) {
        outcome->points.resize(rows * dimensions);
        std::memcpy(outcome->points.data(), reply.bytes->data(), reply.bytes->size());
    } else if (kind == StepKind::Predict) {
        std::vector<double> values(rows * dimensions);
        std::memcpy(values.data(), reply.bytes->data(), reply.bytes->size());
        std::transform(values.begin(), values.end(), std::back_inserter(outcome->points),
                       [](double one) { return static_cast<float>(one); });
        outcome->head["dimensions"] = dimensions;
    } else {
        outcome->labels.resize(rows);
        std::memcpy(outcome->labels.data(), reply.bytes->data(), reply.bytes->size());
    }
    return outcome;
}

} // namespace

StepRunner::StepRunner(WorkbenchContext& context, Exploration& exploration, QObject* parent)
    : QObject(parent), context_(context), exploration_(exploration) {
    const auto forget = [this] {
        cancel_all();
        problems_.clear();
    };
    connect(&exploration_, &Exploration::adopted, this, forget);
    connect(&exploration_, &Exploration::closed, this, forget);
    connect(&exploration_, &Exploration::steps_changed, this, [this] {
        std::vector<int> gone;
        for (const auto& [id, running] : running_)
            if (!exploration_.step(id))
                gone.push_back(id);
        for (const int id : gone)
            cancel(id);
    });
}

const StepRunner::Running* StepRunner::running(int id) const {
    const auto found = running_.find(id);
    return found == running_.end() ? nullptr : &found->second;
}

QString StepRunner::problem(int id) const {
    const auto found = problems_.find(id);
    return found == problems_.end() ? QString() : found->second;
}

void StepRunner::run(int id) {
    const ExplorationStep* step = exploration_.step(id);
    if (!step || step->kind == StepKind::Prepare)
        return;
    cancel(id);
    problems_.erase(id);
    const Json spec = exploration_.spec(id);
    const StepKind kind = step->kind;
    EngineHandlers handlers;
    handlers.progress = [this, id](double fraction, const QString& stage) {
        if (const auto found = running_.find(id); found != running_.end()) {
            found->second.fraction = fraction;
            found->second.stage = stage;
            Q_EMIT changed(id);
        }
    };
    handlers.partial = [this, id, kind](const EngineReply& reply) {
        if (kind != StepKind::Reduce || reply.json().value("kind", std::string()) != "points")
            return;
        try {
            Q_EMIT live(id, outcome_of(kind, reply, exploration_.record().rows));
        } catch (const std::exception&) { // rows were left out, and only the result will say which
        }
    };
    handlers.done = [this, id, spec](const EngineReply& reply) { take_result(id, spec, reply); };
    handlers.failed = [this, id](const Error& error) { problems_[id] = QString::fromUtf8(error.what()); };
    handlers.ended = [this, id] {
        running_.erase(id);
        Q_EMIT changed(id);
    };
    running_[id].request =
        context_.engine.send({.operation = kind == StepKind::Reduce    ? QStringLiteral("embed")
                                           : kind == StepKind::Cluster ? QStringLiteral("cluster")
                                                                       : QStringLiteral("apply"),
                              .spec = spec,
                              .title = QString::fromStdString(step->title)},
                             this, handlers);
    Q_EMIT changed(id);
}

void StepRunner::take_result(int id, const Json& spec, const EngineReply& reply) {
    const ExplorationStep* step = exploration_.step(id);
    if (!step)
        return;
    try {
        auto outcome = outcome_of(step->kind, reply, exploration_.record().rows);
        outcome->spec = spec;
        exploration_.set_outcome(id, std::move(outcome));
    } catch (const std::exception& error) {
        problems_[id] = QString::fromUtf8(error.what());
    }
}

void StepRunner::cancel(int id) {
    if (const auto found = running_.find(id); found != running_.end())
        context_.engine.cancel(found->second.request); // `ended` comes at once
    running_.erase(id);
}

void StepRunner::cancel_all() {
    while (!running_.empty())
        cancel(running_.begin()->first);
}

void StepRunner::finish(int id) {
    const auto found = running_.find(id);
    if (found == running_.end())
        return;
    found->second.finishing = true;
    context_.engine.finish(found->second.request);
    Q_EMIT changed(id);
}

} // namespace eyepiece
