// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/findings_section.h"

#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/models_section.h"
#include "plugins/explore/panels/table_inquiry.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QVBoxLayout>
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
    column->addWidget(words_);
    column->addWidget(copy_, 0, Qt::AlignLeft);

    connect(run_, &QPushButton::clicked, this, &FindingsSection::run);
    connect(cancel_, &QPushButton::clicked, check_, &TableInquiry::cancel);
    connect(copy_, &QPushButton::clicked, this,
            [this] { copy_command(target_words(exploration_, QStringLiteral("check")), context_.notices); });
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
        check_->ask(with_target(exploration_), tr("Checking the data"));
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
    for (const Json& skipped : answer.value("skipped", Json::array()))
        words << tr("Not checked: %1. %2")
                     .arg(title_of(skipped.value("kind", std::string())).toLower(),
                          QString::fromStdString(skipped.value("reason", std::string())));
    if (check_->answered() != with_target(exploration_))
        words << tr("The table, the steps or the target have changed since: check again.");
    words_->setText(words.join('\n'));
}

void FindingsSection::show_progress() {
    progress_->set_fraction(check_->fraction());
    stage_->setText(check_->stage());
}

void FindingsSection::show_findings() {
    qDeleteAll(std::exchange(cards_, {}));
    const Json& answer = check_->answer();
    if (!answer.is_object())
        return;
    const Json& findings = answer.at("findings");
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
        list_->addWidget(card);
        cards_.push_back(card);
    }
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
