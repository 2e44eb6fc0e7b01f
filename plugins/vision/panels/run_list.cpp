// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/run_list.h"

#include "plugins/vision/panels/run_facts.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/theme.h"

#include <QMenu>
#include <QPainter>
#include <QStyledItemDelegate>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr int row_height = 28;
enum Role { IdRole = Qt::UserRole, ScoreRole, ColorRole };

class RunDelegate : public QStyledItemDelegate {
public:
    RunDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {100, row_height};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        if (option.state & QStyle::State_Selected)
            painter->fillRect(option.rect, theme_.color(Token::AccentGround));
        else if (option.state & QStyle::State_MouseOver)
            painter->fillRect(option.rect, theme_.color(Token::Raised));
        const QRect box = option.rect.adjusted(4, 0, -4, 0);
        painter->setPen(Qt::NoPen);
        painter->setBrush(index.data(ColorRole).value<QColor>());
        painter->drawEllipse(QPointF(box.left() + 4, box.center().y() + 0.5), 4, 4);
        const QString score = index.data(ScoreRole).toString();
        painter->setFont(theme_.figures());
        painter->setPen(theme_.color(Token::Muted));
        painter->drawText(box, Qt::AlignRight | Qt::AlignVCenter, score);
        painter->setPen(theme_.color(Token::Text));
        const QRect words =
            box.adjusted(16, 0, -8 - QFontMetrics(theme_.figures()).horizontalAdvance(score), 0);
        painter->drawText(
            words, Qt::AlignLeft | Qt::AlignVCenter,
            QFontMetrics(theme_.figures())
                .elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight, words.width()));
        painter->restore();
    }

private:
    const Theme& theme_;
};

} // namespace

RunList::RunList(WorkbenchContext& context, QWidget* parent) : QListWidget(parent), context_(context) {
    setObjectName(QStringLiteral("train.runs"));
    setAccessibleName(tr("Runs"));
    setItemDelegate(new RunDelegate(context.theme, this));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
    setContextMenuPolicy(Qt::CustomContextMenu);
    connect(this, &QWidget::customContextMenuRequested, this, &RunList::show_menu);
    connect(this, &QListWidget::currentRowChanged, this, [this](int row) {
        if (!filling_ && row >= 0 && !item(row)->data(IdRole).toString().isEmpty())
            context_.selection.set_run(item(row)->data(IdRole).toString());
    });
    connect(&context_.runs, &RunMonitor::runs_changed, this, &RunList::fill);
    connect(&context_.runs, &RunMonitor::run_changed, this, &RunList::fill);
    connect(&context_.selection, &Selection::run_changed, this, &RunList::fill);
    connect(&context_.theme, &Theme::changed, this, &RunList::fill);
    fill();
}

void RunList::fill() {
    filling_ = true;
    clear();
    const auto number = [](double value) {
        return std::isfinite(value) ? QString::number(value, 'f', 3) : QStringLiteral("–");
    };
    const auto add = [&](const QString& id, const QString& title, const QString& score, const QColor& color) {
        auto* row = new QListWidgetItem(title, this);
        row->setData(IdRole, id);
        row->setData(ScoreRole, score);
        row->setData(ColorRole, color);
        row->setData(Qt::AccessibleTextRole, title + ' ' + score);
        return row;
    };
    const QString chosen = context_.selection.run();
    int position = 0;
    for (auto run = context_.runs.runs().rbegin(); run != context_.runs.runs().rend(); ++run) {
        QString title = QStringLiteral("%1 · %2").arg(run->number).arg(run_model_title(*run));
        if (run->state != RunState::Finished && run->state != RunState::Stopped)
            title += QStringLiteral(" · ") + run_state_text(run->state);
        const bool trouble =
            run->state == RunState::Died || run->state == RunState::Failed || run->state == RunState::Damaged;
        auto* row = add(run->id, title, number(run->score()),
                        trouble ? context_.theme.color(Token::Bad)
                                : run_color(context_.theme, run->id == chosen, position));
        row->setToolTip(run->reason());
        if (run->id == chosen)
            setCurrentItem(row);
        ++position;
    }
    if (const RunRecord* run = context_.runs.find(chosen))
        for (const Baseline& baseline : baselines_of(*run)) {
            auto* row = add({}, baseline.title, number(baseline.score), context_.theme.color(Token::Muted));
            row->setFlags(Qt::ItemIsEnabled);
        }
    if (count() == 0) {
        auto* row = add({}, tr("None yet"), {}, Qt::transparent);
        row->setFlags(Qt::NoItemFlags);
    }
    filling_ = false;
    updateGeometry();
    setFixedHeight(sizeHint().height());
}

QSize RunList::sizeHint() const {
    return {200, std::min(count(), 14) * row_height + 2};
}

void RunList::show_menu(const QPoint& position) {
    const QListWidgetItem* row = itemAt(position);
    const RunRecord* run = row ? context_.runs.find(row->data(IdRole).toString()) : nullptr;
    if (!run)
        return;
    QMenu menu(this);
    const QString id = run->id;
    menu.addAction(tr("Copy as command"), this,
                   [this, id] { copy_line(context_.runs.command_text(id), context_.notices); });
    if (run->resumable())
        menu.addAction(tr("Resume"), this, [this, id] { context_.runs.resume(id); });
    if (!run->active())
        menu.addAction(tr("Move to the project's trash"), this, [this, id] { context_.runs.remove(id); });
    if (!menu.isEmpty())
        menu.exec(viewport()->mapToGlobal(position));
}

} // namespace eyepiece
