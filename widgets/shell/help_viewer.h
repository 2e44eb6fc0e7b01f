// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/shell/panel_plugin.h"

#include <QDialog>

class QListWidget;
class QTextBrowser;

namespace eyepiece {

class Theme;

// F1: one page for each stage, from resources/help. Stays open beside the work.
class EYEPIECE_EXPORT HelpViewer : public QDialog {
    Q_OBJECT
public:
    explicit HelpViewer(const Theme& theme, QWidget* parent = nullptr);
    void show_stage(Stage stage);
    QString text() const; // what is shown, as plain text

private:
    void show_page(int row);
    QListWidget* pages_;
    QTextBrowser* browser_;
};

} // namespace eyepiece
