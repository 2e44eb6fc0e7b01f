// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/evaluate_panel.h"
#include "plugins/vision/panels/export_panel.h"
#include "plugins/vision/panels/train_panel.h"
#include "widgets/shell/panel_plugin.h"

#include <QObject>

namespace eyepiece {

class VisionPanels : public QObject, public PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_PANEL_PLUGIN_IID)
    Q_INTERFACES(eyepiece::PanelPlugin)
public:
    std::vector<PanelFactory> panels() override {
        return {{"vision.train", tr("Train"), Stage::Train, 0, make_train_panel},
                {"vision.evaluate", tr("Evaluate"), Stage::Evaluate, 0, make_evaluate_panel},
                {"vision.export", tr("Export"), Stage::Export, 0, make_export_panel}};
    }
};

} // namespace eyepiece

#include "vision_panels.moc"
