// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/vision/panels/prediction.h"

#include <QWidget>
#include <functional>
#include <memory>

class QComboBox;
class QLabel;
class QPushButton;

namespace eyepiece {

class PointTool;
class PredictAll;
class RunChooser;
class WorkbenchContext;

// The foot of the Evaluate stage's left column: predict this image or all of them, look at what was predicted
// on the canvas, and take it over into the labels: all, an object, a region, or of every image.
class PredictionPane : public QWidget {
    Q_OBJECT
public:
    PredictionPane(WorkbenchContext& context, RunChooser& run, QWidget* parent = nullptr);
    ~PredictionPane() override;

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void add_actions();
    void predict();
    void predict_all();
    void show_kept();
    void show_prediction(std::shared_ptr<PredictedObjects> prediction);
    void clear_prediction();
    void accept(std::function<bool(const LabelObject&)> wanted);
    void accept_everywhere();
    void pick(QPushButton* button, bool on, const QString& hint);
    void update_buttons();
    void say(const QString& words);
    QString objects() const; // how they are found: "watershed"
    QStringList command() const;
    QStringList command_for_all() const;

    WorkbenchContext& context_;
    RunChooser& run_;
    QComboBox* objects_;
    QPushButton *predict_, *predict_all_, *accept_all_, *accept_object_, *accept_region_, *accept_everywhere_;
    QPushButton* copy_;
    QLabel* words_;
    PointTool* pointer_;
    PredictAll* batch_;
    std::shared_ptr<PredictedObjects> prediction_;
};

} // namespace eyepiece
