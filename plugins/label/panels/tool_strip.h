// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QFrame>
#include <QHash>
#include <QList>

class QAction;

namespace eyepiece {

class FamilyButton;
class LabelTools;
class Theme;

// The tools, floating over the canvas at its left upper corner. Tools of one family share a button, which
// shows the one used last and opens the others when it is held, clicked again or clicked with the right
// button.
class ToolStrip : public QFrame {
    Q_OBJECT
public:
    // `actions` in the order of LabelTools::commands() that choose a tool.
    ToolStrip(LabelTools& tools, const QList<QAction*>& actions, const Theme& theme, QWidget* canvas);

private:
    void follow_tool();
    LabelTools& tools_;
    QList<QAction*> actions_;
    QHash<QAction*, FamilyButton*> families_; // by each of its actions
};

} // namespace eyepiece
