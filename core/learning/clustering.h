// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/matrix.h"

#include <cstdint>
#include <vector>

namespace eyepiece {

struct ClusteringRequest {
    MatrixView data;
    Json parameters = Json::object(); // complete
    std::uint64_t seed = 1;
    int threads = 1; // changes how long it takes, never the result
};

struct ClusteringResult {
    std::vector<std::int32_t> labels; // per row: 0, 1, ... the largest cluster first; -1: noise
    int clusters = 0;
    Json notes = Json::object(); // objective, criterion, iterations, ...
};

// Orders clusters by size (ties: by their first row), so that the same partition has the same labels.
EYEPIECE_EXPORT void order_clusters(ClusteringResult& result);

class EYEPIECE_EXPORT Clustering {
public:
    virtual ~Clustering();
    virtual ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) = 0;
};

} // namespace eyepiece
