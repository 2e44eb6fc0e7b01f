// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QObject>
#include <QString>

class QSettings;

namespace eyepiece {

class ActionRegistry; // widgets/shell/action_registry.h: every action: id, title, shortcut, icon; feeds
                      // palette and menus
class EngineClient;   // widgets/engine/engine_client.h: requests to the engine behind the pipe
class ImageCanvas;    // widgets/canvas/image_canvas.h: the one shared canvas
class LabelEditor; // widgets/canvas/label_editor.h: the labels of the item on the canvas, and their strokes
class JobModel;    // widgets/engine/job_model.h: what is running: progress, cancel
class Notices;     // widgets/shell/notices.h: words to the user in the notice bar: errors, what was done
class ProjectSession; // widgets/shell/project_session.h: the open project, its change events as Qt signals
class RunMonitor; // widgets/engine/run_monitor.h: trainings as processes of their own: start, follow, control
class Selection;  // widgets/shell/selection.h: items, class, run, layer, region: shared by all panels
class Theme;      // widgets/theme/theme.h: colours, icons, metrics

// The services that a panel works with, built by app/ and passed down. Owns none of them; outlives all
// panels. Lives on the window's thread.
class WorkbenchContext {
public:
    ProjectSession& session;
    Selection& selection;
    EngineClient& engine;
    RunMonitor& runs;
    JobModel& jobs;
    ActionRegistry& actions;
    ImageCanvas& canvas;
    Theme& theme;
    Notices& notices;
    QSettings& settings;
    LabelEditor& labels;
};

} // namespace eyepiece
