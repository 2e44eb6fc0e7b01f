// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/prediction_card.h"

#include "widgets/canvas/label_tools.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace eyepiece {

PredictionCard::PredictionCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent)
    : QWidget(parent), context_(context) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    state_ = text_label(context.theme, {}, Token::Muted, this);
    column->addWidget(state_);
    runs_ = new QComboBox(this);
    runs_->setObjectName(QStringLiteral("prediction-run"));
    runs_->setAccessibleName(tr("Run to predict with"));
    column->addWidget(runs_);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::space(2));
    predict_ = quiet_button(tr("Predict"), QStringLiteral("prediction-predict"), this);
    accept_ = quiet_button(tr("Accept all  A"), QStringLiteral("prediction-accept"), this);
    accept_->setToolTip(tr("Make every predicted object a label. What you drew stays as it is."));
    discard_ = quiet_button(tr("Discard"), QStringLiteral("prediction-discard"), this);
    row->addWidget(predict_);
    row->addWidget(accept_);
    row->addWidget(discard_);
    row->addStretch();
    column->addLayout(row);
    connect(predict_, &QPushButton::clicked, this, &PredictionCard::predict);
    connect(accept_, &QPushButton::clicked, this,
            [&tools] { tools.command(QStringLiteral("label.accept-all"))->run(); });
    connect(discard_, &QPushButton::clicked, &context.labels, &LabelEditor::clear_prediction);
    connect(&context.runs, &RunMonitor::runs_changed, this, &PredictionCard::list_runs);
    connect(&context.runs, &RunMonitor::run_changed, this, &PredictionCard::list_runs);
    connect(&context.labels, &LabelEditor::prediction_changed, this, &PredictionCard::refresh);
    connect(&context.labels, &LabelEditor::loaded, this, &PredictionCard::refresh);
    list_runs();
}

void PredictionCard::list_runs() {
    const QString before = runs_->currentData().toString();
    const QSignalBlocker quiet(runs_);
    runs_->clear();
    const auto& runs = context_.runs.runs();
    for (auto run = runs.rbegin(); run != runs.rend(); ++run)
        if (run->has_checkpoint)
            runs_->addItem(run->title(), run->id);
    if (const int at = runs_->findData(before); at >= 0)
        runs_->setCurrentIndex(at);
    refresh();
}

void PredictionCard::refresh() {
    const bool any = runs_->count() > 0;
    const bool shown = context_.labels.has_prediction();
    runs_->setVisible(any);
    predict_->setVisible(any);
    predict_->setEnabled(context_.labels.item() != 0 && !running_);
    accept_->setVisible(shown);
    discard_->setVisible(shown);
    if (running_)
        state_->setText(tr("Predicting…"));
    else if (shown) // also without a run: objects of classified pixels
        state_->setText(
            tr("%n object(s) predicted. Accept all of them, or single ones with the Accept tool (T).",
               nullptr, static_cast<int>(context_.labels.prediction().objects.size())));
    else if (!any)
        state_->setText(tr("No model is trained yet. Label some objects on a few images, then train one in "
                           "Train: it then labels the rest for you to correct."));
    else
        state_->setText(tr("Let a trained model label this image, then keep what is right."));
}

void PredictionCard::predict() {
    const QString run = runs_->currentData().toString();
    const ItemId item = context_.labels.item();
    if (run.isEmpty() || item == 0)
        return;
    EngineRequest request;
    request.operation = QStringLiteral("predict");
    request.title = tr("Predict this image");
    request.topic = QStringLiteral("label.predict");
    const std::string folder = context_.session.folder().toStdString();
    request.spec = {{"model", folder + ":" + run.toStdString()},
                    {"input", {{"project", folder}, {"item", item}}}};
    EngineHandlers handlers;
    handlers.done = [this, item, run, title = runs_->currentText()](const EngineReply& reply) {
        auto prediction = std::make_shared<LabelPrediction>();
        auto* job = new BackgroundJob(
            tr("Reading the prediction"),
            [prediction, reply, classes = context_.labels.classes(), run = run.toStdString(),
             title = tr("Prediction · %1").arg(title)](JobContext&) {
                *prediction = prediction_from(reply.json(), *reply.bytes, {}, classes, run, title);
            },
            this);
        connect(job, &BackgroundJob::finished, this, [this, item, prediction] {
            if (item != context_.labels.item())
                return; // the user has gone on to another image
            if (prediction->objects.empty())
                context_.notices.show(Notice::Kind::Info, tr("The model finds nothing on this image."));
            else
                context_.labels.show_prediction(std::move(*prediction));
        });
        connect(job, &BackgroundJob::failed, this, [this](const QString& message) {
            Notice notice{Notice::Kind::Bad, message};
            notice.topic = QStringLiteral("predict");
            context_.notices.show(notice);
        });
        connect(job, &BackgroundJob::ended, job, &QObject::deleteLater);
        job->start();
    };
    handlers.failed = [this](const Error& error) {
        context_.notices.show_error(error, QStringLiteral("predict"));
    };
    handlers.ended = [this] {
        running_ = false;
        refresh();
    };
    running_ = true;
    refresh();
    context_.engine.send(request, this, std::move(handlers));
}

} // namespace eyepiece
