// SPDX-License-Identifier: GPL-3.0-or-later
// The library's door: the engine behind core/protocol/engine.h.
#include "core/protocol/engine.h"

#include "core/base/version.h"
#include "core/learning/device.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "core/operations/services.h"

#include <torch/version.h>

namespace eyepiece {
namespace {

class LocalEngine final : public Engine {
public:
    explicit LocalEngine(const EngineOptions& options) {
        services_.options = options;
        device_ = select_device(options.device, options.threads);
        use_threads(device_.threads);
        register_operations(services_);
        services_.plugins = load_engine_plugins(options.plugin_search_path, services_.registries);
    }

    Json hello() const override {
        Json json = device_.to_json();
        json["version"] = EYEPIECE_VERSION;
        json["api"] =
            std::to_string(EYEPIECE_PLUGIN_API_MAJOR) + "." + std::to_string(EYEPIECE_PLUGIN_API_MINOR);
        json["torch"] = TORCH_VERSION;
        json["plugins"] = Json::array();
        for (const PluginState& plugin : services_.plugins)
            json["plugins"].push_back(to_json(plugin));
        return json;
    }

    OperationCheck check(const std::string& operation, const Json& spec, JobContext& context) override {
        return check_operation(services_, operation, spec, context);
    }
    OperationResult run(const std::string& operation, const Json& spec, JobContext& context) override {
        return run_operation(services_, operation, spec, context);
    }

private:
    EngineServices services_;
    ComputeDevice device_;
};

} // namespace
} // namespace eyepiece

extern "C" EYEPIECE_EXPORT const char* eyepiece_engine_version() {
    return EYEPIECE_VERSION;
}

extern "C" EYEPIECE_EXPORT eyepiece::Engine* eyepiece_make_engine(const eyepiece::EngineOptions& options) {
    return new eyepiece::LocalEngine(options);
}
