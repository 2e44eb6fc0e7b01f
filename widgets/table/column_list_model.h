// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"

#include <QAbstractListModel>
#include <functional>
#include <memory>

namespace eyepiece {

// A table's columns for a box to choose from: names are made as they are looked at, so that thirty thousand
// genes cost nothing. Qt::UserRole is the column's place in the table, -1 of the first line where there is
// one.
class EYEPIECE_EXPORT ColumnListModel : public QAbstractListModel {
    Q_OBJECT
public:
    using QAbstractListModel::QAbstractListModel;
    // `first`: a line before the columns ("Any column"); empty: none. `fits`: which columns; empty: all.
    void set_table(std::shared_ptr<const Table> table, const QString& first = {},
                   const std::function<bool(std::size_t)>& fits = {});
    void clear() { set_table(nullptr); }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const Table> table_;
    QString first_;
    std::vector<std::uint32_t> columns_;
};

} // namespace eyepiece
