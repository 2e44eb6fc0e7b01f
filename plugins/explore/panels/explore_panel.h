// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/shell/panel_plugin.h"

namespace eyepiece {

// The Explore stage: the table and the steps done to it (left); its points over its rows (middle); what is
// selected and what sets it apart (right).
PanelWidgets make_explore_panel(WorkbenchContext& context);

} // namespace eyepiece
