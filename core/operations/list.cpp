// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/list.h"

#include "core/base/nearest_name.h"
#include "core/data/preprocessing.h"
#include "core/intake/importer.h"
#include "core/learning/device.h"
#include "core/operations/run_operation.h"

namespace eyepiece {
namespace {

const std::vector<std::string> kinds{"tasks",     "models",     "methods",     "explainers", "importers",
                                     "exporters", "embeddings", "clusterings", "estimators", "preprocessing",
                                     "tables",    "operations", "plugins",     "parameters"};

class List final : public Operation {
public:
    explicit List(const EngineServices& services) : services_(services) {}

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        result.summary = "Lists " + spec.value("kind", std::string()) + ".";
        result.seconds = 0;
        return result;
    }

    OperationResult run(const Json& spec, JobContext&) override {
        return {{{"entries", entries(spec.value("kind", std::string()), spec)}}};
    }

private:
    Json entries(const std::string& kind, const Json& spec) const {
        const EngineRegistries& registries = services_.registries;
        if (kind == "tasks")
            return registries.tasks.to_json();
        if (kind == "models")
            return registries.models.to_json();
        if (kind == "methods")
            return registries.methods.to_json();
        if (kind == "explainers")
            return explainers();
        if (kind == "importers")
            return list_importers();
        if (kind == "exporters")
            return registries.exporters.to_json();
        // The singular too, as design and scripts say it.
        if (kind == "embeddings" || kind == "embedding")
            return embeddings();
        if (kind == "clusterings" || kind == "clustering")
            return clusterings();
        if (kind == "preprocessing") {
            PreprocessingRegistry steps("preprocessing step");
            register_preprocessing(steps);
            return steps.to_json();
        }
        if (kind == "tables")
            return registries.tables.to_json();
        if (kind == "estimators")
            return estimators();
        if (kind == "operations")
            return registries.operations.to_json();
        if (kind == "plugins") {
            Json list = Json::array();
            for (const PluginState& plugin : services_.plugins)
                list.push_back(to_json(plugin));
            return list;
        }
        if (kind == "parameters")
            return operation_parameters(services_, spec.value("operation", std::string()),
                                        spec.value("spec", Json::object()))
                .to_json();
        std::string all;
        for (const std::string& one : kinds)
            all += (all.empty() ? "" : ", ") + one;
        throw Error(ErrorCode::BadInput, "There is no list of \"" + kind + "\"" + nearest_hint(kind, kinds) +
                                             ". There are lists of: " + all + ".");
    }

    // With whether it looks at one layer, which a form asks for.
    Json explainers() const {
        Json list = services_.registries.explainers.to_json();
        for (Json& entry : list)
            entry["needs_layer"] =
                services_.registries.explainers.make(entry["name"].get<std::string>())->needs_layer();
        return list;
    }

    // With whether new rows can be placed in a finished one, and whether it takes a target.
    Json embeddings() const {
        Json list = services_.registries.embeddings.to_json();
        for (Json& entry : list) {
            const auto embedding = services_.registries.embeddings.make(entry["name"].get<std::string>());
            entry["places_new_rows"] = embedding->places_new_rows();
            entry["uses_target"] = embedding->uses_target();
            entry["takes_sparse"] = embedding->takes_sparse();
        }
        return list;
    }

    // With what the operation can be set to beside the method: how stable clusters are, what marks them.
    Json clusterings() const {
        Json list = services_.registries.clusterings.to_json();
        for (Json& entry : list)
            entry["parameters"] =
                operation_parameters(services_, "cluster", {{"method", entry["name"]}}).to_json();
        return list;
    }

    // With what it predicts.
    Json estimators() const {
        Json list = services_.registries.estimators.to_json();
        for (Json& entry : list) {
            const auto estimator = services_.registries.estimators.make(entry["name"].get<std::string>());
            entry["fits_classes"] = estimator->fits_classes();
            entry["fits_values"] = estimator->fits_values();
        }
        return list;
    }

    const EngineServices& services_;
};

class Device final : public Operation {
public:
    OperationCheck check(const Json& spec, JobContext&) override {
        select_device(spec);
        OperationCheck result;
        result.summary = "Says what computes here.";
        result.seconds = 0;
        return result;
    }
    OperationResult run(const Json& spec, JobContext&) override { return {select_device(spec).to_json()}; }
};

} // namespace

void register_list_operations(EngineServices& services) {
    services.registries.operations.add(
        {.name = "list",
         .title = "List",
         .help = "Lists what is registered, or the parameters of an operation.",
         .parameters = {},
         .make = [&services] { return std::make_unique<List>(services); }});
    services.registries.operations.add(
        {.name = "device",
         .title = "Device",
         .help = "Says which device, how many threads and which precision are in use.",
         .parameters = {},
         .make = [] { return std::make_unique<Device>(); }});
}

} // namespace eyepiece
