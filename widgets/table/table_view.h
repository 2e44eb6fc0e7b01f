// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/table/latest_work.h"
#include "widgets/table/row_order.h"
#include "widgets/table/row_selection.h"

#include <QTableView>
#include <QWidget>
#include <memory>
#include <optional>

class QComboBox;
class QLabel;
class QLineEdit;
class QTimer;

namespace eyepiece {

class ColumnListModel;
class SectionHeader;
class TableModel;
class Theme;

// The grid itself: what mouse and keys do to the shared selection of rows.
class EYEPIECE_EXPORT RowGrid : public QTableView {
    Q_OBJECT
public:
    RowGrid(TableModel& rows, RowSelection& selection, const Theme& theme, QWidget* parent = nullptr);
    void copy_selected(); // as TSV, with the column names; without a selection the current row

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void select_to(int row, Qt::KeyboardModifiers modifiers);
    TableModel& rows_;
    RowSelection& selection_;
    int anchor_ = -1; // where a range begins, as shown
};

// A table of any length: sort by a click on a column's head, filter by text or range, select rows by mouse
// and keys (shared with whoever holds the RowSelection), copy, save. Sorting and filtering happen on a thread
// of their own; the old order stays until the new one is there. Lives on the window's thread.
class EYEPIECE_EXPORT TableView : public QWidget {
    Q_OBJECT
public:
    TableView(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);
    ~TableView() override;

    // The selection must have been reset to as many rows. Sorting and filters are kept where the table has
    // the same columns as before, as when a column was added.
    void set_table(std::shared_ptr<const Table> table);
    std::shared_ptr<const Table> table() const;

    std::optional<std::size_t> current_column() const;
    void set_current_column(std::size_t column);
    // Rows in sight, in their order.
    const std::vector<std::uint32_t>& shown_rows() const;
    bool busy() const { return work_.busy(); }
    RowGrid* grid() const { return grid_; }

Q_SIGNALS:
    void current_column_changed(std::size_t column);
    void save_asked(); // the CSV button: whoever has jobs and dialogs does it
    void order_changed();

private:
    void sort_by(int column);
    void refresh();
    void show_counts();
    void show_first_selected();
    void fill_columns();
    RowQuery query();

    const Theme& theme_;
    RowSelection& selection_;
    TableModel* model_;
    RowGrid* grid_;
    SectionHeader* header_;
    ColumnListModel* columns_;
    QComboBox* filter_column_;
    QLineEdit* filter_;
    QWidget* only_selected_;
    QLabel* problem_;
    QTimer* soon_;
    LatestWork work_;
    std::optional<std::size_t> sort_column_;
    bool descending_ = false;
};

} // namespace eyepiece
