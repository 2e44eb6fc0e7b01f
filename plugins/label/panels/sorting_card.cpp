// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/sorting_card.h"

#include "plugins/label/panels/importance_list.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStringList>
#include <QVBoxLayout>
#include <cmath>

namespace eyepiece {

SortingCard::SortingCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent)
    : QWidget(parent), context_(context), tools_(tools), sorting_(context, tools) {
    setObjectName(QStringLiteral("sorting-card"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    state_ = text_label(context.theme, {}, Token::Muted, this);
    state_->setObjectName(QStringLiteral("sorting-state"));
    column->addWidget(state_);
    const auto row_in = [](QVBoxLayout* in) {
        auto* row = new QHBoxLayout;
        row->setSpacing(Theme::space(2));
        in->addLayout(row);
        return row;
    };
    auto* first = row_in(column);
    choose_ = quiet_button(tr("Choose examples"), QStringLiteral("sorting-choose"), this);
    choose_->setToolTip(tr("Click objects that are examples of the class in hand (Shift+C)"));
    forget_ = link_button(tr("Forget them"), QStringLiteral("sorting-forget"), this);
    forget_->setToolTip(tr("No object is an example any more; classes stay as they are"));
    first->addWidget(choose_);
    first->addWidget(forget_);
    first->addStretch();
    results_ = new QWidget(this);
    auto* results = new QVBoxLayout(results_);
    results->setContentsMargins(0, 0, 0, 0);
    results->setSpacing(Theme::space(2));
    column->addWidget(results_);
    auto* second = row_in(results);
    here_ = quiet_button(tr("Sort this image"), QStringLiteral("sorting-here"), results_);
    here_->setToolTip(tr("Gives this image's objects the classes that their dots show"));
    all_ = quiet_button(tr("Sort all"), QStringLiteral("sorting-all"), results_);
    all_->setToolTip(tr("The same for every image of the project; one step for undo"));
    second->addWidget(here_);
    second->addWidget(all_);
    second->addStretch();
    auto* third = row_in(results);
    next_ = quiet_button(tr("Least sure"), QStringLiteral("sorting-next"), results_);
    next_->setToolTip(tr("Goes to an object that it can hardly tell: clicking that one teaches most"));
    third->addWidget(next_);
    third->addStretch();
    importances_ = new ImportanceList(context.theme, QStringLiteral("sorting"), results_);
    results->addWidget(importances_);

    connect(choose_, &QPushButton::clicked, this, [this] { tools_.choose(QStringLiteral("label.example")); });
    connect(forget_, &QPushButton::clicked, &sorting_, &ObjectSorting::forget_examples);
    connect(here_, &QPushButton::clicked, this, [this] { sorting_.apply(true); });
    connect(all_, &QPushButton::clicked, this, [this] { sorting_.apply(false); });
    connect(next_, &QPushButton::clicked, &sorting_, &ObjectSorting::show_next);
    connect(&sorting_, &ObjectSorting::changed, this, &SortingCard::refresh);
    connect(&context.labels, &LabelEditor::classes_changed, this, &SortingCard::refresh);
    add_actions();
    refresh();
}

void SortingCard::add_actions() {
    const auto add = [this](const char* id, const QString& title, const QString& help,
                            std::function<void()> handler) {
        ActionSpec spec;
        spec.id = QLatin1String(id);
        spec.title = title;
        spec.help = help;
        spec.icon = QStringLiteral("example");
        spec.stage = Stage::Label;
        spec.handler = std::move(handler);
        context_.actions.add(spec, this);
    };
    add("label.sort-image", tr("Sort this image's objects into classes"), here_->toolTip(),
        [this] { sorting_.apply(true); });
    add("label.sort-all", tr("Sort the objects of all images into classes"), all_->toolTip(),
        [this] { sorting_.apply(false); });
    add("label.least-sure", tr("Show the object whose class is least sure"), next_->toolTip(),
        [this] { sorting_.show_next(); });
}

QString SortingCard::state_text() const {
    if (!sorting_.problem().isEmpty())
        return sorting_.problem();
    const ObjectSorting::Report* report = sorting_.report();
    if (!report)
        return sorting_.working()
                   ? tr("Measuring the objects…")
                   : tr("Tell cell types apart: click a few objects of each class, and the others are sorted "
                        "by their shape and brightness.");
    QStringList counts;
    for (const auto& [id, count] : report->examples)
        if (const LabelClass* known = context_.labels.find_class(id))
            counts << tr("%1 %2").arg(count).arg(QString::fromStdString(known->name));
    QString text = tr("Examples: %1.").arg(counts.join(QStringLiteral(", ")));
    if (report->out_of_bag)
        text += QLatin1Char(' ') + tr("%1 % of them are told rightly by those that had not seen them.")
                                       .arg(std::floor(*report->out_of_bag * 100));
    return text + QLatin1Char(' ') +
           (report->changes == 0 ? tr("Every object has the class that it is told to be.")
                                 : tr("%1 of %2 objects would change.")
                                       .arg(QLocale().toString(qlonglong(report->changes)),
                                            QLocale().toString(qlonglong(report->objects.size()))));
}

void SortingCard::refresh() {
    state_->setText(state_text());
    const ObjectSorting::Report* report = sorting_.report();
    results_->setVisible(report != nullptr);
    forget_->setVisible(!sorting_.examples().empty());
    const bool can = report && !sorting_.applying() && !sorting_.working();
    here_->setEnabled(can);
    all_->setEnabled(can);
    next_->setEnabled(report && !report->next.empty());
    if (report)
        importances_->show_features(report->importances);
}

void SortingCard::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    sorting_.set_in_sight(true);
}

void SortingCard::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    sorting_.set_in_sight(false);
}

} // namespace eyepiece
