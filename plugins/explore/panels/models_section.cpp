// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/models_section.h"

#include "plugins/explore/panels/apart_section.h"
#include "plugins/explore/panels/explanation_dialog.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/kept_models.h"
#include "plugins/explore/panels/model_ranking.h"
#include "plugins/explore/panels/table_inquiry.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr std::size_t most_bars = 8, most_offered = 500; // columns

QString digits(double value, int count = 2) {
    return QString::number(value, 'f', count);
}

// "balanced-accuracy" as words.
QString score_name(const std::string& name) {
    if (name == "r2")
        return QStringLiteral("R²");
    QString words = QString::fromStdString(name).replace('-', ' ');
    if (!words.isEmpty())
        words[0] = words[0].toUpper();
    return words;
}

bool predictable(ColumnType type) {
    return type != ColumnType::Text && type != ColumnType::Date;
}

} // namespace

Json with_target(const Exploration& exploration) {
    Json spec = exploration.table_spec();
    for (const char* name : {"target", "group"})
        if (const std::string column = exploration.record().look.value(name, std::string()); !column.empty())
            spec[name] = column;
    return spec;
}

QStringList target_words(const Exploration& exploration, const QString& verb) {
    const Json spec = with_target(exploration);
    QStringList words = exploration.table_words(verb, spec);
    for (const char* name : {"target", "group"})
        if (spec.contains(name))
            words << QStringLiteral("--") + QLatin1String(name)
                  << QString::fromStdString(spec[name].get<std::string>());
    return words;
}

ModelsSection::ModelsSection(WorkbenchContext& context, Exploration& exploration, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , exploration_(exploration)
    , fit_(new TableInquiry(context, exploration, QStringLiteral("fit"), "models", this))
    , explanation_(new TableInquiry(context, exploration, QStringLiteral("fit"), "explanation", this)) {
    setObjectName(QStringLiteral("explore.models"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("Simple models first"), {}, this));
    auto* form = new QFormLayout;
    form->setContentsMargins(0, 0, 0, 0);
    const auto box = [&](const char* name, const QString& title, const QString& help) {
        auto* made = new QComboBox(this);
        made->setObjectName(QString::fromLatin1(name));
        made->setAccessibleName(title);
        made->setToolTip(help);
        made->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        form->addRow(title, made);
        connect(made, &QComboBox::currentIndexChanged, this, &ModelsSection::remember);
        return made;
    };
    target_ = box("models.target", tr("Predict"), tr("The column whose class or number is to be predicted"));
    group_ = box("models.group", tr("Keep whole"),
                 tr("Rows of one value (a patient, a slide) are held out together, so that near-copies never "
                    "stand on both sides"));
    column->addLayout(form);
    run_ = quiet_button(tr("Try simple models"), QStringLiteral("models.run"), this);
    run_->setToolTip(tr("Cross-validate a dozen of them beside the baseline, and rank them"));
    cancel_ = quiet_button(tr("Cancel"), QStringLiteral("models.cancel"), this);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(1));
    buttons->addWidget(run_);
    buttons->addWidget(cancel_);
    buttons->addStretch();
    column->addLayout(buttons);
    progress_ = new ProgressLine(theme, this);
    stage_ = text_label(theme, {}, Token::Muted, this);
    problem_ = text_label(theme, {}, Token::Bad, this);
    problem_->setObjectName(QStringLiteral("models.problem"));
    ranking_ = new ModelRanking(theme, this);
    facts_ = text_label(theme, {}, Token::Muted, this);
    facts_->setObjectName(QStringLiteral("models.facts"));
    goes_by_ = new SectionHeader(theme, {}, {}, this);
    bars_ = new DifferenceBars(theme, this);
    bars_->setObjectName(QStringLiteral("models.bars"));
    bars_->setAccessibleName(tr("Columns that the model goes by"));
    words_ = text_label(theme, {}, Token::Muted, this);
    words_->setObjectName(QStringLiteral("models.words"));
    whole_ = link_button(tr("See the whole explanation"), QStringLiteral("models.whole"), this);
    whole_->setToolTip(
        tr("All columns, how the prediction moves with them, which classes are confused, coefficients"));
    copy_ = link_button(tr("Copy command"), QStringLiteral("models.copy"), this);
    copy_->setToolTip(tr("The line of eyepiece-cli that does the same"));
    for (QWidget* widget :
         {static_cast<QWidget*>(progress_), static_cast<QWidget*>(stage_), static_cast<QWidget*>(problem_),
          static_cast<QWidget*>(ranking_), static_cast<QWidget*>(facts_), static_cast<QWidget*>(goes_by_),
          static_cast<QWidget*>(bars_), static_cast<QWidget*>(words_)})
        column->addWidget(widget);
    column->addWidget(whole_, 0, Qt::AlignLeft);
    column->addWidget(copy_, 0, Qt::AlignLeft);
    kept_ = new KeptModels(context, exploration, this);
    column->addWidget(kept_);

    connect(run_, &QPushButton::clicked, this, &ModelsSection::run);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        fit_->cancel();
        explanation_->cancel();
    });
    connect(copy_, &QPushButton::clicked, this,
            [this] { copy_command(target_words(exploration_, QStringLiteral("fit")), context_.notices); });
    connect(ranking_, &ModelRanking::chosen, this, &ModelsSection::explain);
    connect(whole_, &QPushButton::clicked, this, &ModelsSection::show_whole);
    connect(bars_, &DifferenceBars::chosen, this, &ModelsSection::column_chosen);
    connect(fit_, &TableInquiry::answer_changed, this, [this] {
        const Json& answer = fit_->answer();
        explained_ =
            answer.is_object() ? QString::fromStdString(answer.value("best", std::string())) : QString();
    });
    for (TableInquiry* inquiry : {fit_, explanation_}) {
        connect(inquiry, &TableInquiry::changed, this, &ModelsSection::refresh);
        connect(inquiry, &TableInquiry::progressed, this, &ModelsSection::show_progress);
    }
    connect(&exploration_, &Exploration::table_changed, this, &ModelsSection::fill_boxes);
    connect(&exploration_, &Exploration::steps_changed, this, &ModelsSection::refresh);
    connect(&exploration_, &Exploration::step_changed, this, &ModelsSection::refresh);
    connect(&exploration_, &Exploration::closed, this, &ModelsSection::refresh);
    for (const auto signal : {&Exploration::adopted, &Exploration::closed}) // a page of another table
        connect(&exploration_, signal, this, [this] { delete dialog_; });
    refresh();
}

// The columns of the file; those that steps made are no truth to be predicted.
void ModelsSection::fill_boxes() {
    filling_ = true;
    const Table& table = exploration_.opened().table;
    const Json& look = exploration_.record().look;
    const QString group = QString::fromStdString(look.value("group", std::string()));
    target_->clear();
    group_->clear();
    target_->addItem(tr("Choose a column"));
    group_->addItem(tr("No groups"));
    QString target = QString::fromStdString(look.value("target", std::string()));
    QString guess;
    for (std::size_t at = 0; at < table.dense().size(); ++at) {
        const QString name = QString::fromStdString(table.name(at));
        // Of very many, the first, and what was chosen before or is meant to be.
        if (at >= most_offered && name != target && name != group && table.role(at) != ColumnRole::Target)
            continue;
        if (predictable(table.dense()[at].type())) {
            target_->addItem(name, name);
            const bool classes = table.dense()[at].type() == ColumnType::Categorical;
            if (table.role(at) == ColumnRole::Target || (guess.isEmpty() && classes))
                guess = name;
        }
        group_->addItem(name, name);
    }
    if (!look.contains("target"))
        target = guess;
    target_->setCurrentIndex(std::max(0, target_->findData(target)));
    group_->setCurrentIndex(std::max(0, group_->findData(group)));
    filling_ = false;
    remember();
}

void ModelsSection::remember() {
    if (filling_ || !exploration_.is_open())
        return;
    exploration_.update_look({{"target", target_->currentData().toString().toStdString()},
                              {"group", group_->currentData().toString().toStdString()}});
    refresh();
}

Json ModelsSection::spec() const {
    Json spec = with_target(exploration_);
    return spec.contains("target") ? spec : Json();
}

void ModelsSection::run() {
    const Json asked = spec();
    if (asked.is_null())
        return;
    explanation_->forget();
    fit_->ask(asked, tr("Simple models"));
}

// The answer explains its best model; of another one, that one is fitted alone.
void ModelsSection::explain(const QString& model) {
    if (fit_->running() || !fit_->answer().is_object())
        return;
    explained_ = model;
    if (model.toStdString() != fit_->answer().value("best", std::string()))
        if (const Json asked = explanation_spec(); explanation_->answered() != asked)
            explanation_->ask(asked, tr("Explaining a model"));
    refresh();
}

Json ModelsSection::explanation_spec() const {
    Json spec = fit_->answered();
    spec["models"] = Json::array({explained_.toStdString()});
    return spec;
}

void ModelsSection::refresh() {
    setVisible(exploration_.is_open());
    const bool busy = fit_->running() || explanation_->running();
    run_->setEnabled(!fit_->running() && target_->currentIndex() > 0);
    cancel_->setVisible(busy);
    progress_->setVisible(busy);
    stage_->setVisible(busy);
    show_progress();
    copy_->setVisible(target_->currentIndex() > 0);
    const QString problem = fit_->problem().isEmpty() ? explanation_->problem() : fit_->problem();
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
    const bool any = fit_->answer().is_object();
    ranking_->setVisible(any);
    facts_->setVisible(any);
    if (any)
        show_ranking(fit_->answer());
    show_explanation();
}

void ModelsSection::show_progress() {
    const TableInquiry& shown = fit_->running() ? *fit_ : *explanation_;
    progress_->set_fraction(shown.fraction());
    stage_->setText(shown.stage());
}

void ModelsSection::show_ranking(const Json& answer) {
    const std::string rank_by = answer.value("rank_by", std::string());
    std::vector<ModelRanking::Line> lines;
    const Json models = answer.value("models", Json::array());
    for (const Json& model : models) {
        ModelRanking::Line line;
        line.name = QString::fromStdString(model.value("model", std::string()));
        line.title = QString::fromStdString(model.value("title", std::string()));
        line.baseline = model.value("baseline", false);
        line.passes = line.baseline || model.value("beats_baseline", false);
        const auto scores = model.find("scores");
        const Json score =
            scores != model.end() && scores->is_object() ? scores->value(rank_by, Json()) : Json();
        if (!score.is_object() || !score.at("mean").is_number()) {
            line.failed = true;
            line.figure = tr("failed");
            line.tip = QString::fromStdString(model.value("error", std::string()));
            if (line.tip.isEmpty())
                line.tip = tr("It has no score: a fold lacks what the score needs.");
        } else {
            line.score = score.at("mean").get<double>();
            const Json &low = score.at("low"), &high = score.at("high");
            line.low = low.is_number() ? low.get<double>() : line.score;
            line.high = high.is_number() ? high.get<double>() : line.score;
            line.figure = digits(line.score) + QStringLiteral(" ± ") + digits((line.high - line.low) / 2);
            line.tip = line.baseline ? tr("What one gets without looking at the columns")
                       : line.passes
                           ? tr("Clearly better than the baseline; click to see what it goes by")
                           : tr("Not clearly better than the baseline; click to see what it goes by");
        }
        lines.push_back(std::move(line));
    }
    ranking_->set_lines(std::move(lines));
    ranking_->set_current(explained_);
    QStringList words{tr("%1, mean of %2 folds ± 95 %; dotted: the baseline.")
                          .arg(score_name(rank_by))
                          .arg(answer.value("folds", 0) * std::max(1, answer.value("repeat", 1)))};
    for (const Json& note : answer.value("notes", Json::array()))
        words << QString::fromStdString(note.get<std::string>());
    if (fit_->answered() != spec())
        words << tr("The table, the steps or the target have changed since: try again.");
    facts_->setText(words.join('\n'));
}

const Json& ModelsSection::explaining() const {
    static const Json none;
    if (!fit_->answer().is_object() || explanation_->running() || explained_.isEmpty())
        return none;
    const bool best = explained_.toStdString() == fit_->answer().value("best", std::string());
    if (!best && explanation_->answered() != explanation_spec())
        return none;
    const Json& answer = (best ? fit_ : explanation_)->answer();
    const auto explanation = answer.find("explanation");
    const bool shows =
        explanation != answer.end() && explanation->value("model", std::string()) == explained_.toStdString();
    return shows ? answer : none;
}

QString ModelsSection::title_of(const QString& model) const {
    for (const ModelRanking::Line& line : ranking_->lines())
        if (line.name == model)
            return line.title;
    return model;
}

void ModelsSection::show_whole() {
    const Json& answer = explaining();
    if (answer.is_null())
        return;
    delete dialog_;
    const Json shap = answer.at("explanation").value("shap", Json::object());
    dialog_ = new ExplanationDialog(
        context_.theme, answer, title_of(explained_),
        title_of(QString::fromStdString(shap.value("model", explained_.toStdString()))), window());
    dialog_->setAttribute(Qt::WA_DeleteOnClose);
    dialog_->show();
}

void ModelsSection::show_explanation() {
    const Json& answer = explaining();
    const bool shows = !answer.is_null();
    goes_by_->setVisible(shows);
    bars_->setVisible(shows);
    words_->setVisible(shows);
    whole_->setVisible(shows);
    kept_->offer(shows ? explanation_spec() : Json(), shows ? title_of(explained_) : QString());
    if (!shows)
        return;
    const Json& explanation = answer.at("explanation");
    goes_by_->set_title(tr("What %1 goes by").arg(title_of(explained_)));
    // Where a model has none, those of the best one that has are given.
    const Json shap = explanation.value("shap", Json::object());
    const QString shap_of = title_of(QString::fromStdString(
        shap.is_object() ? shap.value("model", explained_.toStdString()) : std::string()));
    std::vector<Json> importances = explanation.value("importances", std::vector<Json>());
    std::stable_sort(importances.begin(), importances.end(), [](const Json& a, const Json& b) {
        return a.value("permutation", 0.0) > b.value("permutation", 0.0);
    });
    const Table& table = *exploration_.table();
    std::vector<DifferenceBars::Bar> bars;
    for (const Json& one : importances) {
        const double lost = one.value("permutation", 0.0);
        if (bars.size() == most_bars || lost <= 0)
            break;
        DifferenceBars::Bar bar;
        bar.name = QString::fromStdString(one.value("column", std::string()));
        for (std::size_t at = 0; at < table.columns(); ++at)
            if (table.name(at) == bar.name.toStdString())
                bar.column = at;
        bar.figure = digits(lost);
        bar.length = lost / importances.front().value("permutation", 1.0);
        QStringList tip{tr("%1: shuffled, the score falls by %2 ± %3")
                            .arg(bar.name, digits(lost, 3), digits(one.value("permutation_sd", 0.0), 3))};
        if (one.contains("gain"))
            tip << tr("share of what the splits gained: %1").arg(digits(one.value("gain", 0.0), 3));
        if (one.contains("shap"))
            tip << tr("mean size of its Shapley values in %1: %2")
                       .arg(shap_of, digits(one.value("shap", 0.0), 3));
        bar.tip = tip.join('\n');
        bars.push_back(std::move(bar));
    }
    words_->setText(bars.empty() ? tr("No column alone makes a difference to it.")
                                 : tr("How far the score falls when one column is shuffled."));
    bars_->set_bars(std::move(bars));
}

} // namespace eyepiece
