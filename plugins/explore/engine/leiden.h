// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/clustering.h"
#include "plugins/explore/engine/affinities.h"

#include <cstdint>
#include <vector>

namespace eyepiece::explore {

struct Communities {
    std::vector<std::int32_t> labels;
    double modularity = 0; // with the resolution
    int levels = 0;
};

// Communities of a symmetric graph with positive weights, by the method of Leiden (Traag, Waltman and van Eck
// 2019): rows move to the best community until none gains, communities are refined into well-joined parts,
// the parts become the rows of a smaller graph, and so on. Quality: modularity with a resolution (Reichardt
// and Bornholdt 2006). Obeys cancel; finish early keeps the level that is there. One thread.
Communities leiden(const SparseRows& graph, double resolution, std::uint64_t seed, JobContext& context);

// The same on the graph of nearest neighbours that UMAP makes, as scanpy does.
class Leiden final : public Clustering {
public:
    static ParameterSchema parameters();
    ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
