// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/panel_loader.h"

#include "core/base/error.h"

#include <QJsonObject>
#include <QPluginLoader>
#include <algorithm>
#include <set>

namespace eyepiece {

namespace {

using Outcome = PluginState::Outcome;

// The plugin behind a library that is fit to load. Throws Error with the reason.
PanelPlugin& load(const std::filesystem::path& library) {
    QPluginLoader loader(QString::fromStdString(library.string()));
    // Read without running any of its code.
    const QString iid = loader.metaData().value(QStringLiteral("IID")).toString();
    if (iid.isEmpty())
        throw Error(ErrorCode::BadInput, library.filename().string() +
                                             " is not a Qt plugin: " + loader.errorString().toStdString());
    if (iid != QLatin1String(EYEPIECE_PANEL_PLUGIN_IID))
        throw Error(ErrorCode::Unsupported, library.filename().string() + " has the interface " +
                                                iid.toStdString() +
                                                ", and this program needs " EYEPIECE_PANEL_PLUGIN_IID ".");
    // A missing symbol is found now, not in the middle of the work.
    loader.setLoadHints(QLibrary::ResolveAllSymbolsHint);
    QObject* instance = loader.instance(); // owned by Qt, for the life of the program
    if (!instance)
        throw Error(ErrorCode::BadInput,
                    library.filename().string() + " cannot be loaded: " + loader.errorString().toStdString());
    auto* plugin = qobject_cast<PanelPlugin*>(instance);
    if (!plugin)
        throw Error(ErrorCode::BadInput, library.filename().string() + " does not offer panels.");
    return *plugin;
}

} // namespace

LoadedPanels load_panel_plugins(const std::vector<std::filesystem::path>& search_path) {
    LoadedPanels result;
    std::set<std::string> plugin_ids;
    std::set<QString> panel_ids;
    for (const std::filesystem::path& folder : find_plugins(search_path)) {
        PluginState state;
        state.manifest.id = folder.filename().string();
        state.manifest.folder = folder;
        const auto conclude = [&](Outcome outcome, const std::string& reason = {}) {
            state.outcome = outcome;
            state.reason = reason;
            result.plugins.push_back(state);
        };
        try {
            state.manifest = read_plugin_manifest(folder);
        } catch (const std::exception& error) {
            conclude(Outcome::Refused, error.what());
            continue;
        }
        if (!plugin_ids.insert(state.manifest.id).second) {
            conclude(Outcome::Refused, "Another plugin with this id was found first.");
            continue;
        }
        if (const std::string reason = plugin_incompatibility(state.manifest); !reason.empty()) {
            conclude(Outcome::Refused, reason);
            continue;
        }
        std::error_code missing;
        if (!std::filesystem::exists(state.manifest.panels_library(), missing)) {
            const bool nothing = !std::filesystem::exists(state.manifest.engine_library(), missing);
            if (nothing)
                conclude(Outcome::Failed,
                         "The folder has neither engine.so nor panels.so; install it again.");
            else
                conclude(Outcome::Absent);
            continue;
        }
        try {
            std::vector<PanelFactory> panels = load(state.manifest.panels_library()).panels();
            for (const PanelFactory& panel : panels) {
                if (panel.id.isEmpty() || panel.title.isEmpty() || !panel.make)
                    throw Error(ErrorCode::BadInput, "A panel of it has no id, title or maker.");
                if (panel_ids.count(panel.id))
                    throw Error(ErrorCode::Conflict, "Its panel \"" + panel.id.toStdString() +
                                                         "\" was already brought by another plugin.");
            }
            for (PanelFactory& panel : panels) {
                panel_ids.insert(panel.id);
                state.registered.push_back("panel/" + panel.id.toStdString());
                result.panels.push_back(std::move(panel));
            }
            conclude(Outcome::Loaded);
        } catch (const std::exception& error) {
            conclude(Outcome::Failed, error.what());
        } catch (...) {
            conclude(Outcome::Failed, "It threw something that is no std::exception while it was loaded.");
        }
    }
    std::stable_sort(result.panels.begin(), result.panels.end(),
                     [](const PanelFactory& a, const PanelFactory& b) {
                         return std::tie(a.stage, a.order, a.id) < std::tie(b.stage, b.order, b.id);
                     });
    return result;
}

} // namespace eyepiece
