// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/explainer.h"

namespace eyepiece {

// The explained number: the mean of one output channel's logits over the region, differentiable. One pixel,
// one object or the whole image are regions alike. `output` is (1,K,H,W). Throws Error(BadInput) for a
// channel that is not there or a region that is empty or of another size.
torch::Tensor score_over_region(const torch::Tensor& output, const ExplainRequest& request);

// How much each input pixel, changed a little, changes the score: its gradient.
// Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks (2013), arXiv:1312.6034.
class InputGradient final : public Explainer {
public:
    static ParameterSchema parameters();
    Attribution explain(Model& model, const ExplainRequest& request, JobContext& context) override;
};

// Where a layer's features spoke for the score: its activation maps, weighted by their mean gradients.
// Selvaraju et al.: Grad-CAM (ICCV 2017), arXiv:1610.02391; for regions of a segmentation as in Vinogradova,
// Dibrov, Myers: Towards Interpretable Semantic Segmentation via Gradient-weighted Class Activation Mapping
// (AAAI 2020), arXiv:2002.11434.
class GradCam final : public Explainer {
public:
    static ParameterSchema parameters();
    bool needs_layer() const override { return true; }
    // An empty request.layer means the deepest: the last of the layers with the coarsest maps. notes["layer"]
    // says which was taken.
    Attribution explain(Model& model, const ExplainRequest& request, JobContext& context) override;
};

} // namespace eyepiece
