// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QComboBox>
#include <QTimer>
#include <QWidget>

class QPushButton;

namespace eyepiece {

class AugmentationPreview;
class Card;
class ParameterForm;
class SectionHeader;
class WorkbenchContext;

// The left column of the Train stage: the plan in words, what is trained, its settings as they were chosen
// from the data, augmentation on the user's image, and the runs.
class TrainSetup : public QWidget {
    Q_OBJECT
public:
    explicit TrainSetup(WorkbenchContext& context, QWidget* parent = nullptr);

    void train();
    Json spec() const;                        // what Train would start
    QStringList command() const;              // the same for the command line
    bool planned() const { return planned_; } // the card tells of the settings as they are

protected:
    void showEvent(QShowEvent* event) override;

private:
    void ask_lists();
    void fill(QComboBox* box, const Json& entries, const QString& preferred);
    void ask_parameters();
    void plan_soon();
    void plan();
    void say_problem(const QString& problem);

    WorkbenchContext& context_;
    Card* card_;
    QPushButton *train_, *copy_;
    QComboBox *task_, *model_, *method_;
    SectionHeader* settings_header_;
    ParameterForm* form_;
    AugmentationPreview* augmentation_;
    QTimer plan_timer_;
    bool lists_known_ = false, planned_ = false, starting_ = false;
};

} // namespace eyepiece
