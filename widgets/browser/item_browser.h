// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;
class QStackedLayout;
class QToolButton;

namespace eyepiece {

class EmptyState;
class ItemListModel;
class ProjectSession;
class SectionHeader;
class Selection;
class Theme;

// The list of images that all stages share: a picture, the name, how far it is, a filter and an order. Shows
// and sets the shared selection.
class EYEPIECE_EXPORT ItemBrowser : public QWidget {
    Q_OBJECT
public:
    ItemBrowser(const Theme& theme, ProjectSession& session, Selection& selection, ItemListModel& model,
                QWidget* parent = nullptr);
    void focus_filter();
    void step(int rows); // to the next (1) or previous (-1) image shown

Q_SIGNALS:
    void activated(); // Return or a double click on an image

private:
    void show_selection();
    void take_selection();
    void refresh();

    const Theme& theme_;
    ProjectSession& session_;
    Selection& selection_;
    ItemListModel& model_;
    SectionHeader* header_;
    QLineEdit* filter_;
    QToolButton* order_;
    QListView* list_;
    QWidget* nothing_;
    QLabel* nothing_text_;
    bool showing_ = false; // the list is being set from the selection
};

} // namespace eyepiece
