// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/shell/panel_plugin.h"

#include <QWidget>
#include <map>
#include <memory>
#include <vector>

class QSplitter;
class QStackedWidget;
class QTabBar;

namespace eyepiece {

class EmptyState;

// The three columns of every stage. Panels are made when their stage is first shown; a panel without a middle
// gets the shared canvas, one without a left column the shared list of images. Left and right columns scroll
// when they are too tall, can be resized, hidden, and remember their widths for each stage.
class EYEPIECE_EXPORT StageHost : public QWidget {
    Q_OBJECT
public:
    // `images` is the shared list. Takes it and context.canvas as its children.
    StageHost(WorkbenchContext& context, QWidget* images, std::vector<PanelFactory> panels,
              QWidget* parent = nullptr);
    ~StageHost() override;

    void show_stage(Stage stage);
    Stage stage() const { return stage_; }
    void refresh(); // after a project was opened, closed, or got its first images

    void set_columns_hidden(bool hidden);
    bool columns_hidden() const { return columns_hidden_; }
    bool serves(Stage stage) const; // has it a panel?

private:
    struct Page; // one panel, made or not yet

    std::vector<Page*> pages(Stage stage) const;
    void make(Page& page);
    void show_page(Page* page);
    void show_empty(Stage stage);
    void restore_widths();
    void save_widths();
    bool project_ready(Stage stage, QString& title, QString& text) const;

    WorkbenchContext& context_;
    Stage stage_ = Stage::Data;
    bool columns_hidden_ = false;
    bool left_wanted_ = false, right_wanted_ = false;
    std::vector<std::unique_ptr<Page>> pages_;
    std::map<Stage, int> chosen_tab_;
    QTabBar* tabs_;
    QSplitter* splitter_;
    QStackedWidget* left_;
    QStackedWidget* middle_;
    QStackedWidget* right_;
    QWidget* canvas_page_ = nullptr; // the shared canvas and what lies beside it
    QWidget* images_;
    std::map<Stage, EmptyState*> empty_;
};

} // namespace eyepiece
