// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/evaluate_images.h"

#include "core/project/project.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tiles.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_chooser.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QPointer>
#include <QTableWidget>
#include <QVBoxLayout>
#include <QtConcurrent>
#include <atomic>
#include <cmath>

namespace eyepiece {

namespace {
const QString layer_id = QStringLiteral("prediction");
}

EvaluateImages::EvaluateImages(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent), context_(context), pointer_(new PointTool(this)) {
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
    auto* copy = quiet_button(tr("Copy as command"), QStringLiteral("evaluate.copy-command"), this);
    buttons->addWidget(evaluate_);
    buttons->addWidget(copy);
    buttons->addStretch();
    column->addLayout(buttons);

    column->addWidget(new SectionHeader(theme, tr("Images"), tr("Worst first"), this));
    images_ = new QTableWidget(0, 3, this);
    images_->setObjectName(QStringLiteral("evaluate.table"));
    images_->setAccessibleName(tr("Images, worst first"));
    images_->setHorizontalHeaderLabels({tr("Image"), tr("IoU"), tr("Dice")});
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

    column->addWidget(new SectionHeader(theme, tr("Prediction"), {}, this));
    objects_ = new QComboBox(this);
    objects_->setObjectName(QStringLiteral("evaluate.objects"));
    objects_->setAccessibleName(tr("Objects"));
    objects_->addItem(tr("Touching objects cut apart"), QStringLiteral("watershed"));
    objects_->addItem(tr("One object for each patch"), QStringLiteral("connected"));
    column->addWidget(objects_);
    predict_ = quiet_button(tr("Predict this image"), QStringLiteral("evaluate.predict"), this);
    accept_all_ = quiet_button(tr("Accept all"), QStringLiteral("evaluate.accept-all"), this);
    accept_object_ = quiet_button(tr("Accept an object"), QStringLiteral("evaluate.accept-object"), this);
    accept_region_ = quiet_button(tr("Accept a region"), QStringLiteral("evaluate.accept-region"), this);
    accept_object_->setCheckable(true);
    accept_region_->setCheckable(true);
    auto* actions = new QGridLayout;
    actions->setSpacing(Theme::space(2));
    actions->addWidget(predict_, 0, 0);
    actions->addWidget(accept_all_, 0, 1);
    actions->addWidget(accept_object_, 1, 0);
    actions->addWidget(accept_region_, 1, 1);
    column->addLayout(actions);
    words_ = text_label(theme, {}, Token::Muted, this);
    words_->setObjectName(QStringLiteral("evaluate.words"));
    column->addWidget(words_);

    connect(evaluate_, &QPushButton::clicked, this, &EvaluateImages::evaluate);
    connect(copy, &QPushButton::clicked, this, [this] {
        copy_command({QStringLiteral("evaluate"), context_.session.folder(), QStringLiteral("--run"),
                      run_->run(), QStringLiteral("--split"), split_->currentData().toString()},
                     context_.notices);
    });
    connect(images_, &QTableWidget::currentCellChanged, this, [this](int row) {
        if (row >= 0 && images_->item(row, 0))
            context_.selection.set_item(images_->item(row, 0)->data(Qt::UserRole).toLongLong());
    });
    connect(images_, &QTableWidget::cellDoubleClicked, this, &EvaluateImages::label_current);
    connect(label_, &QPushButton::clicked, this, &EvaluateImages::label_current);
    connect(predict_, &QPushButton::clicked, this, &EvaluateImages::predict);
    connect(objects_, &QComboBox::activated, this, [this] {
        if (prediction_)
            predict();
    });
    connect(accept_all_, &QPushButton::clicked, this, [this] { accept({}); });
    connect(accept_object_, &QPushButton::toggled, this, &EvaluateImages::pick_object);
    connect(accept_region_, &QPushButton::toggled, this, &EvaluateImages::pick_region);
    connect(pointer_, &PointTool::point_picked, this, [this](const QPoint& pixel) {
        if (!prediction_ || !accept_object_->isChecked())
            return;
        const std::int64_t x = pixel.x() - prediction_->region.x, y = pixel.y() - prediction_->region.y;
        if (x < 0 || y < 0 || x >= prediction_->ids.width() || y >= prediction_->ids.height())
            return;
        if (const ObjectId id = prediction_->ids.at(x, y); id != 0)
            accept([id](const LabelObject& object) { return object.id == id; });
        else
            words_->setText(tr("There is no predicted object at this point."));
    });
    connect(pointer_, &PointTool::region_picked, this, [this](const QRect& pixels) {
        const Region region{pixels.x(), pixels.y(), pixels.width(), pixels.height()};
        if (accept_region_->isChecked())
            accept([region](const LabelObject& object) {
                const Region middle{object.bounds.x + object.bounds.width / 2,
                                    object.bounds.y + object.bounds.height / 2, 1, 1};
                return !middle.intersected(region).empty();
            });
    });
    connect(run_, &RunChooser::run_chosen, this, [this] {
        clear_prediction();
        show_stored();
        update_buttons();
    });
    connect(split_, &QComboBox::currentIndexChanged, this, &EvaluateImages::show_stored);
    connect(&context_.selection, &Selection::item_changed, this, [this] {
        clear_prediction();
        update_buttons();
    });
    connect(&context_.session, &ProjectSession::closed, this, [this] {
        images_->setRowCount(0);
        clear_prediction();
        update_buttons();
    });
    context_.actions.add({.id = "evaluate.start",
                          .title = tr("Evaluate"),
                          .icon = "evaluate",
                          .stage = Stage::Evaluate,
                          .handler = [this] { evaluate(); }},
                         this);
    context_.actions.add({.id = "evaluate.predict",
                          .title = tr("Predict this image"),
                          .icon = "prediction",
                          .shortcut = QKeySequence(Qt::Key_P),
                          .stage = Stage::Evaluate,
                          .handler = [this] { predict(); }},
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

EvaluateImages::~EvaluateImages() = default;

void EvaluateImages::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    update_buttons();
}

void EvaluateImages::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    accept_object_->setChecked(false); // the canvas belongs to the next stage
    accept_region_->setChecked(false);
}

void EvaluateImages::update_buttons() {
    const bool has_run = !run_->run().isEmpty(), has_item = context_.selection.item() != 0;
    evaluate_->setEnabled(has_run);
    predict_->setEnabled(has_run && has_item);
    label_->setEnabled(has_item);
    for (QPushButton* button : {accept_all_, accept_object_, accept_region_})
        button->setEnabled(prediction_ && !prediction_->objects.empty());
    const QString train_first =
        tr("Train a run first: Evaluate compares it with your labels, and predicts images.");
    if (!has_run)
        words_->setText(train_first);
    else if (words_->text() == train_first)
        words_->clear();
}

// What an earlier evaluation, here or on the command line, left in the run's folder. A few kilobytes.
void EvaluateImages::show_stored() {
    const QString run = run_->run();
    images_->setRowCount(0);
    if (run.isEmpty() || !context_.session.is_open())
        return;
    const auto file = context_.session.project().folder() / "runs" / run.toStdString() /
                      ("evaluation-" + split_->currentData().toString().toStdString() + ".json");
    try {
        take(Evaluation::from_json(read_json_file(file), run));
    } catch (const Error& error) {
        if (error.code() != ErrorCode::NotFound) // not evaluated yet is no fault
            words_->setText(QString::fromUtf8(error.what()));
    }
}

void EvaluateImages::label_current() {
    if (context_.selection.item() != 0)
        context_.actions.trigger(ActionRegistry::stage_action(Stage::Label));
}

void EvaluateImages::evaluate() {
    if (run_->run().isEmpty() || !context_.session.is_open())
        return;
    const QString run = run_->run();
    evaluate_->setEnabled(false);
    words_->setText(tr("Evaluating."));
    EngineHandlers handlers;
    handlers.done = [this, run](const EngineReply& reply) {
        words_->clear();
        try {
            take(Evaluation::from_json(reply.json, run));
        } catch (const Error& error) {
            words_->setText(QString::fromUtf8(error.what()));
        }
    };
    handlers.failed = [this](const Error& error) { words_->setText(QString::fromUtf8(error.what())); };
    handlers.ended = [this] { update_buttons(); };
    context_.engine.send({.operation = "evaluate",
                          .spec = {{"project", context_.session.folder().toStdString()},
                                   {"run", run.toStdString()},
                                   {"split", split_->currentData().toString().toStdString()}},
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
    Q_EMIT evaluated(evaluation);
}

void EvaluateImages::predict() {
    const ItemId item = context_.selection.item();
    const QString run = run_->run();
    if (item == 0 || run.isEmpty() || !context_.session.is_open())
        return;
    words_->setText(tr("Predicting."));
    const std::string folder = context_.session.folder().toStdString();
    EngineHandlers handlers;
    handlers.done = [this, item, run](const EngineReply& reply) {
        // Millions of ids are put into tiles on another thread.
        auto* watcher = new QFutureWatcher<std::pair<std::shared_ptr<PredictedObjects>, QString>>(this);
        connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher] {
            const auto [prediction, problem] = watcher->result();
            watcher->deleteLater();
            if (prediction)
                show_prediction(prediction);
            else
                words_->setText(problem);
        });
        watcher->setFuture(QtConcurrent::run([reply, item, run] {
            try {
                return std::pair(
                    std::make_shared<PredictedObjects>(predicted_objects(reply, item, run.toStdString())),
                    QString());
            } catch (const std::exception& error) {
                return std::pair(std::shared_ptr<PredictedObjects>(), QString::fromUtf8(error.what()));
            }
        }));
    };
    handlers.failed = [this](const Error& error) { words_->setText(QString::fromUtf8(error.what())); };
    context_.engine.send({.operation = "predict",
                          .spec = {{"model", folder + ":" + run.toStdString()},
                                   {"input", {{"project", folder}, {"item", item}}},
                                   {"set", {{"objects", objects_->currentData().toString().toStdString()}}}},
                          .title = tr("Predict"),
                          .topic = "predict"},
                         this, handlers);
}

void EvaluateImages::show_prediction(std::shared_ptr<PredictedObjects> prediction) {
    if (prediction->item != context_.selection.item())
        return; // the user has moved on
    prediction_ = std::move(prediction);
    const RunRecord* run = context_.runs.find(QString::fromStdString(prediction_->run));
    context_.canvas.layers().show_labels(
        LayerKind::Prediction, layer_id, tr("Prediction · %1").arg(run ? run->title() : run_->run()),
        prediction_->tiles, LabelColors(),
        QPoint(static_cast<int>(prediction_->region.x), static_cast<int>(prediction_->region.y)));
    words_->setText(prediction_->objects.size() == 1
                        ? tr("1 object found.")
                        : tr("%1 objects found.").arg(prediction_->objects.size()));
    update_buttons();
}

void EvaluateImages::clear_prediction() {
    context_.engine.cancel_topic(QStringLiteral("predict"), this);
    if (prediction_)
        context_.canvas.layers().remove(layer_id);
    prediction_.reset();
    accept_object_->setChecked(false);
    accept_region_->setChecked(false);
}

void EvaluateImages::pick_object(bool on) {
    if (on)
        accept_region_->setChecked(false);
    if (on || context_.canvas.tool() == pointer_)
        context_.canvas.set_tool(on ? pointer_ : nullptr);
    context_.canvas.set_hint(on ? tr("Click the objects to take over") : QString());
}

void EvaluateImages::pick_region(bool on) {
    if (on)
        accept_object_->setChecked(false);
    if (on || context_.canvas.tool() == pointer_)
        context_.canvas.set_tool(on ? pointer_ : nullptr);
    context_.canvas.set_hint(on ? tr("Drag a rectangle around the objects to take over") : QString());
}

void EvaluateImages::accept(std::function<bool(const LabelObject&)> wanted) {
    if (!prediction_ || !context_.session.is_open())
        return;
    auto taken = std::make_shared<std::atomic<int>>(0);
    context_.session.run(
        tr("Accept the prediction"),
        [prediction = prediction_, wanted = std::move(wanted), taken](Project& project, JobContext&) {
            taken->store(accept_prediction(project, *prediction, wanted));
        },
        [here = QPointer<EvaluateImages>(this), this, taken] {
            if (!here)
                return;
            words_->setText(taken->load() == 0
                                ? tr("Nothing was taken over: all of it is labelled already.")
                                : tr("%1 objects are labels now. Undo takes them back.").arg(taken->load()));
        });
}

} // namespace eyepiece
