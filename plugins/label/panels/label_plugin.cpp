// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/label_panel.h"
#include "widgets/shell/panel_plugin.h"

#include <QObject>

namespace eyepiece {

class LabelPlugin : public QObject, public PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_PANEL_PLUGIN_IID)
    Q_INTERFACES(eyepiece::PanelPlugin)
public:
    std::vector<PanelFactory> panels() override {
        PanelFactory factory;
        factory.id = QStringLiteral("label.tools");
        factory.title = tr("Label");
        factory.stage = Stage::Label;
        // The middle is the shared canvas, the left the shared list of images.
        factory.make = [](WorkbenchContext& context) {
            return PanelWidgets{nullptr, nullptr, new LabelPanel(context)};
        };
        return {factory};
    }
};

} // namespace eyepiece

#include "label_plugin.moc"
