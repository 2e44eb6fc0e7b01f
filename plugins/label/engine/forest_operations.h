// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/operation.h"
#include "plugins/label/engine/feature_cache.h"

#include <memory>

namespace eyepiece::label {

// Classifiers of pixels that are kept and applied.
//
// "train-forest" {"project": FOLDER, "name": NAME?, "set": {...}, "seed"?}: learns from all labels of a
// project what live-forest with the same settings and seed would, and keeps it as
// PROJECT/classifiers/NAME.pixels ("pixels" without a name), in place of an earlier one of that name. Answers
// {"name", "file", "replaced", and the card of pixel_model.h}.
//
// "classify-pixels" {"classifier": FILE or PROJECT:NAME, "input": [FILES], "out": FOLDER,
// "probabilities": bool?}: writes for each input the files of image_classifying.h. Answers {"classifier",
// "outputs": [...], "failed": [{"input", "reason"}], "seconds"}: one that cannot be classified is passed
// over; where it is the only one, its Error is thrown.
void register_forest_operations(OperationRegistry& operations, std::shared_ptr<LiveMemory> memory);

} // namespace eyepiece::label
