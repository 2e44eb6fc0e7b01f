// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"

#include <QAbstractTableModel>
#include <memory>

namespace eyepiece {

class RowSelection;

// Some rows of a core Table in some order, as Qt's views want them: only what is in sight is ever turned into
// text, so that a million rows cost what forty do. Row names stand in the vertical header.
class EYEPIECE_EXPORT TableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role { SelectedRole = Qt::UserRole + 1, MissingRole, NumericRole };

    explicit TableModel(const RowSelection& selection, QObject* parent = nullptr);

    void set_table(std::shared_ptr<const Table> table); // all rows, in the order of the file
    const std::shared_ptr<const Table>& table() const { return table_; }
    void set_order(std::vector<std::uint32_t> rows); // as ordered_rows() gives them
    const std::vector<std::uint32_t>& order() const { return order_; }
    void set_sorted(int column, Qt::SortOrder order); // what the header says; -1: by none

    std::size_t source_row(int shown) const { return order_[static_cast<std::size_t>(shown)]; }
    int shown_row(std::size_t source) const; // -1: not shown. Looks through the rows

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString cell(std::size_t row, std::size_t column, bool* missing) const;
    const RowSelection& selection_;
    std::shared_ptr<const Table> table_ = std::make_shared<const Table>();
    std::vector<std::uint32_t> order_;
    int sorted_column_ = -1;
    Qt::SortOrder sorted_order_ = Qt::AscendingOrder;
};

// What a column is, in a word: "number", "whole number", "category", ...
EYEPIECE_EXPORT QString type_words(ColumnType type);

} // namespace eyepiece
