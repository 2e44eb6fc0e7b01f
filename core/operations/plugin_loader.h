// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/plugin_manifest.h"
#include "core/learning/engine_plugin.h"

#include <filesystem>
#include <vector>

namespace eyepiece {

// Loads the engine.so of every plugin in the search path and lets it register itself. plugin.json is judged
// before anything is loaded. What a plugin that fails had already registered is taken out again. Throws
// nothing about a plugin: the states say what became of each, in the order of loading. Libraries stay loaded
// until the process ends, since registered makers point into them.
EYEPIECE_EXPORT std::vector<PluginState>
load_engine_plugins(const std::vector<std::filesystem::path>& search_path, EngineRegistries& registries);

} // namespace eyepiece
