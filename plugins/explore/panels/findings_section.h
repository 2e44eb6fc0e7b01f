// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QStringList>
#include <QWidget>
#include <vector>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace eyepiece {

class Card;
class Exploration;
class LabelWalk;
class ProgressLine;
class TableInquiry;
class WorkbenchContext;

// What is worth a look in the data themselves: a card for each finding, whose rows one click selects.
class FindingsSection : public QWidget {
    Q_OBJECT
public:
    FindingsSection(WorkbenchContext& context, Exploration& exploration, QWidget* parent = nullptr);
    LabelWalk& walk() const { return *walk_; }

Q_SIGNALS:
    void column_chosen(std::size_t column); // of the table

private:
    void run();
    void compare_with(const QString& file); // empty: with none
    Json spec() const;
    QStringList command() const; // the words of eyepiece-cli
    void add_drift(Card& card, const Json& finding);
    void refresh();
    void show_progress();
    void show_findings();
    void select(const Json& finding);

    WorkbenchContext& context_;
    Exploration& exploration_;
    TableInquiry* check_;
    QPushButton *run_, *cancel_, *copy_, *other_, *without_;
    ProgressLine* progress_;
    QLabel *stage_, *problem_, *words_, *compared_;
    LabelWalk* walk_;
    QVBoxLayout* list_;
    std::vector<Card*> cards_;
};

} // namespace eyepiece
