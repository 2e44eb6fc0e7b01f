// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/plot_pane.h"

namespace eyepiece {

// The plots of chosen columns, each with its settings.
PlotPane* matrix_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                      QWidget* parent);
PlotPane* heat_map_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                        QWidget* parent);
PlotPane* parallel_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                        QWidget* parent);
PlotPane* distributions_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                             QWidget* parent);

} // namespace eyepiece
