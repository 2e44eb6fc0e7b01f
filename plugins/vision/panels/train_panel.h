// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/shell/panel_plugin.h"

namespace eyepiece {

// The Train stage: what is to be trained and how (left), how it learns (middle), what to make of it (right).
PanelWidgets make_train_panel(WorkbenchContext& context);

} // namespace eyepiece
