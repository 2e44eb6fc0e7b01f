// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/project/project.h"
#include "widgets/canvas/label_tiles.h"
#include "widgets/engine/engine_client.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// What a run says of one item, or of a region of it.
struct PredictedObjects {
    ItemId item = 0;
    std::string run;
    Region region;                        // of the item, px
    LabelMap ids;                         // (region.height, region.width): object ids from 1, 0: nothing
    std::shared_ptr<LabelTiles> tiles;    // the same, as the canvas draws it
    std::vector<LabelObject> objects;     // id, class (by name, see classes), area, bounds, score
    std::vector<std::string> class_names; // class_names[object.class_id]
};

// Reads the reply of the operation predict: JSON, then uint32 object ids (H,W) and uint8 classes (H,W).
// Copies the ids: call it off the window's thread. Throws Error(BadInput) when it does not add up.
PredictedObjects predicted_objects(const EngineReply& reply, ItemId item, const std::string& run);

// Takes predicted objects over into the labels, as one undoable step that names the run and each object's
// score. Pixels that are labelled already stay as they are. `wanted` picks objects; empty: all. Classes that
// the project does not have yet are made. Returns how many objects were taken over. Any thread, with a
// Project of its own.
int accept_prediction(Project& project, const PredictedObjects& prediction,
                      const std::function<bool(const LabelObject&)>& wanted = {});

} // namespace eyepiece
