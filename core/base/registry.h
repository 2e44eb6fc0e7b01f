// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/parameters.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// Things of one kind (tasks, models, methods, explainers, ...) by name. Filled once at start, by core and by
// plugins, then only read: reading from several threads is safe. Menus and `eyepiece-cli list` are filled
// from it.
template<class Interface>
class Registry {
public:
    using Factory = std::function<std::unique_ptr<Interface>()>;
    struct Entry {
        std::string name;  // kebab-case, as on the command line
        std::string title; // as in a menu
        std::string help;  // one line
        ParameterSchema parameters;
        Factory make;
        std::string plugin = {}; // id of the plugin that brought it; empty for core
    };

    explicit Registry(std::string kind) : kind_(std::move(kind)) {}

    const std::string& kind() const { return kind_; }

    void add(Entry entry) {
        if (entry.name.empty() || entry.help.empty() || !entry.make)
            throw Error(ErrorCode::Internal, "A " + kind_ + " was registered without a name, help or maker.");
        if (find(entry.name))
            throw Error(ErrorCode::Internal, "The " + kind_ + " \"" + entry.name + "\" is registered twice.");
        if (entry.plugin.empty())
            entry.plugin = plugin_;
        entries_.push_back(std::move(entry));
    }

    // While a plugin registers: what is added is marked as its own, and taken out again if it fails halfway.
    void set_plugin(std::string id) { plugin_ = std::move(id); }
    void remove_plugin(const std::string& id) {
        std::erase_if(entries_, [&](const Entry& entry) { return entry.plugin == id; });
    }

    const std::vector<Entry>& entries() const { return entries_; }

    const Entry* find(std::string_view name) const {
        for (const Entry& entry : entries_)
            if (entry.name == name)
                return &entry;
        return nullptr;
    }

    // Throws Error(NotFound) that suggests the nearest name and lists the known ones.
    const Entry& at(std::string_view name) const {
        if (const Entry* entry = find(name))
            return *entry;
        std::string known;
        std::vector<std::string> names;
        for (const Entry& entry : entries_) {
            known += (known.empty() ? "" : ", ") + entry.name;
            names.push_back(entry.name);
        }
        throw Error(ErrorCode::NotFound, "There is no " + kind_ + " named \"" + std::string(name) + "\"" +
                                             nearest_hint(name, names) +
                                             ". Known: " + (known.empty() ? "none" : known) + ".");
    }

    std::unique_ptr<Interface> make(std::string_view name) const { return at(name).make(); }

    Json to_json() const {
        Json list = Json::array();
        for (const Entry& entry : entries_)
            list.push_back({{"name", entry.name},
                            {"title", entry.title},
                            {"help", entry.help},
                            {"plugin", entry.plugin},
                            {"parameters", entry.parameters.to_json()}});
        return list;
    }

private:
    std::string kind_;
    std::string plugin_;
    std::vector<Entry> entries_;
};

} // namespace eyepiece
