// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QDialog>

class QKeySequenceEdit;
class QLabel;
class QLineEdit;
class QTreeWidget;

namespace eyepiece {

class ActionRegistry;
class Theme;

// Every action with its keys, by stage; a new shortcut is typed into the field below the list.
class EYEPIECE_EXPORT ShortcutsDialog : public QDialog {
    Q_OBJECT
public:
    ShortcutsDialog(const Theme& theme, ActionRegistry& actions, QWidget* parent = nullptr);

private:
    void fill();
    QString chosen() const; // id of the current action; empty: none
    void assign();
    void say(const QString& text, const char* role);

    ActionRegistry& actions_;
    QLineEdit* filter_;
    QTreeWidget* list_;
    QKeySequenceEdit* keys_;
    QLabel* word_;
};

} // namespace eyepiece
