// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"

#include <filesystem>
#include <string>
#include <vector>

namespace eyepiece {

// plugin.json, which both programs read before they load anything of a plugin:
//
//   {
//     "id": "vision",                    the folder's name; lower case, digits and hyphens
//     "title": "Vision",                 as in About plugins
//     "version": "0.1.0",                of the plugin itself
//     "description": "Segmentation of images.",     one sentence
//     "license": "GPL-3.0-or-later",     SPDX
//     "requires": {
//       "api": "1.0",                    the plugin interface it was built against:
//       EYEPIECE_PLUGIN_API_MAJOR.MINOR "torch": "1.13.0"                the LibTorch that engine.so was
//       built with; only where there is one
//     },
//     "brings": ["task/semantic-segmentation", "model/unet", "panel/vision.train"]     kind/name
//   }
//
// Beside it lie engine.so, panels.so, or both. eyepiece_add_plugin() of EyepiecePlugin.cmake fills in
// @EYEPIECE_PLUGIN_API@ and @EYEPIECE_TORCH_VERSION@.
struct PluginManifest {
    std::string id, title, version, description, license;
    int api_major = 0, api_minor = 0;
    std::string torch; // empty: not stated
    std::vector<std::string> brings;
    std::filesystem::path folder;
    std::filesystem::path engine_library() const { return folder / "engine.so"; } // need not exist
    std::filesystem::path panels_library() const { return folder / "panels.so"; }
};

// Throws Error(NotFound | BadInput) that names the file and the member which is wrong.
EYEPIECE_EXPORT PluginManifest read_plugin_manifest(const std::filesystem::path& folder);

// Why this program cannot load the plugin, as one sentence; empty when it can. `torch` is the version of
// LibTorch in this process, empty where there is none (the window), and then not compared.
EYEPIECE_EXPORT std::string plugin_incompatibility(const PluginManifest& manifest,
                                                   const std::string& torch = {});

// What became of one plugin's half (engine.so or panels.so), for the table in About plugins.
struct PluginState {
    enum class Outcome {
        Loaded,  // it works
        Absent,  // the plugin has no such half; nothing is wrong
        Refused, // found unfit before it was loaded: another version, a second plugin of that id, a bad
                 // plugin.json
        Failed   // the library could not be loaded, or threw
    };
    PluginManifest manifest; // id is the folder's name when plugin.json could not be read
    Outcome outcome = Outcome::Loaded;
    std::string reason;                  // one sentence; empty when loaded or absent
    std::vector<std::string> registered; // kind/name of what it brought in truth
};
EYEPIECE_EXPORT std::string_view
to_string(PluginState::Outcome outcome); // "loaded", "absent", "refused", "failed"
EYEPIECE_EXPORT Json to_json(const PluginState& state);

// The folders that are looked through for plugins, in this order, each once: those in $EYEPIECE_PLUGINS
// (separated by ':'), eyepiece/plugins beside this program's libraries, and the user's
// $XDG_DATA_HOME/eyepiece/plugins (~/.local/share by default). They need not exist.
EYEPIECE_EXPORT std::vector<std::filesystem::path> plugin_search_path();

// Every folder with a plugin.json in `search_path`, in its order and then by name. A second one of the same
// name is in the list too: the loader refuses it, with the reason.
EYEPIECE_EXPORT std::vector<std::filesystem::path>
find_plugins(const std::vector<std::filesystem::path>& search_path);

// The folder that libeyepiece-core was loaded from: the other libraries and the plugins lie beside it, in the
// build tree and in an install.
EYEPIECE_EXPORT std::filesystem::path library_folder();

} // namespace eyepiece
