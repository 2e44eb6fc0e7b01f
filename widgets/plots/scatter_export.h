// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/plot_export.h"
#include "widgets/plots/scatter_view.h"

namespace eyepiece {

// The view as it is in sight. Without points there are no marks, and nothing to save.
EYEPIECE_EXPORT PlotPage scatter_page(const ScatterView& view, const Theme& theme, const QString& title);

} // namespace eyepiece
