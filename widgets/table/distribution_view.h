// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/statistics.h"

#include <QStringList>
#include <QWidget>
#include <optional>

namespace eyepiece {

class Theme;

// How a column's values are spread: bars from low to high for numbers and dates, a named bar each for
// categories and texts; the selected rows' share in the accent over the whole's. Lives on the window's
// thread.
class EYEPIECE_EXPORT DistributionView : public QWidget {
    Q_OBJECT
public:
    explicit DistributionView(const Theme& theme, QWidget* parent = nullptr);

    // `selected`: counts of the selected rows, one for each bar; empty: nothing is selected.
    void set_numbers(const ColumnStatistics::Histogram& all, std::vector<std::size_t> selected, bool dates);
    void set_names(std::vector<std::pair<std::string, std::size_t>> all, std::vector<std::size_t> selected,
                   std::size_t distinct);
    void clear();
    int bars() const { return static_cast<int>(counts_.size()); }
    const std::vector<std::size_t>& counts() const { return counts_; }
    const std::vector<std::size_t>& selected_counts() const { return selected_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    void paint_numbers(QPainter& painter);
    void paint_names(QPainter& painter);
    QString words(std::size_t bar) const;
    QString place(double value) const;

    const Theme& theme_;
    std::vector<std::size_t> counts_, selected_;
    QStringList names_; // empty: numbers
    double low_ = 0, high_ = 0;
    bool dates_ = false;
    std::size_t more_ = 0; // names without a bar
};

} // namespace eyepiece
