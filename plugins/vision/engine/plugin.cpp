// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"
#include "plugins/vision/engine/segmentation_plan.h"
#include "plugins/vision/engine/segmentation_task.h"

namespace eyepiece::vision {

class VisionPlugin : public EnginePlugin {
public:
    void register_into(EngineRegistries& registries) override {
        registries.tasks.add({"semantic-segmentation", "Semantic segmentation",
                              "Says for each pixel of an image what it shows.", segmentation_parameters(),
                              [] { return std::make_unique<SegmentationTask>(); }});
    }
};

} // namespace eyepiece::vision

EYEPIECE_ENGINE_PLUGIN(eyepiece::vision::VisionPlugin)
