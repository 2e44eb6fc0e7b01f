// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <filesystem>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

// A checkpoint is one file with all a training needs to go on as if it had never stopped: weights and running
// statistics, the optimiser's state, and a JSON state (position, best score). Random numbers are keyed by
// seed and position (random.h), so the position is their state.

// Writes the whole file to a temporary name, syncs and renames: there is always a whole one. `optimizer` may
// be null (weights only). `averages`: further tensors, in an order of the caller's. Throws Error(Storage).
EYEPIECE_EXPORT void save_checkpoint(const std::filesystem::path& file, const torch::nn::Module& model,
                                     const torch::optim::Optimizer* optimizer, const Json& state,
                                     const std::vector<torch::Tensor>& averages = {});

// Reads into a model (and optimiser) of the same architecture; returns the JSON state. Throws
// Error(NotFound), or Error(BadInput) when the file is damaged or of another architecture. `averages` is left
// empty by a checkpoint that has none.
EYEPIECE_EXPORT Json load_checkpoint(const std::filesystem::path& file, torch::nn::Module& model,
                                     torch::optim::Optimizer* optimizer = nullptr,
                                     std::vector<torch::Tensor>* averages = nullptr);

} // namespace eyepiece
