// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// check: {"input": {"path", "format"?, "set"?, "columns"?}, "steps"?: [{"name", "set"}], "target"?: COLUMN,
//         "group"?: COLUMN, "other"?: {"path", ...}, "seed"?, "set"?, "out"?: FILE.json}
//     -> {"rows", "columns": [names], "target"?, "problem"?, "classes": [{"name", "rows"}],
//         "findings": [{"kind", "severity": "note" | "warning" | "serious", "sentence", "column", "rows",
//                       "row_count", "figures"}],
//         "checked": [kinds], "skipped": [{"kind", "reason"}], "notes": [sentences], "steps"}
//
// Kinds and when each is found: core/data/quality.h, and
// "leaking-column": a decision tree on one column alone (its value, and whether it is there) predicts the
// target in cross-validation with a balanced accuracy, or R2, of 0.99 or more; "drift": a classifier tells
// the rows of the table from those of "other" (the mean area under the ROC curve is 0.6 or more, and its 95 %
// interval lies above 0.5); figures: "roc_auc", "low", "high", "columns": [{"column", "importance"}],
// "other_rows": the rows of the other file that are least like the table's. "rows" are numbers in the file,
// from 0, the worst first. Serious findings come first.
void register_check_operation(EngineServices& services);

} // namespace eyepiece
