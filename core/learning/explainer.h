// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/model.h"

#include <string>
#include <torch/torch.h>

namespace eyepiece {

// What is asked: why does the model say `output_channel` within `region`?
struct ExplainRequest {
    torch::Tensor input;    // (1,C,H,W) float32, normalised as in training
    int output_channel = 1; // class index among the model's outputs
    torch::Tensor region;   // (H,W) float32 mask: the score is the mean logit over it
    std::string layer = {}; // for methods that look at one; one of model.layers()
    Json parameters = Json::object();
};

// An attribution: per input pixel, how much it mattered.
struct Attribution {
    torch::Tensor map; // (H,W) float32; signed where the method is
    bool is_signed = false;
    double score = 0; // the explained score itself
    Json notes = Json::object();
};

class EYEPIECE_EXPORT Explainer {
public:
    virtual ~Explainer();
    virtual bool needs_layer() const { return false; }
    virtual Attribution explain(Model& model, const ExplainRequest& request, JobContext& context) = 0;
};

} // namespace eyepiece
