// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/cluster.h"

#include "core/data/group_difference.h"
#include "core/learning/clustering_scores.h"
#include "core/learning/clustering_stability.h"
#include "core/learning/device.h"
#include "core/operations/part_of_job.h"
#include "core/operations/table_input.h"
#include "core/operations/table_source.h"

#include <cmath>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

Json number_or_null(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

constexpr int most_marked = 100; // clusters, the largest; each costs a pass over the table

// What the operation itself can be set to, whatever the method.
ParameterSchema own_parameters() {
    return {integer_parameter("resamples", 0, "Resamples",
                              "Clusters so many random parts of the rows, too, and says how well they agree; "
                              "0: none.")
                .range(0, 1000)
                .in("Stability"),
            real_parameter("resample-share", 0.8, "Share", "How much of the rows a resample takes.")
                .range(0.05, 0.99)
                .in("Stability")
                .rarely(),
            integer_parameter("markers", 0, "Marker columns",
                              "For each cluster, lists so many columns that set it apart most; 0: none.")
                .range(0, 1000)
                .in("Markers")};
}

Json infinity_as_text(double value) { // which JSON has not
    return std::isfinite(value) ? Json(value) : Json(value > 0 ? "inf" : "-inf");
}

Json stability_json(const ClusteringStability& stability, double share) {
    return {{"resamples", stability.resamples},
            {"share", share},
            {"rows", stability.rows},
            {"adjusted_rand", {{"mean", stability.rand_mean}, {"spread", stability.rand_spread}}},
            {"jaccard", stability.jaccard},
            {"dissolved", stability.dissolved}};
}

// Of each cluster the columns that set it apart from all other rows, noise among them.
Json markers_json(const TableInput& input, const ClusteringResult& found, std::size_t count,
                  JobContext& context) {
    std::vector<Column> columns;
    for (std::size_t c = 0; c < input.columns; ++c) {
        std::vector<float> values(input.rows);
        for (std::size_t row = 0; row < input.rows; ++row)
            values[row] = input.values[row * input.columns + c];
        columns.push_back(Column::reals(input.names[c], std::move(values)));
    }
    const Table table(std::move(columns));
    Json all = Json::array();
    std::vector<std::uint8_t> group(input.rows);
    const int marked = std::min(found.clusters, most_marked);
    for (std::int32_t cluster = 0; cluster < marked; ++cluster) {
        context.progress(static_cast<double>(cluster) / marked, "Marker columns");
        context.throw_if_cancelled();
        std::size_t members = 0;
        for (std::size_t row = 0; row < input.rows; ++row)
            members += group[row] = found.labels[row] == cluster;
        Json own = Json::array();
        if (members >= 2 && input.rows - members >= 2) {
            const auto differences = group_differences(table, group, context);
            for (std::size_t i = 0; i < std::min(count, differences.size()); ++i) {
                const ColumnDifference& one = differences[i];
                own.push_back({{"column", input.names[one.column]},
                               {"effect", infinity_as_text(one.effect)},
                               {"q", one.q},
                               {"mean", one.group_mean},
                               {"rest_mean", one.rest_mean}});
            }
        }
        all.push_back(std::move(own));
    }
    return all;
}

class Cluster final : public Operation {
public:
    explicit Cluster(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        if (!spec.contains("method"))
            return std::nullopt; // each method has its own
        ParameterSchema schema = entry(spec).parameters;
        schema.append(own_parameters());
        return schema;
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
        const Json& set = spec.at("set");
        const int resamples = set.at("resamples").get<int>();
        const auto markers = set.at("markers").get<std::size_t>();
        if (resamples == 1)
            throw Error(ErrorCode::BadInput,
                        "One resample has no other to agree with. Choose at least two resamples, or 0.");
        const double end = resamples > 0 ? 0.3 : 0.9; // of the clustering itself
        const int threads = select_device(spec).threads;
        const std::uint64_t seed = spec.value("seed", std::uint64_t{1});
        PartOfJob reading(context, 0, 0.1), fitting(context, 0.1, end), resampling(context, end, 0.9),
            marking(context, 0.95, 1);
        const TableInput input = read_table_input(spec, false, services_.registries.tables, reading);
        context.throw_if_cancelled();
        ClusteringRequest request;
        request.data = input.view();
        request.parameters = Json::object(); // the method's own
        for (const ParameterSpec& parameter : method.parameters.specs())
            request.parameters[parameter.name] = set.at(parameter.name);
        request.seed = seed;
        request.threads = threads;
        ClusteringResult found = method.make()->cluster(request, fitting);
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
        if (resamples > 0) {
            const double share = set.at("resample-share").get<double>();
            result.json["stability"] =
                stability_json(clustering_stability(
                                   request, found, resamples, share,
                                   [&](const ClusteringRequest& some, JobContext& job) {
                                       return method.make()->cluster(some, job);
                                   },
                                   resampling),
                               share);
        }
        if (markers > 0)
            result.json["markers"] = markers_json(input, found, markers, marking);
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
