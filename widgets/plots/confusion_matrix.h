// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QStringList>
#include <QVector>
#include <QWidget>

namespace eyepiece {

class Theme;

// Counts of (true class, predicted class), as shares of each true class: a row adds up to 1.
class EYEPIECE_EXPORT ConfusionMatrix : public QWidget {
    Q_OBJECT
public:
    explicit ConfusionMatrix(const Theme& theme, QWidget* parent = nullptr);
    // counts[true][predicted]; square, as large as `classes`. Throws Error(Internal) otherwise.
    void set_counts(const QStringList& classes, const QVector<QVector<double>>& counts);
    // What is counted, in the plural, and its unit; pixels (px) unless told.
    void set_counted(const QString& things, const QString& unit);
    void clear();
    double share(int truth, int predicted) const; // 0 where nothing is of the true class
    QString describe(int truth, int predicted) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {160, 120}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    QRectF cell(int truth, int predicted) const;
    int label_width() const;
    const Theme& theme_;
    QStringList classes_;
    QVector<QVector<double>> counts_;
    QString things_ = tr("pixels"), unit_ = tr("px");
};

} // namespace eyepiece
