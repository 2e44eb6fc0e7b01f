// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/clustering.h"
#include "core/learning/matrix.h"

#include <cstdint>
#include <vector>

namespace eyepiece::explore {

struct KMeansOptions {
    int clusters = 8;
    int restarts = 10;
    int iterations = 300;
    double tolerance = 1e-4; // of the mean variance of the columns: how far centres still move
    std::int64_t batch = 0;  // rows a step of mini-batch k-means; 0: all (Lloyd)
};

struct KMeansResult {
    std::vector<float> centres; // (clusters, columns)
    std::vector<std::int32_t> labels;
    double inertia = 0; // sum of squared distances to the centres
    int iterations = 0;
    bool converged = false;
};

// Lloyd's iteration from greedy k-means++ (Arthur and Vassilvitskii 2007), or Sculley's mini-batches (2010).
// Of more than 20,000 rows the restarts are compared on that many, drawn by the seed, and the best is carried
// on with all rows. Needs at least as many rows as clusters. Does not depend on threads.
KMeansResult k_means(MatrixView data, const KMeansOptions& options, std::uint64_t seed, int threads,
                     JobContext& context);

class KMeans final : public Clustering {
public:
    static ParameterSchema parameters();
    ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) override;
};

// A clear refusal of more clusters than rows.
void check_cluster_count(int clusters, std::int64_t rows);

} // namespace eyepiece::explore
