// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/spectral.h"

#include "core/learning/parallel.h"
#include "core/operations/part_of_job.h"
#include "plugins/explore/engine/affinities.h"
#include "plugins/explore/engine/kmeans.h"
#include "plugins/explore/engine/principal_coordinates.h"
#include "plugins/explore/engine/symmetric_eigen.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::explore {
namespace {

// What the rows are to one another, as something that multiplies vectors.
struct Affinity {
    SymmetricProduct product;   // not normalised
    std::vector<double> degree; // of each row: the sum of its line
};

void fill_degree(Affinity& affinity, std::int64_t rows) {
    const std::vector<double> ones(static_cast<std::size_t>(rows), 1.0);
    affinity.degree.resize(ones.size());
    affinity.product(ones, 1, affinity.degree);
}

Affinity of_neighbours(const ClusteringRequest& request, JobContext& context) {
    const MatrixView data = request.data;
    const int wanted = request.parameters.at("neighbours").get<int>();
    if (wanted > data.rows)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(data.rows) + " rows: fewer than the " +
                                             std::to_string(wanted) + " neighbours. Choose at most " +
                                             std::to_string(data.rows) + ".");
    const Neighbours neighbours = nearest_neighbours(data, wanted - 1, Metric::Euclidean, Search::Automatic,
                                                     request.seed, request.threads, context);
    const std::vector<float> ones(neighbours.index.size(), 1.f);
    auto graph = std::make_shared<const SparseRows>(
        symmetric(neighbours, ones, [](float there, float here) { return (there + here) / 2; }));
    Affinity affinity;
    affinity.product = [graph, threads = request.threads](std::span<const double> in, std::int64_t width,
                                                          std::span<double> out) {
        const std::int64_t rows = graph->rows();
        for_rows(rows, 1024, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            for (std::int64_t c = 0; c < width; ++c)
                for (std::int64_t i = from; i < to; ++i) {
                    const auto row = static_cast<std::size_t>(i);
                    double sum = in[static_cast<std::size_t>(c * rows + i)];
                    for (auto at = static_cast<std::size_t>(graph->start[row]);
                         at < static_cast<std::size_t>(graph->start[row + 1]); ++at)
                        sum += static_cast<double>(graph->value[at]) *
                               in[static_cast<std::size_t>(c * rows + graph->index[at])];
                    out[static_cast<std::size_t>(c * rows + i)] = sum;
                }
        });
    };
    fill_degree(affinity, data.rows);
    return affinity;
}

Affinity of_distances(const ClusteringRequest& request, int vectors, JobContext& context) {
    const MatrixView data = request.data;
    check_square(data.rows, vectors);
    const Json& given = request.parameters.at("gamma");
    const double gamma = given.is_null() ? 1 / static_cast<double>(data.columns) : given.get<double>();
    std::vector<float> values = distances_between(data, data, Metric::Euclidean, request.threads, context);
    for_rows(data.rows, 64, request.threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        for (auto at = static_cast<std::size_t>(from * data.rows);
             at < static_cast<std::size_t>(to * data.rows); ++at)
            values[at] = static_cast<float>(
                std::exp(-gamma * static_cast<double>(values[at]) * static_cast<double>(values[at])));
    });
    auto shared = std::make_shared<const std::vector<float>>(std::move(values));
    Affinity affinity;
    affinity.product = [shared, rows = data.rows, threads = request.threads,
                        &context](std::span<const double> in, std::int64_t width, std::span<double> out) {
        multiply_square(*shared, rows, in, width, out, threads, context);
    };
    fill_degree(affinity, data.rows);
    return affinity;
}

// From 2: how many eigenvalues of the Laplacian (least first) lie below the widest gap, as a part of the
// eigenvalue above it. A plain difference would find long shapes wide, whose own eigenvalues rise by squares.
int below_the_gap(const std::vector<double>& values) {
    constexpr double nothing = 1e-5; // that eigenvalues are known to
    int best = 2;
    double widest = -1;
    for (std::size_t k = 2; k < values.size(); ++k)
        if (const double gap = (values[k] - values[k - 1]) / (values[k] + nothing); gap > widest) {
            widest = gap;
            best = static_cast<int>(k);
        }
    return best;
}

} // namespace

ParameterSchema Spectral::parameters() {
    return {
        integer_parameter("clusters", nullptr, "Clusters",
                          "How many. Automatic: where the eigenvalues of the graph leave the widest gap.")
            .range(1, 1000),
        integer_parameter("most-clusters", 15, "At most", "Where the number is automatic.")
            .range(2, 200)
            .rarely(),
        choice_parameter("affinity", "neighbours", {"neighbours", "rbf"}, "Affinity",
                         "What joins two rows. neighbours: to be among each other's nearest; rbf: a small "
                         "distance, of some thousand rows at most."),
        integer_parameter("neighbours", 10, "Neighbours", "Of each row in the graph, itself counted.")
            .range(2, 1000)
            .when("affinity=neighbours"),
        real_parameter("gamma", nullptr, "Gamma",
                       "How fast affinity falls with the squared distance. Automatic: 1 / columns.")
            .range(1e-12, 1e12)
            .when("affinity=rbf")};
}

ClusteringResult Spectral::cluster(const ClusteringRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const MatrixView data = request.data;
    const bool automatic = set.at("clusters").is_null();
    if (data.rows < 3)
        throw Error(ErrorCode::BadInput, "Spectral clustering needs at least three rows. Add rows.");
    if (!automatic)
        check_cluster_count(set.at("clusters").get<int>(), data.rows);
    const auto vectors = static_cast<int>(
        automatic ? std::min<std::int64_t>(set.at("most-clusters").get<int>() + 1, data.rows - 1)
                  : std::min<std::int64_t>(set.at("clusters").get<int>(), data.rows - 1));
    context.progress(0, "The graph");
    context.throw_if_cancelled();
    const Affinity affinity = set.at("affinity") == "rbf" ? of_distances(request, vectors, context)
                                                          : of_neighbours(request, context);
    context.progress(0.3, "Eigenvectors");
    const auto rows = static_cast<std::size_t>(data.rows);
    std::vector<double> root(rows);
    for (std::size_t i = 0; i < rows; ++i)
        root[i] = 1 / std::sqrt(affinity.degree[i]);
    std::vector<double> scaled;
    const auto scale = [&](std::span<double> values) {
        for (std::size_t at = 0; at < values.size(); ++at)
            values[at] *= root[at % rows];
    };
    const SymmetricProduct normalised = [&](std::span<const double> in, std::int64_t width,
                                            std::span<double> out) {
        scaled.assign(in.begin(), in.end());
        scale(scaled);
        affinity.product(scaled, width, out);
        scale(out);
    };
    const Eigenpairs found = largest_eigenpairs(data.rows, vectors, normalised, 1e-5, request.seed, context);
    if (!found.converged)
        context.warn(
            "The eigenvectors of the graph are not exact: eigenvalues lie so near to each other that "
            "their search was ended.");
    std::vector<double> laplacian;
    for (const double value : found.values)
        laplacian.push_back(std::max(0.0, 1 - value));
    KMeansOptions options;
    options.clusters = automatic ? below_the_gap(laplacian) : set.at("clusters").get<int>();
    const auto wide = static_cast<std::size_t>(std::min(options.clusters, vectors));
    // Of a typical length near one, which floats like better than 1 / rows.
    const double length = static_cast<double>(rows);
    std::vector<float> points(rows * wide);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t c = 0; c < wide; ++c)
            points[i * wide + c] = static_cast<float>(length * root[i] * found.vectors[c * rows + i]);
    PartOfJob last(context, 0.8, 1);
    KMeansResult parts = k_means({points, data.rows, static_cast<std::int64_t>(wide)}, options, request.seed,
                                 request.threads, last);
    ClusteringResult result;
    result.labels = std::move(parts.labels);
    result.notes = {{"laplacian_eigenvalues", std::move(laplacian)},
                    {"inertia", parts.inertia},
                    {"converged", found.converged}};
    return result;
}

} // namespace eyepiece::explore
