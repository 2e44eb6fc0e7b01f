// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"
#include "plugins/label/engine/live_forest.h"

namespace {

class LabelPlugin final : public eyepiece::EnginePlugin {
public:
    void register_into(eyepiece::EngineRegistries& registries) override {
        eyepiece::label::register_live_forest(registries.operations,
                                              std::make_shared<eyepiece::label::LiveMemory>());
    }
};

} // namespace

EYEPIECE_ENGINE_PLUGIN(LabelPlugin)
