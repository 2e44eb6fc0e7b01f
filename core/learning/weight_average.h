// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstdint>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

// The exponential moving average of a model's weights and running statistics (Polyak, Juditsky 1992; as in
// Tarvainen, Valpola: Mean teachers, 2017): steadier than the weights of any one step, so that the score of a
// few validation images says more, and better by itself. The average reaches back over some 200 steps, over
// fewer at the start.
class EYEPIECE_EXPORT WeightAverage {
public:
    // Takes the model's weights; or, when tensors() hold those of a checkpoint, brings these to its device.
    void begin(torch::nn::Module& model);
    void follow(torch::nn::Module& model, std::int64_t step); // after each step, counted from 0
    // In the order of the model's parameters, then its buffers. Empty before begin().
    std::vector<torch::Tensor>& tensors() { return tensors_; }

    // While it lives, the model has the averaged weights.
    class EYEPIECE_EXPORT InPlace {
    public:
        InPlace(WeightAverage& average, torch::nn::Module& model);
        ~InPlace();
        InPlace(const InPlace&) = delete;
        InPlace& operator=(const InPlace&) = delete;

    private:
        WeightAverage& average_;
        torch::nn::Module& model_;
    };

private:
    void exchange(torch::nn::Module& model);
    std::vector<torch::Tensor> tensors_;
};

} // namespace eyepiece
