// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/device.h"
#include "core/learning/model.h"
#include "core/learning/normalisation.h"

#include <filesystem>
#include <memory>
#include <torch/torch.h>

namespace eyepiece {

// A trained network ready to be asked: of a run, or from an exported file, which needs no project. Its card
// says all that a stranger must know to use it:
//   {"format": "eyepiece-model", "version": 1, "task", "model": {"name", "parameters"}, "method", "run",
//    "input": {"axes": "NCHW", "channels", "size-multiple", "margin", "normalisation": {...}},
//    "output": {"axes": "NCHW", "channels", "meaning": "logits"},
//    "classes": [{"id", "name", "color": [r,g,b]}],    index in this list = output channel
//    "plan": {...}, "metrics": {...}, "data": {...}, "versions": {...}}
// One thread at a time.
class EYEPIECE_EXPORT TrainedNetwork {
public:
    TrainedNetwork(Json card, ComputeDevice device); // Error(BadInput) when the card lacks what is needed
    virtual ~TrainedNetwork();

    const Json& card() const { return card_; }
    const Normalisation& normalisation() const { return normalisation_; }
    const ComputeDevice& device() const { return device_; }
    int input_channels() const { return input_channels_; }
    int output_channels() const { return output_channels_; }
    int size_multiple() const { return size_multiple_; } // of height and width
    int margin() const { return margin_; }               // px, see Model::margin()

    // (N,C,H,W) float32, normalised, on the processor -> (N,K,H,W) float32 logits on the processor, without a
    // gradient. H and W are multiples of size_multiple(). Uses the device's precision.
    torch::Tensor predict(const torch::Tensor& input);

    // What a named layer says: (N,C,H,W) as for predict() -> (N,F,h,w) float32 on the processor. Throws as
    // require_layer does; Error(Unsupported) also for a layer whose output is no maps.
    torch::Tensor activation(const torch::Tensor& input, const std::string& layer);

    // The network itself, in evaluation mode with batch normalisation folded into the convolutions, on
    // device(); for explaining and exporting. Null when it came from a file that only computes.
    virtual std::shared_ptr<Model> model() const { return nullptr; }

protected:
    virtual torch::Tensor forward(const torch::Tensor& input) = 0; // on device(), under no-grad

private:
    Json card_;
    ComputeDevice device_;
    Normalisation normalisation_;
    int input_channels_ = 1, output_channels_ = 2, size_multiple_ = 1, margin_ = 0;
};

// The best checkpoint of a run (the last when there is no best yet) as a network. Throws Error(NotFound) when
// the run has no checkpoint yet, Error(BadInput) when its files are damaged.
EYEPIECE_EXPORT std::shared_ptr<TrainedNetwork>
load_run(const ModelRegistry& models, const std::filesystem::path& run_folder, const ComputeDevice& device);

// The checkpoint file load_run would read; for caches.
EYEPIECE_EXPORT std::filesystem::path best_checkpoint(const std::filesystem::path& run_folder);

} // namespace eyepiece
