// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/steps_section.h"

#include "core/base/error.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/kept_models.h"
#include "plugins/explore/panels/step_card.h"
#include "plugins/explore/panels/step_runner.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QFileDialog>
#include <QMenu>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr std::array<const char*, 3> kinds{"preprocessing", "embeddings", "clusterings"}; // by StepKind
}

StepsSection::StepsSection(WorkbenchContext& context, Exploration& exploration, StepRunner& runner,
                           QWidget* parent)
    : QWidget(parent), context_(context), exploration_(exploration), runner_(runner), menu_(new QMenu(this)) {
    setObjectName(QStringLiteral("explore.steps"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    auto* header = new SectionHeader(theme, tr("Steps"), {}, this);
    again_ = link_button(tr("Run all again"), QStringLiteral("steps.run-all"), this);
    again_->setToolTip(tr("Run every map and clustering whose settings or data have changed"));
    header->add_widget(again_);
    column->addWidget(header);
    list_ = new QVBoxLayout;
    list_->setSpacing(Theme::space(3));
    column->addLayout(list_);
    hint_ =
        text_label(theme,
                   tr("A map puts rows that are alike close to each other. Add one, and clusters after it; "
                      "preparing steps (scale, log) come before."),
                   Token::Muted, this);
    column->addWidget(hint_);
    add_ = link_button(tr("+ Add a step"), QStringLiteral("steps.add"), this);
    add_->setToolTip(tr("Prepare the table, make a map of it, or find clusters"));
    menu_->setObjectName(QStringLiteral("steps.menu"));
    menu_->setToolTipsVisible(true);
    column->addWidget(add_, 0, Qt::AlignLeft);
    other_ = link_button(tr("Use these steps on another table…"), QStringLiteral("steps.other-table"), this);
    other_->setToolTip(tr("Open a table and run the same steps on it; this one stays as it is"));
    column->addWidget(other_, 0, Qt::AlignLeft);
    problem_ = text_label(theme, {}, Token::Bad, this);
    problem_->setObjectName(QStringLiteral("steps.problem"));
    problem_->hide();
    column->addWidget(problem_);

    connect(add_, &QPushButton::clicked, this,
            [this] { menu_->popup(add_->mapToGlobal(QPoint(0, add_->height()))); });
    connect(again_, &QPushButton::clicked, this, &StepsSection::run_all);
    connect(other_, &QPushButton::clicked, this, &StepsSection::other_table_asked);
    connect(&exploration_, &Exploration::adopted, this, [this] {
        qDeleteAll(std::exchange(cards_, {})); // the same numbers are other steps now
        rebuild();
    });
    connect(&exploration_, &Exploration::closed, this, &StepsSection::rebuild);
    connect(&exploration_, &Exploration::steps_changed, this, &StepsSection::rebuild);
    // An engine that died took our question with it; the next one is asked again.
    connect(&context_.engine, &EngineClient::hello_changed, this, [this] {
        if (isVisible())
            ask_kinds();
    });
    fill_menu();
    rebuild();
}

void StepsSection::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    ask_kinds();
}

void StepsSection::ask_kinds() {
    for (std::size_t at = 0; at < kinds.size(); ++at) {
        if (!entries_[at].is_null())
            continue;
        EngineHandlers handlers;
        handlers.done = [this, at](const EngineReply& reply) {
            entries_[at] = reply.json().value("entries", Json::array());
            if (std::none_of(entries_.begin(), entries_.end(), [](const Json& one) { return one.is_null(); }))
                problem_->hide(); // the answer to one does not make good for another that failed
            fill_menu();
            for (StepCard* card : cards_)
                if (const ExplorationStep* step = exploration_.step(card->id());
                    step && static_cast<std::size_t>(step->kind) == at)
                    if (const Json* found = entry(step->kind, step->name))
                        card->set_entry(*found);
        };
        handlers.failed = [this](const Error& error) {
            problem_->setText(QString::fromUtf8(error.what()));
            problem_->show();
        };
        context_.engine.send({.operation = QStringLiteral("list"),
                              .spec = {{"kind", kinds[at]}},
                              .topic = QStringLiteral("explore-list-") + QLatin1String(kinds[at])},
                             this, handlers);
    }
}

const Json* StepsSection::entry(StepKind kind, const std::string& name) const {
    if (kind == StepKind::Predict)
        return nullptr;
    for (const Json& one : entries_[static_cast<std::size_t>(kind)])
        if (one.value("name", std::string()) == name)
            return &one;
    return nullptr;
}

void StepsSection::fill_menu() {
    menu_->clear();
    const std::array<QString, 3> titles{tr("Prepare"), tr("Map"), tr("Cluster")};
    for (std::size_t at = 0; at < kinds.size(); ++at) {
        if (!entries_[at].is_array() || entries_[at].empty())
            continue;
        QAction* heading = menu_->addAction(titles[at]);
        heading->setEnabled(false);
        for (const Json& one : entries_[at]) {
            const auto name = one.value("name", std::string()), title = one.value("title", name);
            QAction* action = menu_->addAction(QString::fromStdString(title));
            action->setObjectName("steps.add." + QString::fromStdString(name));
            action->setToolTip(QString::fromStdString(one.value("help", std::string())));
            connect(action, &QAction::triggered, this, [this, at, name, title] {
                exploration_.add_step(static_cast<StepKind>(at), name, title);
            });
        }
    }
    if (!menu_->isEmpty())
        add_models();
    add_->setEnabled(!menu_->isEmpty() && exploration_.is_open());
}

void StepsSection::add_models() {
    menu_->addAction(tr("Predict"))->setEnabled(false);
    for (const KeptModel& model : models_) {
        QAction* action = menu_->addAction(QString::fromStdString(prediction_title(model)), this,
                                           [this, model] { predict_with(model); });
        action->setObjectName("steps.predict." + QString::fromStdString(model.path.stem().string()));
        action->setToolTip(tr("Kept with %1; columns are found by their names")
                               .arg(QString::fromStdString(model.path.parent_path().filename().string())));
    }
    QAction* file = menu_->addAction(tr("With a stored model…"), this, [this] {
        const QString chosen =
            QFileDialog::getOpenFileName(this, tr("Predict with"), {}, tr("Models (*.model);;All files (*)"));
        if (chosen.isEmpty())
            return;
        const std::filesystem::path path = chosen.toStdString();
        predict_with({.path = path,
                      .name = path.stem().string(),
                      .title = path.stem().string(),
                      .target = tr("prediction").toStdString()});
    });
    file->setObjectName(QStringLiteral("steps.predict"));
    file->setToolTip(tr("A file that `eyepiece-cli fit --save` wrote"));
}

void StepsSection::set_models(std::vector<KeptModel> models) {
    if (models_ == models) // the menu may be open
        return;
    models_ = std::move(models);
    fill_menu();
}

void StepsSection::predict_with(const KeptModel& model) {
    if (exploration_.is_open())
        runner_.run(exploration_.add_step(StepKind::Predict, model.name, prediction_title(model),
                                          {{"model", model.path.string()}}));
}

void StepsSection::rebuild() {
    // Cards of steps that are still there stay: what one types in them must not be lost.
    std::vector<StepCard*> before = std::move(cards_);
    cards_.clear();
    while (QLayoutItem* item = list_->takeAt(0))
        delete item;
    const auto& steps = exploration_.record().steps;
    for (const ExplorationStep& step : steps) {
        const auto found = std::find_if(before.begin(), before.end(),
                                        [&](const StepCard* card) { return card && card->id() == step.id; });
        StepCard* card = nullptr;
        if (found != before.end()) {
            card = *found;
            *found = nullptr;
        } else {
            card = new StepCard(context_, exploration_, runner_, step.id, this);
            if (const Json* known = entry(step.kind, step.name))
                card->set_entry(*known);
            connect(card, &StepCard::show_asked, this, &StepsSection::show_asked);
        }
        card->set_place(static_cast<int>(cards_.size()) + 1, cards_.empty(),
                        cards_.size() + 1 == steps.size());
        card->set_shown(step.id == shown_);
        list_->addWidget(card);
        cards_.push_back(card);
    }
    for (StepCard* gone : before)
        delete gone;
    setVisible(exploration_.is_open());
    hint_->setVisible(steps.empty());
    other_->setVisible(!steps.empty());
    again_->setVisible(std::any_of(steps.begin(), steps.end(), [](const ExplorationStep& step) {
        return step.kind != StepKind::Prepare;
    }));
    add_->setEnabled(!menu_->isEmpty() && exploration_.is_open());
}

void StepsSection::run_all() {
    for (const ExplorationStep& step : exploration_.record().steps)
        if (step.kind != StepKind::Prepare && !exploration_.up_to_date(step.id) && !runner_.running(step.id))
            runner_.run(step.id);
}

void StepsSection::set_shown(int id) {
    shown_ = id;
    for (StepCard* card : cards_)
        card->set_shown(card->id() == id);
}

} // namespace eyepiece
