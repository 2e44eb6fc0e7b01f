// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace eyepiece {

class LabelTools;
class SwitchRow;
class ThresholdTool;
class ValueSlider;
class WorkbenchContext;

// The threshold's settings, what it finds with them, and whether to make objects of it. In sight while the
// tool is in use; the image shows what it would make.
class ThresholdCard : public QWidget {
    Q_OBJECT
public:
    ThresholdCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent = nullptr);

private:
    void set_options();
    void show_options();
    WorkbenchContext& context_;
    LabelTools& tools_;
    ThresholdTool* tool_;
    QComboBox* method_;
    QComboBox* tone_;
    ValueSlider* offset_;
    ValueSlider* window_;
    ValueSlider* least_area_;
    SwitchRow* split_;
    SwitchRow* fill_holes_;
    QLabel* status_;
    QPushButton* make_;
    bool showing_ = false;
};

} // namespace eyepiece
