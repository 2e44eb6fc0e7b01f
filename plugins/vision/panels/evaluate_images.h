// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/vision/panels/evaluation.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace eyepiece {

class RunChooser;
class WorkbenchContext;

// The left of the Evaluate stage: the run and the part of the data, the images worst first with the way to
// labelling, and what to do with predictions.
class EvaluateImages : public QWidget {
    Q_OBJECT
public:
    explicit EvaluateImages(WorkbenchContext& context, QWidget* parent = nullptr);

Q_SIGNALS:
    // What is shown now; one of no run: the chosen run was not evaluated on these images yet.
    void evaluated(const eyepiece::Evaluation& evaluation);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void evaluate();
    void show_stored();
    void take(const Evaluation& evaluation);
    void mark_current();
    void update_buttons();
    void label_current();
    void say(const QString& words);
    QStringList command() const;

    WorkbenchContext& context_;
    RunChooser* run_;
    QComboBox* split_;
    QPushButton *evaluate_, *copy_, *label_;
    QTableWidget* images_;
    QLabel* problem_;
    bool evaluating_ = false;
};

} // namespace eyepiece
