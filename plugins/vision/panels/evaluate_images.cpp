// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/evaluate_images.h"

#include "core/project/project.h"
#include "plugins/vision/panels/prediction_pane.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_chooser.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>
#include <cmath>

namespace eyepiece {

EvaluateImages::EvaluateImages(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent), context_(context) {
    setObjectName(QStringLiteral("evaluate.images"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(3), Theme::space(3));
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("Evaluate"), {}, this));
    auto* grid = new QGridLayout;
    grid->setSpacing(Theme::space(2));
    const auto line = [&](int row, const QString& label, QWidget* field) {
        auto* words = text_label(theme, label, Token::Text, this);
        words->setBuddy(field);
        grid->addWidget(words, row, 0);
        grid->addWidget(field, row, 1);
    };
    run_ = new RunChooser(context.runs, context.selection, this);
    line(0, tr("Run"), run_);
    split_ = new QComboBox(this);
    split_->setObjectName(QStringLiteral("evaluate.split"));
    split_->setAccessibleName(tr("Images"));
    split_->addItem(tr("Test: never looked at"), QStringLiteral("test"));
    split_->addItem(tr("Validation: chose the best epoch"), QStringLiteral("val"));
    split_->addItem(tr("Training: learnt by heart"), QStringLiteral("train"));
    split_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    split_->setMinimumContentsLength(10);
    line(1, tr("Images"), split_);
    grid->setColumnStretch(1, 1);
    column->addLayout(grid);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(2));
    evaluate_ = primary_button(tr("Evaluate"), QStringLiteral("evaluate.start"), this);
    copy_ = quiet_button(tr("Copy as command"), QStringLiteral("evaluate.copy-command"), this);
    buttons->addWidget(evaluate_);
    buttons->addWidget(copy_);
    buttons->addStretch();
    column->addLayout(buttons);

    column->addWidget(new SectionHeader(theme, tr("Images"), tr("Worst first"), this));
    images_ = new QTableWidget(0, 3, this);
    images_->setObjectName(QStringLiteral("evaluate.table"));
    images_->setAccessibleName(tr("Images, worst first"));
    images_->setHorizontalHeaderLabels({tr("Image"), tr("IoU"), tr("Dice")});
    images_->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    for (int column : {1, 2})
        images_->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    images_->verticalHeader()->hide();
    images_->verticalHeader()->setDefaultSectionSize(28);
    images_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    images_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    images_->setSelectionBehavior(QAbstractItemView::SelectRows);
    images_->setSelectionMode(QAbstractItemView::SingleSelection);
    images_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    images_->setShowGrid(false);
    images_->setMinimumHeight(160);
    column->addWidget(images_, 1);
    label_ = quiet_button(tr("Label this image"), QStringLiteral("evaluate.label"), this);
    column->addWidget(label_, 0, Qt::AlignLeft);

    problem_ = text_label(theme, {}, Token::Muted, this);
    problem_->setObjectName(QStringLiteral("evaluate.problem"));
    column->addWidget(problem_);
    column->addWidget(new PredictionPane(context, *run_, this));

    connect(evaluate_, &QPushButton::clicked, this, &EvaluateImages::evaluate);
    connect(copy_, &QPushButton::clicked, this, [this] { copy_command(command(), context_.notices); });
    connect(images_, &QTableWidget::currentCellChanged, this, [this](int row) {
        if (row >= 0 && images_->item(row, 0))
            context_.selection.set_item(images_->item(row, 0)->data(Qt::UserRole).toLongLong());
    });
    connect(images_, &QTableWidget::cellDoubleClicked, this, &EvaluateImages::label_current);
    connect(label_, &QPushButton::clicked, this, &EvaluateImages::label_current);
    connect(run_, &RunChooser::run_chosen, this, [this] {
        show_stored();
        update_buttons();
    });
    connect(split_, &QComboBox::currentIndexChanged, this, &EvaluateImages::show_stored);
    connect(&context_.selection, &Selection::item_changed, this, [this] {
        mark_current();
        update_buttons();
    });
    connect(&context_.session, &ProjectSession::closed, this, [this] {
        show_stored();
        update_buttons();
    });
    context_.actions.add({.id = "evaluate.start",
                          .title = tr("Evaluate"),
                          .help = tr("Compares the run's predictions with your labels."),
                          .icon = "evaluate",
                          .shortcut = QKeySequence(Qt::CTRL | Qt::Key_Return),
                          .stage = Stage::Evaluate,
                          .handler = [this] { evaluate(); },
                          .command = [this] { return command(); }},
                         this);
    context_.actions.add({.id = "evaluate.label",
                          .title = tr("Label this image"),
                          .icon = "label",
                          .shortcut = QKeySequence(Qt::Key_L),
                          .stage = Stage::Evaluate,
                          .handler = [this] { label_current(); }},
                         this);
    update_buttons();
}

void EvaluateImages::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    show_stored();
    update_buttons();
}

void EvaluateImages::update_buttons() {
    const bool has_run = !run_->run().isEmpty();
    evaluate_->setEnabled(has_run && !evaluating_);
    copy_->setEnabled(has_run);
    label_->setEnabled(context_.selection.item() != 0);
    const QString train_first =
        tr("Train a run first: Evaluate compares it with your labels, and predicts images.");
    if (!has_run)
        say(train_first);
    else if (problem_->text() == train_first)
        say({});
}

void EvaluateImages::say(const QString& words) {
    problem_->setText(words);
    problem_->setVisible(!words.isEmpty());
}

QStringList EvaluateImages::command() const {
    if (run_->run().isEmpty() || !context_.session.is_open())
        return {};
    return {QStringLiteral("evaluate"), context_.session.folder(),       QStringLiteral("--run"), run_->run(),
            QStringLiteral("--split"),  split_->currentData().toString()};
}

// What an earlier evaluation, here or on the command line, left in the run's folder. A few kilobytes.
void EvaluateImages::show_stored() {
    const QString run = run_->run();
    const auto nothing = [this] {
        images_->setRowCount(0);
        Q_EMIT evaluated({});
    };
    if (run.isEmpty() || !context_.session.is_open())
        return nothing();
    const auto file = context_.session.project().folder() / "runs" / run.toStdString() /
                      ("evaluation-" + split_->currentData().toString().toStdString() + ".json");
    try {
        take(Evaluation::from_json(read_json_file(file), run));
    } catch (const Error& error) {
        nothing();
        if (error.code() != ErrorCode::NotFound) // not evaluated yet is no fault
            say(QString::fromUtf8(error.what()));
    }
}

void EvaluateImages::label_current() {
    if (context_.selection.item() != 0)
        context_.actions.trigger(ActionRegistry::stage_action(Stage::Label));
}

void EvaluateImages::evaluate() {
    if (run_->run().isEmpty() || !context_.session.is_open())
        return;
    const QString run = run_->run(), split = split_->currentData().toString();
    evaluating_ = true;
    update_buttons();
    say(tr("Evaluating."));
    EngineHandlers handlers;
    handlers.done = [this, run, split](const EngineReply& reply) {
        say({});
        if (run != run_->run() || split != split_->currentData().toString())
            return; // the user looks at another one; this one is kept with its run
        try {
            take(Evaluation::from_json(reply.json(), run));
        } catch (const Error& error) {
            say(QString::fromUtf8(error.what()));
        }
    };
    handlers.failed = [this](const Error& error) { say(QString::fromUtf8(error.what())); };
    handlers.ended = [this] {
        evaluating_ = false;
        if (problem_->text() == tr("Evaluating."))
            say({}); // cancelled
        update_buttons();
    };
    context_.engine.send({.operation = "evaluate",
                          .spec = {{"project", context_.session.folder().toStdString()},
                                   {"run", run.toStdString()},
                                   {"split", split.toStdString()}},
                          .title = tr("Evaluate %1").arg(run),
                          .topic = "evaluate"},
                         this, handlers);
}

void EvaluateImages::take(const Evaluation& evaluation) {
    const QSignalBlocker quiet(images_);
    images_->setRowCount(static_cast<int>(evaluation.images.size()));
    ItemScores scores;
    scores.title = tr("IoU of %1").arg(evaluation.run);
    for (int row = 0; row < images_->rowCount(); ++row) {
        const auto& image = evaluation.images[static_cast<std::size_t>(row)];
        const auto cell = [&](int column, const QString& text) {
            auto* item = new QTableWidgetItem(text);
            item->setData(Qt::UserRole, static_cast<qlonglong>(image.item));
            item->setTextAlignment((column == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
            images_->setItem(row, column, item);
        };
        const auto figure = [](double value) {
            return std::isfinite(value) ? QString::number(value, 'f', 3) : QStringLiteral("–");
        };
        cell(0, image.name);
        cell(1, figure(image.iou));
        cell(2, figure(image.dice));
        scores.values[image.item] = image.iou;
    }
    context_.session.set_scores(scores);
    mark_current();
    Q_EMIT evaluated(evaluation);
}

// The row of the image on the canvas, if it is one of those that were evaluated.
void EvaluateImages::mark_current() {
    const QSignalBlocker quiet(images_);
    images_->clearSelection();
    for (int row = 0; row < images_->rowCount(); ++row)
        if (images_->item(row, 0)->data(Qt::UserRole).toLongLong() == context_.selection.item())
            images_->selectRow(row);
}

} // namespace eyepiece
