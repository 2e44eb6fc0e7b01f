// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/project/labels.h"
#include "widgets/canvas/label_tiles.h"

#include <memory>
#include <vector>

namespace eyepiece {

class LabelDocument;
class Project;

// Clears the pixels of these objects within a region of `tiles`.
void erase_objects(LabelTiles& tiles, const Region& region, const std::vector<LabelObject>& objects);

// Reads an item's labels within a region from the store into a document of that item. On the writing thread.
void read_labels(LabelDocument& document, Project& project, const Region& bounds);

// Predicted objects to be taken over into an item's labels, tens of thousands at a time. edits() runs on the
// writing thread; nothing else may write to `predicted` meanwhile.
struct EYEPIECE_EXPORT Acceptance {
    ItemId item = 0;
    int plane = 0;
    Region extent;                           // of the item
    Region bounds;                           // of what is taken, px of the item
    std::int64_t origin_x = 0, origin_y = 0; // where (0,0) of `predicted` lies in the item
    std::shared_ptr<LabelTiles> predicted;
    std::vector<LabelObject> taken, left;
    bool grow = false; // as LabelPrediction::grows_labels

    // As LabelDocument::add_objects(): new ids, and only pixels that bear no label. Also makes
    // predicted_left.
    std::vector<LabelEdit> edits(Project& project);
    std::shared_ptr<LabelTiles> predicted_left; // what remains a prediction; null when nothing is left
};

} // namespace eyepiece
