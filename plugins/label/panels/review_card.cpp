// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/review_card.h"

#include "core/project/project.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/browser/provenance.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>
#include <optional>

namespace eyepiece {

namespace {

constexpr int steps_shown = 3;
constexpr int mark_side = 16; // px

QString step_text(const ReviewStep& step) {
    QString text = status_text(step.status);
    if (!step.author.empty())
        text = QObject::tr("%1 by %2").arg(text, QString::fromStdString(step.author));
    text += ", " + local_time(step.made);
    if (!step.word.empty())
        text += ": " + QString::fromStdString(step.word);
    return text;
}

} // namespace

ReviewCard::ReviewCard(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , mark_(new QLabel(this))
    , status_(text_label(context.theme, {}, Token::Text, this))
    , steps_(text_label(context.theme, {}, Token::Muted, this)) {
    setObjectName(QStringLiteral("review-card"));
    status_->setObjectName(QStringLiteral("review-status"));
    steps_->setObjectName(QStringLiteral("review-steps"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(1));
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::space(1));
    mark_->setFixedSize(mark_side, mark_side);
    row->addWidget(mark_);
    row->addWidget(status_, 1);
    for (const char* id : {"review.submit", "review.accept", "review.send-back", "review.take-back"})
        if (QAction* action = context.actions.find(QString::fromLatin1(id))) {
            QToolButton* button = action_button(action, this);
            button->setFixedSize(34, 32);
            button->setFocusPolicy(Qt::TabFocus); // a click leaves the keys with the canvas
            row->addWidget(button);
        }
    column->addLayout(row);
    column->addWidget(steps_);
    QPushButton* statistics = link_button(tr("Label statistics…"), QStringLiteral("review-statistics"), this);
    if (QAction* action = context.actions.find(QStringLiteral("review.statistics"))) {
        statistics->setToolTip(action->toolTip());
        connect(statistics, &QPushButton::clicked, action, &QAction::trigger);
    }
    column->addWidget(statistics, 0, Qt::AlignLeft);
    connect(&context.session, &ProjectSession::items_changed, this, &ReviewCard::refresh);
    connect(&context.session, &ProjectSession::labels_changed, this, &ReviewCard::refresh);
    connect(&context.session, &ProjectSession::external_change, this, &ReviewCard::refresh);
    connect(&context.session, &ProjectSession::opened, this, &ReviewCard::refresh);
    connect(&context.session, &ProjectSession::closed, this, &ReviewCard::refresh);
    connect(&context.selection, &Selection::item_changed, this, &ReviewCard::refresh);
    connect(&context.theme, &Theme::changed, this, &ReviewCard::refresh);
    refresh();
}

void ReviewCard::refresh() {
    std::optional<Item> item;
    std::vector<ReviewStep> steps;
    try {
        if (context_.session.is_open())
            item = context_.session.project().items().find(context_.selection.item());
        if (item)
            steps = context_.session.project().reviews().steps(item->id);
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("review"));
        return;
    }
    setVisible(item.has_value());
    if (!item)
        return;
    const ItemWords words = describe_item(*item);
    const QString icon = status_icon(item->status);
    mark_->setVisible(!icon.isEmpty());
    if (!icon.isEmpty())
        mark_->setPixmap(
            context_.theme.pixmap(icon, context_.theme.color(words.dot), mark_side, devicePixelRatioF()));
    QString status = status_text(item->status);
    status[0] = status[0].toUpper();
    status_->setText(status);
    QStringList all;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step)
        all << step_text(*step);
    steps_->setText(all.mid(0, steps_shown).join('\n'));
    steps_->setToolTip(all.size() > steps_shown ? all.join('\n') : QString());
    steps_->setVisible(!all.isEmpty());
}

} // namespace eyepiece
