// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/clustering.h"

#include <string>
#include <vector>

namespace eyepiece::explore {

// One merge of a dendrogram, numbered as scipy's: rows are 0 ... n-1, the i-th merge is n + i.
struct DendrogramMerge {
    std::int64_t left = 0, right = 0; // left < right
    double height = 0;
    std::int64_t size = 0;
};

const std::vector<std::string>& linkage_names(); // single complete average weighted ward centroid median

// Agglomeration by the formulas of Lance and Williams (1967), in the order of heights: by chains of nearest
// neighbours (Murtagh 1983) where no merge can come nearer than one before, else by the least distance each
// time. All n^2 distances are held: throws Error(Memory) beyond half of the free memory, Error(BadInput) for
// one row.
std::vector<DendrogramMerge> agglomerate(MatrixView data, const std::string& linkage, int threads,
                                         JobContext& context);

class Hierarchical final : public Clustering {
public:
    static ParameterSchema parameters();
    ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
