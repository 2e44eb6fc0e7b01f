// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/label/panels/classify_many.h"
#include "plugins/label/panels/live_classifier.h"
#include "plugins/label/panels/where_next.h"

#include <QPointer>
#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace eyepiece {

class BackgroundJob;
class ImageSearch;
class ImportanceList;
class ParameterForm;
class ProgressLine;
class StatusDot;
class SwitchRow;
class ValueSlider;

// "Learn as I paint": the switch of the live classifier, how it stands, how it is shown, what it goes by, and
// objects from what it says.
class LiveCard : public QWidget {
    Q_OBJECT
public:
    LiveCard(WorkbenchContext& context, ImageSearch& search, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void add_state(QVBoxLayout* column);
    void add_results(QVBoxLayout* column);
    void add_settings(QVBoxLayout* column);
    void add_actions();
    void refresh();
    void refresh_looks();
    void ask_parameters();
    void settings_changed();
    QString state_text() const;
    ObjectSettings object_settings() const;
    void make_objects();
    void classify_images();

    WorkbenchContext& context_;
    LiveClassifier classifier_;
    WhereNext where_next_;
    ClassifyMany classify_many_;
    SwitchRow* switch_;
    StatusDot* dot_;
    QLabel* state_;
    ProgressLine* progress_;
    QTimer progress_soon_; // quick work shows none
    QWidget* results_;     // what there is once something is classified
    ValueSlider* opacity_;
    SwitchRow* uncertainty_;
    QPushButton *next_, *objects_, *images_;
    ValueSlider* least_area_;
    SwitchRow* split_;
    ImportanceList* importances_;
    QPushButton* more_settings_;
    ParameterForm* form_;
    QLabel* form_problem_;
    bool has_parameters_ = false;
    QPointer<BackgroundJob> making_;
};

} // namespace eyepiece
