// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "core/learning/augmentation.h"
#include "core/learning/normalisation.h"
#include "core/learning/task.h"

#include <memory>
#include <string>
#include <vector>

namespace eyepiece {
class LabelStore;
}

namespace eyepiece::vision {

// The classes that a segmentation tells apart; their place in the list is the network's output channel. The
// background comes first.
struct OutputClass {
    ClassId id = 0;
    std::string name;
    std::array<std::uint8_t, 3> color{};
};
Json to_json(const std::vector<OutputClass>& classes);
std::vector<OutputClass> classes_from_json(const Json& json);

// A plane of a stack that is shown, labelled and learnt from: the first.
inline constexpr int labelled_z = 0, labelled_t = 0;

// The pixels of a region of an item with the class of each. `complete`: whether a pixel without an object is
// background or unknown. Objects of classes not in the list are unknown too.
LabelledImage read_labelled(Project& project, const Item& item, const Region& region,
                            const Normalisation& normalisation, const std::vector<OutputClass>& classes);

// Only the classes of a region, (H,W).
std::vector<std::uint8_t> read_classes(LabelStore& labels, const Item& item, const Region& region,
                                       const std::vector<OutputClass>& classes);

// Labelled images in memory and the patches drawn from them. Images of rare kinds (stained among fluorescent
// ones) are drawn more often, by the root of their rarity, when `balance` is set.
class PatchSource : public ExampleSource {
public:
    PatchSource(std::vector<LabelledImage> images, std::vector<std::string> kinds,
                Normalisation normalisation, Augmentation augmentation, std::int64_t patch, bool balance,
                std::size_t least_size);
    std::size_t size() const override { return size_; }
    Example draw(std::size_t index, std::uint64_t seed) const override;

private:
    std::vector<LabelledImage> images_;
    Normalisation normalisation_;
    Augmentation augmentation_;
    std::int64_t patch_;
    std::vector<double> cumulative_; // share of an epoch, up to and with each image
    std::vector<std::vector<std::uint32_t>>
        labelled_; // some labelled pixels of each image, all classes alike
    std::vector<bool> partial_;
    std::size_t size_ = 0;
};

// Whole images, or the middle of those larger than `limit`, mirrored up to a multiple of what the network
// takes.
class FixedSource : public ExampleSource {
public:
    FixedSource(std::vector<LabelledImage> images, Normalisation normalisation, std::int64_t multiple);
    std::size_t size() const override { return images_.size(); }
    Example draw(std::size_t index, std::uint64_t seed) const override;
    static constexpr std::int64_t limit = 640; // px a side: a forward pass stays well below half a second

private:
    std::vector<LabelledImage> images_;
    Normalisation normalisation_;
    std::int64_t multiple_;
};

// What there is to learn from in an item: all of it, or the surroundings of its labels when they are partial.
Region learning_region(Project& project, const Item& item, std::int64_t surroundings);

} // namespace eyepiece::vision
