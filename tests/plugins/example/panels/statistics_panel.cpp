// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/panel_plugin.h"

#include <QLabel>

class ExamplePanels : public QObject, public eyepiece::PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_PANEL_PLUGIN_IID)
    Q_INTERFACES(eyepiece::PanelPlugin)

public:
    std::vector<eyepiece::PanelFactory> panels() override {
        eyepiece::PanelFactory factory;
        factory.id = "example.statistics";
        factory.title = "Statistics";
        factory.stage = eyepiece::Stage::Explore;
        factory.make = [](eyepiece::WorkbenchContext&) {
            auto* label = new QLabel("Mean and deviation");
            label->setObjectName("example.statistics");
            label->setAccessibleName("Statistics of the image");
            eyepiece::PanelWidgets widgets;
            widgets.right = label;
            return widgets;
        };
        return {factory};
    }
};

#include "statistics_panel.moc"
