// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"
#include "plugins/prompt/engine/operations.h"

#include <dlfcn.h>

namespace {

// The weights lie beside this library, wherever it was installed.
std::filesystem::path folder_of_this_library() {
    static const char here = 0;
    Dl_info info{};
    if (dladdr(&here, &info) == 0 || info.dli_fname == nullptr)
        return {};
    return std::filesystem::path(info.dli_fname).parent_path();
}

class PromptPlugin final : public eyepiece::EnginePlugin {
public:
    void register_into(eyepiece::EngineRegistries& registries) override {
        const auto memory =
            std::make_shared<eyepiece::prompt::ObjectMemory>(folder_of_this_library() / "objects.weights");
        eyepiece::prompt::register_segment_operations(registries.operations, memory);
        eyepiece::prompt::register_learn_objects(registries.operations, memory);
    }
};

} // namespace

EYEPIECE_ENGINE_PLUGIN(PromptPlugin)
