// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/plugin_manifest.h"

#include "core/base/error.h"
#include "core/base/version.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <sstream>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
    throw Error(ErrorCode::BadInput,
                "The plugin description " + file.string() + " cannot be used: " + why + ".");
}

std::string text(const Json& json, const char* name, const fs::path& file, bool required) {
    const auto found = json.find(name);
    if (found == json.end()) {
        if (required)
            refuse(file, "it has no \"" + std::string(name) + "\"");
        return {};
    }
    if (!found->is_string() || (required && found->get_ref<const std::string&>().empty()))
        refuse(file, "its \"" + std::string(name) + "\" is not a text");
    return found->get<std::string>();
}

bool is_id(const std::string& id) {
    return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

// "1.2" -> (1, 2)
bool parse_api(const std::string& text, int& major, int& minor) {
    const char* const end = text.data() + text.size();
    const auto [dot, first] = std::from_chars(text.data(), end, major);
    if (first != std::errc() || dot == end || *dot != '.')
        return false;
    const auto [rest, second] = std::from_chars(dot + 1, end, minor);
    return second == std::errc() && rest == end && major >= 0 && minor >= 0;
}

// "2.6.0+cpu" and "2.6.0" are the same LibTorch as far as its interface goes.
std::string without_build(const std::string& version) {
    return version.substr(0, version.find('+'));
}

} // namespace

PluginManifest read_plugin_manifest(const fs::path& folder) {
    const fs::path file = folder / "plugin.json";
    std::ifstream stream(file);
    if (!stream)
        throw Error(ErrorCode::NotFound, "The plugin description " + file.string() + " cannot be read.");
    std::ostringstream content;
    content << stream.rdbuf();
    const Json json = Json::parse(content.str(), nullptr, false);
    if (!json.is_object())
        refuse(file, "it is not a JSON object");

    PluginManifest manifest;
    manifest.folder = folder;
    manifest.id = text(json, "id", file, true);
    if (!is_id(manifest.id))
        refuse(file, "its id \"" + manifest.id + "\" is not made of lower-case letters, digits and hyphens");
    if (manifest.id != folder.filename().string())
        refuse(file, "its id \"" + manifest.id + "\" is not the name of its folder");
    manifest.title = text(json, "title", file, true);
    manifest.version = text(json, "version", file, true);
    manifest.description = text(json, "description", file, false);
    manifest.license = text(json, "license", file, false);
    const auto needs = json.find("requires");
    if (needs == json.end() || !needs->is_object())
        refuse(file, "it has no \"requires\"");
    if (!parse_api(text(*needs, "api", file, true), manifest.api_major, manifest.api_minor))
        refuse(file, "its required \"api\" is not of the form 1.0");
    manifest.torch = text(*needs, "torch", file, false);
    if (const auto brings = json.find("brings"); brings != json.end()) {
        if (!brings->is_array())
            refuse(file, "its \"brings\" is not a list");
        for (const Json& entry : *brings) {
            if (!entry.is_string())
                refuse(file, "its \"brings\" is not a list of texts");
            manifest.brings.push_back(entry.get<std::string>());
        }
    }
    return manifest;
}

std::string plugin_incompatibility(const PluginManifest& manifest, const std::string& torch) {
    const std::string needed = std::to_string(manifest.api_major) + "." + std::to_string(manifest.api_minor);
    const std::string present =
        std::to_string(EYEPIECE_PLUGIN_API_MAJOR) + "." + std::to_string(EYEPIECE_PLUGIN_API_MINOR);
    if (manifest.api_major != EYEPIECE_PLUGIN_API_MAJOR)
        return "It was built for plugin interface " + needed + ", and this program has " + present +
               "; build it anew against this version of Eyepiece.";
    if (manifest.api_minor > EYEPIECE_PLUGIN_API_MINOR)
        return "It needs plugin interface " + needed + ", and this program has only " + present +
               "; update Eyepiece.";
    if (!torch.empty() && !manifest.torch.empty() && without_build(manifest.torch) != without_build(torch))
        return "It was built with LibTorch " + manifest.torch + ", and this program runs with " + torch +
               "; build it anew.";
    return {};
}

std::string_view to_string(PluginState::Outcome outcome) {
    switch (outcome) {
    case PluginState::Outcome::Loaded:
        return "loaded";
    case PluginState::Outcome::Absent:
        return "absent";
    case PluginState::Outcome::Refused:
        return "refused";
    case PluginState::Outcome::Failed:
        return "failed";
    }
    return "failed";
}

Json to_json(const PluginState& state) {
    const PluginManifest& manifest = state.manifest;
    return {{"id", manifest.id},
            {"title", manifest.title},
            {"version", manifest.version},
            {"description", manifest.description},
            {"license", manifest.license},
            {"folder", manifest.folder.string()},
            {"brings", manifest.brings},
            {"registered", state.registered},
            {"state", to_string(state.outcome)},
            {"reason", state.reason}};
}

std::vector<fs::path> plugin_search_path() {
    std::vector<fs::path> folders;
    const auto add = [&](const fs::path& folder) {
        std::error_code ignored;
        const fs::path canonical = fs::weakly_canonical(folder, ignored);
        const fs::path& entry = canonical.empty() ? folder : canonical;
        if (!entry.empty() && std::find(folders.begin(), folders.end(), entry) == folders.end())
            folders.push_back(entry);
    };
    if (const char* list = std::getenv("EYEPIECE_PLUGINS")) {
        std::istringstream stream(list);
        for (std::string folder; std::getline(stream, folder, ':');)
            if (!folder.empty())
                add(folder);
    }
    add(library_folder() / "eyepiece" / "plugins");
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    if (data && *data == '/') // the specification says to ignore a relative one
        add(fs::path(data) / "eyepiece" / "plugins");
    else if (home && *home)
        add(fs::path(home) / ".local" / "share" / "eyepiece" / "plugins");
    return folders;
}

std::vector<fs::path> find_plugins(const std::vector<fs::path>& search_path) {
    std::vector<fs::path> found;
    for (const fs::path& parent : search_path) {
        std::error_code error;
        std::vector<fs::path> here;
        for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
             entry.increment(error)) {
            std::error_code ignored;
            if (fs::exists(entry->path() / "plugin.json", ignored))
                here.push_back(entry->path());
        }
        std::sort(here.begin(), here.end());
        found.insert(found.end(), here.begin(), here.end());
    }
    return found;
}

fs::path library_folder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&library_folder), &info) == 0 || !info.dli_fname)
        throw Error(ErrorCode::Internal, "The program's own libraries cannot be located.");
    return fs::weakly_canonical(info.dli_fname).parent_path();
}

} // namespace eyepiece
