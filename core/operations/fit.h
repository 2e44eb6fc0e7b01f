// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// fit: {"input": {"path", "format"?, "set"?, "columns"?}, "steps"?: [{"name", "set"}], "target": COLUMN,
//       "group"?: COLUMN, "models"?: [estimators] or "all", "seed"?, "set"?, "out"?: FILE.json,
//       "save"?: FILE}
//   -> {"problem": "classification" | "regression", "target", "rows", "columns": [names], "left_out":
//   [sentences],
//       "classes": [{"name", "rows"}], "folds", "repeat", "rank_by", "steps", "notes": [sentences],
//       "models": [{"model", "title", "baseline", "rank", "beats_baseline", "seconds", "parameters",
//                   "scores": {score: {"mean", "sd", "low", "high", "parts"}}, "error"?}],
//       "best", "confusion"?: [[rows]] (truth, taken),
//       "explanation": {"model", "notes", "coefficients": [{"feature", "values"}],
//                       "importances": [{"column", "permutation", "permutation_sd", "gain"?, "shap"?}],
//                       "partial_dependence": [{"column", "grid", "labels"?, "curves": [{"class"?,
//                       "values"}]}], "shap"?: {"model", "unit", "rows", "columns": [{"column", "value",
//                       "classes"?}]}}}
//
// The baseline comes first, whatever is asked for; then the models by their score in cross-validation, which
// is stratified, and keeps groups whole. "low" and "high" are the 95 % interval of the mean (Nadeau & Bengio
// 2003). A model beats the baseline when the interval of the difference of their scores, part by part, lies
// above 0. "set" holds the settings of the operation and, as "model.name", those of models. Everything that a
// model needs of the columns is learnt within the training rows of each part; what "steps" learn, they learn
// of all rows. With "out" the same JSON goes to a file, and with it "row" (their numbers in the file, from
// 0), "folds_of" (the part of each row, for each repetition) and "out_of_fold" (the best model's
// predictions). With "save" the best model, fitted to all rows, is stored for apply (fitted_model.h); the
// baseline only where no other was asked for.
void register_fit_operation(EngineServices& services);

} // namespace eyepiece
