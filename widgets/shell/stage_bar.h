// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/shell/panel_plugin.h"

#include <QHash>
#include <QWidget>

class QLabel;
class QMenu;
class QToolButton;

namespace eyepiece {

class ActionRegistry;
class Theme;

// The top bar: the mark (with the menu behind it), the project and its state, the seven stages, and the box
// that opens the command palette. The stages stay in the middle of the window whatever the project is called.
class EYEPIECE_EXPORT StageBar : public QWidget {
    Q_OBJECT
public:
    StageBar(const Theme& theme, ActionRegistry& actions, QMenu* menu, QWidget* parent = nullptr);
    void set_project(const QString& name, const QString& state); // both empty: no project
    void set_stage(Stage stage);
    QToolButton* button(Stage stage) const { return buttons_.value(static_cast<int>(stage)); }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void show_project();

    QToolButton* mark_;
    QLabel* name_;
    QLabel* state_;
    QString name_text_, state_text_;
    QWidget* left_;
    QToolButton* find_;
    QHash<int, QToolButton*> buttons_;
};

} // namespace eyepiece
