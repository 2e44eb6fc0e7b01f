// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/train_panel.h"

#include "plugins/vision/panels/train_checks.h"
#include "plugins/vision/panels/train_progress.h"
#include "plugins/vision/panels/train_setup.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

namespace eyepiece {

PanelWidgets make_train_panel(WorkbenchContext& context) {
    auto* setup = new TrainSetup(context);
    auto* progress = new TrainProgress(context);
    auto* checks = new TrainChecks(context);
    QObject::connect(progress, &TrainProgress::train_wanted, setup, &TrainSetup::train);
    return {setup, progress, checks};
}

} // namespace eyepiece
