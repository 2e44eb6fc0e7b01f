// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/prediction_pane.h"

#include "core/project/project.h"
#include "plugins/vision/panels/predict_all.h"
#include "plugins/vision/panels/prediction_store.h"
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
#include <QFutureWatcher>
#include <QGridLayout>
#include <QPointer>
#include <QSet>
#include <QVBoxLayout>
#include <QtConcurrent>
#include <atomic>

namespace eyepiece {

namespace {

const QString layer_id = QStringLiteral("prediction");

// What another thread made: a prediction, nothing, or why not.
struct Read {
    std::shared_ptr<PredictedObjects> prediction;
    QString problem;
};

// Millions of ids are put into tiles on another thread.
void read_elsewhere(QObject* context, std::function<std::optional<PredictedObjects>()> work,
                    std::function<void(const Read&)> take) {
    auto* watcher = new QFutureWatcher<Read>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, take = std::move(take)] {
        const Read read = watcher->result();
        watcher->deleteLater();
        take(read);
    });
    watcher->setFuture(QtConcurrent::run([work = std::move(work)]() -> Read {
        try {
            auto found = work();
            return {found ? std::make_shared<PredictedObjects>(std::move(*found)) : nullptr, {}};
        } catch (const std::exception& error) {
            return {nullptr, QString::fromUtf8(error.what())};
        }
    }));
}

QString objects_words(int count) {
    return count == 1 ? PredictionPane::tr("1 object is a label now. Undo takes it back.")
                      : PredictionPane::tr("%1 objects are labels now. Undo takes them back.").arg(count);
}

} // namespace

PredictionPane::PredictionPane(WorkbenchContext& context, RunChooser& run, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , run_(run)
    , pointer_(new PointTool(this))
    , batch_(new PredictAll(context, this)) {
    setObjectName(QStringLiteral("evaluate.prediction"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("Prediction"), {}, this));
    objects_ = new QComboBox(this);
    objects_->setObjectName(QStringLiteral("evaluate.objects"));
    objects_->setAccessibleName(tr("How objects are told apart"));
    objects_->addItem(tr("Touching objects cut apart"), QStringLiteral("watershed"));
    objects_->addItem(tr("One object for each patch"), QStringLiteral("connected"));
    column->addWidget(objects_);
    const auto button = [this](const QString& text, const char* name, const QString& tip) {
        QPushButton* made = quiet_button(text, QString::fromLatin1(name), this);
        made->setToolTip(tip);
        return made;
    };
    predict_ = button(tr("Predict this image"), "evaluate.predict", tr("Predict this image  (P)"));
    predict_all_ =
        button(tr("Predict all images"), "evaluate.predict-all",
               tr("Every image of the project, one after the other; you can go on working meanwhile. "
                  "The results are kept."));
    accept_object_ = button(tr("Accept an object"), "evaluate.accept-object",
                            tr("Then click the objects on the image that are right."));
    accept_region_ = button(tr("Accept a region"), "evaluate.accept-region",
                            tr("Then drag a rectangle around the objects that are right."));
    accept_all_ = button(tr("Accept all"), "evaluate.accept-all",
                         tr("Make every predicted object of this image a label  (A)\nWhat is labelled "
                            "already stays as it is."));
    accept_everywhere_ = button(tr("Accept everywhere"), "evaluate.accept-everywhere",
                                tr("Make the kept predictions of all images labels, as one step that can be "
                                   "undone."));
    accept_object_->setCheckable(true);
    accept_region_->setCheckable(true);
    auto* grid = new QGridLayout;
    grid->setSpacing(Theme::space(2));
    grid->addWidget(predict_, 0, 0);
    grid->addWidget(predict_all_, 0, 1);
    grid->addWidget(accept_object_, 1, 0);
    grid->addWidget(accept_region_, 1, 1);
    grid->addWidget(accept_all_, 2, 0);
    grid->addWidget(accept_everywhere_, 2, 1);
    column->addLayout(grid);
    words_ = text_label(theme, {}, Token::Muted, this);
    words_->setObjectName(QStringLiteral("evaluate.words"));
    words_->hide();
    column->addWidget(words_);
    copy_ = link_button(tr("Copy as command"), QStringLiteral("evaluate.copy-predict"), this);
    copy_->setAccessibleName(tr("Copy the prediction of this image as a command"));
    column->addWidget(copy_, 0, Qt::AlignLeft);

    connect(predict_, &QPushButton::clicked, this, &PredictionPane::predict);
    connect(predict_all_, &QPushButton::clicked, this, &PredictionPane::predict_all);
    connect(copy_, &QPushButton::clicked, this, [this] { copy_command(command(), context_.notices); });
    connect(objects_, &QComboBox::currentIndexChanged, this, [this] {
        const bool shown = prediction_ != nullptr;
        clear_prediction();
        shown ? predict() : show_kept();
    });
    connect(accept_all_, &QPushButton::clicked, this, [this] { accept({}); });
    connect(accept_everywhere_, &QPushButton::clicked, this, &PredictionPane::accept_everywhere);
    connect(accept_object_, &QPushButton::toggled, this,
            [this](bool on) { pick(accept_object_, on, tr("Click the objects to take over")); });
    connect(accept_region_, &QPushButton::toggled, this, [this](bool on) {
        pick(accept_region_, on, tr("Drag a rectangle around the objects to take over"));
    });
    connect(pointer_, &PointTool::point_picked, this, [this](const QPoint& pixel) {
        if (!prediction_ || !accept_object_->isChecked())
            return;
        const std::int64_t x = pixel.x() - prediction_->region.x, y = pixel.y() - prediction_->region.y;
        if (x < 0 || y < 0 || x >= prediction_->ids.width() || y >= prediction_->ids.height())
            return;
        if (const ObjectId id = prediction_->ids.at(x, y); id != 0)
            accept([id](const LabelObject& object) { return object.id == id; });
        else
            say(tr("There is no predicted object at this point."));
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
    connect(&run_, &RunChooser::run_chosen, this, [this] {
        clear_prediction();
        show_kept();
    });
    connect(&context_.selection, &Selection::item_changed, this, [this] {
        clear_prediction();
        show_kept();
    });
    connect(&context_.session, &ProjectSession::closed, this, &PredictionPane::clear_prediction);
    connect(batch_, &PredictAll::predicted, this, [this](ItemId item) {
        if (item == context_.selection.item() && !prediction_)
            show_kept();
    });
    connect(batch_, &PredictAll::ended, this, [this](const QString& words, const QStringList& left_out) {
        say(words);
        words_->setToolTip(left_out.join('\n'));
        context_.notices.show(left_out.isEmpty() ? Notice::Kind::Good : Notice::Kind::Look, words);
        update_buttons();
    });
    add_actions();
    update_buttons();
}

PredictionPane::~PredictionPane() = default;

void PredictionPane::add_actions() {
    ActionRegistry& actions = context_.actions;
    actions.add({.id = "evaluate.predict",
                 .title = tr("Predict this image"),
                 .icon = "prediction",
                 .shortcut = QKeySequence(Qt::Key_P),
                 .stage = Stage::Evaluate,
                 .handler = [this] { predict(); },
                 .command = [this] { return command(); }},
                this);
    actions.add({.id = "evaluate.predict-all",
                 .title = tr("Predict all images"),
                 .icon = "prediction",
                 .stage = Stage::Evaluate,
                 .handler = [this] { predict_all(); },
                 .command = [this] { return command_for_all(); }},
                this);
    actions.add({.id = "evaluate.accept-all",
                 .title = tr("Accept the whole prediction"),
                 .icon = "accept",
                 .shortcut = QKeySequence(Qt::Key_A),
                 .stage = Stage::Evaluate,
                 .handler = [this] { accept({}); }},
                this);
    actions.add({.id = "evaluate.accept-everywhere",
                 .title = tr("Accept the predictions of all images"),
                 .icon = "accept",
                 .stage = Stage::Evaluate,
                 .handler = [this] { accept_everywhere(); }},
                this);
}

void PredictionPane::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    show_kept();
    update_buttons();
}

void PredictionPane::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    clear_prediction(); // the canvas belongs to the next stage
}

QString PredictionPane::objects() const {
    return objects_->currentData().toString();
}

void PredictionPane::say(const QString& words) {
    words_->setText(words);
    words_->setVisible(!words.isEmpty());
}

void PredictionPane::update_buttons() {
    const bool has_run = !run_.run().isEmpty(), has_item = context_.selection.item() != 0;
    predict_->setEnabled(has_run && has_item);
    copy_->setEnabled(has_run && has_item);
    predict_all_->setEnabled(has_run && !batch_->running());
    accept_everywhere_->setEnabled(has_run && !batch_->running());
    for (QPushButton* button : {accept_all_, accept_object_, accept_region_})
        button->setEnabled(prediction_ && !prediction_->objects.empty());
}

QStringList PredictionPane::command() const {
    const auto item = context_.session.is_open()
                          ? context_.session.project().items().find(context_.selection.item())
                          : std::nullopt;
    if (run_.run().isEmpty() || !item)
        return {};
    return {QStringLiteral("predict"),
            context_.session.folder() + ':' + run_.run(),
            QString::fromStdString(item->path.string()),
            QStringLiteral("--set"),
            QStringLiteral("objects=") + objects(),
            QStringLiteral("--out"),
            QStringLiteral("predictions")};
}

// The folders that the images lie in.
QStringList PredictionPane::command_for_all() const {
    if (run_.run().isEmpty() || !context_.session.is_open())
        return {};
    QStringList words{QStringLiteral("predict"), context_.session.folder() + ':' + run_.run()};
    QSet<QString> known;
    for (const Item& item : context_.session.project().items().all())
        if (const QString folder = QString::fromStdString(item.path.parent_path().string());
            !known.contains(folder)) {
            known.insert(folder);
            words << folder;
        }
    return words << QStringLiteral("--set") << QStringLiteral("objects=") + objects()
                 << QStringLiteral("--out") << QStringLiteral("predictions");
}

void PredictionPane::predict() {
    const ItemId item = context_.selection.item();
    const QString run = run_.run();
    if (item == 0 || run.isEmpty() || !context_.session.is_open())
        return;
    say(tr("Predicting."));
    const std::string folder = context_.session.folder().toStdString();
    EngineHandlers handlers;
    handlers.done = [this, item, run](const EngineReply& reply) {
        read_elsewhere(
            this, [reply, item, run] { return predicted_objects(reply, item, run.toStdString()); },
            [this](const Read& read) {
                read.prediction ? show_prediction(read.prediction) : say(read.problem);
            });
    };
    handlers.failed = [this](const Error& error) { say(QString::fromUtf8(error.what())); };
    context_.engine.send({.operation = "predict",
                          .spec = {{"model", folder + ":" + run.toStdString()},
                                   {"input", {{"project", folder}, {"item", item}}},
                                   {"set", {{"objects", objects().toStdString()}}}},
                          .title = tr("Predict"),
                          .topic = "predict"},
                         this, handlers);
}

void PredictionPane::predict_all() {
    if (run_.run().isEmpty() || !context_.session.is_open() || batch_->running())
        return;
    say(tr("Predicting all images. The bar at the bottom shows how far it is, and cancels."));
    batch_->start(run_.run(), objects());
    update_buttons();
}

// What was predicted earlier and kept.
void PredictionPane::show_kept() {
    update_buttons();
    if (!isVisible() || prediction_ || run_.run().isEmpty() || !context_.session.is_open())
        return;
    const auto item = context_.session.project().items().find(context_.selection.item());
    if (!item)
        return;
    const PredictionStore store(context_.session.folder(), run_.run(), objects());
    read_elsewhere(
        this, [store, item = *item] { return store.read(item); },
        [this](const Read& read) {
            if (read.prediction && !prediction_ && isVisible() &&
                QString::fromStdString(read.prediction->run) == run_.run())
                show_prediction(read.prediction);
            else if (!read.problem.isEmpty())
                say(read.problem);
        });
}

void PredictionPane::show_prediction(std::shared_ptr<PredictedObjects> prediction) {
    if (prediction->item != context_.selection.item() || !isVisible())
        return; // the user has moved on
    prediction_ = std::move(prediction);
    const RunRecord* run = context_.runs.find(QString::fromStdString(prediction_->run));
    context_.canvas.layers().show_labels(
        LayerKind::Prediction, layer_id, tr("Prediction · %1").arg(run ? run->title() : run_.run()),
        prediction_->tiles, LabelColors(),
        QPoint(static_cast<int>(prediction_->region.x), static_cast<int>(prediction_->region.y)));
    say(prediction_->objects.size() == 1 ? tr("1 object found.")
                                         : tr("%1 objects found.").arg(prediction_->objects.size()));
    update_buttons();
}

void PredictionPane::clear_prediction() {
    context_.engine.cancel_topic(QStringLiteral("predict"), this);
    if (prediction_)
        context_.canvas.layers().remove(layer_id);
    prediction_.reset();
    accept_object_->setChecked(false);
    accept_region_->setChecked(false);
    if (!batch_->running())
        say({});
    update_buttons();
}

void PredictionPane::pick(QPushButton* button, bool on, const QString& hint) {
    QPushButton* other = button == accept_object_ ? accept_region_ : accept_object_;
    if (on)
        other->setChecked(false);
    if (on || context_.canvas.tool() == pointer_)
        context_.canvas.set_tool(on ? pointer_ : nullptr);
    context_.canvas.set_hint(on ? hint : QString());
}

void PredictionPane::accept(std::function<bool(const LabelObject&)> wanted) {
    if (!prediction_ || !context_.session.is_open())
        return;
    auto taken = std::make_shared<std::atomic<int>>(0);
    context_.session.run(
        tr("Accept the prediction"),
        [prediction = prediction_, wanted = std::move(wanted), taken](Project& project, JobContext&) {
            taken->store(accept_prediction(project, *prediction, wanted));
        },
        [here = QPointer<PredictionPane>(this), taken] {
            if (here)
                here->say(taken->load() == 0 ? tr("Nothing was taken over: all of it is labelled already.")
                                             : objects_words(taken->load()));
        });
}

// One image's objects at a time in memory; one undo step, however many transactions.
void PredictionPane::accept_everywhere() {
    if (run_.run().isEmpty() || !context_.session.is_open() || batch_->running())
        return;
    const PredictionStore store(context_.session.folder(), run_.run(), objects());
    auto objects = std::make_shared<std::atomic<int>>(0);
    auto images = std::make_shared<std::atomic<int>>(0);
    context_.session.run(
        tr("Accept the predictions of all images"),
        [store, objects, images](Project& project, JobContext& job) {
            const std::vector<Item> items = project.items().all();
            auto group = project.history().group("accept predictions of all images");
            for (std::size_t at = 0; at < items.size(); ++at) {
                if (job.cancelled()) {
                    group.take_back();
                    job.throw_if_cancelled();
                }
                job.progress(static_cast<double>(at) / static_cast<double>(items.size()), items[at].name);
                if (const auto prediction = store.read(items[at])) {
                    const int taken = accept_prediction(project, *prediction);
                    *objects += taken;
                    *images += taken > 0;
                }
            }
        },
        [here = QPointer<PredictionPane>(this), objects, images] {
            if (!here)
                return;
            here->say(objects->load() > 0
                          ? tr("%1 objects on %2 images are labels now. Undo takes them back.")
                                .arg(objects->load())
                                .arg(images->load())
                          : tr("Nothing was taken over. Press “Predict all images” first, unless all of it "
                               "is labelled already."));
        });
}

} // namespace eyepiece
