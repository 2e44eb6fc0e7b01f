// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QColor>
#include <QString>
#include <QWidget>
#include <vector>

namespace eyepiece {

class Theme;

// Names with a bar and a number each, below one another: how many there are of what. The longest bar is the
// largest number. Read out as "name: number" by screen readers.
class EYEPIECE_EXPORT BarList : public QWidget {
public:
    struct Bar {
        QString name;
        double value = 0;
        QString text = {}; // the number as it is shown
        QColor color = {}; // invalid: the accent
    };

    BarList(const Theme& theme, const QString& accessible_name, QWidget* parent = nullptr);
    void set_bars(std::vector<Bar> bars);
    const std::vector<Bar>& bars() const { return bars_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override; // tooltips of names that are cut off

private:
    const Theme& theme_;
    std::vector<Bar> bars_;
};

} // namespace eyepiece
