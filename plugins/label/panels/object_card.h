// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace eyepiece {

class LabelTools;
class PreviewTool;
class SwitchRow;
class ValueSlider;
class WorkbenchContext;

// What is selected and what can be done to it. While a tool shows what it would do, also that tool's setting,
// what it says of it, and whether to do it.
class ObjectCard : public QWidget {
    Q_OBJECT
public:
    // The actions of the commands must have been added to the registry.
    ObjectCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent = nullptr);

private:
    void show_selection();
    void show_origin();
    void show_preview();
    PixelSize pixel_size() const; // of the image in sight
    PreviewTool* preview() const; // null: the tool in use is none
    WorkbenchContext& context_;
    LabelTools& tools_;
    QLabel* selected_;
    QLabel* origin_; // of the one that is selected
    QWidget* preview_;
    ValueSlider* radius_;
    ValueSlider* area_;
    SwitchRow* larger_;
    QLabel* status_;
    QPushButton* apply_;
};

} // namespace eyepiece
