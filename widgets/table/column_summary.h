// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/statistics.h"
#include "widgets/table/latest_work.h"
#include "widgets/table/row_selection.h"

#include <QWidget>
#include <memory>
#include <optional>

class QComboBox;
class QLabel;

namespace eyepiece {

class ColumnListModel;
class DistributionView;
class SectionHeader;
class Theme;

// What the numbers of one column are like, for all rows and for the selected ones: counts, mean, quartiles,
// a histogram; and what the column is there for, which the user can change. Counts on a thread of its own.
class EYEPIECE_EXPORT ColumnSummary : public QWidget {
    Q_OBJECT
public:
    ColumnSummary(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);
    ~ColumnSummary() override;

    void set_table(std::shared_ptr<const Table> table); // keeps the column of the same name
    void show_column(std::size_t column);
    std::optional<std::size_t> column() const { return column_; }
    const ColumnStatistics& shown() const { return statistics_; }
    bool busy() const { return work_.busy(); }
    QString text() const; // the lines below the histogram

Q_SIGNALS:
    void role_chosen(std::size_t column, eyepiece::ColumnRole role);
    // As categories, or as the file has it.
    void type_chosen(std::size_t column, bool as_categories);
    void column_chosen(std::size_t column);

private:
    void count();
    void show_statistics(const ColumnStatistics& all, const std::optional<ColumnStatistics>& selected);

    const Theme& theme_;
    RowSelection& selection_;
    std::shared_ptr<const Table> table_ = std::make_shared<const Table>();
    std::optional<std::size_t> column_;
    ColumnStatistics statistics_;
    ColumnListModel* names_;
    QComboBox *name_, *role_, *type_;
    DistributionView* distribution_;
    QLabel* lines_;
    LatestWork work_;
};

} // namespace eyepiece
