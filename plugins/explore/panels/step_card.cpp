// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/step_card.h"

#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/step_runner.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLocale>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

QString figure(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? QLocale::c().toString(found->get<double>(), 'f', 2)
                                                     : QString();
}

constexpr std::size_t most_clusters = 12; // that are told of one by one; the largest come first
constexpr double trusted = 0.6;           // Jaccard (Hennig 2007): core/learning/clustering_stability.h

// Cohen's d, above 0 where the cluster has more; infinite ones come as text.
QString effect_words(const Json& effect) {
    if (effect.is_string())
        return effect == "inf" ? QStringLiteral("+∞") : QStringLiteral("−∞");
    const double d = effect.is_number() ? effect.get<double>() : 0;
    return (d < 0 ? QStringLiteral("−") : QStringLiteral("+")) + QLocale::c().toString(std::abs(d), 'f', 1);
}

// How many rows each class got, and how right that is where it is known; and what was new to the model.
QStringList prediction_words(const Json& head) {
    QStringList lines, classes, scored;
    const Json taken = head.value("classes", Json::array()), scores = head.value("scores", Json::object());
    for (const Json& one : taken)
        if (const qint64 rows = one.value("rows", qint64{0}); rows > 0)
            classes << QString::fromStdString(one.value("name", std::string())) + " " +
                           QLocale().toString(rows);
    if (!classes.isEmpty())
        lines << classes.join(QStringLiteral(" · "));
    const std::pair<const char*, QString> names[] = {{"balanced-accuracy", StepCard::tr("balanced accuracy")},
                                                     {"roc-auc", StepCard::tr("area under the ROC curve")},
                                                     {"r2", QStringLiteral("R²")},
                                                     {"rmse", StepCard::tr("root mean square error")}};
    for (const auto& [name, words] : names)
        if (const QString value = figure(scores, name); !value.isEmpty())
            scored << words + " " + value;
    if (!scored.isEmpty())
        lines << StepCard::tr("Where %1 rows say what is right: %2")
                     .arg(QLocale().toString(scores.value("rows", qint64{0})),
                          scored.join(QStringLiteral(", ")));
    const Json notes = head.value("notes", Json::array());
    for (const Json& note : notes)
        if (note.is_string())
            lines << QString::fromStdString(note.get<std::string>());
    return lines;
}

} // namespace

QString score_words(const Json& head) {
    const auto found = head.find("scores");
    if (found == head.end())
        return {};
    QStringList lines;
    if (found->is_array())
        for (const Json& score : *found) {
            QStringList words;
            if (const QString value = figure(score, "trustworthiness"); !value.isEmpty())
                words << StepCard::tr("Trustworthiness %1").arg(value);
            if (const QString value = figure(score, "kept"); !value.isEmpty())
                words << StepCard::tr("neighbours kept %1").arg(value);
            if (const int among = score.value("neighbours", 0); among > 0 && found->size() > 1)
                words << StepCard::tr("among %1").arg(among);
            lines << words.join(QStringLiteral(" · "));
        }
    else if (found->is_object()) {
        QStringList words;
        if (const QString value = figure(*found, "silhouette"); !value.isEmpty())
            words << StepCard::tr("Silhouette %1").arg(value);
        if (const QString value = figure(*found, "davies_bouldin"); !value.isEmpty())
            words << StepCard::tr("Davies-Bouldin %1").arg(value);
        lines << words.join(QStringLiteral(" · "));
    }
    return lines.join('\n');
}

QString cluster_words(const Json& head) {
    const Json stability = head.value("stability", Json::object());
    const Json jaccard = stability.value("jaccard", Json::array());
    const Json markers = head.value("markers", Json::array()), sizes = head.value("sizes", Json::array());
    QStringList lines;
    if (!stability.empty()) {
        const Json rand = stability.value("adjusted_rand", Json::object());
        lines << StepCard::tr("%1 random parts of %2 rows agree by %3 ± %4 (adjusted Rand)")
                     .arg(stability.value("resamples", 0))
                     .arg(stability.value("rows", qint64{0}))
                     .arg(figure(rand, "mean"), figure(rand, "spread"));
    }
    const std::size_t all = std::max(jaccard.size(), markers.size());
    for (std::size_t at = 0; at < std::min(all, most_clusters); ++at) {
        QStringList words{StepCard::tr("cluster %1").arg(at + 1)};
        if (at < sizes.size())
            words << StepCard::tr("%1 rows").arg(sizes[at].get<qint64>());
        if (at < jaccard.size() && jaccard[at].is_number()) {
            const double back = jaccard[at].get<double>();
            words << StepCard::tr("comes back by %1").arg(QLocale::c().toString(back, 'f', 2));
            if (back < trusted)
                words << StepCard::tr("not to be trusted");
        }
        QStringList columns;
        if (at < markers.size())
            for (const Json& one : markers[at])
                columns << QString::fromStdString(one.value("column", std::string())) + " " +
                               effect_words(one.value("effect", Json()));
        lines << words.join(QStringLiteral(" · ")) +
                     (columns.isEmpty() ? QString() : ": " + columns.join(QStringLiteral(", ")));
    }
    if (all > most_clusters)
        lines << StepCard::tr("and %1 smaller ones").arg(all - most_clusters);
    return lines.join('\n');
}

StepCard::StepCard(WorkbenchContext& context, Exploration& exploration, StepRunner& runner, int id,
                   QWidget* parent)
    : QWidget(parent), context_(context), exploration_(exploration), runner_(runner), id_(id) {
    const Theme& theme = context.theme;
    setObjectName(QStringLiteral("step.%1").arg(id));
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    card_ = new Card(theme, {}, {}, this);
    whole->addWidget(card_);
    const auto name = [&](const char* what) {
        return QStringLiteral("step.%1.%2").arg(id).arg(QLatin1String(what));
    };
    const ExplorationStep* step = exploration.step(id);
    form_ = new ParameterForm(theme, card_);
    form_->setObjectName(name("form"));
    card_->content()->addWidget(form_);
    target_ = new QComboBox(card_);
    target_->setObjectName(name("target"));
    target_->setAccessibleName(tr("Guided by"));
    target_->setToolTip(tr("Rows of one class of this column are drawn together. That its classes lie apart "
                           "is then no finding."));
    target_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    target_words_ = text_label(theme, target_->accessibleName(), Token::Muted, card_);
    target_words_->setWordWrap(false);
    target_words_->setBuddy(target_);
    auto* guided = new QHBoxLayout;
    guided->setSpacing(Theme::space(2));
    guided->addWidget(target_words_);
    guided->addWidget(target_, 1);
    card_->content()->addLayout(guided);
    fill_target(false);
    progress_ = new ProgressLine(theme, card_);
    progress_->setAccessibleName(tr("How far the step is"));
    progress_->hide();
    card_->content()->addWidget(progress_);
    problem_ = text_label(theme, {}, Token::Bad, card_);
    problem_->setObjectName(name("problem"));
    problem_->hide();
    card_->content()->addWidget(problem_);

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(1));
    run_ = quiet_button(tr("Run"), name("run"), card_);
    run_->setToolTip(tr("Have the engine do this step, after the preparing steps above it"));
    show_ = quiet_button(tr("Show"), name("show"), card_);
    show_->setToolTip(tr("Show this map in the middle"));
    keep_ = quiet_button(tr("Stop, keep"), name("keep"), card_);
    keep_->setToolTip(tr("Stop now and keep the points as they are"));
    cancel_ = quiet_button(tr("Cancel"), name("cancel"), card_);
    cancel_->setToolTip(tr("Stop, and throw away what has come of it"));
    for (QPushButton* button : {run_, show_, keep_, cancel_}) {
        button->setProperty("size", "small");
        buttons->addWidget(button);
    }
    buttons->addStretch();
    up_ = icon_button(theme, QStringLiteral("chevron-up"), tr("Earlier"), name("up"), card_);
    down_ = icon_button(theme, QStringLiteral("chevron-down"), tr("Later"), name("down"), card_);
    remove_ = icon_button(theme, QStringLiteral("trash"), tr("Take this step out"), name("remove"), card_);
    for (QToolButton* button : {up_, down_, remove_})
        buttons->addWidget(button);
    card_->content()->addLayout(buttons);
    copy_ = link_button(tr("Copy command"), name("copy"), card_);
    copy_->setToolTip(tr("The line of eyepiece-cli that does the same"));
    card_->content()->addWidget(copy_, 0, Qt::AlignLeft);
    copy_->setVisible(step && step->kind != StepKind::Prepare);

    connect(form_, &ParameterForm::changed, this, [this] {
        if (form_->valid())
            exploration_.set_settings(id_, form_->values());
        refresh();
    });
    connect(target_, &QComboBox::currentIndexChanged, this,
            [this] { exploration_.set_target(id_, target_->currentData().toString().toStdString()); });
    connect(run_, &QPushButton::clicked, this, [this] { runner_.run(id_); });
    connect(show_, &QPushButton::clicked, this, [this] { Q_EMIT show_asked(id_); });
    connect(keep_, &QPushButton::clicked, this, [this] { runner_.finish(id_); });
    connect(cancel_, &QPushButton::clicked, this, [this] { runner_.cancel(id_); });
    connect(copy_, &QPushButton::clicked, this,
            [this] { copy_command(exploration_.command(id_), context_.notices); });
    // These end this card: not from within its own button's click.
    connect(
        up_, &QToolButton::clicked, &exploration_, [&exploration, id] { exploration.move_step(id, -1); },
        Qt::QueuedConnection);
    connect(
        down_, &QToolButton::clicked, &exploration_, [&exploration, id] { exploration.move_step(id, 1); },
        Qt::QueuedConnection);
    connect(
        remove_, &QToolButton::clicked, &exploration_, [&exploration, id] { exploration.remove_step(id); },
        Qt::QueuedConnection);
    connect(&exploration_, &Exploration::step_changed, this, [this](int changed) {
        if (changed == id_)
            refresh();
    });
    connect(&runner_, &StepRunner::changed, this, [this](int changed) {
        if (changed == id_)
            refresh();
    });
    title_ = step ? QString::fromStdString(step->title) : QString();
    refresh();
}

void StepCard::set_entry(const Json& entry) {
    title_ = QString::fromStdString(entry.value("title", entry.value("name", std::string())));
    setToolTip(QString::fromStdString(entry.value("help", std::string())));
    form_->set_schema_json(entry.value("parameters", Json::array()));
    if (const ExplorationStep* step = exploration_.step(id_))
        form_->set_values(step->set);
    fill_target(entry.value("uses_target", false));
    refresh();
}

// The columns of the file that name classes; one that was chosen and is there no more stays, so that running
// the step says so.
void StepCard::fill_target(bool takes_one) {
    target_->setVisible(takes_one);
    target_words_->setVisible(takes_one);
    const ExplorationStep* step = exploration_.step(id_);
    if (!takes_one || !step || !exploration_.is_open())
        return;
    const QSignalBlocker quiet(target_);
    target_->clear();
    target_->addItem(tr("No column"), QString());
    for (const Column& column : exploration_.opened().table.dense())
        if (column.type() == ColumnType::Categorical || column.type() == ColumnType::Integer ||
            column.type() == ColumnType::Boolean)
            target_->addItem(QString::fromStdString(column.name()), QString::fromStdString(column.name()));
    const QString chosen = QString::fromStdString(step->target);
    if (target_->findData(chosen) < 0)
        target_->addItem(chosen, chosen);
    target_->setCurrentIndex(target_->findData(chosen));
}

void StepCard::set_place(int number, bool first, bool last) {
    number_ = number;
    up_->setEnabled(!first);
    down_->setEnabled(!last);
    refresh();
}

void StepCard::set_shown(bool shown) {
    shown_ = shown;
    refresh();
}

QString StepCard::outcome_words() const {
    const ExplorationStep* step = exploration_.step(id_);
    if (!step || !step->outcome)
        return {};
    const Json& head = step->outcome->head;
    QStringList lines;
    if (step->kind == StepKind::Predict)
        lines << prediction_words(head);
    if (step->kind == StepKind::Cluster)
        lines << tr("%1 clusters").arg(head.value("clusters", 0));
    if (const QString scores = step->kind == StepKind::Predict ? QString() : score_words(head);
        !scores.isEmpty())
        lines << scores;
    if (const QString clusters = cluster_words(head); !clusters.isEmpty())
        lines << clusters;
    const Json notes = head.value("notes", Json::object()); // of Predict, a list of sentences
    if (const Json ratios = notes.is_object() ? notes.value("explained_variance_ratio", Json()) : Json();
        ratios.is_array() && !ratios.empty()) {
        double kept = 0;
        for (const Json& ratio : ratios)
            kept += ratio.is_number() ? ratio.get<double>() : 0;
        lines << tr("%1 % of the variance").arg(100 * kept, 0, 'f', kept < 0.1 ? 1 : 0);
    }
    const Json said = head.value("step_notes", Json::array()); // by the preparing steps
    for (const Json& note : said)
        if (note.is_string())
            lines << QString::fromStdString(note.get<std::string>());
    if (!exploration_.up_to_date(id_))
        lines << tr("Settings changed since: run it again.");
    return lines.join('\n');
}

void StepCard::refresh() {
    const ExplorationStep* step = exploration_.step(id_);
    if (!step)
        return;
    const StepRunner::Running* running = runner_.running(id_);
    const bool prepares = step->kind == StepKind::Prepare;
    card_->set_title(tr("%1 · %2%3").arg(number_).arg(title_, running ? tr(" · live") : QString()));
    card_->set_text(running ? running->finishing ? tr("Stops, keeping the points…") : running->stage
                            : outcome_words());
    card_->set_accented(running || shown_);
    progress_->setVisible(running != nullptr);
    if (running)
        progress_->set_fraction(running->fraction);
    problem_->setText(runner_.problem(id_));
    problem_->setVisible(!running && !problem_->text().isEmpty());
    run_->setVisible(!prepares && !running);
    run_->setText(step->outcome ? tr("Run again") : tr("Run"));
    run_->setEnabled(form_->valid());
    run_->setToolTip(!form_->valid() ? form_->problems().join('\n')
                     : step->kind == StepKind::Predict
                         ? tr("Predict with this model, which prepares the table as it was prepared for it")
                         : tr("Have the engine do this step, after the preparing steps above it"));
    show_->setVisible(step->kind == StepKind::Reduce && step->outcome && !running && !shown_);
    keep_->setVisible(running && step->kind == StepKind::Reduce);
    keep_->setEnabled(running && !running->finishing);
    cancel_->setVisible(running != nullptr);
}

} // namespace eyepiece
