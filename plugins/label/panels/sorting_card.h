// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/label/panels/object_sorting.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace eyepiece {

class ImportanceList;

// "Sort objects": how many examples there are, what the others are told to be, and giving them those classes.
class SortingCard : public QWidget {
    Q_OBJECT
public:
    SortingCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void add_actions();
    void refresh();
    QString state_text() const;

    WorkbenchContext& context_;
    LabelTools& tools_;
    ObjectSorting sorting_;
    QLabel* state_;
    QPushButton *choose_, *here_, *all_, *next_, *forget_;
    QWidget* results_; // what there is once the objects are sorted
    ImportanceList* importances_;
};

} // namespace eyepiece
