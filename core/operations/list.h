// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/operations/services.h"

namespace eyepiece {

// list: {"kind": "tasks" | "models" | "methods" | "explainers" | "importers" | "exporters" | "embeddings" |
//        "clusterings" | "estimators" | "preprocessing" | "operations" | "plugins"}
//       -> {"entries": [{"name", "title", "help", "plugin", "parameters": [...]}]}, for plugins their states.
//       {"kind": "parameters", "operation": "train", "spec": {...}} -> {"entries": [parameter, ...]}: what
//       "set" may hold in that spec.
// device: {} -> {"device", "threads", "precision"}: what "auto" comes to here.
// Both answer at once and load nothing.
EYEPIECE_EXPORT void register_list_operations(EngineServices& services);

} // namespace eyepiece
