// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/plugin_manifest.h"

#include <QDialog>
#include <vector>

class QLabel;
class QTableWidget;

namespace eyepiece {

class Theme;

// "About plugins": each plugin with both its halves, the window's panels and the engine's part, and the
// reason where one of them does not work.
class EYEPIECE_EXPORT PluginsDialog : public QDialog {
    Q_OBJECT
public:
    PluginsDialog(const Theme& theme, std::vector<PluginState> panels, QWidget* parent = nullptr);
    // "plugins" of the engine's hello; null while the engine has not answered.
    void set_engine_plugins(const Json& plugins);

private:
    void fill();
    const Theme& theme_;
    std::vector<PluginState> panels_;
    Json engine_;
    QLabel* summary_;
    QTableWidget* table_;
};

} // namespace eyepiece
