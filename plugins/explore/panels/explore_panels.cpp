// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/explore_panel.h"
#include "widgets/shell/panel_plugin.h"

#include <QObject>

namespace eyepiece {

class ExplorePanels : public QObject, public PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_PANEL_PLUGIN_IID)
    Q_INTERFACES(eyepiece::PanelPlugin)
public:
    std::vector<PanelFactory> panels() override {
        // A table is enough: neither images nor a project are needed to look at one.
        return {
            {"explore.explore", tr("Explore"), Stage::Explore, 0, make_explore_panel, PanelNeeds::Nothing}};
    }
};

} // namespace eyepiece

#include "explore_panels.moc"
