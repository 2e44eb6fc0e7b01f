// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/label/engine/labelled_pixels.h"

#include <functional>
#include <span>
#include <vector>

namespace eyepiece::label {

// What a forest says of a rectangle of an image, both (H,W) row by row.
struct PixelClasses {
    Region region;
    std::vector<std::uint8_t> classes;   // index of the likeliest class
    std::vector<std::uint8_t> certainty; // how much likelier it is than the second: 0 to 255
    std::vector<float> probabilities;    // (classes,H,W), of as many classes as were asked for

    explicit PixelClasses(const Region& at, int probabilities_of = 0);
    PixelClasses cropped(const Region& part) const; // which lies within; without probabilities
    // Both, one after the other.
    std::vector<std::byte> bytes() const;
};

// Classifies the blocks of an image that meet a region, those of `first` before all others. Calls `done` from
// any thread, one at a time, with how many of how many blocks are through. Blocks write what they have within
// `into.region`. Throws Error(Cancelled) within a block's time, some 20 ms.
class PixelClassifier {
public:
    PixelClassifier(const RandomForest& forest, const FeatureImage& image, const PixelFeatures& features,
                    LiveMemory& memory, int threads);
    void classify(const Region& region, PixelClasses& into, const JobContext& context);
    // Of what is still to be done of the image: bands of blocks from above, each given to `done` once it is
    // whole.
    void classify_rest(PixelClasses& into, const JobContext& context,
                       const std::function<void(const Region&)>& done);

private:
    struct Place {
        std::int64_t row = 0, column = 0;
    };
    void classify(std::span<const Place> places, PixelClasses& into, const JobContext& context);
    std::vector<Place> missing(const Region& region) const;

    const RandomForest& forest_;
    const FeatureImage& image_;
    const PixelFeatures& features_;
    LiveMemory& memory_;
    const int threads_;
    std::int64_t blocks_across_ = 0, blocks_down_ = 0;
    std::vector<bool> done_; // of each block
};

// Where a label would teach most.
struct Suggestion {
    Region region;
    double certainty = 0; // mean, 0 to 1
};
// Up to `most` squares of `side` px, the least certain first, at least two sides apart.
std::vector<Suggestion> least_certain(const PixelClasses& classes, std::int64_t side, std::size_t most);

} // namespace eyepiece::label
