// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// apply: {"model": FILE that fit stored, "input": {"path", "format"?, "set"?: the reader's, "from"?},
//         "out"?: FILE.csv}
//   -> {"model", "title", "problem": "classification" | "regression", "target", "rows", "learnt_rows",
//       "kept_rows"?: [numbers in the file, from 0; without it, all], "columns": [names], "classes":
//       [{"name", "rows": taken for it}], "scores"?: {score: number or null, "rows": how many}, "notes":
//       [sentences], "out"?}
// and the predictions as float64: probabilities (rows, classes), or values (rows).
//
// The columns are found by their names, and prepared by the steps that the model was fitted with, as they
// were learnt then. "scores" are there where the table has the target, and are of the rows where it is known.
// The CSV has "item" (the row's name, else its number in the file from 1), "predicted" and, of classes,
// "probability CLASS".
void register_apply_operation(EngineServices& services);

} // namespace eyepiece
