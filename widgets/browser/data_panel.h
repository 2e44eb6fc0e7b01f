// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/shell/panel_plugin.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;
class QVBoxLayout;

namespace eyepiece {

class Card;
class EmptyState;
class ItemListModel;
class ProjectActions;
class SectionHeader;
class WorkbenchContext;

// The window's own panel for the Data stage.
EYEPIECE_EXPORT PanelFactory data_panel(ItemListModel& items, ProjectActions& actions);

// Left: the project, ways to bring things in, what was left out, and recent projects.
class EYEPIECE_EXPORT DataSources : public QWidget {
    Q_OBJECT
public:
    DataSources(WorkbenchContext& context, ItemListModel& items, ProjectActions& actions,
                QWidget* parent = nullptr);

private:
    void refresh();
    void refresh_recent();
    void show_skipped();

    WorkbenchContext& context_;
    ItemListModel& items_;
    ProjectActions& actions_;
    Card* project_;
    QWidget* bring_in_;
    Card* attention_; // files that are missing, changed or cannot be read
    QPushButton* check_;
    Card* report_; // of the last import
    QPushButton* skipped_;
    SectionHeader* recent_header_;
    QVBoxLayout* recent_;
};

// Middle: a place to drop images while there are none, then the table of images.
class EYEPIECE_EXPORT DataTable : public QWidget {
    Q_OBJECT
public:
    DataTable(WorkbenchContext& context, ItemListModel& items, ProjectActions& actions,
              QWidget* parent = nullptr);

private:
    void refresh();
    void show_selection();
    void take_selection();
    void show_menu(const QPoint& position);

    WorkbenchContext& context_;
    ItemListModel& items_;
    ProjectActions& actions_;
    QStackedWidget* pages_;
    EmptyState* no_project_;
    EmptyState* no_images_;
    QTableView* table_;
    SectionHeader* header_;
    QLineEdit* filter_;
    bool showing_ = false;
};

} // namespace eyepiece
