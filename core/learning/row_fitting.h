// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/dense_network.h"

#include <functional>
#include <span>
#include <string>

namespace eyepiece {

// The sum of the losses of these rows (int64, (N)), as a number with a gradient. With `draw` it is for
// training, and what is random follows from it; without, it is for judging. Called from any thread, several
// at a time.
using RowLoss = std::function<torch::Tensor(const torch::Tensor& rows, std::optional<std::uint64_t> draw)>;

struct RowFitPlan {
    std::vector<std::int64_t> training; // rows to learn from, not empty
    std::vector<std::int64_t> held_out; // rows that judge; empty: the training rows do
    int epochs = 200;                   // at most
    int patience = 20;                  // epochs without a lower loss before it stops
    std::int64_t batch = 64;
    double learning_rate = 1e-3;
    double weight_decay = 0;
    std::uint64_t seed = 1;
    int threads = 1; // the result does not depend on it
};

struct RowFitResult {
    int epochs = 0, best_epoch = 0; // from 1
    double loss = 0;                // of a judging row, with the best weights
    bool finished_early = false;
    std::string stopped; // why, as a sentence
};

// Fits networks, together, to rows in memory: AdamW (Loshchilov & Hutter 2019) on mini-batches in an order
// drawn for each epoch; biases do not decay. The weights of the epoch with the lowest loss are those that
// stay, and the rate halves whenever a third of the patience has gone by without one. A batch is cut into
// pieces whose size depends on the networks alone; their gradients are computed side by side and added in
// order, so that the same seed gives the same weights on any number of threads. `each_epoch` hears the number
// of epochs done, in the calling thread. Finish early keeps the best so far. Throws Error(Cancelled), and
// Error(BadInput) when the loss becomes infinite.
EYEPIECE_EXPORT RowFitResult fit_rows(std::span<const DenseNetwork> networks, const RowLoss& loss,
                                      const RowFitPlan& plan, JobContext& context,
                                      const std::function<void(int epoch)>& each_epoch = {});

// The gradient of the sum of the rows' losses, one tensor a parameter, computed in pieces of so many rows.
// Adds the sum itself to `sum`.
EYEPIECE_EXPORT std::vector<torch::Tensor> gradient_of(const std::vector<torch::Tensor>& parameters,
                                                       const RowLoss& loss,
                                                       std::span<const std::int64_t> rows, std::int64_t piece,
                                                       std::uint64_t draw, int threads, JobContext& context,
                                                       double& sum);

// How many rows of a mini-batch make a piece: as many as are some milliseconds of work.
EYEPIECE_EXPORT std::int64_t piece_rows(std::span<const DenseNetwork> networks);

} // namespace eyepiece
