// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/group_difference.h"
#include "plugins/explore/panels/line_list.h"
#include "widgets/table/latest_work.h"

#include <QTimer>
#include <QWidget>
#include <vector>

class QLabel;

namespace eyepiece {

class Exploration;
class Theme;

// The largest differences as bars, of which one is chosen.
class DifferenceBars : public LineList {
    Q_OBJECT
public:
    struct Bar {
        std::size_t column = 0;
        QString name, figure, tip;
        double length = 0; // 0 to 1
    };
    explicit DifferenceBars(const Theme& theme, QWidget* parent = nullptr);
    void set_bars(std::vector<Bar> bars);

Q_SIGNALS:
    void chosen(std::size_t column);

protected:
    int count() const override { return static_cast<int>(bars_.size()); }
    QString tip(int at) const override { return bars_[static_cast<std::size_t>(at)].tip; }
    void choose(int at) override { Q_EMIT chosen(bars_[static_cast<std::size_t>(at)].column); }
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<Bar> bars_;
};

// What sets the selected rows apart from the rest: the columns that differ most, with how sure that is.
// Counts on a thread of its own, once the selection has come to rest.
class ApartSection : public QWidget {
    Q_OBJECT
public:
    ApartSection(const Theme& theme, Exploration& exploration, QWidget* parent = nullptr);
    ~ApartSection() override;
    const std::vector<ColumnDifference>& found() const { return found_; }

Q_SIGNALS:
    void column_chosen(std::size_t column);

private:
    void compare();
    void show_found(const std::vector<ColumnDifference>& found);

    Exploration& exploration_;
    DifferenceBars* bars_;
    QLabel* words_;
    QTimer soon_;
    LatestWork work_;
    std::vector<ColumnDifference> found_;
};

} // namespace eyepiece
