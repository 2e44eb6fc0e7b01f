// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"
#include "plugins/estimators/engine/estimators.h"

namespace {

class EstimatorsPlugin final : public eyepiece::EnginePlugin {
public:
    void register_into(eyepiece::EngineRegistries& registries) override {
        eyepiece::estimators::register_estimators(registries.estimators);
    }
};

} // namespace

EYEPIECE_ENGINE_PLUGIN(EstimatorsPlugin)
