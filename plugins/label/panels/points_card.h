// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QLabel;
class QListWidget;
class QPushButton;

namespace eyepiece {

class LabelTools;
class WorkbenchContext;

// The points of the current class's skeleton, and which of them the instance in hand has; a click on one
// makes it the next that is set.
class PointsCard : public QWidget {
    Q_OBJECT
public:
    PointsCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent = nullptr);

private:
    int shown_class() const; // of the instance in hand, else the current one
    void refresh();
    void edit_skeleton();
    WorkbenchContext& context_;
    LabelTools& tools_;
    QLabel* state_;
    QListWidget* points_;
    QPushButton* edit_;
};

} // namespace eyepiece
