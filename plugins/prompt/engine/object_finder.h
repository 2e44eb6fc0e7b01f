// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "plugins/prompt/engine/crop.h"
#include "plugins/prompt/engine/object_network.h"

#include <vector>

namespace eyepiece::prompt {

// What was answered, and where: kept for the next click.
struct FoundCrop {
    CropFrame frame;
    std::vector<float> probability; // crop_pixels; empty: nothing was found
    double expected_iou = 0;
};

// Finds the object that is meant, whatever its size in the image. A first click is asked at every zoom, each
// twice the one before, all in one batch; the answer that is sure of itself and fills its crop well says how
// large the object is, and is asked again closely. A box says so by itself. A further click is asked where
// the object was last seen, with that mask; where it comes to reach beyond the crop, the crop grows. All
// clicks are answered in their order, so that the answer depends on them alone: what was answered before is
// kept only to be quick. One thread at a time.
class ObjectFinder {
public:
    explicit ObjectFinder(ObjectNetwork& network) : network_(network) {}

    // `seen`: the largest px that an object may be long, 0: as large as the image. Throws Error(BadInput) for
    // an empty prompt, a click beside the image or a first click that says what is not meant;
    // Error(Cancelled) between crops, of which a batch takes some 50 ms.
    FoundObject find(const CropImage& image, const Prompt& prompt, std::int64_t seen,
                     const JobContext& context);
    // Forgets what was answered: another image is meant from now on.
    void forget() { answered_ = {}; }

private:
    struct Answered {
        std::optional<Region> box;
        std::vector<Click> clicks;
        std::vector<FoundCrop> found; // the box's, if there is one, and one after each click
        std::int64_t seen = 0;
    };
    // `mirrored`: the mean with the answer to the mirrored crop, which is steadier and takes twice as long.
    std::vector<FoundCrop> ask(const CropImage& image, const Prompt& prompt,
                               std::span<const CropFrame> frames, const FoundCrop* last, bool mirrored);
    FoundCrop first(const CropImage& image, const Prompt& prompt, std::int64_t seen,
                    const JobContext& context);
    FoundCrop closely(const CropImage& image, const Prompt& prompt, const CropFrame& around,
                      const FoundCrop* last, const JobContext& context);

    ObjectNetwork& network_;
    Answered answered_;
};

// The pixels that are more likely than not the object's, of the image's px: the parts that a click on the
// object touches, or else the largest. Never those of a click beside it.
FoundObject object_of(const FoundCrop& found, const Prompt& prompt, std::int64_t width, std::int64_t height);

} // namespace eyepiece::prompt
