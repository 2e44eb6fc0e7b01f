// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/umap.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"
#include "plugins/explore/engine/fast_math.h"
#include "plugins/explore/engine/pca.h"
#include "plugins/explore/engine/show.h"
#include "plugins/explore/engine/umap_graph.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::explore {
namespace {

constexpr int parts = 16;

struct Forces {
    float a, b, repulsion, rate;
    int negatives; // per edge drawn
};

// Edges of one point, in the order of its row; `every` is after how many epochs an edge is drawn again.
struct Edges {
    const std::int32_t* index;
    const float* every;
    float* next;
    std::int64_t count;
};

inline std::uint32_t draw(std::uint64_t& state) { // xorshift64*: Vigna 2016
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<std::uint32_t>((state * 0x2545f4914f6cdd1dULL) >> 32);
}

[[gnu::always_inline]] inline float clipped(float value) {
    value = value < -4.f ? -4.f : value;
    return value > 4.f ? 4.f : value;
}

constexpr int lanes = 8; // points at random are taken so many at a time; five are the rule
constexpr int most_negatives = 64;
constexpr int ahead = 32 * lanes; // so many are drawn before they are needed, so that memory answers in time

// A point's edges that are due, some at a time, with what they need of other points.
struct Due {
    int edges = 0, blocks = 1; // blocks: of `lanes` random points, for each edge
    alignas(32) float pull[3][ahead / lanes];
    alignas(32) float push[3][ahead];
};

// From edge `e` on, takes as many as there is room for. Which are due is a matter of luck that no processor
// foresees: so without branches.
[[gnu::always_inline]] inline void take_due(const Edges& edges, std::int64_t& e, float epoch, int negatives,
                                            const float* others, std::int64_t other_count, int dimensions,
                                            std::uint64_t& state, Due& due) {
    std::int32_t index[ahead / lanes + 1];
    int count = 0;
    const int room = ahead / lanes / due.blocks;
    for (; e < edges.count && count < room; ++e) {
        const bool now = edges.next[e] <= epoch;
        index[count] = edges.index[e];
        edges.next[e] += now ? edges.every[e] : 0.f;
        count += now;
    }
    due.edges = count;
    const int width = due.blocks * lanes;
    for (int i = 0; i < count; ++i) {
        const float* const other = others + static_cast<std::int64_t>(index[i]) * dimensions;
        for (int c = 0; c < 3; ++c)
            due.pull[c][i] = c < dimensions ? other[c] : 0;
        for (int j = 0; j < width; ++j) {
            if (j >= negatives) { // empty lanes weigh nothing, but are reckoned with
                for (auto& axis : due.push)
                    axis[i * width + j] = 0;
                continue;
            }
            const auto at =
                (static_cast<std::uint64_t>(draw(state)) * static_cast<std::uint64_t>(other_count)) >> 32;
            const float* const far = others + static_cast<std::int64_t>(at) * dimensions;
            for (int c = 0; c < 3; ++c)
                due.push[c][i * width + j] = c < dimensions ? far[c] : 0;
        }
    }
}

// One epoch of one point: along each edge that is due it is drawn `pulls` times to the other end, and pushed
// away from points at random.
EYEPIECE_SIMD void move_point(const Edges& edges, const Forces& f, float epoch, int pulls,
                              const float* others, std::int64_t other_count, int dimensions,
                              std::uint64_t state, float* own) {
    const float a = f.a, b = f.b, ab = -2 * a * b;
    float px = own[0], py = own[1], pz = dimensions == 3 ? own[2] : 0;
    Due due;
    due.blocks = (f.negatives + lanes - 1) / lanes;
    const int width = due.blocks * lanes;
    alignas(
        32) float scale[most_negatives]; // of each of an edge's random points; 0 where its lane stays empty
    for (int j = 0; j < width; ++j)
        scale[j] = j < f.negatives ? 2 * f.repulsion * b : 0;
    for (std::int64_t e = 0; e < edges.count;) {
        take_due(edges, e, epoch, f.negatives, others, other_count, dimensions, state, due);
        for (int i = 0; i < due.edges; ++i) {
            for (int pull = 0; pull < pulls; ++pull) {
                const float dx = px - due.pull[0][i], dy = py - due.pull[1][i], dz = pz - due.pull[2][i];
                const float square = dx * dx + dy * dy + dz * dz;
                if (!(square > 0))
                    break;
                const float power = fast_exp2(b * fast_log2(square));
                const float weight = ab * power / (square * (a * power + 1));
                px += f.rate * clipped(weight * dx);
                py += f.rate * clipped(weight * dy);
                pz += f.rate * clipped(weight * dz);
            }
            float sx = 0, sy = 0, sz = 0;
            for (int block = 0; block < width; block += lanes) {
                const float* const x = due.push[0] + i * width + block;
                const float* const y = due.push[1] + i * width + block;
                const float* const z = due.push[2] + i * width + block;
                const float* const s = scale + block;
                float step_x[lanes], step_y[lanes], step_z[lanes];
#pragma omp simd simdlen(8)
                for (int j = 0; j < lanes; ++j) {
                    const float dx = px - x[j], dy = py - y[j], dz = pz - z[j];
                    const float square = dx * dx + dy * dy + dz * dz;
                    const float power = fast_exp2(b * fast_log2(square + 1e-12f));
                    const float weight = square > 0 ? s[j] / ((0.001f + square) * (a * power + 1)) : 0.f;
                    step_x[j] = clipped(weight * dx);
                    step_y[j] = clipped(weight * dy);
                    step_z[j] = clipped(weight * dz);
                }
                for (int j = 0; j < lanes; ++j) {
                    sx += step_x[j];
                    sy += step_y[j];
                    sz += step_z[j];
                }
            }
            px += f.rate * sx;
            py += f.rate * sy;
            pz += f.rate * sz;
        }
    }
    own[0] = px;
    own[1] = py;
    if (dimensions == 3)
        own[2] = pz;
}

// The rows of a graph in another order; what they point to keeps its number.
SparseRows in_order(const SparseRows& graph, std::span<const std::size_t> order) {
    SparseRows result;
    result.start.reserve(order.size() + 1);
    result.start.assign(1, 0);
    result.index.reserve(graph.index.size());
    result.value.reserve(graph.value.size());
    for (const std::size_t row : order) {
        const auto from = static_cast<std::ptrdiff_t>(graph.start[row]);
        const auto to = static_cast<std::ptrdiff_t>(graph.start[row + 1]);
        result.index.insert(result.index.end(), graph.index.begin() + from, graph.index.begin() + to);
        result.value.insert(result.value.end(), graph.value.begin() + from, graph.value.begin() + to);
        result.start.push_back(static_cast<std::int64_t>(result.index.size()));
    }
    return result;
}

// After how many epochs each edge is drawn; edges too weak for a single draw are left out (infinity).
std::vector<float> draw_interval(const std::vector<float>& weight, int epochs) {
    const float most = weight.empty() ? 0 : *std::max_element(weight.begin(), weight.end());
    std::vector<float> every(weight.size());
    for (std::size_t i = 0; i < weight.size(); ++i)
        every[i] =
            weight[i] * static_cast<float>(epochs) >= most && weight[i] > 0 ? most / weight[i] : INFINITY;
    return every;
}

int epochs_for(const Json& set, std::int64_t rows) {
    if (!set.at("epochs").is_null())
        return set.at("epochs").get<int>();
    return rows <= 10000 ? 500 : 200;
}

Forces forces_from(const Json& set) {
    const auto [a, b] = curve(set.at("spread").get<double>(), set.at("min-dist").get<double>());
    return {static_cast<float>(a), static_cast<float>(b), set.at("repulsion-strength").get<float>(),
            set.at("learning-rate").get<float>(), set.at("negative-sample-rate").get<int>()};
}

class FittedUmap final : public FittedEmbedding {
public:
    FittedUmap(std::vector<float> points, int dimensions, Json notes, std::vector<float> rows,
               std::int64_t columns, Json set, std::uint64_t seed)
        : rows_(std::move(rows)), columns_(columns), set_(std::move(set)), seed_(seed) {
        points_ = std::move(points);
        dimensions_ = dimensions;
        notes_ = std::move(notes);
    }
    std::vector<float> place(MatrixView rows, int threads, JobContext& context) const override;

private:
    std::vector<float> rows_;
    std::int64_t columns_;
    Json set_;
    std::uint64_t seed_;
};

std::vector<float> FittedUmap::place(MatrixView rows, int threads, JobContext& context) const {
    expect_columns(rows, columns_);
    const Metric metric = metric_from(set_.at("metric"));
    const std::vector<float> prepared = prepared_rows(rows, metric);
    const auto old_rows = static_cast<std::int64_t>(rows_.size()) / columns_;
    const int k = static_cast<int>(std::min<std::int64_t>(old_rows, set_.at("neighbours").get<int>()));
    const Neighbours neighbours = nearest_neighbours_of(
        {prepared, rows.rows, columns_}, {rows_, old_rows, columns_}, k, metric, threads, context);
    const std::vector<float> strength =
        membership(neighbours, std::max(0.0, set_.at("local-connectivity").get<double>() - 1), threads);
    const int epochs = std::max(1, set_.at("epochs").is_null() ? (old_rows <= 10000 ? 100 : 30)
                                                               : set_.at("epochs").get<int>() / 3);
    const Forces forces = forces_from(set_);
    const auto d = static_cast<std::size_t>(dimensions_);
    std::vector<float> placed(static_cast<std::size_t>(rows.rows) * d);
    const float most = *std::max_element(strength.begin(), strength.end());
    for_rows(rows.rows, 64, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        std::vector<float> every(static_cast<std::size_t>(k)), next;
        for (std::int64_t i = from; i < to; ++i) {
            const float* const w = strength.data() + i * k;
            const std::int32_t* const index = neighbours.index.data() + i * k;
            float* const own = placed.data() + static_cast<std::size_t>(i) * d;
            float sum = 0;
            for (int j = 0; j < k; ++j) {
                sum += w[j];
                for (std::size_t c = 0; c < d; ++c)
                    own[c] += w[j] * points_[static_cast<std::size_t>(index[j]) * d + c];
                every[static_cast<std::size_t>(j)] =
                    w[j] * static_cast<float>(epochs) >= most ? most / w[j] : INFINITY;
            }
            for (std::size_t c = 0; c < d; ++c)
                own[c] /= sum;
            next = every;
            // The same row has the same place, whichever others come with it.
            const std::uint64_t key = mix_seed(seed_, 0x9e3);
            for (int epoch = 0; epoch < epochs; ++epoch) {
                Forces now = forces;
                now.rate *= 0.25f * (1 - static_cast<float>(epoch) / static_cast<float>(epochs));
                move_point({index, every.data(), next.data(), k}, now, static_cast<float>(epoch), 1,
                           points_.data(), old_rows, dimensions_,
                           mix_seed(key, static_cast<std::uint64_t>(epoch)) | 1, own);
            }
        }
    });
    return placed;
}

// How many parts the graph falls into.
std::int64_t parts_of(const SparseRows& graph) {
    std::vector<bool> seen(static_cast<std::size_t>(graph.rows()));
    std::vector<std::int32_t> open;
    std::int64_t count = 0;
    for (std::int32_t first = 0; first < graph.rows(); ++first) {
        if (seen[static_cast<std::size_t>(first)])
            continue;
        ++count;
        open.push_back(first);
        seen[static_cast<std::size_t>(first)] = true;
        while (!open.empty()) {
            const auto i = static_cast<std::size_t>(open.back());
            open.pop_back();
            for (auto at = graph.start[i]; at < graph.start[i + 1]; ++at) {
                const std::int32_t other = graph.index[static_cast<std::size_t>(at)];
                if (!seen[static_cast<std::size_t>(other)]) {
                    seen[static_cast<std::size_t>(other)] = true;
                    open.push_back(other);
                }
            }
        }
    }
    return count;
}

// Says in the notes where points were begun: a graph of several parts has no common smooth vectors, which
// would only put each part on one spot, so that those of PCA are taken.
std::vector<float> starting_points(const EmbeddingRequest& request, const SparseRows& graph, int dimensions,
                                   Json& notes, JobContext& context) {
    const std::int64_t rows = request.data.rows;
    const auto d = static_cast<std::size_t>(dimensions);
    std::string start = request.parameters.at("start");
    const std::int64_t parts = parts_of(graph);
    if (start == "spectral" && (parts > 1 || rows <= 4 * dimensions + 8))
        start = "pca";
    notes["start"] = start;
    notes["graph_parts"] = parts;
    std::vector<float> points(static_cast<std::size_t>(rows) * d);
    Random random(mix_seed(request.seed, 0x57a27));
    if (start == "random") {
        for (float& value : points)
            value = static_cast<float>(random.uniform(0, 10));
        return points;
    }
    const int axes = static_cast<int>(std::min<std::int64_t>({dimensions, rows, request.data.columns}));
    const PrincipalComponents pca = principal_components(request.data, axes, PcaSolver::Automatic,
                                                         request.seed, request.threads, context);
    for (std::int64_t i = 0; i < rows; ++i)
        for (int c = 0; c < dimensions; ++c)
            points[static_cast<std::size_t>(i * dimensions + c)] =
                c < axes ? pca.scores[static_cast<std::size_t>(i * axes + c)]
                         : static_cast<float>(random.uniform(-1, 1));
    if (start == "spectral")
        points = spectral_layout(graph, points, dimensions, request.threads, context);
    // Each axis from 0 to 10, with a little noise so that no two points are one.
    for (std::size_t c = 0; c < d; ++c) {
        float low = points[c], high = points[c];
        for (std::size_t i = c; i < points.size(); i += d) {
            low = std::min(low, points[i]);
            high = std::max(high, points[i]);
        }
        const float scale = high > low ? 10 / (high - low) : 0;
        for (std::size_t i = c; i < points.size(); i += d)
            points[i] = (points[i] - low) * scale + static_cast<float>(random.uniform(-1e-3, 1e-3));
    }
    return points;
}

} // namespace

ParameterSchema Umap::parameters() {
    return {
        integer_parameter("dimensions", 2, "Dimensions",
                          "Of the points: two for a plot, three to turn about.")
            .range(2, 3),
        integer_parameter("neighbours", 15, "Neighbours",
                          "Of each row, itself counted: few show detail, many the whole.")
            .range(2, 1000),
        real_parameter("min-dist", 0.1, "Minimum distance", "How tightly points may lie together.")
            .range(0, 10),
        real_parameter("spread", 1, "Spread", "The scale of the picture, beside the minimum distance.")
            .range(0.01, 100)
            .rarely(),
        choice_parameter("metric", "euclidean", metric_names(), "Metric", "How far apart two rows are."),
        integer_parameter("epochs", nullptr, "Epochs", "Automatic: 500 up to 10,000 rows, else 200.")
            .range(1, 100000),
        real_parameter("learning-rate", 1, "Learning rate", "The first epoch's; it falls to zero.")
            .range(0.001, 10)
            .rarely(),
        integer_parameter(
            "negative-sample-rate", 5, "Negative samples",
            "From how many points at random a point is pushed away, per neighbour that draws it.")
            .range(1, most_negatives)
            .rarely(),
        real_parameter("repulsion-strength", 1, "Repulsion", "Weight of the negative samples.")
            .range(0, 10)
            .rarely(),
        real_parameter("set-op-mix-ratio", 1, "Union or intersection",
                       "1: rows are near when either finds the other near; 0: when both do.")
            .range(0, 1)
            .rarely(),
        real_parameter("local-connectivity", 1, "Local connectivity",
                       "To how many neighbours every row is fully connected.")
            .range(1, 100)
            .rarely(),
        choice_parameter("start", "spectral", {"spectral", "pca", "random"}, "Start",
                         "Where points begin. Spectral: by the graph's own large structure; PCA where the "
                         "graph falls into "
                         "parts."),
        real_parameter("target-weight", 0.5, "Weight of the target",
                       "With classes given: 0 is the data alone, 1 the classes alone.")
            .range(0, 1)
            .rarely(),
        choice_parameter("neighbour-search", "automatic", {"automatic", "exact", "approximate"},
                         "Neighbour search", "Automatic: exact up to 20,000 rows, beyond it approximate.")
            .rarely(),
    };
}

std::unique_ptr<FittedEmbedding> Umap::fit(const EmbeddingRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const std::int64_t rows = request.data.rows;
    if (rows < 4)
        throw Error(ErrorCode::BadInput,
                    "UMAP needs at least 4 rows, and there are " + std::to_string(rows) + ".");
    const int wanted = set.at("neighbours").get<int>();
    if (wanted > rows)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(rows) + " rows: fewer than the " +
                                             std::to_string(wanted) + " neighbours. Choose at most " +
                                             std::to_string(rows) + ".");
    if (set.at("min-dist").get<double>() > set.at("spread").get<double>())
        throw Error(ErrorCode::BadInput,
                    "The minimum distance is larger than the spread. Choose at most the spread.");
    if (!request.target.empty() && static_cast<std::int64_t>(request.target.size()) != rows)
        throw Error(ErrorCode::BadInput, "The target does not have one class per row.");
    const int dimensions = set.at("dimensions").get<int>();
    const Metric metric = metric_from(set.at("metric"));
    const std::string search = set.at("neighbour-search");
    context.progress(0, "Finding neighbours");
    std::vector<float> prepared = prepared_rows(request.data, metric);
    SparseRows graph;
    {
        const Neighbours neighbours =
            nearest_neighbours({prepared, rows, request.data.columns}, wanted - 1, metric,
                               search == "exact"         ? Search::Exact
                               : search == "approximate" ? Search::Approximate
                                                         : Search::Automatic,
                               request.seed, request.threads, context);
        context.throw_if_cancelled();
        graph = fuzzy_union(
            neighbours, membership(neighbours, set.at("local-connectivity").get<double>(), request.threads),
            set.at("set-op-mix-ratio").get<double>());
    }
    if (!request.target.empty())
        intersect_target(graph, request.target, set.at("target-weight").get<double>());
    context.throw_if_cancelled();
    context.progress(0.2, "Starting points");
    Json notes = Json::object();
    std::vector<float> points = starting_points(request, graph, dimensions, notes, context);

    const int epochs = epochs_for(set, rows);
    // Which points make up a part is drawn once: rows of a table are often in some order.
    const std::vector<std::size_t> order =
        Random(mix_seed(request.seed, 0x0d3)).permutation(static_cast<std::size_t>(rows));
    const std::size_t edge_count = graph.index.size();
    graph = in_order(graph, order); // as they are visited, so that memory is read from end to end
    const std::vector<float> every = draw_interval(graph.value, epochs);
    std::vector<float> next = every, moved = points;
    const Forces forces = forces_from(set);
    Showing showing(context, dimensions);
    const auto d = static_cast<std::size_t>(dimensions);
    const std::int64_t per_part = (rows + parts - 1) / parts;
    int done = 0;
    bool stopped = false;
    for (; done < epochs && !stopped; ++done) {
        context.throw_if_cancelled();
        Forces now = forces;
        now.rate *= 1 - static_cast<float>(done) / static_cast<float>(epochs);
        const std::uint64_t key = mix_seed(request.seed, static_cast<std::uint64_t>(done));
        for (std::int64_t first = 0; first < rows; first += per_part) {
            const std::int64_t count = std::min(per_part, rows - first);
            for_rows(count, 128, request.threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
                for (std::int64_t at = from; at < to; ++at) {
                    const auto visit = static_cast<std::size_t>(first + at);
                    const std::size_t i = order[visit];
                    const auto begin = static_cast<std::size_t>(graph.start[visit]);
                    move_point({graph.index.data() + begin, every.data() + begin, next.data() + begin,
                                graph.start[visit + 1] - graph.start[visit]},
                               now, static_cast<float>(done), 2, points.data(), rows, dimensions,
                               mix_seed(key, i) | 1, moved.data() + i * d);
                }
            });
            for (std::int64_t at = 0; at < count; ++at) {
                const std::size_t i = order[static_cast<std::size_t>(first + at)] * d;
                std::copy(moved.begin() + static_cast<std::ptrdiff_t>(i),
                          moved.begin() + static_cast<std::ptrdiff_t>(i + d),
                          points.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
        showing.points(points, done + 1);
        context.progress(0.3 + 0.7 * (done + 1) / epochs, "Optimising");
        stopped = context.finish_early_requested();
    }
    notes["epochs"] = done;
    notes["finished_early"] = stopped && done < epochs;
    notes["a"] = forces.a;
    notes["b"] = forces.b;
    notes["edges"] = edge_count;
    return std::make_unique<FittedUmap>(std::move(points), dimensions, notes, std::move(prepared),
                                        request.data.columns, set, request.seed);
}

} // namespace eyepiece::explore
