// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/shell/panel_plugin.h"

namespace eyepiece {

// The Export stage: a run's model as a file that other programs open, with its card and its self-check.
PanelWidgets make_export_panel(WorkbenchContext& context);

} // namespace eyepiece
