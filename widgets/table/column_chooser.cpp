// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/column_chooser.h"

#include "widgets/theme/controls.h"

#include <QFrame>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QSortFilterProxyModel>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

void ColumnTicks::set_table(std::shared_ptr<const Table> table, std::vector<std::size_t> offered,
                            std::size_t most) {
    beginResetModel();
    table_ = std::move(table);
    offered_ = std::move(offered);
    chosen_.clear();
    most_ = most;
    endResetModel();
}

void ColumnTicks::set_chosen(std::vector<std::size_t> chosen) {
    beginResetModel();
    chosen_ = std::move(chosen);
    chosen_.resize(std::min(chosen_.size(), most_));
    endResetModel();
}

int ColumnTicks::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(offered_.size());
}

QVariant ColumnTicks::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const std::size_t place = offered_[static_cast<std::size_t>(index.row())];
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole)
        return QString::fromStdString(table_->name(place));
    if (role == Qt::CheckStateRole)
        return std::find(chosen_.begin(), chosen_.end(), place) != chosen_.end() ? Qt::Checked
                                                                                 : Qt::Unchecked;
    return {};
}

bool ColumnTicks::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || role != Qt::CheckStateRole)
        return false;
    const std::size_t place = offered_[static_cast<std::size_t>(index.row())];
    const auto found = std::find(chosen_.begin(), chosen_.end(), place);
    const bool wanted = value.toInt() == Qt::Checked;
    if (wanted == (found != chosen_.end()) || (wanted && full()))
        return false;
    if (wanted)
        chosen_.push_back(place);
    else
        chosen_.erase(found);
    // All of them: at the limit the others can no longer be ticked.
    Q_EMIT dataChanged(this->index(0), this->index(rowCount() - 1), {Qt::CheckStateRole});
    Q_EMIT ticked();
    return true;
}

Qt::ItemFlags ColumnTicks::flags(const QModelIndex& index) const {
    const bool can = !full() || data(index, Qt::CheckStateRole).toInt() == Qt::Checked;
    return can ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable : Qt::NoItemFlags;
}

ColumnChooser::ColumnChooser(const Theme& theme, std::size_t most, QWidget* parent)
    : QToolButton(parent)
    , most_(most)
    , ticks_(new ColumnTicks(this))
    , found_(new QSortFilterProxyModel(this)) {
    setObjectName(QStringLiteral("columns"));
    setAccessibleName(tr("Columns to show"));
    setToolTip(tr("Choose the columns to show, up to %1").arg(most));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setIcon(theme.icon(QStringLiteral("columns")));
    found_->setSourceModel(ticks_);
    found_->setFilterCaseSensitivity(Qt::CaseInsensitive);
    auto* popup = new QFrame(this, Qt::Popup);
    popup->setObjectName(QStringLiteral("columns.popup"));
    popup->setFrameShape(QFrame::StyledPanel);
    popup_ = popup;
    auto* column = new QVBoxLayout(popup);
    column->setContentsMargins(Theme::space(2), Theme::space(2), Theme::space(2), Theme::space(2));
    column->setSpacing(Theme::space(2));
    find_ = new QLineEdit(popup);
    find_->setObjectName(QStringLiteral("columns.find"));
    find_->setAccessibleName(tr("Find a column"));
    find_->setPlaceholderText(tr("Find a column"));
    list_ = new QListView(popup);
    list_->setObjectName(QStringLiteral("columns.list"));
    list_->setAccessibleName(tr("Columns"));
    list_->setModel(found_);
    list_->setUniformItemSizes(true);
    list_->setMinimumSize(240, 260);
    limit_ = text_label(theme, {}, Token::Muted, popup);
    column->addWidget(find_);
    column->addWidget(list_);
    column->addWidget(limit_);
    connect(find_, &QLineEdit::textChanged, found_, &QSortFilterProxyModel::setFilterFixedString);
    connect(this, &QToolButton::clicked, this, &ColumnChooser::open);
    connect(ticks_, &ColumnTicks::ticked, this, [this] {
        show_count();
        Q_EMIT chosen_changed();
    });
    show_count();
}

void ColumnChooser::set_table(std::shared_ptr<const Table> table, std::vector<std::size_t> offered) {
    ticks_->set_table(std::move(table), std::move(offered), most_);
    show_count();
}

void ColumnChooser::set_chosen(std::vector<std::size_t> chosen) {
    ticks_->set_chosen(std::move(chosen));
    show_count();
}

void ColumnChooser::show_count() {
    const QLocale locale;
    setText(tr("%1 of %2 columns")
                .arg(locale.toString(qulonglong(ticks_->chosen().size())),
                     locale.toString(qulonglong(ticks_->offered()))));
    limit_->setText(ticks_->full() ? tr("No more than %1 at a time: take one away first.").arg(most_)
                                   : tr("Up to %1 at a time.").arg(most_));
}

void ColumnChooser::open() {
    find_->clear();
    popup_->adjustSize();
    popup_->move(mapToGlobal(QPoint(0, height() + 2)));
    popup_->show();
    find_->setFocus();
}

} // namespace eyepiece
