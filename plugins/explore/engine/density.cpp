// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/density.h"

#include "core/learning/parallel.h"
#include "plugins/explore/engine/neighbours.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t query_block = 64;
constexpr std::int64_t most_tree_rows = 200000;

// For rows [from, to) against all rows: see(i, j, squared distance) of those within the radius.
template<class See>
void within(MatrixView data, const Panels& panels, float square, std::int64_t from, std::int64_t to,
            const See& see) {
    const Tile tile = tile_of(Metric::Euclidean);
    alignas(64) float out[4 * Panels::width];
    std::vector<float> tail;
    for (std::int64_t p = 0; p < panels.panels(); ++p) {
        const std::int64_t lanes = std::min<std::int64_t>(Panels::width, panels.count() - p * Panels::width);
        for (std::int64_t i = from; i < to; i += 4) {
            const float* rows = data.row(i).data();
            const std::int64_t count = std::min<std::int64_t>(4, to - i);
            if (count < 4) {
                tail.assign(static_cast<std::size_t>(4 * data.columns), 0);
                std::copy(rows, rows + count * data.columns, tail.begin());
                rows = tail.data();
            }
            tile(rows, data.columns, panels.panel(p), data.columns, out);
            for (std::int64_t r = 0; r < count; ++r)
                for (std::int64_t j = 0; j < lanes; ++j)
                    if (const float distance = out[r * Panels::width + j]; distance <= square)
                        see(i + r, p * Panels::width + j, distance);
        }
    }
}

// Sets that several threads join; a set's name is its least member, whatever the order of joining.
class Sets {
public:
    explicit Sets(std::int64_t count) : parent_(static_cast<std::size_t>(count)) {
        for (std::int64_t i = 0; i < count; ++i)
            parent_[static_cast<std::size_t>(i)].store(static_cast<std::int32_t>(i));
    }
    std::int32_t find(std::int32_t i) const {
        for (;;) {
            const std::int32_t up = parent_[static_cast<std::size_t>(i)].load(std::memory_order_relaxed);
            if (up == i)
                return i;
            i = up;
        }
    }
    void join(std::int32_t a, std::int32_t b) {
        for (;;) {
            a = find(a);
            b = find(b);
            if (a == b)
                return;
            if (a > b)
                std::swap(a, b);
            std::int32_t expected = b;
            if (parent_[static_cast<std::size_t>(b)].compare_exchange_strong(expected, a))
                return;
        }
    }

private:
    std::vector<std::atomic<std::int32_t>> parent_;
};

// The knee of the sorted distances to the k-th neighbour: where the curve is farthest below its chord.
double knee(MatrixView data, int k, std::uint64_t seed, int threads, JobContext& context) {
    const Neighbours found =
        nearest_neighbours(data, k, Metric::Euclidean, Search::Automatic, seed, threads, context);
    std::vector<float> distance;
    for (std::size_t i = static_cast<std::size_t>(k) - 1; i < found.distance.size();
         i += static_cast<std::size_t>(k))
        distance.push_back(found.distance[i]);
    std::sort(distance.begin(), distance.end());
    const double last = static_cast<double>(distance.size() - 1), low = distance.front(),
                 high = distance.back();
    double best = -1, value = high;
    for (std::size_t i = 0; i < distance.size(); ++i) {
        const double below =
            static_cast<double>(i) / last - (high > low ? (distance[i] - low) / (high - low) : 0);
        if (below > best) {
            best = below;
            value = distance[i];
        }
    }
    return value;
}

void check_rows(std::int64_t rows, int neighbours) {
    if (neighbours >= rows)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(rows) +
                                             " rows: not more than the neighbours asked for (" +
                                             std::to_string(neighbours) + "). Choose fewer neighbours.");
}

struct Edge {
    std::int32_t a, b;
    float distance;
};

// The spanning tree of max(distance, core of both), ascending.
std::vector<Edge> spanning_tree(MatrixView data, const std::vector<float>& core, int threads,
                                JobContext& context) {
    const Panels panels(data);
    const Tile tile = tile_of(Metric::Euclidean);
    const auto rows = static_cast<std::size_t>(data.rows);
    const std::int64_t size = std::max<std::int64_t>(64, (panels.panels() + 15) / 16);
    const std::int64_t blocks = (panels.panels() + size - 1) / size;
    constexpr float never = std::numeric_limits<float>::infinity();
    std::vector<float> best(rows, never);
    std::vector<std::int32_t> from(rows, 0);
    std::vector<char> done(rows, 0);
    std::vector<std::pair<float, std::int32_t>> nearest(static_cast<std::size_t>(blocks));
    std::vector<Edge> edges;
    std::vector<float> own(static_cast<std::size_t>(4 * data.columns));
    std::int32_t row = 0;
    for (std::size_t step = 1; step < rows; ++step) {
        if (step % 64 == 0) {
            context.throw_if_cancelled();
            context.progress(0.2 + 0.7 * static_cast<double>(step) / static_cast<double>(rows),
                             "Spanning tree");
        }
        done[static_cast<std::size_t>(row)] = 1;
        for (int r = 0; r < 4; ++r)
            std::copy(data.row(row).begin(), data.row(row).end(), own.begin() + r * data.columns);
        const float reach = core[static_cast<std::size_t>(row)];
        for_blocks(blocks, threads, [&](std::int64_t block) {
            alignas(64) float out[4 * Panels::width];
            std::pair<float, std::int32_t> least{never, -1};
            for (std::int64_t p = block * size; p < std::min(panels.panels(), (block + 1) * size); ++p) {
                tile(own.data(), data.columns, panels.panel(p), data.columns, out);
                const std::int64_t lanes =
                    std::min<std::int64_t>(Panels::width, panels.count() - p * Panels::width);
                for (std::int64_t j = 0; j < lanes; ++j) {
                    const auto at = static_cast<std::size_t>(p * Panels::width + j);
                    if (done[at])
                        continue;
                    const float distance = std::max({std::sqrt(out[j]), reach, core[at]});
                    if (distance < best[at]) {
                        best[at] = distance;
                        from[at] = row;
                    }
                    if (best[at] < least.first)
                        least = {best[at], static_cast<std::int32_t>(at)};
                }
            }
            nearest[static_cast<std::size_t>(block)] = least;
        });
        const auto next = *std::min_element(nearest.begin(), nearest.end(),
                                            [](const auto& a, const auto& b) { return a.first < b.first; });
        row = next.second;
        edges.push_back({from[static_cast<std::size_t>(row)], row, next.first});
    }
    std::stable_sort(edges.begin(), edges.end(),
                     [](const Edge& a, const Edge& b) { return a.distance < b.distance; });
    return edges;
}

struct Merge {
    std::int32_t left, right; // rows, or rows + the number of an earlier merge
    double distance;
    std::int32_t size;
};

std::vector<Merge> merges_of(const std::vector<Edge>& edges, std::int32_t rows) {
    std::vector<std::int32_t> top(static_cast<std::size_t>(rows)), node(top.size()), size(top.size(), 1);
    std::iota(top.begin(), top.end(), 0);
    std::iota(node.begin(), node.end(), 0);
    const auto find = [&](std::int32_t i) {
        while (top[static_cast<std::size_t>(i)] != i) {
            auto& up = top[static_cast<std::size_t>(i)];
            up = top[static_cast<std::size_t>(up)];
            i = up;
        }
        return i;
    };
    std::vector<Merge> merges;
    for (const Edge& edge : edges) {
        const auto a = static_cast<std::size_t>(find(edge.a)), b = static_cast<std::size_t>(find(edge.b));
        merges.push_back({node[a], node[b], edge.distance, size[a] + size[b]});
        top[b] = static_cast<std::int32_t>(a);
        size[a] += size[b];
        node[a] = rows + static_cast<std::int32_t>(merges.size()) - 1;
    }
    return merges;
}

// The condensed tree: clusters of at least `least` rows, and when each row leaves the last of its own.
struct Condensed {
    std::vector<std::int32_t> parent; // of clusters; the first is the whole
    std::vector<double> birth, stability;
    std::vector<std::int32_t> row_cluster;
};

Condensed condense(const std::vector<Merge>& merges, std::int32_t rows, std::int32_t least) {
    Condensed tree;
    tree.parent = {-1};
    tree.birth = {0};
    tree.stability = {0};
    tree.row_cluster.assign(static_cast<std::size_t>(rows), 0);
    const double finest = std::max(1e-12, 1e-10 * (merges.empty() ? 1 : merges.back().distance));
    std::vector<std::int32_t> cluster_of(merges.size(), -1); // of a merge that still is one
    if (!merges.empty())
        cluster_of.back() = 0;
    std::vector<std::int32_t> open;
    for (std::size_t i = merges.size(); i-- > 0;) {
        const std::int32_t cluster = cluster_of[i];
        if (cluster < 0)
            continue;
        const auto c = static_cast<std::size_t>(cluster);
        const double lambda = 1 / std::max(merges[i].distance, finest);
        const auto size_of = [&](std::int32_t node) {
            return node < rows ? 1 : merges[static_cast<std::size_t>(node - rows)].size;
        };
        const auto fall = [&](std::int32_t node) { // all its rows leave the cluster here
            open = {node};
            while (!open.empty()) {
                const std::int32_t one = open.back();
                open.pop_back();
                if (one < rows) {
                    tree.row_cluster[static_cast<std::size_t>(one)] = cluster;
                    tree.stability[c] += lambda - tree.birth[c];
                } else {
                    open.push_back(merges[static_cast<std::size_t>(one - rows)].left);
                    open.push_back(merges[static_cast<std::size_t>(one - rows)].right);
                }
            }
        };
        const std::int32_t left = merges[i].left, right = merges[i].right;
        const bool large_left = size_of(left) >= least, large_right = size_of(right) >= least;
        for (const auto& [node, large, other] :
             {std::tuple{left, large_left, large_right}, std::tuple{right, large_right, large_left}}) {
            if (!large) {
                fall(node);
            } else if (other) { // a true split: two new clusters
                tree.stability[c] += (lambda - tree.birth[c]) * size_of(node);
                tree.parent.push_back(cluster);
                tree.birth.push_back(lambda);
                tree.stability.push_back(0);
                const auto born = static_cast<std::int32_t>(tree.parent.size()) - 1;
                if (node < rows)
                    tree.row_cluster[static_cast<std::size_t>(node)] = born;
                else
                    cluster_of[static_cast<std::size_t>(node - rows)] = born;
            } else if (node < rows) {
                fall(node);
            } else {
                cluster_of[static_cast<std::size_t>(node - rows)] = cluster;
            }
        }
    }
    return tree;
}

// Of each cluster, the one chosen at or above it, or -1: those whose stability is more than their children's.
std::vector<std::int32_t> most_stable(const Condensed& tree) {
    const std::size_t count = tree.parent.size();
    std::vector<double> best = tree.stability, children(count);
    std::vector<bool> chosen(count);
    for (std::size_t c = count; c-- > 1;) {
        chosen[c] = best[c] >= children[c];
        best[c] = std::max(best[c], children[c]);
        children[static_cast<std::size_t>(tree.parent[c])] += best[c];
    }
    std::vector<std::int32_t> result(count, -1);
    for (std::size_t c = 1; c < count; ++c) {
        const std::int32_t above = result[static_cast<std::size_t>(tree.parent[c])];
        result[c] = above >= 0 ? above : chosen[c] ? static_cast<std::int32_t>(c) : -1;
    }
    return result;
}

} // namespace

ParameterSchema Dbscan::parameters() {
    return {
        real_parameter("radius", nullptr, "Radius",
                       "How near rows are that belong together. Automatic: the knee of the sorted distances "
                       "to the last of the neighbours.")
            .range(1e-12, 1e12),
        integer_parameter("neighbours", 5, "Neighbours",
                          "How many rows, itself counted, lie within the radius of a core.")
            .range(2, 10000)};
}

ClusteringResult Dbscan::cluster(const ClusteringRequest& request, JobContext& context) {
    const MatrixView data = request.data;
    const int least = request.parameters.at("neighbours").get<int>();
    check_rows(data.rows, least - 1);
    context.progress(0, "Finding neighbours");
    const double radius = request.parameters.at("radius").is_null()
                              ? knee(data, least - 1, request.seed, request.threads, context)
                              : request.parameters.at("radius").get<double>();
    const auto square = static_cast<float>(radius * radius);
    const Panels panels(data);
    const auto rows = static_cast<std::size_t>(data.rows);
    std::vector<std::int32_t> count(rows);
    for_rows(data.rows, query_block, request.threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        within(data, panels, square, from, to,
               [&](std::int64_t i, std::int64_t, float) { ++count[static_cast<std::size_t>(i)]; });
    });
    context.progress(0.5, "Joining neighbours");
    Sets sets(data.rows);
    std::vector<std::int32_t> nearest(rows, -1);
    for_rows(data.rows, query_block, request.threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        std::vector<float> best(static_cast<std::size_t>(to - from), std::numeric_limits<float>::infinity());
        within(data, panels, square, from, to, [&](std::int64_t i, std::int64_t j, float distance) {
            if (count[static_cast<std::size_t>(j)] < least)
                return;
            if (count[static_cast<std::size_t>(i)] >= least) {
                if (j < i)
                    sets.join(static_cast<std::int32_t>(i), static_cast<std::int32_t>(j));
            } else if (distance < best[static_cast<std::size_t>(i - from)]) {
                best[static_cast<std::size_t>(i - from)] = distance;
                nearest[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(j);
            }
        });
    });
    ClusteringResult result;
    result.labels.resize(rows);
    std::int64_t cores = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const bool core = count[i] >= least;
        cores += core;
        result.labels[i] = core             ? sets.find(static_cast<std::int32_t>(i))
                           : nearest[i] < 0 ? -1
                                            : sets.find(nearest[i]);
    }
    result.notes = {{"radius", radius}, {"cores", cores}};
    return result;
}

ParameterSchema Hdbscan::parameters() {
    return {integer_parameter("smallest-cluster", 15, "Smallest cluster", "Fewer rows than that are noise.")
                .range(2, 100000),
            integer_parameter(
                "neighbours", nullptr, "Neighbours",
                "How many neighbours a dense place has: more, and more is noise. Automatic: as many "
                "as the smallest cluster.")
                .range(1, 10000)};
}

ClusteringResult Hdbscan::cluster(const ClusteringRequest& request, JobContext& context) {
    const MatrixView data = request.data;
    const int least = request.parameters.at("smallest-cluster").get<int>();
    const int k = request.parameters.at("neighbours").is_null()
                      ? least
                      : request.parameters.at("neighbours").get<int>();
    check_rows(data.rows, std::max(k, least));
    if (data.rows > most_tree_rows)
        throw Error(ErrorCode::BadInput, "HDBSCAN is for up to 200,000 rows, and there are " +
                                             std::to_string(data.rows) +
                                             ". Take some of them with the step subsample, or choose k-means "
                                             "or Leiden.");
    context.progress(0, "Finding neighbours");
    std::vector<float> core;
    {
        const Neighbours found = nearest_neighbours(data, k, Metric::Euclidean, Search::Exact, request.seed,
                                                    request.threads, context);
        for (std::size_t i = static_cast<std::size_t>(k) - 1; i < found.distance.size();
             i += static_cast<std::size_t>(k))
            core.push_back(found.distance[i]);
    }
    const auto rows = static_cast<std::int32_t>(data.rows);
    const Condensed tree =
        condense(merges_of(spanning_tree(data, core, request.threads, context), rows), rows, least);
    const std::vector<std::int32_t> chosen = most_stable(tree);
    ClusteringResult result;
    for (const std::int32_t cluster : tree.row_cluster)
        result.labels.push_back(chosen[static_cast<std::size_t>(cluster)]);
    result.notes = {{"neighbours", k}, {"condensed_clusters", tree.parent.size()}};
    return result;
}

} // namespace eyepiece::explore
