// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/plugin_loader.h"

#include "core/base/version.h"
#include "core/operations/run_operation.h"

#include <dlfcn.h>
#include <set>
#include <spdlog/spdlog.h>
#include <torch/version.h>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

// One sentence that ends the loading of one plugin.
struct Refusal {
    PluginState::Outcome outcome;
    std::string reason;
};

std::string dl_error() {
    const char* text = dlerror();
    return text ? text : "unknown error";
}

template<class Function>
Function* symbol(void* library, const char* name) {
    void* address = dlsym(library, name);
    if (!address)
        throw Refusal{PluginState::Outcome::Failed,
                      "Its engine.so is not a plugin of Eyepiece: it has no \"" + std::string(name) +
                          "\" (EYEPIECE_ENGINE_PLUGIN is missing)."};
    return reinterpret_cast<Function*>(address);
}

template<class Visit>
void for_each_registry(EngineRegistries& registries, Visit visit) {
    visit(registries.tasks);
    visit(registries.models);
    visit(registries.methods);
    visit(registries.explainers);
    visit(registries.exporters);
    visit(registries.embeddings);
    visit(registries.clusterings);
    visit(registries.estimators);
    visit(registries.operations);
    visit(registries.tables);
}

void load_library(PluginState& state, EngineRegistries& registries) {
    const PluginManifest& manifest = state.manifest;
    void* library = dlopen(manifest.engine_library().c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        throw Refusal{PluginState::Outcome::Failed, "Its engine.so cannot be loaded: " + dl_error() + "."};
    // What it was compiled against, should plugin.json not say the truth.
    const int major = symbol<int()>(library, "eyepiece_plugin_api_major")();
    const int minor = symbol<int()>(library, "eyepiece_plugin_api_minor")();
    if (major != EYEPIECE_PLUGIN_API_MAJOR || minor > EYEPIECE_PLUGIN_API_MINOR)
        throw Refusal{PluginState::Outcome::Refused,
                      "Its engine.so was built for plugin interface " + std::to_string(major) + "." +
                          std::to_string(minor) + ", though its plugin.json says otherwise; build it anew."};

    const std::unique_ptr<EnginePlugin> plugin(
        symbol<EnginePlugin*()>(library, "eyepiece_make_engine_plugin")());
    if (!plugin)
        throw Refusal{PluginState::Outcome::Failed, "Its engine.so made no plugin."};
    plugin->register_into(registries);
}

// Fills in the state; throws Refusal.
void load_plugin(PluginState& state, std::set<std::string>& taken, EngineRegistries& registries) {
    try {
        state.manifest = read_plugin_manifest(state.manifest.folder);
    } catch (const Error& error) {
        throw Refusal{PluginState::Outcome::Refused, error.what()};
    }
    const std::string id = state.manifest.id;
    if (!taken.insert(id).second)
        throw Refusal{PluginState::Outcome::Refused, "Another plugin with the id \"" + id +
                                                         "\" was found before it; remove one of the two."};
    if (const std::string why = plugin_incompatibility(state.manifest, TORCH_VERSION); !why.empty())
        throw Refusal{PluginState::Outcome::Refused, why};
    if (!fs::exists(state.manifest.engine_library())) {
        state.outcome = PluginState::Outcome::Absent;
        return;
    }
    for_each_registry(registries, [&](auto& registry) { registry.set_plugin(id); });
    try {
        load_library(state, registries);
    } catch (...) {
        for_each_registry(registries, [&](auto& registry) { registry.remove_plugin(id); });
        throw;
    }
    for_each_registry(registries, [&](const auto& registry) {
        for (const auto& entry : registry.entries())
            if (entry.plugin == id)
                state.registered.push_back(registry.kind() + "/" + entry.name);
    });
}

} // namespace

std::vector<PluginState> load_engine_plugins(const std::vector<fs::path>& search_path,
                                             EngineRegistries& registries) {
    std::vector<PluginState> states;
    std::set<std::string> taken;
    for (const fs::path& folder : find_plugins(search_path)) {
        PluginState state;
        state.manifest.id = folder.filename().string(); // until plugin.json says more
        state.manifest.title = state.manifest.id;
        state.manifest.folder = folder;
        try {
            load_plugin(state, taken, registries);
        } catch (const Refusal& refusal) {
            state.outcome = refusal.outcome;
            state.reason = refusal.reason;
        } catch (...) { // a plugin may throw anything at all
            state.outcome = PluginState::Outcome::Failed;
            state.reason = translate_exception(std::current_exception(), "Its registration").what();
        }
        for_each_registry(registries, [](auto& registry) { registry.set_plugin({}); });
        if (!state.reason.empty())
            spdlog::warn("Plugin {}: {}", state.manifest.id, state.reason);
        states.push_back(std::move(state));
    }
    return states;
}

} // namespace eyepiece
