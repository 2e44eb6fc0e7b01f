// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/device.h"
#include "core/learning/model.h"
#include "plugins/prompt/engine/crop.h"

#include <filesystem>
#include <memory>
#include <torch/torch.h>

namespace eyepiece::prompt {

// What the network says of one crop.
struct CropAnswer {
    std::vector<float> probability; // crop_pixels: of being the object's
    double expected_iou = 0;        // of the mask above one half with what is meant
};

// A small U-Net that is asked for one object: a crop of the image, with the clicks, the last mask and the box
// as further planes (Xu et al. 2016; Sofiiuk et al. 2022, whose mask guidance this follows), gives the mask's
// logits and, as the mean of a second plane, the intersection over union that it expects to reach (as
// Kirillov et al., Segment Anything, ICCV 2023). Half a million weights. One thread at a time.
class ObjectNetwork {
public:
    // Untrained; the seed chooses the weights.
    explicit ObjectNetwork(std::uint64_t seed);
    // Error(NotFound) where there is no such file, Error(BadInput) where it holds no network of this kind.
    static ObjectNetwork load(const std::filesystem::path& file);
    // `about`: what a reader may want to know of its training, kept beside "format" and "version".
    void save(const std::filesystem::path& file, const Json& about) const;

    const Json& about() const { return about_; }
    Model& model() { return *model_; }
    // The raw output (N,2,S,S) of inputs (N,input_planes,S,S), to train.
    torch::Tensor forward(const torch::Tensor& input) { return model_->forward(input); }

    // From here on it only predicts, on that device; on a processor with one thread.
    void prepare(const ComputeDevice& device);
    // `inputs`: count * input_planes * crop_pixels.
    std::vector<CropAnswer> predict(std::span<const float> inputs, std::size_t count);

private:
    std::shared_ptr<Model> model_;
    ComputeDevice device_;
    Json about_ = Json::object();
};

} // namespace eyepiece::prompt
