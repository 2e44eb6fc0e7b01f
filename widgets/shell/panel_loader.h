// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/plugin_manifest.h"
#include "widgets/shell/panel_plugin.h"

#include <filesystem>
#include <vector>

namespace eyepiece {

// What the plugins' panels.so brought, and what became of each plugin.
struct LoadedPanels {
    std::vector<PanelFactory> panels; // by stage, then order, then id
    std::vector<PluginState> plugins; // in the order found
};

// Looks through the folders (plugin_search_path()) and loads every panels.so that fits: plugin.json is read
// and its versions are compared first, then the library's own interface name, and only then is it loaded.
// Nothing that a plugin does wrong gets out: broken, missing, of another version, throwing, a panel whose id
// is taken: each is a state with its reason. Libraries are never unloaded. Call once, on the window's thread.
EYEPIECE_EXPORT LoadedPanels load_panel_plugins(const std::vector<std::filesystem::path>& search_path);

} // namespace eyepiece
