// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/hierarchical.h"

#include "core/data/table.h"
#include "core/learning/parallel.h"
#include "core/learning/simd.h"
#include "plugins/explore/engine/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::size_t most_shown_merges = 5000;

enum class Linkage { Single, Complete, Average, Weighted, Ward, Centroid, Median };

bool of_squares(Linkage linkage) {
    return linkage == Linkage::Ward || linkage == Linkage::Centroid || linkage == Linkage::Median;
}

// The distance of a merged pair (a, b) to another cluster.
double joined(Linkage linkage, double da, double db, double ab, double na, double nb, double nc) {
    switch (linkage) {
    case Linkage::Single:
        return std::min(da, db);
    case Linkage::Complete:
        return std::max(da, db);
    case Linkage::Average:
        return (na * da + nb * db) / (na + nb);
    case Linkage::Weighted:
        return (da + db) / 2;
    case Linkage::Ward:
        return ((na + nc) * da + (nb + nc) * db - nc * ab) / (na + nb + nc);
    case Linkage::Centroid:
        return (na * da + nb * db) / (na + nb) - na * nb * ab / ((na + nb) * (na + nb));
    case Linkage::Median:
        return (da + db) / 2 - ab / 4;
    }
    return 0;
}

class Agglomeration {
public:
    Agglomeration(MatrixView data, Linkage linkage, int threads, JobContext& context)
        : linkage_(linkage)
        , rows_(data.rows)
        , context_(context)
        , distance_(static_cast<std::size_t>(rows_ * rows_))
        , size_(static_cast<std::size_t>(rows_), 1)
        , alive_(static_cast<std::size_t>(rows_), 1) {
        for_rows(rows_, 16, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context_.throw_if_cancelled();
            for (std::int64_t i = from; i < to; ++i)
                for (std::int64_t j = 0; j < rows_; ++j) {
                    const float square =
                        squared_distance(data.row(i).data(), data.row(j).data(), data.columns);
                    at(i, j) = of_squares(linkage_) ? square : std::sqrt(square);
                }
        });
    }

    // Unsorted merges: pairs of places, the merged cluster goes on in the second.
    struct Pair {
        std::int64_t a, b;
        double height;
    };
    std::vector<Pair> run() {
        const bool can_fall = linkage_ == Linkage::Centroid || linkage_ == Linkage::Median;
        return can_fall ? by_least() : by_chains();
    }

private:
    float& at(std::int64_t i, std::int64_t j) { return distance_[static_cast<std::size_t>(i * rows_ + j)]; }

    void beat(std::size_t merges) {
        if (merges % 32 == 0) {
            context_.throw_if_cancelled();
            context_.progress(static_cast<double>(merges) / static_cast<double>(rows_), "Merging");
        }
    }

    void merge(std::int64_t a, std::int64_t b, std::vector<Pair>& pairs) {
        const double ab = at(a, b);
        const double na = size_[static_cast<std::size_t>(a)], nb = size_[static_cast<std::size_t>(b)];
        pairs.push_back({a, b, of_squares(linkage_) ? std::sqrt(std::max(0.0, ab)) : ab});
        alive_[static_cast<std::size_t>(a)] = 0;
        for (std::int64_t c = 0; c < rows_; ++c) {
            if (!alive_[static_cast<std::size_t>(c)] || c == b)
                continue;
            const auto value = static_cast<float>(
                joined(linkage_, at(a, c), at(b, c), ab, na, nb, size_[static_cast<std::size_t>(c)]));
            at(b, c) = value;
            at(c, b) = value;
        }
        size_[static_cast<std::size_t>(b)] = na + nb;
    }

    std::int64_t nearest_of(std::int64_t i, std::int64_t preferred) {
        std::int64_t best = preferred;
        float least = preferred >= 0 ? at(i, preferred) : std::numeric_limits<float>::infinity();
        for (std::int64_t j = 0; j < rows_; ++j)
            if (j != i && alive_[static_cast<std::size_t>(j)] && (best < 0 || at(i, j) < least)) {
                least = at(i, j);
                best = j;
            }
        return best;
    }

    std::vector<Pair> by_chains() {
        std::vector<Pair> pairs;
        std::vector<std::int64_t> chain;
        std::int64_t first = 0;
        while (static_cast<std::int64_t>(pairs.size()) < rows_ - 1) {
            if (chain.empty()) {
                while (!alive_[static_cast<std::size_t>(first)])
                    ++first;
                chain.push_back(first);
            }
            for (;;) {
                // Of ties the one before in the chain, so that it ends.
                const std::int64_t before = chain.size() > 1 ? chain[chain.size() - 2] : -1;
                const std::int64_t next = nearest_of(chain.back(), before);
                if (next == before)
                    break;
                chain.push_back(next);
            }
            const std::int64_t a = chain.back(), b = chain[chain.size() - 2];
            chain.resize(chain.size() - 2);
            merge(std::min(a, b), std::max(a, b), pairs);
            beat(pairs.size());
        }
        return pairs;
    }

    std::vector<Pair> by_least() {
        std::vector<Pair> pairs;
        std::vector<std::int64_t> nearest(static_cast<std::size_t>(rows_));
        for (std::int64_t i = 0; i < rows_; ++i)
            nearest[static_cast<std::size_t>(i)] = nearest_of(i, -1);
        while (static_cast<std::int64_t>(pairs.size()) < rows_ - 1) {
            std::int64_t a = -1;
            for (std::int64_t i = 0; i < rows_; ++i)
                if (alive_[static_cast<std::size_t>(i)] &&
                    (a < 0 || at(i, nearest[static_cast<std::size_t>(i)]) <
                                  at(a, nearest[static_cast<std::size_t>(a)])))
                    a = i;
            const std::int64_t b = nearest[static_cast<std::size_t>(a)];
            const std::int64_t gone = std::min(a, b), stays = std::max(a, b);
            merge(gone, stays, pairs);
            for (std::int64_t i = 0; i < rows_; ++i) {
                if (!alive_[static_cast<std::size_t>(i)])
                    continue;
                auto& own = nearest[static_cast<std::size_t>(i)];
                if (i == stays || own == gone || own == stays)
                    own = nearest_of(i, -1);
                else if (at(i, stays) < at(i, own))
                    own = stays;
            }
            beat(pairs.size());
        }
        return pairs;
    }

    Linkage linkage_;
    std::int64_t rows_;
    JobContext& context_;
    std::vector<float> distance_;
    std::vector<double> size_;
    std::vector<char> alive_;
};

} // namespace

const std::vector<std::string>& linkage_names() {
    static const std::vector<std::string> names{"single", "complete", "average", "weighted",
                                                "ward",   "centroid", "median"};
    return names;
}

std::vector<DendrogramMerge> agglomerate(MatrixView data, const std::string& linkage, int threads,
                                         JobContext& context) {
    if (data.rows < 2)
        throw Error(ErrorCode::BadInput, "One row cannot be merged with another: give at least two.");
    const auto bytes = static_cast<std::size_t>(data.rows * data.rows) * sizeof(float);
    if (bytes > free_memory() / 2)
        throw Error(ErrorCode::Memory,
                    "All distances between " + std::to_string(data.rows) + " rows would take " +
                        std::to_string(bytes >> 20) +
                        " MB, more than half of the free memory. Take some of the rows with "
                        "the step subsample, or choose k-means or HDBSCAN.");
    const auto found = std::find(linkage_names().begin(), linkage_names().end(), linkage);
    if (found == linkage_names().end())
        throw Error(ErrorCode::BadInput, "There is no linkage \"" + linkage + "\".");
    const auto chosen = static_cast<Linkage>(found - linkage_names().begin());
    auto pairs = Agglomeration(data, chosen, threads, context).run();
    // Chains find merges out of their order; the heights bring them into it.
    if (chosen != Linkage::Centroid && chosen != Linkage::Median)
        std::stable_sort(pairs.begin(), pairs.end(),
                         [](const auto& a, const auto& b) { return a.height < b.height; });
    std::vector<std::int64_t> top(static_cast<std::size_t>(data.rows)), node(top.size()), size(top.size(), 1);
    std::iota(top.begin(), top.end(), std::int64_t{0});
    std::iota(node.begin(), node.end(), std::int64_t{0});
    const auto find = [&](std::int64_t i) {
        while (top[static_cast<std::size_t>(i)] != i) {
            auto& up = top[static_cast<std::size_t>(i)];
            up = top[static_cast<std::size_t>(up)];
            i = up;
        }
        return static_cast<std::size_t>(i);
    };
    std::vector<DendrogramMerge> merges;
    for (const auto& pair : pairs) {
        const std::size_t a = find(pair.a), b = find(pair.b);
        merges.push_back(
            {std::min(node[a], node[b]), std::max(node[a], node[b]), pair.height, size[a] + size[b]});
        top[a] = static_cast<std::int64_t>(b);
        size[b] += size[a];
        node[b] = data.rows + static_cast<std::int64_t>(merges.size()) - 1;
    }
    return merges;
}

ParameterSchema Hierarchical::parameters() {
    return {
        choice_parameter(
            "linkage", "ward", linkage_names(), "Linkage",
            "How far apart two clusters are. Ward: by how much their variance would grow; single: "
            "their nearest rows; complete: their farthest; average: all pairs."),
        integer_parameter("clusters", 8, "Clusters", "Into how many the tree is cut.").range(1, 100000),
        real_parameter("height", nullptr, "Height",
                       "Cuts at this height instead of into a number of clusters. Automatic: by the number.")
            .range(0, 1e12)};
}

ClusteringResult Hierarchical::cluster(const ClusteringRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const std::int64_t rows = request.data.rows;
    const bool by_height = !set.at("height").is_null();
    if (!by_height)
        check_cluster_count(set.at("clusters").get<int>(), rows);
    const auto merges =
        agglomerate(request.data, set.at("linkage").get<std::string>(), request.threads, context);
    std::size_t done = by_height ? 0 : static_cast<std::size_t>(rows - set.at("clusters").get<int>());
    if (by_height)
        while (done < merges.size() && merges[done].height <= set.at("height").get<double>())
            ++done;
    // Above the cut each node hands its cluster down.
    std::vector<std::int32_t> cluster(static_cast<std::size_t>(rows) + merges.size(), -1);
    std::int32_t next = 0;
    for (std::size_t i = done; i-- > 0;) {
        const auto node = static_cast<std::size_t>(rows) + i;
        if (cluster[node] < 0)
            cluster[node] = next++;
        cluster[static_cast<std::size_t>(merges[i].left)] = cluster[node];
        cluster[static_cast<std::size_t>(merges[i].right)] = cluster[node];
    }
    ClusteringResult result;
    for (std::int64_t i = 0; i < rows; ++i) {
        auto& own = cluster[static_cast<std::size_t>(i)];
        if (own < 0)
            own = next++;
        result.labels.push_back(own);
    }
    // What a dendrogram is drawn from; of large tables the top heights alone.
    if (merges.size() <= most_shown_merges) {
        Json tree = Json::array();
        for (const auto& merge : merges)
            tree.push_back({merge.left, merge.right, merge.height, merge.size});
        result.notes["dendrogram"] = std::move(tree);
    }
    Json heights = Json::array();
    for (std::size_t i = 0; i < std::min<std::size_t>(100, merges.size()); ++i)
        heights.push_back(merges[merges.size() - 1 - i].height);
    result.notes["top_heights"] = std::move(heights);
    return result;
}

} // namespace eyepiece::explore
