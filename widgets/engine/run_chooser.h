// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QComboBox>

namespace eyepiece {

class RunMonitor;
class Selection;

// The runs whose model can be used, newest first, kept in step with the selection's run.
class EYEPIECE_EXPORT RunChooser : public QComboBox {
    Q_OBJECT
public:
    RunChooser(RunMonitor& runs, Selection& selection, QWidget* parent = nullptr);
    QString run() const { return currentData().toString(); } // empty: none

Q_SIGNALS:
    void run_chosen(const QString& id); // by the user, another panel, or because the runs changed

private:
    void fill();
    RunMonitor& runs_;
    Selection& selection_;
    QString told_;
};

} // namespace eyepiece
