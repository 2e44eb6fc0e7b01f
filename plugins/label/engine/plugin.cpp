// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"
#include "plugins/label/engine/forest_operations.h"
#include "plugins/label/engine/live_forest.h"
#include "plugins/label/engine/sort_objects.h"

namespace {

class LabelPlugin final : public eyepiece::EnginePlugin {
public:
    void register_into(eyepiece::EngineRegistries& registries) override {
        const auto memory = std::make_shared<eyepiece::label::LiveMemory>();
        eyepiece::label::register_live_forest(registries.operations, memory);
        eyepiece::label::register_forest_operations(registries.operations, memory);
        eyepiece::label::register_sort_objects(registries.operations);
    }
};

} // namespace

EYEPIECE_ENGINE_PLUGIN(LabelPlugin)
