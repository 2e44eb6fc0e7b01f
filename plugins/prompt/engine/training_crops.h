// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "core/learning/random.h"
#include "plugins/prompt/engine/crop.h"

#include <memory>
#include <span>
#include <vector>

namespace eyepiece::prompt {

// An image with all its objects, to learn from. Immutable.
struct TrainingField {
    struct Object {
        ObjectId id = 0;
        Region bounds;
    };
    std::shared_ptr<CropImage> image;
    LabelMap labels;
    std::vector<Object> objects; // those of at least a few px
    bool complete = true;        // what is no object is background; else it may be one that is not labelled

    TrainingField(std::shared_ptr<ImageSource> source, LabelMap map, int z = 0, int t = 0);
};

// One question to learn from: a crop, what was said so far (in px of the crop), and the truth.
struct TrainingCrop {
    std::vector<float> planes; // image_planes * crop_pixels
    Prompt prompt;
    Mask object;             // crop_side x crop_side; empty where the click meant nothing
    bool background = false; // the click is on no object: only the judgement of itself is to be learnt
    std::vector<float> last; // the mask as it was answered last; empty: none yet
    int rounds = 0;          // how often it was answered
};

// A crop around a random object of the field with the user's first prompt: mostly one click, sometimes a box,
// sometimes a click on nothing. The object lies in the middle or off it, and is small in the crop or larger
// than it, as in a search for the right zoom. The image's grey values, colours, sharpness, noise and light
// are changed at random, it is mirrored and turned. A function of field and seed.
TrainingCrop draw_crop(const TrainingField& field, std::uint64_t seed);

// What a user says next, seeing the answer: a click into the largest error. False where nothing is left to
// say.
bool correct(TrainingCrop& crop, std::span<const float> probability, std::uint64_t seed);

// Made-up scenes of plain things on plain ground (disks, ovals, boxes, blobs, rings of colour), that the
// network learns what an object is apart from nuclei.
std::vector<TrainingField> drawn_scenes(int count, std::uint64_t seed);

} // namespace eyepiece::prompt
