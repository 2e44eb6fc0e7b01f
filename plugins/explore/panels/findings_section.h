// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QWidget>
#include <vector>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace eyepiece {

class Card;
class Exploration;
class ProgressLine;
class TableInquiry;
class WorkbenchContext;

// What is worth a look in the data themselves: a card for each finding, whose rows one click selects.
class FindingsSection : public QWidget {
    Q_OBJECT
public:
    FindingsSection(WorkbenchContext& context, Exploration& exploration, QWidget* parent = nullptr);

private:
    void run();
    void refresh();
    void show_progress();
    void show_findings();
    void select(const Json& finding);

    WorkbenchContext& context_;
    Exploration& exploration_;
    TableInquiry* check_;
    QPushButton *run_, *cancel_, *copy_;
    ProgressLine* progress_;
    QLabel *stage_, *problem_, *words_;
    QVBoxLayout* list_;
    std::vector<Card*> cards_;
};

} // namespace eyepiece
