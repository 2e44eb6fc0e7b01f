// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/shell/panel_plugin.h"

namespace eyepiece {

// The Evaluate stage: which run on which images, worst first (left); the prediction on the shared canvas
// (middle); the figures beside the baselines (right).
PanelWidgets make_evaluate_panel(WorkbenchContext& context);

} // namespace eyepiece
