// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explain/panels/explain_view.h"
#include "widgets/shell/panel_plugin.h"

#include <QObject>

namespace eyepiece {

class ExplainPanels : public QObject, public PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_PANEL_PLUGIN_IID)
    Q_INTERFACES(eyepiece::PanelPlugin)
public:
    std::vector<PanelFactory> panels() override {
        // The left column is the shared list of images, the middle the shared canvas.
        return {{"explain.attribution", tr("Explain"), Stage::Explain, 0, [](WorkbenchContext& context) {
                     return PanelWidgets{nullptr, nullptr, new ExplainView(context)};
                 }}};
    }
};

} // namespace eyepiece

#include "explain_panel.moc"
