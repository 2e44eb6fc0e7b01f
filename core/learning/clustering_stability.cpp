// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/clustering_stability.h"

#include "core/learning/clustering_scores.h"
#include "core/learning/fit_job.h"
#include "core/learning/random.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace eyepiece {
namespace {

struct Resample {
    std::vector<std::size_t> rows; // rising
    std::vector<std::int32_t> labels;
};

// Of each cluster of the whole, the most similar one of the resample.
std::vector<double> best_jaccard(const ClusteringResult& whole, const Resample& resample, int clusters) {
    const auto own = static_cast<std::size_t>(whole.clusters), others = static_cast<std::size_t>(clusters);
    std::vector<double> common(own * others), size(own), other_size(others);
    for (std::size_t i = 0; i < resample.rows.size(); ++i) {
        const std::int32_t a = whole.labels[resample.rows[i]], b = resample.labels[i];
        if (a >= 0)
            size[static_cast<std::size_t>(a)] += 1;
        if (b >= 0)
            other_size[static_cast<std::size_t>(b)] += 1;
        if (a >= 0 && b >= 0)
            common[static_cast<std::size_t>(a) * others + static_cast<std::size_t>(b)] += 1;
    }
    std::vector<double> best(own);
    for (std::size_t a = 0; a < own; ++a)
        for (std::size_t b = 0; b < others; ++b)
            if (const double both = common[a * others + b]; both > 0)
                best[a] = std::max(best[a], both / (size[a] + other_size[b] - both));
    return best;
}

double rand_of(const Resample& a, const Resample& b) {
    std::vector<std::int32_t> x, y;
    for (std::size_t i = 0, j = 0; i < a.rows.size() && j < b.rows.size();) {
        if (a.rows[i] == b.rows[j]) {
            x.push_back(a.labels[i++]);
            y.push_back(b.labels[j++]);
        } else {
            a.rows[i] < b.rows[j] ? ++i : ++j;
        }
    }
    return adjusted_rand(x, y);
}

} // namespace

ClusteringStability
clustering_stability(const ClusteringRequest& request, const ClusteringResult& whole, int resamples,
                     double share,
                     const std::function<ClusteringResult(const ClusteringRequest&, JobContext&)>& cluster,
                     JobContext& context) {
    const auto rows = static_cast<std::size_t>(request.data.rows);
    const auto columns = static_cast<std::size_t>(request.data.columns);
    const auto drawn = static_cast<std::size_t>(std::llround(share * static_cast<double>(rows)));
    if (resamples < 2 || drawn < 2 || drawn >= rows)
        throw Error(ErrorCode::BadInput,
                    "Stability needs two resamples or more, each of two rows or more but not of all: choose "
                    "other resamples or another share.");
    ClusteringStability result;
    result.rows = static_cast<std::int64_t>(drawn);
    result.jaccard.resize(static_cast<std::size_t>(whole.clusters));
    result.dissolved.resize(result.jaccard.size());
    std::vector<Resample> made;
    std::vector<double> indices;
    FitJob unheard(context);
    for (int r = 0; r < resamples; ++r) {
        context.progress(static_cast<double>(r) / resamples, "Clustering resamples");
        context.throw_if_cancelled();
        if (r >= 2 && context.finish_early_requested())
            break;
        const std::uint64_t seed = mix_seed(request.seed, 0x57ab + static_cast<std::uint64_t>(r));
        Resample resample;
        resample.rows = Random(seed).permutation(rows);
        resample.rows.resize(drawn);
        std::sort(resample.rows.begin(), resample.rows.end());
        std::vector<float> values;
        values.reserve(drawn * columns);
        for (const std::size_t row : resample.rows) {
            const auto line = request.data.row(static_cast<std::int64_t>(row));
            values.insert(values.end(), line.begin(), line.end());
        }
        ClusteringRequest some = request;
        some.data = {values, static_cast<std::int64_t>(drawn), request.data.columns};
        some.seed = seed;
        ClusteringResult found;
        try {
            found = cluster(some, unheard);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::BadInput)
                throw;
            throw Error(ErrorCode::BadInput, "A resample of " + std::to_string(drawn) + " of the " +
                                                 std::to_string(rows) + " rows could not be clustered: " +
                                                 error.what() + " Choose a larger share, or no resamples.");
        }
        order_clusters(found);
        resample.labels = std::move(found.labels);
        const std::vector<double> best = best_jaccard(whole, resample, found.clusters);
        for (std::size_t c = 0; c < best.size(); ++c) {
            result.jaccard[c] += best[c];
            result.dissolved[c] += best[c] <= 0.5;
        }
        for (const Resample& other : made) {
            context.throw_if_cancelled();
            indices.push_back(rand_of(other, resample));
        }
        made.push_back(std::move(resample));
        ++result.resamples;
    }
    for (std::size_t c = 0; c < result.jaccard.size(); ++c) {
        result.jaccard[c] /= result.resamples;
        result.dissolved[c] /= result.resamples;
    }
    double square = 0;
    for (const double index : indices)
        result.rand_mean += index;
    result.rand_mean /= static_cast<double>(indices.size());
    for (const double index : indices)
        square += (index - result.rand_mean) * (index - result.rand_mean);
    if (indices.size() > 1)
        result.rand_spread = std::sqrt(square / static_cast<double>(indices.size() - 1));
    return result;
}

} // namespace eyepiece
