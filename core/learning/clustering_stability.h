// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/clustering.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace eyepiece {

// How far a clustering is of the data, and how far of the rows that happen to be there.
struct ClusteringStability {
    int resamples = 0;             // that were made
    std::int64_t rows = 0;         // of each
    double rand_mean = 0;          // adjusted Rand index of each two of them on their common rows
    double rand_spread = 0;        // its standard deviation (n - 1); 0 of a single pair
    std::vector<double> jaccard;   // of each cluster: how much of it comes back, the mean over resamples
    std::vector<double> dissolved; // of each cluster: in what part of the resamples it is half or less
};

// Clusters resamples of the rows, drawn without replacement by the seed, as the whole was clustered.
//
// Jaccard (Hennig 2007): of each cluster's drawn rows and its most similar cluster in the resample, common
// over all rows; below 0.6 a cluster is not to be trusted, 0.85 and more is highly stable. At 0.5 or less it
// is called dissolved. Noise (-1) is no cluster; to the Rand index it is one of its own.
//
// At least two resamples; `share` in (0,1). Finishes early with two and more. Cancel as the clustering
// obeys it. A resample that cannot be clustered is an Error(BadInput) that says so.
EYEPIECE_EXPORT ClusteringStability clustering_stability(
    const ClusteringRequest& request, const ClusteringResult& whole, int resamples, double share,
    const std::function<ClusteringResult(const ClusteringRequest&, JobContext&)>& cluster,
    JobContext& context);

} // namespace eyepiece
