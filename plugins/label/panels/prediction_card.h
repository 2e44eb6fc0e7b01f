// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace eyepiece {

class LabelTools;
class WorkbenchContext;

// What a trained model says of this image, to be accepted or not.
class PredictionCard : public QWidget {
    Q_OBJECT
public:
    PredictionCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent = nullptr);

    void predict();

private:
    void list_runs();
    void refresh();
    WorkbenchContext& context_;
    QComboBox* runs_;
    QLabel* state_;
    QPushButton* predict_;
    QPushButton* accept_;
    QPushButton* discard_;
    bool running_ = false;
};

} // namespace eyepiece
