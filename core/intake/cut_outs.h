// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/outlines.h"
#include "core/project/classes.h"
#include "core/project/items.h"
#include "core/project/labels.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace eyepiece {

// A labelled object in small: the image about it, and where its edge runs.
struct CutOut {
    Image picture;                      // 8-bit RGB (3,H,W)
    std::vector<Polygon> outlines = {}; // in px of the picture, even-odd: its parts and their holes
    Rgb color{};                        // of its class
};

// Cuts objects out of a project's images, all of one image in the same automatic contrast. The image that was
// asked for last stays open, so that its next object costs a few milliseconds. Any thread, one at a time.
class EYEPIECE_EXPORT CutOuts {
public:
    // `longer_side`: of a picture, in px, at most. Larger objects are halved until they fit; smaller ones
    // keep the image's own pixels.
    CutOuts(std::filesystem::path project_folder, std::int64_t longer_side);
    ~CutOuts();

    // Throws Error: NotFound when the item or object is not there (any more), or why the image cannot be
    // read.
    CutOut get(ItemId item, ObjectId object, JobContext& context);

private:
    struct Opened;
    Opened& open(const Item& item);

    std::filesystem::path folder_;
    std::int64_t longer_side_;
    std::unique_ptr<Opened> opened_; // the last one
};

} // namespace eyepiece
