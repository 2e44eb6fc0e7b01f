// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>
#include <vector>

class QPushButton;
class QStackedWidget;

namespace eyepiece {

class EmptyState;
class Exploration;
class ExplorationKeeper;
class ExploreViews;
class StepRunner;
class TableOpener;
class TableView;
class WorkbenchContext;

// The middle of the stage: the points over the rows; before there is a table, what to do. Takes files that
// are let fall on it; images and projects it leaves to the window.
class ExploreMiddle : public QWidget {
    Q_OBJECT
public:
    ExploreMiddle(WorkbenchContext& context, Exploration& exploration, ExplorationKeeper& keeper,
                  TableOpener& opener, StepRunner& runner, QWidget* parent = nullptr);
    ExploreViews& views() { return *views_; }
    TableView& table() { return *table_; }
    void ask_file();
    void ask_other_file();               // for the same steps
    void save_rows(const QString& file); // those that the table shows, as CSV

Q_SIGNALS:
    void table_asked(const QString& from); // of the project: a ProjectTable

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void update_page();
    void ask_save();

    WorkbenchContext& context_;
    Exploration& exploration_;
    ExplorationKeeper& keeper_;
    TableOpener& opener_;
    QStackedWidget* pages_;
    EmptyState* empty_;
    std::vector<QPushButton*> of_project_; // tables to be made: with a project only
    ExploreViews* views_;
    TableView* table_;
};

} // namespace eyepiece
