// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/train_checks.h"

#include "plugins/vision/panels/run_facts.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QVBoxLayout>

namespace eyepiece {

TrainChecks::TrainChecks(WorkbenchContext& context, QWidget* parent) : QWidget(parent), context_(context) {
    setObjectName(QStringLiteral("train.checks"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(3), Theme::space(3));
    column->setSpacing(Theme::space(2));
    header_ = new SectionHeader(theme, tr("Checks"), {}, this);
    column->addWidget(header_);
    cards_ = new QWidget(this);
    card_list_ = new QVBoxLayout(cards_);
    card_list_->setContentsMargins(0, 0, 0, 0);
    card_list_->setSpacing(Theme::space(3));
    column->addWidget(cards_);
    why_header_ = new SectionHeader(theme, tr("Why it is still running"), {}, this);
    column->addWidget(why_header_);
    why_ = text_label(theme, {}, Token::Muted, this);
    why_->setObjectName(QStringLiteral("train.why"));
    why_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(why_);
    column->addStretch();
    connect(&context.runs, &RunMonitor::runs_changed, this, &TrainChecks::show_run);
    connect(&context.runs, &RunMonitor::run_changed, this, &TrainChecks::show_run);
    connect(&context.selection, &Selection::run_changed, this, &TrainChecks::show_run);
    show_run();
}

void TrainChecks::show_run() {
    const RunRecord* run = context_.runs.find(context_.selection.run());
    why_header_->setVisible(run);
    if (!run) {
        header_->set_note({});
        why_->setText(
            tr("When a run is there, what can be checked of it stands here: whether it beats its baselines, "
               "and whether its score can be trusted."));
        why_header_->setVisible(false);
    } else {
        why_header_->set_title(run->active() ? tr("Why it is still running") : tr("Why it stopped"));
        why_->setText(why_text(*run));
    }
    const auto checks = run ? checks_of(*run) : std::vector<RunCheck>();
    QString content;
    int good = 0, to_see = 0;
    for (const RunCheck& check : checks) {
        content += check.title + '\n' + check.text + '\n';
        check.verdict == RunCheck::Verdict::Good ? ++good : ++to_see;
    }
    header_->set_note(checks.empty() ? QString()
                      : to_see == 0  ? tr("%1 good").arg(good)
                                     : tr("%1 good, %2 to see").arg(good).arg(to_see));
    if (content == shown_)
        return;
    shown_ = content;
    while (QLayoutItem* item = card_list_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const RunCheck& check : checks) {
        const bool fine = check.verdict == RunCheck::Verdict::Good;
        auto* card =
            new Card(context_.theme, (fine ? QStringLiteral("✓ ") : QStringLiteral("! ")) + check.title,
                     check.text, cards_);
        card->setObjectName(QStringLiteral("train.check"));
        card->set_title_token(fine                                       ? Token::Good
                              : check.verdict == RunCheck::Verdict::Look ? Token::Look
                                                                         : Token::Bad);
        card_list_->addWidget(card);
    }
}

} // namespace eyepiece
