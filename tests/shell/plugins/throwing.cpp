// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/panel_plugin.h"

#include <QObject>
#include <stdexcept>

class ThrowingPlugin : public QObject, public eyepiece::PanelPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_PANEL_PLUGIN_IID)
    Q_INTERFACES(eyepiece::PanelPlugin)
public:
    std::vector<eyepiece::PanelFactory> panels() override { throw std::runtime_error("I am out of order."); }
};

#include "throwing.moc"
