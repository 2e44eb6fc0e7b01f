// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/leiden.h"

#include "core/learning/random.h"
#include "plugins/explore/engine/umap_graph.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr double coldness = 0.01; // of the refinement's choice among merges that gain

// A graph of communities: weights between rows, and of each row with itself.
struct Level {
    std::vector<std::int64_t> start;
    std::vector<std::int32_t> index;
    std::vector<double> value;
    std::vector<double> strength; // sum of a row's weights, those with itself included
    std::size_t rows() const { return strength.size(); }
};

class Communing {
public:
    Communing(const SparseRows& graph, double resolution, std::uint64_t seed, JobContext& context)
        : resolution_(resolution), random_(mix_seed(seed, 0x1e1de)), context_(context) {
        Level level;
        level.start = graph.start;
        level.index = graph.index;
        level.value.assign(graph.value.begin(), graph.value.end());
        level.strength.resize(static_cast<std::size_t>(graph.rows()));
        for (std::size_t i = 0; i < level.rows(); ++i)
            for (auto at = graph.start[i]; at < graph.start[i + 1]; ++at)
                level.strength[i] += graph.value[static_cast<std::size_t>(at)];
        total_ = std::accumulate(level.strength.begin(), level.strength.end(), 0.0);
        first_ = std::move(level);
    }

    Communities run() {
        Communities result;
        const std::size_t rows = first_.rows();
        std::vector<std::int32_t> place(rows); // of each row of the first level, its row in the present one
        std::iota(place.begin(), place.end(), 0);
        std::vector<std::int32_t> community = place;
        Level level = first_;
        for (;;) {
            context_.throw_if_cancelled();
            const bool moved = total_ > 0 && move_rows(level, community);
            ++result.levels;
            result.labels.resize(rows);
            for (std::size_t i = 0; i < rows; ++i)
                result.labels[i] = community[static_cast<std::size_t>(place[i])];
            if (!moved || context_.finish_early_requested())
                break;
            const std::vector<std::int32_t> refined = refine(level, community);
            const auto parts =
                static_cast<std::size_t>(*std::max_element(refined.begin(), refined.end())) + 1;
            if (parts == level.rows())
                break;
            std::vector<std::int32_t> next(parts);
            for (std::size_t i = 0; i < level.rows(); ++i)
                next[static_cast<std::size_t>(refined[i])] = community[i];
            for (std::int32_t& at : place)
                at = refined[static_cast<std::size_t>(at)];
            level = aggregated(level, refined, parts);
            community = renumbered(next);
            context_.progress(-1, "Joining communities");
        }
        result.modularity = modularity(result.labels);
        return result;
    }

private:
    static std::vector<std::int32_t> renumbered(const std::vector<std::int32_t>& labels) {
        std::vector<std::int32_t> name(
            static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end()) + 1), -1);
        std::int32_t next = 0;
        std::vector<std::int32_t> result;
        for (const std::int32_t label : labels) {
            auto& own = name[static_cast<std::size_t>(label)];
            if (own < 0)
                own = next++;
            result.push_back(own);
        }
        return result;
    }

    // Weights from a row to communities, gathered in weight_ and listed in touched_.
    void gather(const Level& level, std::size_t i, const std::vector<std::int32_t>& community) {
        for (const std::int32_t c : touched_)
            weight_[static_cast<std::size_t>(c)] = 0;
        touched_.clear();
        for (auto at = static_cast<std::size_t>(level.start[i]);
             at < static_cast<std::size_t>(level.start[i + 1]); ++at) {
            const auto other = static_cast<std::size_t>(level.index[at]);
            if (other == i)
                continue;
            auto& weight = weight_[static_cast<std::size_t>(community[other])];
            if (weight == 0)
                touched_.push_back(community[other]);
            weight += level.value[at];
        }
    }

    // The queue of Leiden's fast local moving. Whether any row moved.
    bool move_rows(const Level& level, std::vector<std::int32_t>& community) {
        const std::size_t rows = level.rows();
        std::vector<double> mass(rows);
        std::vector<std::int32_t> members(rows);
        for (std::size_t i = 0; i < rows; ++i) {
            mass[static_cast<std::size_t>(community[i])] += level.strength[i];
            ++members[static_cast<std::size_t>(community[i])];
        }
        std::vector<std::int32_t> empty;
        for (std::size_t c = 0; c < rows; ++c)
            if (members[c] == 0)
                empty.push_back(static_cast<std::int32_t>(c));
        weight_.assign(rows, 0);
        touched_.clear();
        const auto order = random_.permutation(rows);
        std::deque<std::int32_t> queue(order.begin(), order.end());
        std::vector<char> queued(rows, 1);
        bool any = false;
        std::size_t steps = 0;
        while (!queue.empty()) {
            if (++steps % 4096 == 0)
                context_.throw_if_cancelled();
            const auto i = static_cast<std::size_t>(queue.front());
            queue.pop_front();
            queued[i] = 0;
            const std::int32_t own = community[i];
            gather(level, i, community);
            const double k = level.strength[i], scale = resolution_ * k / total_;
            mass[static_cast<std::size_t>(own)] -= k;
            --members[static_cast<std::size_t>(own)];
            double best =
                weight_[static_cast<std::size_t>(own)] - scale * mass[static_cast<std::size_t>(own)];
            std::int32_t chosen = own;
            for (const std::int32_t c : touched_) {
                const double gain =
                    weight_[static_cast<std::size_t>(c)] - scale * mass[static_cast<std::size_t>(c)];
                if (gain > best + 1e-10 || (gain > best - 1e-10 && chosen != own && c < chosen)) {
                    best = std::max(best, gain);
                    chosen = c;
                }
            }
            if (best < -1e-10 && !empty.empty()) { // better alone
                chosen = empty.back();
                empty.pop_back();
            }
            community[i] = chosen;
            mass[static_cast<std::size_t>(chosen)] += k;
            ++members[static_cast<std::size_t>(chosen)];
            if (chosen == own)
                continue;
            if (members[static_cast<std::size_t>(own)] == 0)
                empty.push_back(own);
            any = true;
            for (auto at = static_cast<std::size_t>(level.start[i]);
                 at < static_cast<std::size_t>(level.start[i + 1]); ++at) {
                const auto other = static_cast<std::size_t>(level.index[at]);
                if (!queued[other] && community[other] != chosen) {
                    queued[other] = 1;
                    queue.push_back(level.index[at]);
                }
            }
        }
        return any;
    }

    // Parts of communities that hang together: rows that are still alone join a part of their community with
    // a probability that rises with the gain.
    std::vector<std::int32_t> refine(const Level& level, const std::vector<std::int32_t>& community) {
        const std::size_t rows = level.rows();
        std::vector<std::int32_t> part(rows);
        std::iota(part.begin(), part.end(), 0);
        std::vector<double> mass = level.strength, outward(rows), whole(rows);
        std::vector<std::int32_t> members(rows, 1);
        for (std::size_t i = 0; i < rows; ++i)
            whole[static_cast<std::size_t>(community[i])] += level.strength[i];
        // Weight from each part to the rest of its community.
        for (std::size_t i = 0; i < rows; ++i)
            for (auto at = static_cast<std::size_t>(level.start[i]);
                 at < static_cast<std::size_t>(level.start[i + 1]); ++at) {
                const auto other = static_cast<std::size_t>(level.index[at]);
                if (other != i && community[other] == community[i])
                    outward[i] += level.value[at];
            }
        const auto well_joined = [&](std::size_t p, std::size_t c) {
            return outward[p] >= resolution_ * mass[p] * (whole[c] - mass[p]) / total_;
        };
        weight_.assign(rows, 0);
        touched_.clear();
        std::vector<std::pair<std::int32_t, double>> choices;
        for (const std::size_t i : random_.permutation(rows)) {
            const auto c = static_cast<std::size_t>(community[i]);
            if (members[static_cast<std::size_t>(part[i])] != 1 || part[i] != static_cast<std::int32_t>(i) ||
                !well_joined(i, c))
                continue;
            gather(level, i, part);
            const double k = level.strength[i];
            choices.assign(1, {part[i], 1.0}); // to stay gains nothing
            double sum = 1;
            for (const std::int32_t p : touched_) {
                const auto at = static_cast<std::size_t>(p);
                if (at == i || community[at] != community[i] || !well_joined(at, c))
                    continue;
                const double gain = weight_[at] - resolution_ * k * mass[at] / total_;
                if (gain <= 0)
                    continue;
                const double chance = std::exp(std::min(500.0, gain / (coldness * std::max(k, 1e-12))));
                choices.emplace_back(p, chance);
                sum += chance;
            }
            double left = random_.uniform() * sum;
            std::int32_t chosen = choices.back().first;
            for (const auto& [p, chance] : choices)
                if ((left -= chance) < 0) {
                    chosen = p;
                    break;
                }
            if (chosen == part[i])
                continue;
            const auto at = static_cast<std::size_t>(chosen);
            outward[at] += outward[i] - 2 * weight_[at];
            mass[at] += k;
            ++members[at];
            members[i] = 0;
            part[i] = chosen;
        }
        return renumbered(part);
    }

    static Level aggregated(const Level& level, const std::vector<std::int32_t>& part, std::size_t parts) {
        std::vector<std::vector<std::int32_t>> rows(parts);
        for (std::size_t i = 0; i < level.rows(); ++i)
            rows[static_cast<std::size_t>(part[i])].push_back(static_cast<std::int32_t>(i));
        Level next;
        next.start.push_back(0);
        std::vector<double> weight(parts);
        std::vector<std::int32_t> touched;
        for (std::size_t p = 0; p < parts; ++p) {
            double strength = 0;
            for (const std::int32_t row : rows[p]) {
                const auto i = static_cast<std::size_t>(row);
                strength += level.strength[i];
                for (auto at = static_cast<std::size_t>(level.start[i]);
                     at < static_cast<std::size_t>(level.start[i + 1]); ++at) {
                    const std::int32_t other = part[static_cast<std::size_t>(level.index[at])];
                    if (weight[static_cast<std::size_t>(other)] == 0)
                        touched.push_back(other);
                    weight[static_cast<std::size_t>(other)] += level.value[at];
                }
            }
            std::sort(touched.begin(), touched.end());
            for (const std::int32_t other : touched) {
                next.index.push_back(other);
                next.value.push_back(weight[static_cast<std::size_t>(other)]);
                weight[static_cast<std::size_t>(other)] = 0;
            }
            touched.clear();
            next.start.push_back(static_cast<std::int64_t>(next.index.size()));
            next.strength.push_back(strength);
        }
        return next;
    }

    double modularity(const std::vector<std::int32_t>& labels) const {
        if (!(total_ > 0))
            return 0;
        double inside = 0, expected = 0;
        std::vector<double> mass(labels.size());
        for (std::size_t i = 0; i < labels.size(); ++i) {
            mass[static_cast<std::size_t>(labels[i])] += first_.strength[i];
            for (auto at = static_cast<std::size_t>(first_.start[i]);
                 at < static_cast<std::size_t>(first_.start[i + 1]); ++at)
                if (labels[static_cast<std::size_t>(first_.index[at])] == labels[i])
                    inside += first_.value[at];
        }
        for (const double value : mass)
            expected += value / total_ * (value / total_);
        return inside / total_ - resolution_ * expected;
    }

    double resolution_, total_ = 0;
    Random random_;
    JobContext& context_;
    Level first_;
    std::vector<double> weight_;
    std::vector<std::int32_t> touched_;
};

} // namespace

Communities leiden(const SparseRows& graph, double resolution, std::uint64_t seed, JobContext& context) {
    return Communing(graph, resolution, seed, context).run();
}

ParameterSchema Leiden::parameters() {
    return {integer_parameter("neighbours", 15, "Neighbours", "Of each row in the graph, itself counted.")
                .range(2, 1000),
            real_parameter("resolution", 1, "Resolution", "More gives more and smaller clusters.")
                .range(1e-6, 1000),
            choice_parameter("metric", "euclidean", metric_names(), "Metric", "How far apart two rows are.")};
}

ClusteringResult Leiden::cluster(const ClusteringRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const int wanted = set.at("neighbours").get<int>();
    if (wanted > request.data.rows)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(request.data.rows) +
                                             " rows: fewer than the " + std::to_string(wanted) +
                                             " neighbours. Choose at most " +
                                             std::to_string(request.data.rows) + ".");
    context.progress(0, "Finding neighbours");
    context.throw_if_cancelled();
    const Metric metric = metric_from(set.at("metric"));
    const std::vector<float> prepared = prepared_rows(request.data, metric);
    const Neighbours neighbours =
        nearest_neighbours({prepared, request.data.rows, request.data.columns}, wanted - 1, metric,
                           Search::Automatic, request.seed, request.threads, context);
    const SparseRows graph = fuzzy_union(neighbours, membership(neighbours, 1, request.threads), 1);
    const Communities found = leiden(graph, set.at("resolution").get<double>(), request.seed, context);
    ClusteringResult result;
    result.labels = found.labels;
    result.notes = {{"modularity", found.modularity}, {"levels", found.levels}};
    return result;
}

} // namespace eyepiece::explore
