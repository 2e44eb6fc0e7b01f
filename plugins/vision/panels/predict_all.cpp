// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/predict_all.h"

#include "core/project/project.h"
#include "plugins/vision/panels/prediction_store.h"
#include "widgets/engine/job_model.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QFutureWatcher>
#include <QtConcurrent>
#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {
const QString topic = QStringLiteral("predict-all");
// The model cannot be read, or the disk is full: thousands of images would say the same.
constexpr int failures_that_tell = 5;
} // namespace

PredictAll::PredictAll(WorkbenchContext& context, QObject* parent) : QObject(parent), context_(context) {
    connect(&context_.session, &ProjectSession::closing, this, &PredictAll::cancel);
}

PredictAll::~PredictAll() {
    if (job_ != 0)
        context_.jobs.end(job_);
}

void PredictAll::start(const QString& run, const QString& objects) {
    cancel();
    ++round_;
    run_ = run;
    objects_ = objects;
    folder_ = context_.session.folder();
    items_.clear();
    at_ = 0;
    made_ = there_already_ = failures_in_a_row_ = 0;
    left_out_.clear();
    Job job;
    job.title = tr("Predict all images");
    job.controls.cancel = [this] { cancel(); };
    job_ = context_.jobs.add(std::move(job));
    find_images();
}

// Looking through tens of thousands of images and files takes longer than a frame.
void PredictAll::find_images() {
    struct Found {
        std::vector<Item> items;
        int there_already = 0;
        QString problem;
    };
    auto* watcher = new QFutureWatcher<Found>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, round = round_] {
        Found found = watcher->result();
        watcher->deleteLater();
        if (round != round_)
            return;
        if (!found.problem.isEmpty())
            return end(found.problem);
        items_ = std::move(found.items);
        there_already_ = found.there_already;
        next();
    });
    watcher->setFuture(
        QtConcurrent::run([folder = folder_, store = PredictionStore(folder_, run_, objects_)] {
            Found found;
            try {
                const auto project = Project::open(folder.toStdString(), Project::Access::ReadOnly);
                for (Item& item : project->items().all()) {
                    if (item.state != ItemState::Ready && item.state != ItemState::Changed)
                        continue;
                    if (store.has(item))
                        ++found.there_already;
                    else
                        found.items.push_back(std::move(item));
                }
            } catch (const std::exception& error) {
                found.problem = QString::fromUtf8(error.what());
            }
            return found;
        }));
}

void PredictAll::cancel() {
    if (!running())
        return;
    ++round_;
    context_.engine.cancel_topic(topic, this);
    end(made_ == 0 ? tr("Cancelled.") : tr("Cancelled. %1 predictions are kept.").arg(made_));
}

void PredictAll::show_progress(double of_this) {
    const auto count = static_cast<double>(std::max<std::size_t>(1, items_.size()));
    context_.jobs.update(job_, (static_cast<double>(at_) + std::clamp(of_this, 0.0, 1.0)) / count,
                         tr("image %1 of %2").arg(at_ + 1).arg(items_.size()));
}

void PredictAll::next() {
    if (at_ == items_.size()) {
        const int all = made_ + there_already_;
        QString words = all == 1 ? tr("1 image is predicted.") : tr("%1 images are predicted.").arg(all);
        if (!left_out_.isEmpty())
            words += ' ' + tr("%1 left out: %2").arg(left_out_.size()).arg(left_out_.first());
        return end(words);
    }
    show_progress(0);
    const Item item = items_[at_];
    EngineHandlers handlers;
    handlers.progress = [this](double fraction, const QString&) { show_progress(fraction); };
    handlers.done = [this, item](const EngineReply& reply) { keep(reply, item); };
    handlers.failed = [this, item, round = round_](const Error& error) {
        if (round == round_)
            leave_out(item, QString::fromUtf8(error.what()));
    };
    context_.engine.send({.operation = QStringLiteral("predict"),
                          .spec = {{"model", (folder_ + ':' + run_).toStdString()},
                                   {"input", {{"project", folder_.toStdString()}, {"item", item.id}}},
                                   {"set", {{"objects", objects_.toStdString()}}}},
                          .topic = topic},
                         this, handlers);
}

// Compressing and writing takes longer than a frame.
void PredictAll::keep(const EngineReply& reply, const Item& item) {
    auto* watcher = new QFutureWatcher<QString>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, item, round = round_] {
        const QString problem = watcher->result();
        watcher->deleteLater();
        if (round != round_)
            return;
        if (!problem.isEmpty())
            return leave_out(item, problem);
        ++made_;
        failures_in_a_row_ = 0;
        ++at_;
        Q_EMIT predicted(item.id);
        if (round == round_)
            next();
    });
    watcher->setFuture(
        QtConcurrent::run([store = PredictionStore(folder_, run_, objects_), reply, item]() -> QString {
            try {
                store.write(reply, item);
                return {};
            } catch (const std::exception& error) {
                return QString::fromUtf8(error.what());
            }
        }));
}

void PredictAll::leave_out(const Item& item, const QString& reason) {
    left_out_ << QStringLiteral("%1: %2").arg(QString::fromStdString(item.name), reason);
    const bool engine_rests = context_.engine.state() == EngineClient::State::Failed;
    if (++failures_in_a_row_ >= failures_that_tell || engine_rests) {
        ++round_;
        return end(tr("Stopped after %1 of %2 images: %3").arg(at_ + 1).arg(items_.size()).arg(reason));
    }
    ++at_;
    next();
}

void PredictAll::end(const QString& words) {
    context_.jobs.end(std::exchange(job_, 0));
    Q_EMIT ended(words, left_out_);
}

} // namespace eyepiece
