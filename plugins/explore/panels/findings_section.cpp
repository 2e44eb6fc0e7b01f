// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/findings_section.h"

#include "plugins/explore/panels/apart_section.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/label_walk.h"
#include "plugins/explore/panels/models_section.h"
#include "plugins/explore/panels/table_inquiry.h"
#include "plugins/explore/panels/table_opener.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLocale>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {

// "near-duplicates" as the head of a card.
QString title_of(const std::string& kind) {
    QString words = QString::fromStdString(kind).replace('-', ' ');
    if (!words.isEmpty())
        words[0] = words[0].toUpper();
    return words;
}

constexpr std::size_t most_bars = 8; // of columns, and of rows that are named

// The file that the table is compared with; empty: none.
std::string other_table(const Exploration& exploration) {
    return exploration.record().look.value("other", std::string());
}

QString file_name(const std::string& path) {
    return QFileInfo(QString::fromStdString(path)).fileName();
}

// What is to be said where two tables were compared and nothing was found.
QString alike_words(const Json& asked, const Json& answer) {
    const Json other = asked.value("other", Json::object());
    const Json checked = answer.value("checked", Json::array());
    const Json findings = answer.value("findings", Json::array());
    if (other.empty() || std::find(checked.begin(), checked.end(), "drift") == checked.end() ||
        std::any_of(findings.begin(), findings.end(),
                    [](const Json& one) { return one.value("kind", std::string()) == "drift"; }))
        return {};
    return FindingsSection::tr("%1 is alike: no model tells its rows from these.")
        .arg(file_name(other.value("path", std::string())));
}

} // namespace

FindingsSection::FindingsSection(WorkbenchContext& context, Exploration& exploration, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , exploration_(exploration)
    , check_(new TableInquiry(context, exploration, QStringLiteral("check"), "check", this)) {
    setObjectName(QStringLiteral("explore.findings"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    auto* header = new SectionHeader(theme, tr("To look at"), {}, this);
    run_ = link_button(tr("Check the data"), QStringLiteral("findings.run"), this);
    run_->setToolTip(
        tr("Duplicates, outliers, probable label errors, classes out of balance, columns that give "
           "the label away"));
    header->add_widget(run_);
    column->addWidget(header);
    compared_ = text_label(theme, {}, Token::Muted, this);
    compared_->setObjectName(QStringLiteral("findings.compared"));
    other_ = link_button(tr("Compare with another table…"), QStringLiteral("findings.other"), this);
    other_->setToolTip(tr("Check, too, whether a table with the same columns differs from this one: what is "
                          "learnt here may fail there"));
    without_ = link_button(tr("Without it"), QStringLiteral("findings.without"), this);
    without_->setToolTip(tr("Check this table alone"));
    auto* compared = new QHBoxLayout; // narrow: the column is
    compared->setSpacing(Theme::space(2));
    compared->addWidget(compared_, 1);
    compared->addWidget(without_);
    column->addWidget(other_, 0, Qt::AlignLeft);
    column->addLayout(compared);
    progress_ = new ProgressLine(theme, this);
    stage_ = text_label(theme, {}, Token::Muted, this);
    cancel_ = quiet_button(tr("Cancel"), QStringLiteral("findings.cancel"), this);
    problem_ = text_label(theme, {}, Token::Bad, this);
    problem_->setObjectName(QStringLiteral("findings.problem"));
    words_ = text_label(theme, {}, Token::Muted, this);
    words_->setObjectName(QStringLiteral("findings.words"));
    copy_ = link_button(tr("Copy command"), QStringLiteral("findings.copy"), this);
    copy_->setToolTip(tr("The line of eyepiece-cli that does the same"));
    list_ = new QVBoxLayout;
    list_->setSpacing(Theme::space(2));
    column->addWidget(progress_);
    column->addWidget(stage_);
    column->addWidget(cancel_, 0, Qt::AlignLeft);
    column->addWidget(problem_);
    column->addLayout(list_);
    walk_ = new LabelWalk(context, exploration, this);
    column->addWidget(walk_);
    column->addWidget(words_);
    column->addWidget(copy_, 0, Qt::AlignLeft);

    connect(run_, &QPushButton::clicked, this, &FindingsSection::run);
    connect(cancel_, &QPushButton::clicked, check_, &TableInquiry::cancel);
    connect(copy_, &QPushButton::clicked, this, [this] { copy_command(command(), context_.notices); });
    connect(other_, &QPushButton::clicked, this, [this] {
        if (const QString file = ask_for_table(this, tr("Compare with")); !file.isEmpty())
            compare_with(file);
    });
    connect(without_, &QPushButton::clicked, this, [this] { compare_with({}); });
    connect(check_, &TableInquiry::changed, this, &FindingsSection::refresh);
    connect(check_, &TableInquiry::answer_changed, this, &FindingsSection::show_findings);
    connect(check_, &TableInquiry::progressed, this, &FindingsSection::show_progress);
    for (const auto signal : {&Exploration::table_changed, &Exploration::steps_changed, &Exploration::closed,
                              &Exploration::record_changed})
        connect(&exploration_, signal, this, &FindingsSection::refresh);
    refresh();
}

void FindingsSection::run() {
    if (exploration_.is_open())
        check_->ask(spec(), tr("Checking the data"));
}

void FindingsSection::compare_with(const QString& file) {
    exploration_.update_look({{"other", file.toStdString()}});
    run();
}

Json FindingsSection::spec() const {
    Json spec = with_target(exploration_);
    if (const std::string other = other_table(exploration_); !other.empty())
        spec["other"] = {{"path", other}};
    return spec;
}

QStringList FindingsSection::command() const {
    QStringList words = target_words(exploration_, QStringLiteral("check"));
    if (const std::string other = other_table(exploration_); !other.empty())
        words << QStringLiteral("--other") << QString::fromStdString(other);
    return words;
}

void FindingsSection::refresh() {
    setVisible(exploration_.is_open());
    const bool busy = check_->running();
    run_->setEnabled(!busy);
    progress_->setVisible(busy);
    stage_->setVisible(busy);
    show_progress();
    cancel_->setVisible(busy);
    problem_->setText(check_->problem());
    problem_->setVisible(!check_->problem().isEmpty());
    const QString other = file_name(other_table(exploration_));
    compared_->setText(tr("Compared with %1").arg(other));
    compared_->setVisible(!other.isEmpty());
    without_->setVisible(!other.isEmpty());
    without_->setEnabled(!busy);
    other_->setEnabled(!busy);
    const bool any = check_->answer().is_object();
    copy_->setVisible(any);
    words_->setVisible(any);
    if (!any)
        return;
    const Json& answer = check_->answer();
    QStringList words;
    if (cards_.empty()) {
        QStringList checked;
        const Json kinds = answer.value("checked", Json::array());
        for (const Json& kind : kinds)
            checked << title_of(kind.get<std::string>()).toLower();
        words << tr("Nothing stands out. Checked: %1.").arg(checked.join(QStringLiteral(", ")));
    }
    if (const QString alike = alike_words(check_->answered(), answer); !alike.isEmpty())
        words << alike;
    for (const Json& skipped : answer.value("skipped", Json::array()))
        words << tr("Not checked: %1. %2")
                     .arg(title_of(skipped.value("kind", std::string())).toLower(),
                          QString::fromStdString(skipped.value("reason", std::string())));
    if (check_->answered() != spec())
        words << tr("The table, the steps or the target have changed since: check again.");
    words_->setText(words.join('\n'));
}

void FindingsSection::show_progress() {
    progress_->set_fraction(check_->fraction());
    stage_->setText(check_->stage());
}

void FindingsSection::show_findings() {
    qDeleteAll(std::exchange(cards_, {}));
    walk_->end();
    const Json& answer = check_->answer();
    if (!answer.is_object())
        return;
    const Json findings = answer.value("findings", Json::array());
    for (std::size_t at = 0; at < findings.size(); ++at) {
        const Json& finding = findings[at];
        const std::string severity = finding.value("severity", std::string());
        auto* card = new Card(context_.theme, title_of(finding.value("kind", std::string())),
                              QString::fromStdString(finding.value("sentence", std::string())), this);
        card->setObjectName(QStringLiteral("findings.card.%1").arg(at));
        card->set_title_token(severity == "serious"   ? Token::Bad
                              : severity == "warning" ? Token::Look
                                                      : Token::Text);
        if (!finding.value("rows", Json::array()).empty()) {
            auto* show = quiet_button(tr("Show the rows"), QStringLiteral("findings.show.%1").arg(at), card);
            show->setToolTip(tr("Select them in the table and in every plot"));
            card->content()->addWidget(show, 0, Qt::AlignLeft);
            connect(show, &QPushButton::clicked, this, [this, finding] { select(finding); });
        }
        if (finding.value("kind", std::string()) == "label-error") {
            auto* walk = quiet_button(tr("Go through them"), QStringLiteral("findings.walk"), card);
            walk->setToolTip(tr("One after the other: keep the label, change it, or leave the row out"));
            card->content()->addWidget(walk, 0, Qt::AlignLeft);
            connect(walk, &QPushButton::clicked, this, [this, finding] {
                walk_->begin(finding, check_->answered().value("target", std::string()));
            });
        }
        if (finding.value("kind", std::string()) == "drift")
            add_drift(*card, finding);
        list_->addWidget(card);
        cards_.push_back(card);
    }
}

// The columns by which the tables are told apart, and the rows of the other one that are least like these.
void FindingsSection::add_drift(Card& card, const Json& finding) {
    const Json figures = finding.value("figures", Json::object());
    const Json columns = figures.value("columns", Json::array());
    const auto worth_of = [](const Json& column) { // null: no number
        const Json worth = column.value("importance", Json());
        return worth.is_number() ? worth.get<double>() : 0.0;
    };
    double most = 0;
    for (const Json& one : columns)
        most = std::max(most, worth_of(one));
    std::vector<DifferenceBars::Bar> bars;
    for (std::size_t at = 0; at < std::min(columns.size(), most_bars); ++at) {
        const double worth = worth_of(columns[at]);
        if (worth <= 0)
            break; // the strongest come first
        DifferenceBars::Bar bar;
        bar.column = at;
        bar.name = QString::fromStdString(columns[at].value("column", std::string()));
        bar.figure = QString::number(worth, 'f', 2);
        bar.tip = tr("%1: shuffled, the area under the ROC curve falls by %2")
                      .arg(bar.name, QString::number(worth, 'f', 3));
        bar.length = worth / most;
        bars.push_back(std::move(bar));
    }
    if (!bars.empty()) {
        auto* shown = new DifferenceBars(context_.theme, &card);
        shown->setObjectName(QStringLiteral("findings.drift"));
        shown->setAccessibleName(tr("Columns by which the tables are told apart"));
        shown->set_bars(std::move(bars));
        card.content()->addWidget(shown);
        connect(shown, &DifferenceBars::chosen, this, [this, columns](std::size_t at) {
            if (const auto place = exploration_.table()->find(columns[at].value("column", std::string())))
                Q_EMIT column_chosen(*place);
        });
    }
    const Json rows = figures.value("other_rows", Json::array());
    QStringList numbers;
    for (std::size_t at = 0; at < std::min(rows.size(), most_bars); ++at)
        numbers << QString::number(rows[at].get<qint64>() + 1);
    if (!numbers.isEmpty())
        card.content()->addWidget(text_label(context_.theme,
                                             tr("Least like these rows are the other table's rows %1.")
                                                 .arg(numbers.join(QStringLiteral(", "))),
                                             Token::Muted, &card));
}

void FindingsSection::select(const Json& finding) {
    const auto rows = finding.at("rows").get<std::vector<std::size_t>>();
    exploration_.selection().select(rows);
    const auto all = finding.value("row_count", rows.size());
    context_.notices.show(
        Notice::Kind::Info,
        all > rows.size()
            ? tr("The worst %1 of %2 rows are selected.")
                  .arg(QLocale().toString(qulonglong(rows.size())), QLocale().toString(qulonglong(all)))
            : tr("%1 rows are selected.").arg(QLocale().toString(qulonglong(rows.size()))));
}

} // namespace eyepiece
