// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/vision/panels/evaluation.h"
#include "plugins/vision/panels/prediction.h"

#include <QWidget>
#include <memory>

class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace eyepiece {

class PointTool;
class RunChooser;
class WorkbenchContext;

// The left of the Evaluate stage: the run and the part of the data, the images worst first, and what to do
// with a prediction: look at it, take it over, or go and label.
class EvaluateImages : public QWidget {
    Q_OBJECT
public:
    explicit EvaluateImages(WorkbenchContext& context, QWidget* parent = nullptr);
    ~EvaluateImages() override;

Q_SIGNALS:
    void evaluated(const eyepiece::Evaluation& evaluation);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void evaluate();
    void show_stored();
    void take(const Evaluation& evaluation);
    void predict();
    void show_prediction(std::shared_ptr<PredictedObjects> prediction);
    void clear_prediction();
    void accept(std::function<bool(const LabelObject&)> wanted);
    void pick_object(bool on);
    void pick_region(bool on);
    void update_buttons();
    void label_current();

    WorkbenchContext& context_;
    RunChooser* run_;
    QComboBox *split_, *objects_;
    QPushButton *evaluate_, *label_, *predict_, *accept_all_, *accept_object_, *accept_region_;
    QTableWidget* images_;
    QLabel* words_;
    PointTool* pointer_;
    std::shared_ptr<PredictedObjects> prediction_;
};

} // namespace eyepiece
