// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/selection_section.h"

#include "plugins/explore/panels/apart_section.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/findings_section.h"
#include "plugins/explore/panels/saving.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/table/column_summary.h"
#include "widgets/theme/controls.h"

#include <QCompleter>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QVBoxLayout>

namespace eyepiece {

SelectionSection::SelectionSection(WorkbenchContext& context, Exploration& exploration, QMenu& in_project,
                                   QWidget* parent)
    : QWidget(parent), context_(context), exploration_(exploration) {
    setObjectName(QStringLiteral("explore.selection"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(3), Theme::space(3), Theme::space(3), Theme::space(3));
    column->setSpacing(Theme::space(2));
    header_ = new SectionHeader(theme, tr("Selection"), {}, this);
    column->addWidget(header_);
    hint_ = text_label(theme, tr("Draw around points, or choose rows in the table."), Token::Muted, this);
    column->addWidget(hint_);
    auto* naming = new QHBoxLayout;
    naming->setSpacing(Theme::space(1));
    name_ = new QLineEdit(this);
    name_->setObjectName(QStringLiteral("selection.name"));
    name_->setAccessibleName(tr("Name of the class"));
    name_->setPlaceholderText(tr("Class name"));
    name_->setToolTip(tr("The selected rows become this class, in the column “class”"));
    name_button_ = quiet_button(tr("Name as class"), QStringLiteral("selection.name-class"), this);
    name_button_->setToolTip(tr("Write this class into the column “class” for the selected rows"));
    naming->addWidget(name_, 1);
    naming->addWidget(name_button_);
    column->addLayout(naming);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(1));
    keep_ = quiet_button(tr("Keep as set…"), QStringLiteral("selection.keep"), this);
    keep_->setToolTip(tr("Save the selected rows as a table of their own (CSV)"));
    nothing_ = quiet_button(tr("Select nothing"), QStringLiteral("selection.clear"), this);
    nothing_->setToolTip(tr("Select no row (Escape in the points or the table)"));
    buttons->addWidget(keep_);
    buttons->addWidget(nothing_);
    buttons->addStretch();
    column->addLayout(buttons);
    in_project_ = quiet_button(tr("Images and objects…"), QStringLiteral("selection.in-project"), this);
    in_project_->setToolTip(
        tr("Show them in Label, use the images for training or test, give the objects a class"));
    column->addWidget(in_project_, 0, Qt::AlignLeft);
    apart_ = new ApartSection(theme, exploration, this);
    column->addWidget(apart_);
    findings_ = new FindingsSection(context, exploration, this);
    column->addWidget(findings_);
    column_ = new ColumnSummary(theme, exploration.selection(), this);
    column->addWidget(column_);
    column->addStretch();

    connect(name_, &QLineEdit::textChanged, this, &SelectionSection::refresh);
    connect(name_, &QLineEdit::returnPressed, this, &SelectionSection::name_class);
    connect(name_button_, &QPushButton::clicked, this, &SelectionSection::name_class);
    connect(keep_, &QPushButton::clicked, this, &SelectionSection::ask_save);
    connect(in_project_, &QPushButton::clicked, &in_project, [this, &in_project] {
        in_project.popup(in_project_->mapToGlobal(QPoint(0, in_project_->height())));
    });
    connect(nothing_, &QPushButton::clicked, this, [this] { exploration_.selection().clear(); });
    connect(&exploration_.selection(), &RowSelection::changed, this, &SelectionSection::refresh);
    connect(&exploration_, &Exploration::closed, this, [this] {
        column_->set_table(std::make_shared<const Table>());
        refresh();
    });
    connect(&exploration_, &Exploration::table_changed, this, [this] {
        column_->set_table(exploration_.table());
        refresh();
    });
    connect(column_, &ColumnSummary::role_chosen, this, [this](std::size_t at, ColumnRole role) {
        const std::string name = exploration_.table()->name(at);
        if (!exploration_.correctable(name))
            return context_.notices.show(Notice::Kind::Look, tr("What steps have made is never an input."));
        ColumnCorrection correction;
        if (const auto found = exploration_.record().corrections.find(name);
            found != exploration_.record().corrections.end())
            correction = found->second;
        correction.role = role;
        exploration_.correct(name, correction);
    });
    connect(column_, &ColumnSummary::type_chosen, this, [this](std::size_t at, bool categorical) {
        const std::string name = exploration_.table()->name(at);
        if (!exploration_.correctable(name))
            return;
        ColumnCorrection correction;
        if (const auto found = exploration_.record().corrections.find(name);
            found != exploration_.record().corrections.end())
            correction = found->second;
        correction.categorical = categorical;
        exploration_.correct(name, correction);
    });
    connect(apart_, &ApartSection::column_chosen, column_, &ColumnSummary::show_column);
    connect(findings_, &FindingsSection::column_chosen, column_, &ColumnSummary::show_column);
    refresh();
}

void SelectionSection::refresh() {
    const RowSelection& selection = exploration_.selection();
    const bool any = !selection.empty();
    header_->set_note(!any ? QString()
                      : selection.count() == 1
                          ? tr("1 row")
                          : tr("%1 rows").arg(QLocale().toString(qulonglong(selection.count()))));
    hint_->setVisible(!any);
    for (QWidget* widget :
         {static_cast<QWidget*>(name_), static_cast<QWidget*>(name_button_), static_cast<QWidget*>(keep_),
          static_cast<QWidget*>(nothing_), static_cast<QWidget*>(in_project_)})
        widget->setVisible(any);
    name_button_->setEnabled(!name_->text().trimmed().isEmpty());
}

void SelectionSection::name_class() {
    const QString name = name_->text().trimmed();
    if (name.isEmpty() || exploration_.selection().empty())
        return;
    exploration_.name_rows(name.toStdString(), exploration_.selection().selected());
    context_.notices.show(Notice::Kind::Good,
                          tr("%1 rows are “%2” now, in the column “class”.")
                              .arg(QLocale().toString(qulonglong(exploration_.selection().count())), name));
    name_->clear();
}

void SelectionSection::ask_save() {
    const QString file = ask_where_to_save(this, tr("Save the selected rows"), exploration_,
                                           QStringLiteral("-selected.csv"), tr("Table (*.csv)"));
    if (!file.isEmpty())
        save_selected(file);
}

void SelectionSection::save_selected(const QString& file) {
    std::vector<std::uint32_t> rows;
    for (const std::size_t row : exploration_.selection().selected())
        rows.push_back(static_cast<std::uint32_t>(row));
    save_rows_as_csv(this, file, exploration_.table(), std::move(rows), context_.notices);
}

} // namespace eyepiece
