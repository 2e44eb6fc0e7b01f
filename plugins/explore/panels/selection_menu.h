// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QMenu>
#include <vector>

namespace eyepiece {

class SelectionEdits;
class WorkbenchContext;

// "Selection": what can be made in the project of the selected rows' images and objects; what cannot is there
// with the reason. Its actions are in the palette, too.
class SelectionMenu : public QMenu {
    Q_OBJECT
public:
    SelectionMenu(WorkbenchContext& context, SelectionEdits& edits, QWidget* parent = nullptr);

private:
    void refresh(); // cheap: what is enabled, and why not
    void fill();    // before it is shown: how many, and the classes
    void ask_class();

    WorkbenchContext& context_;
    SelectionEdits& edits_;
    QAction *reason_, *show_, *class_;
    std::vector<QAction*> splits_;
    QMenu *use_, *classes_;
};

} // namespace eyepiece
