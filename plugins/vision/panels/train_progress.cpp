// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/train_progress.h"

#include "plugins/vision/panels/run_facts.h"
#include "plugins/vision/panels/watched_picture.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/plots/line_plot.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QSettings>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <cmath>
#include <limits>

namespace eyepiece {

namespace {
constexpr int watched_count = 4;
const QString smoothing_key = QStringLiteral("train/smoothing");
} // namespace

TrainProgress::TrainProgress(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent), context_(context) {
    setObjectName(QStringLiteral("train.progress"));
    const Theme& theme = context.theme;
    pages_ = new QStackedWidget(this);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(Theme::space(4), Theme::space(4), Theme::space(4), Theme::space(4));
    whole->addWidget(pages_);

    auto* empty =
        new EmptyState(theme, QStringLiteral("chart"), tr("Nothing trained yet"),
                       tr("Label a few images first: ten are enough for a first look. Then press Train; the "
                          "settings have been chosen from your data."),
                       this);
    empty->add_action(tr("Train"), QStringLiteral("train.empty.start"), [this] { Q_EMIT train_wanted(); });
    empty->add_action(
        tr("Label images"), QStringLiteral("train.empty.label"),
        [this] { context_.actions.trigger(ActionRegistry::stage_action(Stage::Label)); }, false);
    pages_->addWidget(empty);

    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(3));
    auto* bar = new QHBoxLayout;
    bar->setSpacing(Theme::space(2));
    const auto tab = [&](const QString& text, const QString& name) {
        auto* button = quiet_button(text, name, page);
        button->setCheckable(true);
        bar->addWidget(button);
        return button;
    };
    score_button_ = tab(tr("Score"), QStringLiteral("train.show-score"));
    loss_button_ = tab(tr("Loss"), QStringLiteral("train.show-loss"));
    score_button_->setChecked(true);
    state_ = text_label(theme, {}, Token::Muted, page);
    state_->setObjectName(QStringLiteral("train.state"));
    state_->setFont(theme.figures());
    state_->setWordWrap(false);
    bar->addSpacing(Theme::space(2));
    bar->addWidget(state_, 1);
    pause_ = quiet_button(tr("Pause"), QStringLiteral("train.pause"), page);
    finish_ = quiet_button(tr("Stop, keep best"), QStringLiteral("train.finish"), page);
    cancel_ = quiet_button(tr("Cancel"), QStringLiteral("train.cancel"), page);
    resume_ = primary_button(tr("Resume"), QStringLiteral("train.resume"), page);
    for (QPushButton* button : {pause_, finish_, cancel_, resume_})
        bar->addWidget(button);
    column->addLayout(bar);

    auto* frame = new QFrame(page);
    frame->setObjectName(QStringLiteral("train.plot-card"));
    frame->setProperty("kind", QStringLiteral("card"));
    auto* inside = new QVBoxLayout(frame);
    inside->setContentsMargins(0, 0, 0, 0);
    plot_ = new LinePlot(theme, tr("IoU on validation"), frame);
    plot_->setObjectName(QStringLiteral("train.plot"));
    plot_->set_x_title(tr("epoch"));
    plot_->set_smoothing(context.settings.value(smoothing_key, 0.0).toDouble());
    inside->addWidget(plot_);
    column->addWidget(frame, 3);

    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::space(3));
    for (int at = 0; at < watched_count; ++at) {
        watched_.push_back(new WatchedPicture(theme, page));
        watched_.back()->setObjectName(QStringLiteral("train.watched.%1").arg(at));
        row->addWidget(watched_.back());
    }
    column->addLayout(row, 1);
    pages_->addWidget(page);

    connect(plot_, &LinePlot::smoothing_changed, this,
            [this](double weight) { context_.settings.setValue(smoothing_key, weight); });
    const auto show = [this](bool loss) {
        show_loss_ = loss;
        score_button_->setChecked(!loss);
        loss_button_->setChecked(loss);
        plot_->clear();
        show_curves();
    };
    connect(score_button_, &QPushButton::clicked, this, [show] { show(false); });
    connect(loss_button_, &QPushButton::clicked, this, [show] { show(true); });
    connect(pause_, &QPushButton::clicked, this, &TrainProgress::pause_or_go_on);
    connect(finish_, &QPushButton::clicked, this, [this] {
        if (run())
            context_.runs.finish(run()->id);
    });
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (run())
            context_.runs.cancel(run()->id);
    });
    connect(resume_, &QPushButton::clicked, this, [this] {
        if (run())
            context_.runs.resume(run()->id);
    });
    add_actions();
    RunMonitor& runs = context_.runs;
    connect(&runs, &RunMonitor::runs_changed, this, &TrainProgress::choose);
    connect(&runs, &RunMonitor::run_changed, this, [this](const QString& id) {
        if (id == context_.selection.run()) {
            show_state();
            show_curves(); // baselines and the metric's name come with it
        }
    });
    connect(&runs, &RunMonitor::metrics_changed, this, &TrainProgress::show_curves);
    connect(&runs, &RunMonitor::watched_changed, this, &TrainProgress::show_watched);
    connect(&context_.selection, &Selection::run_changed, this, &TrainProgress::choose);
    choose();
}

// The buttons by keyboard and palette; each works when its button is there.
void TrainProgress::add_actions() {
    const auto add = [this](const char* id, const QString& title, const char* icon, QPushButton* button) {
        ActionSpec spec{QString::fromLatin1(id), title};
        spec.icon = QString::fromLatin1(icon);
        spec.stage = Stage::Train;
        spec.handler = [button] { button->click(); };
        context_.actions.add(std::move(spec), this);
    };
    add("train.pause", tr("Pause the training, or go on"), "pause", pause_);
    add("train.finish", tr("Stop the training and keep the best"), "stop", finish_);
    add("train.cancel", tr("Cancel the training"), "close", cancel_);
    add("train.resume", tr("Resume the run from its last checkpoint"), "resume", resume_);
}

void TrainProgress::pause_or_go_on() {
    const RunRecord* current = run();
    if (current && current->state == RunState::Paused)
        context_.runs.resume(current->id);
    else if (current)
        context_.runs.pause(current->id);
}

const RunRecord* TrainProgress::run() const {
    return context_.runs.find(context_.selection.run());
}

// Who comes here without having chosen sees the newest run.
void TrainProgress::choose() {
    const auto& runs = context_.runs.runs();
    pages_->setCurrentIndex(runs.empty() ? 0 : 1);
    if (runs.empty())
        return show_state();
    if (!run()) {
        context_.selection.set_run(runs.back().id);
        return; // comes here again
    }
    QStringList wanted{context_.selection.run()};
    for (auto other = runs.rbegin(); other != runs.rend() && wanted.size() < 3; ++other)
        if (!wanted.contains(other->id))
            wanted << other->id;
    context_.runs.follow(wanted);
    plot_->clear();
    show_curves();
    show_state();
    show_watched();
}

void TrainProgress::show_curves() {
    const RunRecord* current = run();
    if (!current)
        return;
    const QString metric =
        metric_title(current->metric_name().isEmpty() ? QStringLiteral("iou") : current->metric_name());
    score_button_->setText(metric);
    const RunCurves curves = curves_of(*current);
    const QString name = tr("run %1").arg(current->number);
    if (show_loss_) {
        plot_->set_title(tr("Loss"));
        plot_->set_curve(
            {.id = "training", .title = tr("training"), .color = 1, .points = curves.training_loss});
        plot_->set_curve({.id = "validation",
                          .title = tr("validation"),
                          .color = 0,
                          .points = curves.validation_loss,
                          .emphasised = true});
        plot_->set_y_hint(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN());
        return;
    }
    plot_->set_title(tr("%1 on validation").arg(metric));
    plot_->set_curve(
        {.id = "current", .title = name, .color = 0, .points = curves.score, .emphasised = true});
    // The run before this one that was scored by the same measure.
    const RunRecord* before = nullptr;
    for (const RunRecord& other : context_.runs.runs())
        if (other.id != current->id && !curves_of(other).score.isEmpty() &&
            other.metric_name() == current->metric_name())
            before = &other;
    if (before)
        plot_->set_curve({.id = "before",
                          .title = tr("run %1").arg(before->number),
                          .color = 1,
                          .points = curves_of(*before).score});
    for (const Baseline& baseline : baselines_of(*current))
        plot_->set_baseline("baseline." + baseline.name, baseline.title, baseline.score);
}

void TrainProgress::show_state() {
    const RunRecord* current = run();
    const auto show = [this](const char* action, QPushButton* button, bool wanted) {
        button->setVisible(wanted);
        context_.actions.find(QString::fromLatin1(action))->setEnabled(wanted);
    };
    const bool alive = current && current->active(), under_way = alive && current->state != RunState::Queued;
    show("train.pause", pause_, under_way);
    show("train.finish", finish_, under_way);
    show("train.cancel", cancel_, alive);
    show("train.resume", resume_, current && current->resumable());
    if (!current)
        return;
    pause_->setText(current->state == RunState::Paused ? tr("Go on") : tr("Pause"));
    pause_->setAccessibleName(pause_->text());
    QStringList words{current->title(), run_state_text(current->state)};
    if (current->epochs() > 0)
        words << tr("epoch %1 of %2").arg(current->epoch()).arg(current->epochs());
    state_->setText(words.join(QStringLiteral(" · ")));
}

void TrainProgress::show_watched() {
    const RunRecord* current = run();
    for (std::size_t at = 0; at < watched_.size(); ++at) {
        if (!current || static_cast<qsizetype>(at) >= current->watched.size()) {
            watched_[at]->clear();
            watched_[at]->setVisible(current && at == 0 && current->watched.isEmpty());
            continue;
        }
        const WatchedImage& image = current->watched[static_cast<qsizetype>(at)];
        QString name = tr("image %1").arg(image.item);
        if (context_.session.is_open())
            if (const auto item = context_.session.project().items().find(image.item))
                name = QString::fromStdString(item->name);
        watched_[at]->setVisible(true);
        watched_[at]->set_file(image.file, tr("%1 · epoch %2").arg(name).arg(image.epoch));
    }
}

} // namespace eyepiece
