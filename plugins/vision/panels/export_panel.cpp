// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/export_panel.h"

#include "plugins/vision/panels/export_view.h"

namespace eyepiece {

PanelWidgets make_export_panel(WorkbenchContext& context) {
    return {nullptr, new ExportView(context), nullptr};
}

} // namespace eyepiece
