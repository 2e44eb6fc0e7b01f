// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// cluster: {"input": {"path", "format"?, "set"?, "columns"?}, "steps"?: [{"name", "set"}], "method", "set"?,
//           "seed"?, "target"?: COLUMN, "out"?: FILE.csv}
//       -> {"method", "rows", "clusters", "sizes": [...], "noise", "notes", "steps", "step_notes", "scores":
//          {"silhouette", "davies_bouldin", "adjusted_rand"?}, "kept_rows"?, "out"?} and int32 (rows): the
//          cluster of each row, the largest is 0, noise -1.
//
// A score is null where there are not two clusters. "adjusted_rand" compares with the target's classes.
void register_cluster_operation(EngineServices& services);

} // namespace eyepiece
