// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/project/label_statistics.h"
#include "widgets/table/row_selection.h"

#include <QDialog>
#include <QPointer>

class QLabel;
class QTableWidget;

namespace eyepiece {

class BackgroundJob;
class BarList;
class DistributionsPlot;
class WorkbenchContext;

// What a project's labels amount to: images by status, objects by class and by what made them, the spread of
// their areas, and who did how much in how long a time. Reads in the background, and again when asked to.
class EYEPIECE_EXPORT LabelStatisticsDialog : public QDialog {
    Q_OBJECT
public:
    explicit LabelStatisticsDialog(WorkbenchContext& context, QWidget* parent = nullptr);

private:
    void read();
    void show_statistics(const LabelStatistics& statistics);
    void show_areas(const LabelStatistics& statistics);

    WorkbenchContext& context_;
    RowSelection selection_; // of the plot, which wants one; a row an object
    QPointer<BackgroundJob> reading_;
    QLabel* summary_;
    BarList* status_;
    BarList* classes_;
    BarList* tools_;
    DistributionsPlot* areas_;
    QTableWidget* annotators_;
};

} // namespace eyepiece
