// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/mask.h"
#include "core/project/labels.h"
#include "widgets/canvas/label_tiles.h"

#include <vector>

namespace eyepiece {

class LabelDocument;
class Project;

// Objects of one item on their way to another of the same size: the next slice of a stack, the next frame of
// a video. Holds what they were when it was made.
class LabelCopy {
public:
    LabelCopy(const LabelDocument& from, ItemId to, const std::vector<ObjectId>& objects);

    // New objects of the same class and shape, of only those pixels that bear no label there. Runs on the
    // writing thread.
    std::vector<LabelEdit> edits(Project& project);
    int copied = 0; // objects that got a pixel, once edits() has run

private:
    struct Part {
        LabelObject object;
        LabelTiles::Snapshot pixels; // of its bounds
    };
    ItemId to_;
    std::int64_t width_, height_;
    int plane_; // the same in both
    std::vector<Part> parts_;
};

} // namespace eyepiece
