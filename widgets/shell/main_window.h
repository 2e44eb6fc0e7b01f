// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/shell/panel_loader.h"
#include "widgets/shell/preferences.h"

#include <QMainWindow>
#include <QPointer>
#include <functional>

class QMenu;

namespace eyepiece {

class BackgroundJob;
class BottomBar;
class CommandPalette;
class HelpViewer;
class ItemBrowser;
class ItemListModel;
class NoticeBar;
class PluginsDialog;
class StageBar;
class StageHost;
class WorkbenchContext;

// The window's frame: bars, columns, palette and dialogs. Knows stages, not what they show: panels come as
// factories, services by the context. Neither is owned; both outlive the window.
class EYEPIECE_EXPORT MainWindow : public QMainWindow {
    Q_OBJECT
public:
    // `panels`: what plugins brought, and the window's own panels among them.
    MainWindow(WorkbenchContext& context, ItemListModel& items, LoadedPanels panels,
               QWidget* parent = nullptr);
    ~MainWindow() override;

    void show_stage(Stage stage);
    Stage stage() const;
    NoticeBar& notice_bar() { return *notices_; }

    // What to do with files, folders and projects that are dropped on the window; set by app/.
    void set_drop_handler(std::function<void(const QStringList& paths)> handler) {
        drop_ = std::move(handler);
    }
    // Further lines for the menu behind the mark, above the window's own ones: ids of actions; empty: a line.
    void fill_menu(const QStringList& first);

Q_SIGNALS:
    void preferences_chosen(const eyepiece::Preferences& preferences);
    void stage_shown(eyepiece::Stage stage);

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void register_actions();
    void register_image_actions();
    void fill_palette();
    void show_project();
    void show_last_stage();
    void show_engine();
    void show_plugins();
    void follow_jobs();
    void list_job(BackgroundJob* job);

    WorkbenchContext& context_;
    ItemListModel& items_;
    std::vector<PluginState> plugins_;
    QMenu* menu_;
    StageBar* bar_ = nullptr;
    NoticeBar* notices_ = nullptr;
    StageHost* host_ = nullptr;
    BottomBar* bottom_ = nullptr;
    ItemBrowser* browser_ = nullptr;
    CommandPalette* palette_ = nullptr;
    QPointer<HelpViewer> help_;
    QPointer<PluginsDialog> plugins_dialog_;
    std::function<void(const QStringList&)> drop_;
    bool had_items_ = false;
};

} // namespace eyepiece
