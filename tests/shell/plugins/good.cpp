// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/panel_plugin.h"

#include <QLabel>
#include <QObject>

class GoodPlugin : public QObject, public eyepiece::PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_PANEL_PLUGIN_IID)
    Q_INTERFACES(eyepiece::PanelPlugin)
public:
    std::vector<eyepiece::PanelFactory> panels() override {
        const auto make = [](eyepiece::WorkbenchContext&) {
            eyepiece::PanelWidgets widgets;
            widgets.middle = new QLabel(QStringLiteral("It works"));
            return widgets;
        };
        return {{QStringLiteral("good.second"), QStringLiteral("Second"), eyepiece::Stage::Explore, 2, make},
                {QStringLiteral("good.first"), QStringLiteral("First"), eyepiece::Stage::Explore, 1, make}};
    }
};

#include "good.moc"
