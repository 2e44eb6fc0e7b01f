// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/base/registry.h"

#include <functional>
#include <string>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

// Called by a model at each of its named layers with that layer's output; returns what flows on. With it one
// reads, keeps the gradient of, or replaces an activation. Null during training and export.
using LayerTap = std::function<torch::Tensor(const std::string& layer, torch::Tensor output)>;

// An architecture with weights. forward() must be traceable: no branch on tensor values, and
// nothing computed from sizes as numbers (enlarge by a factor, not to a size), so that an export takes any
// size.
class EYEPIECE_EXPORT Model : public torch::nn::Module {
public:
    ~Model() override;
    // (N,C,H,W) float32 -> the task's raw output, for segmentation (N,K,H,W) logits.
    virtual torch::Tensor forward(torch::Tensor input, const LayerTap& tap = {}) = 0;
    virtual std::vector<std::string> layers() const = 0; // in the order of forward()
    virtual int size_multiple() const { return 1; }      // height and width must be multiples of this
    // Makes predicting cheaper, for instance by folding normalisation into weights. No training afterwards.
    virtual void prepare_for_prediction() {}
    virtual int margin() const = 0; // px of context beyond which an output pixel sees (almost) nothing
};

// Throws Error(NotFound) that names the nearest layer, and all, when the model has none of this name;
// Error(Unsupported) when it has none at all, as is so of an exported file.
EYEPIECE_EXPORT void require_layer(const Model& model, const std::string& layer);

// What a model is built for, beside its own parameters.
struct ModelShape {
    int input_channels = 1;
    int output_channels = 2;
    int dimensions = 2;
};

// Makes a Model from parameters; registered by name.
class EYEPIECE_EXPORT ModelFactory {
public:
    virtual ~ModelFactory();
    virtual std::shared_ptr<Model> make(const ModelShape& shape, const Json& parameters) const = 0;
};

using ModelRegistry = Registry<ModelFactory>;

} // namespace eyepiece
