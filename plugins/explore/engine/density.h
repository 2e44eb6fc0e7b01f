// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/clustering.h"

namespace eyepiece::explore {

// Ester, Kriegel, Sander and Xu 1996: rows with at least so many rows (itself counted) within a radius are
// cores; cores within reach of each other are one cluster, which takes its border rows along. A border row
// belongs to the cluster of its nearest core.
class Dbscan final : public Clustering {
public:
    static ParameterSchema parameters();
    ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) override;
};

// Campello, Moulavi and Sander 2013: the tree of DBSCAN's clusters over all radii, of which the most stable
// are kept ("excess of mass"). The spanning tree of mutual reachability is exact (Prim), for up to 200,000
// rows.
class Hdbscan final : public Clustering {
public:
    static ParameterSchema parameters();
    ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
