// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// cluster: {"input": {"path", "format"?, "set"?, "columns"?}, "steps"?: [{"name", "set"}], "method", "set"?,
//           "seed"?, "target"?: COLUMN, "out"?: FILE.csv}
//       -> {"method", "rows", "clusters", "sizes": [...], "noise", "notes", "steps", "step_notes", "scores":
//          {"silhouette", "davies_bouldin", "adjusted_rand"?}, "kept_rows"?, "stability"?, "markers"?,
//          "out"?} and int32 (rows): the cluster of each row, the largest is 0, noise -1.
//
// "set" holds the method's parameters and the operation's own: "resamples" (0: none) and "resample-share"
// give "stability": {"resamples", "share", "rows", "adjusted_rand": {"mean", "spread"}, "jaccard": [per
// cluster], "dissolved": [per cluster]}, see clustering_stability.h; "markers" (0: none) gives "markers": for
// each of the 100 largest clusters [{"column", "effect", "q", "mean", "rest_mean"}], see group_difference.h,
// an infinite effect as "inf" or "-inf", none for a cluster of one row. The clusters were made of the same
// columns: q compares the columns, and is no test of whether there are clusters.
//
// A score is null where there are not two clusters. "adjusted_rand" compares with the target's classes.
void register_cluster_operation(EngineServices& services);

} // namespace eyepiece
