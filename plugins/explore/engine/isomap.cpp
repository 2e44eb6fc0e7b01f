// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/isomap.h"

#include "core/learning/parallel.h"
#include "plugins/explore/engine/affinities.h"
#include "plugins/explore/engine/principal_coordinates.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <queue>

namespace eyepiece::explore {
namespace {

// An edge of no length is none to symmetric(), which leaves out what is not above zero; this length does not
// show beside any other.
constexpr float no_length = 1e-30f;

// The larger of there and back, which are the same distance where both are there.
SparseRows undirected(const Neighbours& neighbours) {
    std::vector<float> length = neighbours.distance;
    for (float& value : length)
        value = std::max(value, no_length);
    return symmetric(neighbours, length, [](float there, float here) { return std::max(there, here); });
}

// The component of each row, numbered by first rows.
std::vector<std::int32_t> components_of(const SparseRows& graph, int& count) {
    std::vector<std::int32_t> component(static_cast<std::size_t>(graph.rows()), -1), waiting;
    count = 0;
    for (std::size_t first = 0; first < component.size(); ++first) {
        if (component[first] >= 0)
            continue;
        component[first] = count;
        waiting.push_back(static_cast<std::int32_t>(first));
        while (!waiting.empty()) {
            const auto i = static_cast<std::size_t>(waiting.back());
            waiting.pop_back();
            for (auto at = graph.start[i]; at < graph.start[i + 1]; ++at) {
                const std::int32_t other = graph.index[static_cast<std::size_t>(at)];
                if (component[static_cast<std::size_t>(other)] < 0) {
                    component[static_cast<std::size_t>(other)] = count;
                    waiting.push_back(other);
                }
            }
        }
        ++count;
    }
    return component;
}

struct Edge {
    std::int32_t a = 0, b = 0;
    float length = 0;
};

// Between each two components, the shortest.
std::vector<Edge> joints(MatrixView rows, const std::vector<std::int32_t>& component, int count,
                         Metric metric, int threads, JobContext& context) {
    std::vector<std::vector<std::int32_t>> members(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < component.size(); ++i)
        members[static_cast<std::size_t>(component[i])].push_back(static_cast<std::int32_t>(i));
    std::vector<Edge> edges;
    for (std::size_t a = 0; a + 1 < members.size(); ++a) {
        std::vector<float> values;
        for (const std::int32_t row : members[a]) {
            const auto line = rows.row(row);
            values.insert(values.end(), line.begin(), line.end());
        }
        const MatrixView own{values, static_cast<std::int64_t>(members[a].size()), rows.columns};
        std::vector<std::int32_t> index(members[a].size());
        std::vector<float> distance(members[a].size());
        for (std::size_t b = a + 1; b < members.size(); ++b) {
            context.throw_if_cancelled();
            nearest_row(own, Panels(rows, members[b]), metric, threads, index, distance);
            const auto least = static_cast<std::size_t>(std::min_element(distance.begin(), distance.end()) -
                                                        distance.begin());
            edges.push_back({members[a][least], members[b][static_cast<std::size_t>(index[least])],
                             std::max(true_distance(distance[least], metric), no_length)});
        }
    }
    return edges;
}

SparseRows with_edges(const SparseRows& graph, const std::vector<Edge>& edges) {
    std::vector<std::vector<std::pair<std::int32_t, float>>> more(static_cast<std::size_t>(graph.rows()));
    for (const Edge& edge : edges) {
        more[static_cast<std::size_t>(edge.a)].emplace_back(edge.b, edge.length);
        more[static_cast<std::size_t>(edge.b)].emplace_back(edge.a, edge.length);
    }
    SparseRows result;
    result.start.push_back(0);
    for (std::size_t i = 0; i < more.size(); ++i) {
        for (auto at = graph.start[i]; at < graph.start[i + 1]; ++at)
            more[i].emplace_back(graph.index[static_cast<std::size_t>(at)],
                                 graph.value[static_cast<std::size_t>(at)]);
        std::sort(more[i].begin(), more[i].end());
        for (const auto& [index, length] : more[i]) {
            result.index.push_back(index);
            result.value.push_back(length);
        }
        result.start.push_back(static_cast<std::int64_t>(result.index.size()));
    }
    return result;
}

// -path^2 / 2 from each row to each.
std::vector<float> path_likeness(const SparseRows& graph, int threads, JobContext& context) {
    const std::int64_t rows = graph.rows();
    std::vector<float> alike(static_cast<std::size_t>(rows * rows));
    std::atomic<std::int64_t> done{0};
    for_rows(rows, 16, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        using Reached = std::pair<float, std::int32_t>;
        std::vector<Reached> heap;
        std::vector<float> length(static_cast<std::size_t>(rows));
        for (std::int64_t source = from; source < to; ++source) {
            context.throw_if_cancelled();
            std::fill(length.begin(), length.end(), std::numeric_limits<float>::infinity());
            length[static_cast<std::size_t>(source)] = 0;
            heap.assign(1, {0.f, static_cast<std::int32_t>(source)});
            while (!heap.empty()) {
                std::pop_heap(heap.begin(), heap.end(), std::greater<Reached>());
                const auto [so_far, node] = heap.back();
                heap.pop_back();
                const auto i = static_cast<std::size_t>(node);
                if (so_far > length[i])
                    continue;
                for (auto at = static_cast<std::size_t>(graph.start[i]);
                     at < static_cast<std::size_t>(graph.start[i + 1]); ++at) {
                    const auto j = static_cast<std::size_t>(graph.index[at]);
                    const float further = so_far + graph.value[at];
                    if (further < length[j]) {
                        length[j] = further;
                        heap.emplace_back(further, graph.index[at]);
                        std::push_heap(heap.begin(), heap.end(), std::greater<Reached>());
                    }
                }
            }
            float* const out = alike.data() + source * rows;
            for (std::size_t j = 0; j < length.size(); ++j)
                out[j] = -0.5f * length[j] * length[j];
        }
        const std::int64_t finished = done += to - from;
        context.progress(0.2 + 0.6 * static_cast<double>(finished) / static_cast<double>(rows),
                         "Shortest paths");
    });
    // The sums along a path differ by its direction in the last digit.
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < i; ++j)
            alike[static_cast<std::size_t>(i * rows + j)] = alike[static_cast<std::size_t>(j * rows + i)];
    return alike;
}

float path_of(float alike) {
    return std::sqrt(std::max(0.f, -2 * alike));
}

// 1 - r^2 of paths and distances of points (Tenenbaum et al. 2000), over all pairs.
double residual_variance(const PrincipalCoordinates& coordinates, const std::vector<float>& points,
                         int threads, JobContext& context) {
    const std::int64_t rows = coordinates.rows(), wide = coordinates.dimensions();
    struct Sums {
        double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    };
    std::vector<Sums> sums(static_cast<std::size_t>(rows));
    for_rows(rows, 64, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        for (std::int64_t i = from; i < to; ++i)
            for (std::int64_t j = 0; j < i; ++j) {
                const double x =
                    static_cast<double>(path_of(coordinates.alike()[static_cast<std::size_t>(i * rows + j)]));
                double square = 0;
                for (std::int64_t c = 0; c < wide; ++c) {
                    const double step = static_cast<double>(points[static_cast<std::size_t>(i * wide + c)]) -
                                        static_cast<double>(points[static_cast<std::size_t>(j * wide + c)]);
                    square += step * step;
                }
                const double y = std::sqrt(square);
                Sums& sum = sums[static_cast<std::size_t>(i)];
                sum.x += x, sum.y += y, sum.xx += x * x, sum.yy += y * y, sum.xy += x * y;
            }
    });
    Sums all;
    for (const Sums& sum : sums)
        all.x += sum.x, all.y += sum.y, all.xx += sum.xx, all.yy += sum.yy, all.xy += sum.xy;
    const double n = static_cast<double>(rows) * static_cast<double>(rows - 1) / 2;
    const double xx = all.xx - all.x * all.x / n, yy = all.yy - all.y * all.y / n,
                 xy = all.xy - all.x * all.y / n;
    return xx > 0 && yy > 0 ? 1 - xy * xy / (xx * yy) : 1;
}

} // namespace

ParameterSchema Isomap::parameters() {
    return {
        integer_parameter("dimensions", 2, "Dimensions", "Of the points.").range(1, 1000),
        integer_parameter("neighbours", 10, "Neighbours",
                          "Of each row in the graph. Few follow a curved surface closely; many bridge "
                          "gaps.")
            .range(1, 1000),
        choice_parameter("metric", "euclidean", metric_names(), "Metric", "How far apart neighbours are.")};
}

std::unique_ptr<FittedEmbedding> Isomap::fit(const EmbeddingRequest& request, JobContext& context) {
    const MatrixView data = request.data;
    const int dimensions = request.parameters.at("dimensions").get<int>();
    const int k = request.parameters.at("neighbours").get<int>();
    const Metric metric = metric_from(request.parameters.at("metric"));
    check_square(data.rows, dimensions);
    if (k >= data.rows)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(data.rows) + " rows: not " +
                                             std::to_string(k) + " neighbours of each. Choose at most " +
                                             std::to_string(data.rows - 1) + ".");
    context.progress(0, "Finding neighbours");
    context.throw_if_cancelled();
    auto rows = std::make_shared<const std::vector<float>>(prepared_rows(data, metric));
    const MatrixView old{*rows, data.rows, data.columns};
    SparseRows graph =
        undirected(nearest_neighbours(old, k, metric, Search::Exact, request.seed, request.threads, context));
    int count = 0;
    const std::vector<std::int32_t> component = components_of(graph, count);
    if (count > 1) {
        context.progress(0.1, "Joining components");
        context.warn("The graph of " + std::to_string(k) + " neighbours falls into " + std::to_string(count) +
                     " parts, which were joined by the shortest edge between each two: how the parts lie to "
                     "one another means little. More neighbours may join them.");
        graph = with_edges(graph, joints(old, component, count, metric, request.threads, context));
    }
    PrincipalCoordinates coordinates(path_likeness(graph, request.threads, context), data.rows, dimensions,
                                     request.seed, request.threads, context);
    context.progress(0.95, "Residual variance");
    Json notes{{"components", count},
               {"neighbours", k},
               {"residual_variance",
                residual_variance(coordinates, coordinates.points(), request.threads, context)}};
    context.progress(1, "Coordinates");
    return fitted_coordinates(
        std::move(coordinates), data.columns,
        [rows, metric, old, k](MatrixView more, const PrincipalCoordinates& made, int threads,
                               JobContext& job) {
            const std::vector<float> prepared = prepared_rows(more, metric);
            const Neighbours near =
                nearest_neighbours_of({prepared, more.rows, more.columns}, old, k, metric, threads, job);
            const std::int64_t side = made.rows();
            std::vector<float> alike(static_cast<std::size_t>(more.rows * side));
            for_rows(more.rows, 4, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
                job.throw_if_cancelled();
                for (std::int64_t i = from; i < to; ++i)
                    for (std::int64_t j = 0; j < side; ++j) {
                        float least = std::numeric_limits<float>::infinity();
                        for (std::int64_t n = 0; n < k; ++n) {
                            const auto at = static_cast<std::size_t>(i * k + n);
                            const auto over = static_cast<std::int64_t>(near.index[at]);
                            least = std::min(
                                least, near.distance[at] +
                                           path_of(made.alike()[static_cast<std::size_t>(over * side + j)]));
                        }
                        alike[static_cast<std::size_t>(i * side + j)] = -0.5f * least * least;
                    }
            });
            return alike;
        },
        std::move(notes));
}

} // namespace eyepiece::explore
