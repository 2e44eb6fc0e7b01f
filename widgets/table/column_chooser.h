// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/table.h"

#include <QAbstractListModel>
#include <QToolButton>
#include <memory>
#include <vector>

class QLabel;
class QLineEdit;
class QListView;
class QSortFilterProxyModel;

namespace eyepiece {

class Theme;

// A table's columns with a tick at each that is chosen, up to a limit. Names are made as they are looked at.
class EYEPIECE_EXPORT ColumnTicks : public QAbstractListModel {
    Q_OBJECT
public:
    using QAbstractListModel::QAbstractListModel;
    void set_table(std::shared_ptr<const Table> table, std::vector<std::size_t> offered, std::size_t most);
    void set_chosen(std::vector<std::size_t> chosen);
    const std::vector<std::size_t>& chosen() const { return chosen_; } // in the order of choosing
    std::size_t offered() const { return offered_.size(); }
    bool full() const { return chosen_.size() >= most_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

Q_SIGNALS:
    void ticked(); // by the user

private:
    std::shared_ptr<const Table> table_;
    std::vector<std::size_t> offered_, chosen_;
    std::size_t most_ = 0;
};

// "4 of 13 columns": opens a list to tick columns in, with a line that finds them by name. Lives on the
// window's thread.
class EYEPIECE_EXPORT ColumnChooser : public QToolButton {
    Q_OBJECT
public:
    ColumnChooser(const Theme& theme, std::size_t most, QWidget* parent = nullptr);

    // `offered`: columns that may be chosen, by their places.
    void set_table(std::shared_ptr<const Table> table, std::vector<std::size_t> offered);
    void set_chosen(std::vector<std::size_t> chosen);
    const std::vector<std::size_t>& chosen() const { return ticks_->chosen(); }
    QListView* list() const { return list_; } // within what opens

Q_SIGNALS:
    void chosen_changed(); // by the user

private:
    void open();
    void show_count();

    std::size_t most_;
    ColumnTicks* ticks_;
    QSortFilterProxyModel* found_;
    QWidget* popup_;
    QLineEdit* find_;
    QListView* list_;
    QLabel* limit_;
};

} // namespace eyepiece
