// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/operation.h"
#include "plugins/prompt/engine/object_memory.h"

#include <memory>

namespace eyepiece::prompt {

// The image of a spec: {"image": FILE} or {"project": FOLDER, "item": ID}, and "plane": {"z", "t"}?.
//
// "segment-object": one object by clicks. Stateless: what it keeps in memory only makes the next click
// quicker.
//   spec besides: "clicks": [{"x", "y", "object": true | false}]?, "box": [x, y, w, h]?, "view": [x, y, w,
//   h]?
//     (what the user sees: no object is sought that is much larger)
//   result: {"kind": "object-mask", "region": [x, y, w, h], "expected_iou", "network": "built-in" |
//   "project",
//     "seconds"} and w * h bytes, row by row: 1 where the object is. An empty region: nothing was found.
// "segment-everything": all objects of a view.
//   spec besides: "view": [x, y, w, h]? (else the whole image), "set": {...}
//   result: {"kind": "object-ids", "region": [x, y, w, h], "objects": [{"id", "expected_iou"}], "size",
//     "clicks", "network"} and w * h ids of 32 bits.
// Both throw Error(BadInput) for a prompt that makes no sense, Error(NotFound) where weights or image are
// missing.
void register_segment_operations(OperationRegistry& operations, std::shared_ptr<ObjectMemory> memory);

// "learn-objects": the network learns on from a project's objects, all of its images together.
//   spec: {"project": FOLDER, "set": {...}}
//   result: {"objects", "images", "before", "after" (mean IoU after one click on objects that were kept
//     from learning), "kept": whether what it learnt was better, "file"}
// Throws Error(BadInput) where there are too few objects.
void register_learn_objects(OperationRegistry& operations, std::shared_ptr<ObjectMemory> memory);

} // namespace eyepiece::prompt
