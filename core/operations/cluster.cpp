// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/cluster.h"

#include "core/learning/clustering_scores.h"
#include "core/learning/device.h"
#include "core/operations/part_of_job.h"
#include "core/operations/table_input.h"
#include "core/operations/table_source.h"

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

Json number_or_null(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

class Cluster final : public Operation {
public:
    explicit Cluster(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        if (!spec.contains("method"))
            return std::nullopt; // each method has its own
        return entry(spec).parameters;
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        const auto& method = entry(spec);
        result.summary = "Clusters the rows of " + path_in(spec, "input").filename().string() + " with " +
                         method.title + ".";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto& method = entry(spec);
        const auto clustering = method.make();
        const int threads = select_device(spec).threads;
        const std::uint64_t seed = spec.value("seed", std::uint64_t{1});
        PartOfJob reading(context, 0, 0.1), fitting(context, 0.1, 0.9);
        const TableInput input = read_table_input(spec, false, reading);
        context.throw_if_cancelled();
        ClusteringRequest request;
        request.data = input.view();
        request.parameters = spec.at("set");
        request.seed = seed;
        request.threads = threads;
        ClusteringResult found = clustering->cluster(request, fitting);
        context.throw_if_cancelled();
        order_clusters(found);

        context.progress(0.9, "Scoring");
        std::vector<std::int64_t> sizes(static_cast<std::size_t>(found.clusters));
        std::int64_t noise = 0;
        for (const std::int32_t label : found.labels)
            ++(label < 0 ? noise : sizes[static_cast<std::size_t>(label)]);
        Json scores{{"silhouette",
                     number_or_null(silhouette(input.view(), found.labels, 2000, seed, threads, context))},
                    {"davies_bouldin", number_or_null(davies_bouldin(input.view(), found.labels))}};
        if (!input.target.empty())
            scores["adjusted_rand"] = adjusted_rand(input.target, found.labels);
        OperationResult result;
        result.json = {{"method", method.name},
                       {"rows", input.rows},
                       {"clusters", found.clusters},
                       {"sizes", sizes},
                       {"noise", noise},
                       {"notes", found.notes},
                       {"steps", to_json(input.steps)},
                       {"step_notes", input.notes},
                       {"scores", std::move(scores)}};
        if (!input.all_rows())
            result.json["kept_rows"] = input.kept;
        const auto bytes = std::as_bytes(std::span(found.labels));
        result.bytes.assign(bytes.begin(), bytes.end());
        if (spec.contains("out") && spec["out"].is_string()) {
            write_item_table(spec["out"].get<std::string>(), input.items, {"cluster"},
                             [&](std::size_t row, std::vector<std::string>& out) {
                                 out.push_back(std::to_string(found.labels[row]));
                             });
            result.json["out"] = spec["out"];
        }
        context.progress(1, "Done");
        return result;
    }

private:
    const Registry<Clustering>::Entry& entry(const Json& spec) const {
        return services_.registries.clusterings.at(spec.value("method", std::string()));
    }

    EngineServices& services_;
};

} // namespace

void register_cluster_operation(EngineServices& services) {
    services.registries.operations.add({.name = "cluster",
                                        .title = "Cluster",
                                        .help = "Parts the rows of a table into clusters of like ones.",
                                        .parameters = {},
                                        .make = [&services] { return std::make_unique<Cluster>(services); }});
}

} // namespace eyepiece
