// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>
#include <string>
#include <vector>

class QAction;
class QStackedWidget;

namespace eyepiece {

class ColorChoice;
class Exploration;
class ScatterPane;
class StepRunner;
class ViewPane;
class WorkbenchContext;

// The ways to look at the rows, one at a time: which one, coloured by what, and saving it. All of them share
// the selection, the colours and what the legend hides.
class ExploreViews : public QWidget {
    Q_OBJECT
public:
    ExploreViews(WorkbenchContext& context, Exploration& exploration, StepRunner& runner,
                 QWidget* parent = nullptr);
    ScatterPane& scatter() { return *scatter_; }
    void
    show_view(const std::string& key); // scatter space matrix heat-map parallel distributions; else the first
    const std::string& view() const { return view_; }
    void save(const QString& file); // the view in sight: SVG, PDF, PNG or CSV by its suffix

private:
    struct View {
        std::string key;
        ViewPane* pane; // two keys may share one
        QAction* action;
    };
    QAction* add_view(const char* key, const QString& title, const QString& help, ViewPane* pane);
    void ask_save();

    WorkbenchContext& context_;
    Exploration& exploration_;
    ColorChoice* color_;
    QStackedWidget* pages_;
    ScatterPane* scatter_;
    std::vector<View> views_;
    std::vector<ViewPane*> panes_;
    std::string view_;
};

} // namespace eyepiece
