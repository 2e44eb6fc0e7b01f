// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/train_setup.h"

#include "plugins/vision/panels/augmentation_preview.h"
#include "plugins/vision/panels/run_list.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace eyepiece {

namespace {
constexpr int plan_after_ms = 350; // of quiet: each plan reads the data's fingerprint
}

TrainSetup::TrainSetup(WorkbenchContext& context, QWidget* parent) : QWidget(parent), context_(context) {
    setObjectName(QStringLiteral("train.setup"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(3), Theme::space(3));
    column->setSpacing(Theme::space(1));

    column->addWidget(new SectionHeader(theme, tr("Plan"), {}, this));
    card_ = new Card(theme, tr("Segment your images"), tr("Looking at the labels."), this);
    card_->setObjectName(QStringLiteral("train.plan"));
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(0, Theme::space(1), 0, 0);
    buttons->setSpacing(Theme::space(2));
    train_ = primary_button(tr("Train"), QStringLiteral("train.start"), this);
    copy_ = quiet_button(tr("Copy as command"), QStringLiteral("train.copy-command"), this);
    buttons->addWidget(train_);
    buttons->addWidget(copy_);
    buttons->addStretch();
    card_->content()->addLayout(buttons);
    column->addWidget(card_);

    column->addWidget(new SectionHeader(theme, tr("Task · model · method"), {}, this));
    auto* choices = new QGridLayout;
    choices->setHorizontalSpacing(Theme::space(3));
    choices->setVerticalSpacing(Theme::space(1));
    choices->setColumnStretch(1, 1);
    column->addLayout(choices);
    const auto chooser = [&](const QString& label, const QString& name) {
        auto* words = text_label(theme, label, Token::Text, this);
        auto* box = new QComboBox(this);
        box->setObjectName(name);
        box->setAccessibleName(label);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(12);
        words->setBuddy(box);
        const int row = choices->rowCount();
        choices->addWidget(words, row, 0);
        choices->addWidget(box, row, 1);
        connect(box, &QComboBox::activated, this, &TrainSetup::ask_parameters);
        return box;
    };
    task_ = chooser(tr("Task"), QStringLiteral("train.task"));
    model_ = chooser(tr("Model"), QStringLiteral("train.model"));
    method_ = chooser(tr("Method"), QStringLiteral("train.method"));

    column->addWidget(new SectionHeader(theme, tr("Runs"), {}, this));
    column->addWidget(new RunList(context, this));

    settings_header_ = new SectionHeader(theme, tr("Settings"), tr("Chosen from the data"), this);
    column->addWidget(settings_header_);
    form_ = new ParameterForm(theme, this);
    form_->setObjectName(QStringLiteral("train.settings"));
    column->addWidget(form_);

    column->addWidget(new SectionHeader(theme, tr("Augmentation on this image"), {}, this));
    augmentation_ = new AugmentationPreview(context, this);
    column->addWidget(augmentation_);

    column->addStretch();

    plan_timer_.setSingleShot(true);
    plan_timer_.setInterval(plan_after_ms);
    connect(&plan_timer_, &QTimer::timeout, this, &TrainSetup::plan);
    connect(train_, &QPushButton::clicked, this, &TrainSetup::train);
    connect(copy_, &QPushButton::clicked, this, [this] { copy_command(command(), context_.notices); });
    connect(form_, &ParameterForm::changed, this, &TrainSetup::plan_soon);
    connect(&context_.session, &ProjectSession::labels_changed, this, &TrainSetup::plan_soon);
    connect(&context_.session, &ProjectSession::items_changed, this, &TrainSetup::plan_soon);
    connect(&context_.session, &ProjectSession::items_added, this, &TrainSetup::plan_soon);
    connect(&context_.session, &ProjectSession::items_removed, this, &TrainSetup::plan_soon);
    connect(&context_.session, &ProjectSession::splits_changed, this, &TrainSetup::plan_soon);
    connect(&context_.session, &ProjectSession::classes_changed, this, &TrainSetup::plan_soon);
    connect(&context_.session, &ProjectSession::opened, this, &TrainSetup::plan_soon);
    // An engine that died took our question with it; the next one is asked again.
    connect(&context_.engine, &EngineClient::hello_changed, this, [this] {
        if (isVisible() && !lists_known_)
            ask_lists();
        else if (isVisible() && !planned_)
            plan_soon();
    });
    context_.actions.add({.id = "train.start",
                          .title = tr("Train"),
                          .help = tr("Starts a training with the settings as they are."),
                          .icon = "play",
                          .shortcut = QKeySequence(Qt::CTRL | Qt::Key_Return),
                          .stage = Stage::Train,
                          .handler = [this] { train(); },
                          .command = [this] { return command(); }},
                         this);
    context_.actions.add({.id = "train.copy-command",
                          .title = tr("Copy the training as a command"),
                          .icon = "terminal",
                          .stage = Stage::Train,
                          .handler =
                              [this] {
                                  if (copy_->isEnabled())
                                      copy_command(command(), context_.notices);
                              }},
                         this);
    train_->setEnabled(false);
    copy_->setEnabled(false);
}

void TrainSetup::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (!lists_known_)
        ask_lists();
    else if (!planned_)
        plan_soon();
}

void TrainSetup::ask_lists() {
    const auto ask = [this](const char* kind, QComboBox* box, const QString& preferred, bool last) {
        EngineHandlers handlers;
        handlers.done = [this, box, preferred, last](const EngineReply& reply) {
            fill(box, reply.json().value("entries", Json::array()), preferred);
            if (last) {
                lists_known_ = true;
                ask_parameters();
            }
        };
        handlers.failed = [this](const Error& error) { say_problem(QString::fromUtf8(error.what())); };
        context_.engine.send(
            {.operation = "list", .spec = {{"kind", kind}}, .topic = QStringLiteral("list-") + kind}, this,
            handlers);
    };
    ask("tasks", task_, QStringLiteral("semantic-segmentation"), false);
    ask("models", model_, QStringLiteral("unet"), false);
    ask("methods", method_, QStringLiteral("supervised"), true);
}

void TrainSetup::fill(QComboBox* box, const Json& entries, const QString& preferred) {
    const QString before = box->currentData().toString();
    box->clear();
    for (const Json& entry : entries) {
        const auto text = [&](const char* name) {
            return QString::fromStdString(entry.value(name, std::string()));
        };
        box->addItem(text("title").isEmpty() ? text("name") : text("title"), text("name"));
        box->setItemData(box->count() - 1, text("help"), Qt::ToolTipRole);
    }
    const int wanted = box->findData(before.isEmpty() ? preferred : before);
    box->setCurrentIndex(wanted >= 0 ? wanted : box->count() > 0 ? 0 : -1);
}

Json TrainSetup::spec() const {
    Json spec = {{"operation", "train"},
                 {"project", context_.session.folder().toStdString()},
                 {"task", task_->currentData().toString().toStdString()},
                 {"model", model_->currentData().toString().toStdString()},
                 {"method", method_->currentData().toString().toStdString()},
                 {"seed", 1},
                 {"set", form_->values()}};
    return spec;
}

QStringList TrainSetup::command() const {
    if (!context_.session.is_open() || task_->currentIndex() < 0)
        return {};
    QStringList words{QStringLiteral("train"),    context_.session.folder(),
                      QStringLiteral("--task"),   task_->currentData().toString(),
                      QStringLiteral("--model"),  model_->currentData().toString(),
                      QStringLiteral("--method"), method_->currentData().toString()};
    words << setting_words(form_->values());
    return words;
}

void TrainSetup::ask_parameters() {
    Json of = spec();
    of.erase("set");
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        form_->set_schema_json(reply.json().value("entries", Json::array()));
        copy_->setEnabled(true);
        augmentation_->set_schema(form_->schema());
        plan();
    };
    handlers.failed = [this](const Error& error) { say_problem(QString::fromUtf8(error.what())); };
    context_.engine.send({.operation = "list",
                          .spec = {{"kind", "parameters"}, {"operation", "train"}, {"spec", of}},
                          .topic = "train-parameters"},
                         this, handlers);
}

void TrainSetup::plan_soon() {
    planned_ = false;
    if (isVisible())
        plan_timer_.start();
}

void TrainSetup::plan() {
    if (!context_.session.is_open() || task_->currentIndex() < 0)
        return;
    augmentation_->set_values(form_->values());
    if (!form_->valid()) {
        say_problem(tr("One setting cannot be used; see below."));
        return;
    }
    const QString what = tr("%1 with %2").arg(task_->currentText(), model_->currentText());
    EngineHandlers handlers;
    handlers.done = [this, what](const EngineReply& reply) {
        const Json& json = reply.json();
        const Json plan = json.value("plan", Json::object());
        form_->set_automatic(plan, plan.value("reasons", Json::object()));
        const Json errors = json.value("errors", Json::array());
        if (!errors.empty())
            return say_problem(QString::fromStdString(errors[0].get<std::string>()));
        QStringList lines{QString::fromStdString(json.value("summary", std::string())) + '.'};
        if (const auto note = plan.find("validation"); note != plan.end() && note->is_string())
            lines << QString::fromStdString(note->get<std::string>());
        for (const Json& warning : json.value("warnings", Json::array()))
            lines << QString::fromStdString(warning.get<std::string>());
        card_->set_title(what);
        card_->set_title_token(Token::Text);
        card_->set_text(lines.join('\n'));
        planned_ = true;
        train_->setEnabled(!starting_);
    };
    handlers.failed = [this](const Error& error) { say_problem(QString::fromUtf8(error.what())); };
    context_.engine.send({.operation = "train", .spec = spec(), .check = true, .topic = "train-plan"}, this,
                         handlers);
}

void TrainSetup::say_problem(const QString& problem) {
    card_->set_title(tr("Not ready to train"));
    card_->set_title_token(Token::Look);
    card_->set_text(problem);
    train_->setEnabled(false);
}

void TrainSetup::train() {
    if (!train_->isEnabled() || starting_)
        return;
    starting_ = true;
    train_->setEnabled(false);
    context_.runs.start(spec(), model_->currentData().toString(), this,
                        [this](const QString& id, const QString& problem) {
                            starting_ = false;
                            train_->setEnabled(true);
                            if (problem.isEmpty())
                                context_.selection.set_run(id);
                            else
                                context_.notices.show(Notice::Kind::Bad, problem);
                        });
}

} // namespace eyepiece
