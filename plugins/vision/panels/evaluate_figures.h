// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/vision/panels/evaluation.h"

#include <QWidget>

class QPushButton;
class QTableWidget;

namespace eyepiece {

class Card;
class ConfusionMatrix;
class ValueHistogram;
class WorkbenchContext;

// The right of the Evaluate stage: the figures of one evaluation, beside the baselines.
class EvaluateFigures : public QWidget {
    Q_OBJECT
public:
    explicit EvaluateFigures(WorkbenchContext& context, QWidget* parent = nullptr);
    void show_evaluation(const eyepiece::Evaluation& evaluation);

private:
    QTableWidget* table(const QString& name, const QStringList& columns);
    void save();
    WorkbenchContext& context_;
    Evaluation evaluation_;
    Card* verdict_;
    QWidget* body_;
    QTableWidget *classes_, *precision_, *baselines_;
    ConfusionMatrix* confusion_;
    ValueHistogram* spread_;
};

} // namespace eyepiece
