// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/device.h"
#include "plugins/prompt/engine/object_network.h"
#include "plugins/prompt/engine/training_crops.h"

#include <span>

namespace eyepiece::prompt {

// Fields that are drawn from as often as another group is, in the ratio of the shares.
struct FieldGroup {
    std::span<const TrainingField> fields; // an empty one does not count
    double share = 1;
};

struct ObjectTrainingOptions {
    int steps = 2000;
    int batch = 32;
    double learning_rate = 2e-3;
    std::uint64_t seed = 1;
};

struct ObjectTrainingResult {
    int steps = 0;
    double loss = 0;      // mean of the last fifth
    double first_iou = 0; // mean over the last fifth: of answers to a first prompt
    double later_iou = 0; // of answers to a correction
};

// Trains by talking: a batch holds crops in different rounds of a conversation, some new, some with the click
// that corrects the network's last answer, and each step teaches from all of them (the iterative training of
// Sofiiuk et al. 2022, whose rounds here share one batch). The loss is cross-entropy and Dice of the mask
// and the squared error of the expected intersection over union. Keeps the average of the weights over the
// last steps. Finishes early when asked to; the same seed gives the same weights on the same machine.
// Tells the metrics "loss", "first-iou" and "later-iou". Throws Error(BadInput) where there are no objects;
// Error(Cancelled).
ObjectTrainingResult train(ObjectNetwork& network, std::span<const FieldGroup> groups,
                           const ObjectTrainingOptions& options, const ComputeDevice& device,
                           JobContext& context);

} // namespace eyepiece::prompt
