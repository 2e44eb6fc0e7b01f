// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// embed: {"input": {"path", "format"?, "set"?, "columns"?}, "steps"?: [{"name", "set"}], "method", "set"?,
//         "seed"?, "target"?: COLUMN, "out"?: FILE.csv, "new"?: {"path", ...}, "new_out"?: FILE.csv}
//     -> {"method", "rows", "dimensions", "columns", "notes", "steps", "step_notes", "scores":
//        [{"neighbours", "trustworthiness", "continuity", "kept", "rows"}], "kept_rows"?, "out"?,
//        "new_rows"?, "new_out"?} and float32 (rows, dimensions): the points. "kept_rows" says which rows of
//        the input they are, where a step left some out. With "new", the points of the new rows follow.
//
// While it works it shows itself: partial {"kind": "points", "rows", "dimensions", "step"} and float32 row
// after row, about ten times a second. Finish early keeps what is there.
void register_embed_operation(EngineServices& services);

} // namespace eyepiece
