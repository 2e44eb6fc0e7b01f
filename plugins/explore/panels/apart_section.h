// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/group_difference.h"
#include "widgets/table/latest_work.h"

#include <QTimer>
#include <QWidget>
#include <vector>

class QLabel;

namespace eyepiece {

class Exploration;
class Theme;

// The largest differences as bars: a line each, which a click or Return chooses.
class DifferenceBars : public QWidget {
    Q_OBJECT
public:
    struct Bar {
        std::size_t column = 0;
        QString name, figure, tip;
        double length = 0; // 0 to 1
    };
    explicit DifferenceBars(const Theme& theme, QWidget* parent = nullptr);
    void set_bars(std::vector<Bar> bars);
    const std::vector<Bar>& bars() const { return bars_; }
    QRect bar_rect(int at) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

Q_SIGNALS:
    void chosen(std::size_t column);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    const Theme& theme_;
    std::vector<Bar> bars_;
    int current_ = 0;
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
