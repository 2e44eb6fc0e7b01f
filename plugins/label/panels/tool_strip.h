// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QFrame>
#include <QList>

class QAction;
class QActionGroup;
class QToolButton;

namespace eyepiece {

class LabelTools;
class Theme;

// The tools, floating over the canvas at its left upper corner.
class ToolStrip : public QFrame {
    Q_OBJECT
public:
    // `actions` in the order of LabelTools::commands() that choose a tool.
    ToolStrip(LabelTools& tools, const QList<QAction*>& actions, const Theme& theme, QWidget* canvas);

private:
    void follow_tool();
    LabelTools& tools_;
    QList<QAction*> actions_;
};

} // namespace eyepiece
