// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/plugin_manifest.h"
#include "core/learning/engine_plugin.h"
#include "core/operations/model_cache.h"
#include "core/protocol/engine.h"

#include <vector>

namespace eyepiece {

// What operations work with. Built once by the engine; operations hold a reference, which their factories
// capture when they are registered. The registries and plugins are only read afterwards; the cache is
// thread-safe.
struct EngineServices {
    EngineOptions options;
    EngineRegistries registries;
    ModelCache models;
    std::vector<PluginState> plugins;
};

// Registers what comes with the engine itself. Plugins come after it.
EYEPIECE_EXPORT void register_operations(EngineServices& services);

} // namespace eyepiece
