// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/column_list_model.h"

namespace eyepiece {

void ColumnListModel::set_table(std::shared_ptr<const Table> table, const QString& first,
                                const std::function<bool(std::size_t)>& fits) {
    beginResetModel();
    table_ = std::move(table);
    first_ = first;
    columns_.clear();
    for (std::size_t at = 0; table_ && at < table_->columns(); ++at)
        if (!fits || fits(at))
            columns_.push_back(static_cast<std::uint32_t>(at));
    endResetModel();
}

int ColumnListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(columns_.size()) + (first_.isEmpty() ? 0 : 1);
}

QVariant ColumnListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const int at = index.row() - (first_.isEmpty() ? 0 : 1);
    if (role == Qt::UserRole)
        return at < 0 ? -1 : static_cast<int>(columns_[static_cast<std::size_t>(at)]);
    if (role == Qt::DisplayRole || role == Qt::EditRole || role == Qt::ToolTipRole)
        return at < 0 ? first_ : QString::fromStdString(table_->name(columns_[static_cast<std::size_t>(at)]));
    return {};
}

} // namespace eyepiece
