// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/operation.h"
#include "core/base/version.h"
#include "core/intake/project_table.h"
#include "core/learning/clustering.h"
#include "core/learning/embedding.h"
#include "core/learning/estimator.h"
#include "core/learning/explainer.h"
#include "core/learning/exporter.h"
#include "core/learning/method.h"
#include "core/learning/model.h"
#include "core/learning/task.h"

namespace eyepiece {

// Everything that is registered by name in the engine. Built once by app/ and handed to plugins.
struct EngineRegistries {
    Registry<Task> tasks{"task"};
    ModelRegistry models{"model"};
    Registry<Method> methods{"method"};
    Registry<Explainer> explainers{"explainer"};
    Registry<Exporter> exporters{"exporter"};
    Registry<Embedding> embeddings{"embedding"};
    Registry<Clustering> clusterings{"clustering"};
    Registry<Estimator> estimators{"estimator"};
    OperationRegistry operations{"operation"};
    ProjectTableRegistry tables{"table of a project"};
};

// The door of a plugin's engine.so. Only registers; does no work. When it throws, what it registered is taken
// out again, its state says why, and the rest goes on.
//
// A plugin is a folder <id>/ with plugin.json (described in core/base/plugin_manifest.h), engine.so,
// panels.so or both, in one of the folders of plugin_search_path(). plugin.json is judged before engine.so is
// loaded: its interface version, and the LibTorch it was built with. tests/plugins/example is a whole one,
// built outside this tree against the installed headers.
class EnginePlugin {
public:
    virtual ~EnginePlugin() = default;
    virtual void register_into(EngineRegistries& registries) = 0;
};

} // namespace eyepiece

// Once in an engine.so: makes the plugin, and the version it was built against, findable by name.
#define EYEPIECE_ENGINE_PLUGIN(Class)                                                                        \
    extern "C" EYEPIECE_EXPORT int eyepiece_plugin_api_major() {                                             \
        return EYEPIECE_PLUGIN_API_MAJOR;                                                                    \
    }                                                                                                        \
    extern "C" EYEPIECE_EXPORT int eyepiece_plugin_api_minor() {                                             \
        return EYEPIECE_PLUGIN_API_MINOR;                                                                    \
    }                                                                                                        \
    extern "C" EYEPIECE_EXPORT eyepiece::EnginePlugin* eyepiece_make_engine_plugin() {                       \
        return new Class;                                                                                    \
    }
