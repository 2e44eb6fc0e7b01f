// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"
#include "plugins/explain/engine/explainers.h"

namespace {

class ExplainPlugin final : public eyepiece::EnginePlugin {
public:
    void register_into(eyepiece::EngineRegistries& registries) override {
        using namespace eyepiece;
        registries.explainers.add(
            {.name = "input-gradient",
             .title = "Input gradient",
             .help = "Which pixels, changed a little, change the answer most (Simonyan 2013).",
             .parameters = InputGradient::parameters(),
             .make = [] { return std::make_unique<InputGradient>(); }});
        registries.explainers.add({.name = "grad-cam",
                                   .title = "Grad-CAM",
                                   .help = "Where a layer's features speak for the class (Selvaraju 2017).",
                                   .parameters = GradCam::parameters(),
                                   .make = [] { return std::make_unique<GradCam>(); }});
    }
};

} // namespace

EYEPIECE_ENGINE_PLUGIN(ExplainPlugin)
