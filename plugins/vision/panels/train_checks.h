// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace eyepiece {

class SectionHeader;
class WorkbenchContext;

// The right of the Train stage: what was checked of the chosen run, and why it runs or stopped.
class TrainChecks : public QWidget {
    Q_OBJECT
public:
    explicit TrainChecks(WorkbenchContext& context, QWidget* parent = nullptr);

private:
    void show_run();
    WorkbenchContext& context_;
    SectionHeader *header_, *why_header_;
    QWidget* cards_;
    QVBoxLayout* card_list_;
    QLabel* why_;
    QString shown_;
};

} // namespace eyepiece
