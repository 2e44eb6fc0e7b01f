// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/version.h"

#include <QString>
#include <QtPlugin>
#include <functional>
#include <vector>

class QWidget;

namespace eyepiece {

class WorkbenchContext; // widgets/shell/workbench_context.h

// The stages of the survey's workflow (its figure 1), left to right.
enum class Stage { Data, Explore, Label, Train, Evaluate, Explain, Export };

// A panel fills one stage: left, middle and right column. Any of them may be null: then the left column shows
// the shared list of images, the middle the shared canvas, and there is no right column. Left and right
// columns are put into scroll areas; their margin (12 px at the sides) is the panel's own.
struct PanelWidgets {
    QWidget* left = nullptr; // owned by the window once returned
    QWidget* middle = nullptr;
    QWidget* right = nullptr;
    std::function<bool()> wants_right =
        {}; // asked when a project was opened, closed or got images; empty: always
};

// Without what a panel needs, its stage says what to do instead.
enum class PanelNeeds { Nothing, Images }; // Images: an open project that has some

struct PanelFactory {
    QString id;    // "label.tools"
    QString title; // "Label"
    Stage stage = Stage::Data;
    int order = 0; // among the panels of one stage: smaller first; several show as tabs
    std::function<PanelWidgets(WorkbenchContext&)> make = {}; // called when the stage is first shown
    PanelNeeds needs = PanelNeeds::Images;
};

// The door of a plugin's panels.so, loaded with QPluginLoader. Only lists; builds nothing.
class PanelPlugin {
public:
    virtual ~PanelPlugin() = default;
    virtual std::vector<PanelFactory> panels() = 0;
};

} // namespace eyepiece

#define EYEPIECE_PANEL_PLUGIN_IID "org.eyepiece.PanelPlugin/1.0"
Q_DECLARE_INTERFACE(eyepiece::PanelPlugin, EYEPIECE_PANEL_PLUGIN_IID)
