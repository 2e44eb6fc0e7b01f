// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/table_model.h"

#include "widgets/table/row_selection.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece {

namespace {
bool numeric(ColumnType type) {
    return type == ColumnType::Real || type == ColumnType::Integer;
}
constexpr std::size_t most_rows = std::numeric_limits<int>::max(); // that Qt's views can count
} // namespace

QString type_words(ColumnType type) {
    switch (type) {
    case ColumnType::Real:
        return TableModel::tr("number");
    case ColumnType::Integer:
        return TableModel::tr("whole number");
    case ColumnType::Text:
        return TableModel::tr("text");
    case ColumnType::Categorical:
        return TableModel::tr("category");
    case ColumnType::Date:
        return TableModel::tr("date");
    case ColumnType::Boolean:
        return TableModel::tr("yes or no");
    }
    return {};
}

TableModel::TableModel(const RowSelection& selection, QObject* parent)
    : QAbstractTableModel(parent), selection_(selection) {}

void TableModel::set_table(std::shared_ptr<const Table> table) {
    beginResetModel();
    table_ = std::move(table);
    order_.resize(std::min(table_->rows(), most_rows));
    std::iota(order_.begin(), order_.end(), 0u);
    sorted_column_ = -1;
    endResetModel();
}

void TableModel::set_order(std::vector<std::uint32_t> rows) {
    // A reset would scroll sideways to the first column and lose the current cell.
    const bool same_size = rows.size() == order_.size();
    if (same_size) {
        Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
        order_ = std::move(rows);
        Q_EMIT layoutChanged({}, VerticalSortHint);
        return;
    }
    beginResetModel();
    order_ = std::move(rows);
    endResetModel();
}

void TableModel::set_sorted(int column, Qt::SortOrder order) {
    const int before = sorted_column_;
    sorted_column_ = column;
    sorted_order_ = order;
    for (const int changed : {before, column})
        if (changed >= 0 && changed < columnCount())
            Q_EMIT headerDataChanged(Qt::Horizontal, changed, changed);
}

int TableModel::shown_row(std::size_t source) const {
    const auto found = std::find(order_.begin(), order_.end(), source);
    return found == order_.end() ? -1 : static_cast<int>(found - order_.begin());
}

int TableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(order_.size());
}

int TableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(table_->columns());
}

QString TableModel::cell(std::size_t row, std::size_t column, bool* missing) const {
    const auto& dense = table_->dense();
    if (column < dense.size()) {
        *missing = dense[column].missing(row);
        return *missing ? QString() : QString::fromStdString(dense[column].shown(row));
    }
    const float value = table_->sparse()->at(row, column - dense.size());
    *missing = std::isnan(value);
    return *missing ? QString() : QString::number(static_cast<double>(value), 'g', 7);
}

QVariant TableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const std::size_t row = source_row(index.row());
    const auto column = static_cast<std::size_t>(index.column());
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
    case Qt::ToolTipRole: {
        bool missing = false;
        const QString text = cell(row, column, &missing);
        if (role == Qt::ToolTipRole)
            return missing ? tr("Missing") : text;
        return missing ? QStringLiteral("–") : text;
    }
    case MissingRole: {
        bool missing = false;
        cell(row, column, &missing);
        return missing;
    }
    case NumericRole:
        return numeric(table_->type(column));
    case Qt::TextAlignmentRole:
        return static_cast<int>((numeric(table_->type(column)) ? Qt::AlignRight : Qt::AlignLeft) |
                                Qt::AlignVCenter);
    case SelectedRole:
        return selection_.contains(row);
    default:
        return {};
    }
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (section < 0)
        return {};
    if (orientation == Qt::Vertical) {
        if (section >= rowCount() || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
            return {};
        const std::size_t row = source_row(section);
        if (const auto& names = table_->row_names())
            return QString::fromStdString(names->shown(row));
        return QString::number(row + 1);
    }
    if (section >= columnCount())
        return {};
    const auto column = static_cast<std::size_t>(section);
    const QString name = QString::fromStdString(table_->name(column));
    if (role == Qt::DisplayRole)
        return section != sorted_column_
                   ? name
                   : name +
                         (sorted_order_ == Qt::AscendingOrder ? QStringLiteral(" ↑") : QStringLiteral(" ↓"));
    if (role == Qt::ToolTipRole)
        return tr("%1 (%2). Click: sort by it").arg(name, type_words(table_->type(column)));
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((numeric(table_->type(column)) ? Qt::AlignRight : Qt::AlignLeft) |
                                Qt::AlignVCenter);
    return {};
}

} // namespace eyepiece
