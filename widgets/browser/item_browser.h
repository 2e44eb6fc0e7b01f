// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;
class QMenu;
class QModelIndex;
class QPainter;
class QPointF;
class QStackedLayout;
class QToolButton;

namespace eyepiece {

class EmptyState;
class ItemListModel;
class ProjectSession;
class SectionHeader;
class Selection;
class Theme;

// What an item's row shows of how far it is: the icon of a review, or a dot.
void draw_item_mark(const Theme& theme, QPainter& painter, const QModelIndex& index, const QPointF& center);

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
    void fill_which();

    const Theme& theme_;
    ProjectSession& session_;
    Selection& selection_;
    ItemListModel& model_;
    SectionHeader* header_;
    QLineEdit* filter_;
    QToolButton* which_; // status and class of those shown
    QToolButton* order_;
    QListView* list_;
    QWidget* nothing_;
    QLabel* nothing_text_;
    bool showing_ = false; // the list is being set from the selection
};

} // namespace eyepiece
