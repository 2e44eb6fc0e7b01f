// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/kept_models.h"

#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/table_opener.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QToolButton>
#include <QVBoxLayout>
#include <utility>

namespace eyepiece {

namespace {

namespace fs = std::filesystem;

// "ridge-2.model": no earlier one is written over.
fs::path free_place(const fs::path& folder, const std::string& model) {
    std::error_code ignored;
    for (int number = 1;; ++number)
        if (const fs::path place = folder / (model + "-" + std::to_string(number) + ".model");
            !fs::exists(place, ignored))
            return place;
}

QString count(std::size_t number) {
    return QLocale().toString(qulonglong(number));
}

} // namespace

std::string prediction_title(const KeptModel& model) {
    return KeptModels::tr("%1 by %2")
        .arg(QString::fromStdString(model.target), QString::fromStdString(model.title))
        .toStdString();
}

KeptModels::KeptModels(WorkbenchContext& context, Exploration& exploration, QWidget* parent)
    : QWidget(parent), context_(context), exploration_(exploration) {
    setObjectName(QStringLiteral("explore.kept-models"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    keep_ = quiet_button(tr("Keep this model"), QStringLiteral("models.keep"), this);
    cancel_ = quiet_button(tr("Cancel"), QStringLiteral("models.cancel-keeping"), this);
    cancel_->setToolTip(tr("Keep no model"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(1));
    buttons->addWidget(keep_);
    buttons->addWidget(cancel_);
    buttons->addStretch();
    column->addLayout(buttons);
    progress_ = new ProgressLine(theme, this);
    progress_->setAccessibleName(tr("How far the model is fitted"));
    column->addWidget(progress_);
    problem_ = text_label(theme, {}, Token::Bad, this);
    problem_->setObjectName(QStringLiteral("models.keep-problem"));
    column->addWidget(problem_);
    header_ = new SectionHeader(theme, tr("Kept models"), {}, this);
    column->addWidget(header_);
    list_ = new QVBoxLayout;
    list_->setSpacing(Theme::space(2));
    column->addLayout(list_);

    connect(keep_, &QPushButton::clicked, this, &KeptModels::keep);
    connect(cancel_, &QPushButton::clicked, this, &KeptModels::cancel);
    connect(&exploration_, &Exploration::models_changed, this, &KeptModels::show_models);
    for (const auto signal : {&Exploration::adopted, &Exploration::closed})
        connect(&exploration_, signal, this, [this] {
            cancel(); // it was for another table
            problem_->clear();
            show_models();
        });
    show_models();
}

void KeptModels::offer(const Json& spec, const QString& title) {
    offered_ = spec;
    offered_title_ = title;
    refresh();
}

void KeptModels::keep() {
    if (offered_.is_null() || !context_.session.is_open() || exploration_.record().id.empty())
        return;
    cancel();
    problem_->clear();
    const fs::path folder =
        ExplorationStore(context_.session.folder().toStdString()).folder_of(exploration_.record().id);
    KeptModel model;
    model.name = offered_.at("models").at(0).get<std::string>();
    model.title = offered_title_.toStdString();
    try {
        fs::create_directories(folder);
        model.path = free_place(folder, model.name);
    } catch (const fs::filesystem_error&) {
        problem_->setText(tr("The model could not be kept in \"%1\". Make room or allow writing there.")
                              .arg(QString::fromStdString(folder.string())));
        return refresh();
    }
    Json spec = offered_;
    // How good it is was found before: here only the fit to all rows counts.
    spec["set"] = {{"folds", 2}, {"repeat", 1}, {"shuffles", 0}, {"explain-rows", 10}};
    spec["save"] = model.path.string();
    EngineHandlers handlers;
    handlers.progress = [this](double fraction, const QString& stage) {
        progress_->set_fraction(fraction);
        progress_->setToolTip(stage);
    };
    handlers.done = [this, model](const EngineReply& reply) {
        KeptModel kept = model;
        const Json& answer = reply.json();
        kept.target = answer.value("target", std::string());
        kept.rows = answer.value("rows", std::size_t{0});
        kept.columns = answer.value("columns", Json::array()).size();
        exploration_.keep_model(kept);
    };
    handlers.failed = [this](const Error& error) { problem_->setText(QString::fromUtf8(error.what())); };
    handlers.ended = [this] {
        request_ = 0;
        refresh();
    };
    progress_->set_fraction(-1);
    request_ = context_.engine.send(
        {.operation = QStringLiteral("fit"), .spec = spec, .title = tr("Keeping %1").arg(offered_title_)},
        this, handlers);
    refresh();
}

void KeptModels::cancel() {
    if (const quint64 request = std::exchange(request_, 0))
        context_.engine.cancel(request);
    refresh();
}

void KeptModels::refresh() {
    const bool busy = request_ != 0, any = !offered_.is_null();
    const bool place = context_.session.is_open() && !exploration_.record().id.empty();
    keep_->setVisible(any || busy);
    keep_->setEnabled(any && place && !busy);
    keep_->setToolTip(place ? tr("Fit %1 to all rows, and keep it with this exploration: it predicts other "
                                 "tables with the same columns")
                                  .arg(offered_title_)
                            : tr("Open or make a project first: models are kept in its folder"));
    cancel_->setVisible(busy);
    progress_->setVisible(busy);
    problem_->setVisible(!problem_->text().isEmpty());
}

void KeptModels::show_models() {
    // A card may be ended from within its own button's click.
    for (Card* card : std::exchange(cards_, {})) {
        card->hide();
        card->deleteLater();
    }
    const auto& models = exploration_.record().models;
    header_->setVisible(!models.empty());
    for (const KeptModel& model : models) {
        auto* card =
            new Card(context_.theme, QString::fromStdString(model.title),
                     tr("Predicts %1 · fitted to %2 rows and %3 columns")
                         .arg(QString::fromStdString(model.target), count(model.rows), count(model.columns)),
                     this);
        const std::string stem = model.path.stem().string();
        const QString name = "models." + QString::fromStdString(stem);
        card->setObjectName(name);
        card->setToolTip(QString::fromStdString(model.path.string()));
        auto* apply = quiet_button(tr("Apply to another table…"), name + ".apply", card);
        apply->setProperty("size", "small");
        apply->setToolTip(tr("Open a table with the same columns, and predict %1 of its rows")
                              .arg(QString::fromStdString(model.target)));
        auto* forget = icon_button(context_.theme, QStringLiteral("trash"), tr("Delete this model"),
                                   name + ".forget", card);
        auto* buttons = new QHBoxLayout;
        buttons->setSpacing(Theme::space(1));
        buttons->addWidget(apply);
        buttons->addStretch();
        buttons->addWidget(forget);
        card->content()->addLayout(buttons);
        connect(apply, &QPushButton::clicked, this, [this, model] {
            if (const QString file = ask_for_table(this, tr("Apply to")); !file.isEmpty())
                Q_EMIT apply_asked(model, file);
        });
        connect(forget, &QToolButton::clicked, this, [this, model] { this->forget(model); });
        list_->addWidget(card);
        cards_.push_back(card);
    }
    refresh();
}

void KeptModels::forget(const KeptModel& model) {
    exploration_.forget_model(model.path);
    std::error_code problem;
    fs::remove(model.path, problem);
    if (problem)
        context_.notices.show(Notice::Kind::Look, tr("\"%1\" could not be deleted. Delete it by hand.")
                                                      .arg(QString::fromStdString(model.path.string())));
}

} // namespace eyepiece
