// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/device.h"
#include "core/learning/method.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace eyepiece {

class RunFolder;

// Everything a training works on. All borrowed; the task and method are configured.
struct Training {
    Task& task;
    Method& method;
    Model& model; // initialised from the seed; moved to the device
    const ExampleSource& examples;
    const ExampleSource& validation;             // fixed examples; the first ones are watched
    std::vector<std::string> watched_names = {}; // of the watched examples, for their files; at most four
    Json plan;                                   // see Trainer::parameters(), all values filled in
    std::uint64_t seed = 1;
    ComputeDevice device;
    bool resume = false; // from checkpoints/last.pt
};

struct TrainingResult {
    Json metrics = Json::object(); // of the best epoch, by name
    int best_epoch = 0;
    int epochs = 0;       // finished ones
    bool stopped = false; // by the user, before its end
    std::string reason;   // why it stopped, one sentence
};

// The training loop: AdamW (Loshchilov, Hutter 2019) with a warm-up and a cosine to zero, both functions of
// the step alone; gradient clipping; validation, checkpoint and watched pictures after each epoch. What is
// scored and kept are the weights averaged over the last steps (weight_average.h). The next
// batch is drawn on a thread of its own while one computes. On a processor with the same number of threads
// the same plan and seed give the same weights, bit for bit, whether or not it was interrupted.
class EYEPIECE_EXPORT Trainer {
public:
    // epochs, batch-size, learning-rate, weight-decay, ...: part of every gradient-based method.
    static ParameterSchema parameters();

    // Blocks. Looks for cancel, finish and pause at each batch. Cancelled: throws Error(Cancelled), the last
    // checkpoint stays. Finish: validates once more and keeps the best. Throws Error.
    static TrainingResult run(const Training& training, RunFolder& folder);
};

// Stacks examples of one size into a batch.
EYEPIECE_EXPORT Example stack(const std::vector<Example>& examples);

} // namespace eyepiece
