// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/operation.h"
#include "plugins/label/engine/feature_cache.h"

#include <memory>

namespace eyepiece::label {

// The operation "live-forest": learns from all labels of a project, as they are on disk, and classifies every
// pixel of one image. Stateless: what it keeps in memory only makes the next time quicker.
//   spec: {"project": FOLDER, "item": ID, "plane": {"z", "t"}?, "view": [x, y, w, h]?, "set": {...}}
//   partial and result: {"kind": "pixel-classes", "region": [x, y, w, h], "classes": [class ids],
//     "layers": ["class", "certainty"]} and w * h bytes of each layer, row by row: an index into classes, and
//     0 to 255, how much likelier that class is than the second. What is in view comes first.
//   result besides: "labelled_pixels" {id: n}, "images", "out_of_bag" (null: unknown), "importances"
//     [{"feature", "value"}] falling, "next" [{"x", "y", "w", "h", "reason"}], "seconds" {"features", "fit",
//     "predict"}, "whole": false where the image is so large that only the view was classified.
// Throws Error(BadInput) with what to draw where fewer than two classes are labelled.
void register_live_forest(OperationRegistry& operations, std::shared_ptr<LiveMemory> memory);

} // namespace eyepiece::label
