// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QString>
#include <QVector>
#include <QWidget>

namespace eyepiece {

class Theme;

// How values are spread, as small bars: for instance the scores of all images.
class EYEPIECE_EXPORT ValueHistogram : public QWidget {
    Q_OBJECT
public:
    explicit ValueHistogram(const Theme& theme, QWidget* parent = nullptr);
    // Values outside [low, high] count at its ends; values that are not finite do not count.
    void set_values(const QVector<double>& values, double low, double high, int bins = 20);
    const QVector<int>& counts() const { return counts_; }
    QSize sizeHint() const override { return {200, 56}; }
    QSize minimumSizeHint() const override { return {80, 40}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    const Theme& theme_;
    QVector<int> counts_;
    double low_ = 0, high_ = 1;
};

} // namespace eyepiece
