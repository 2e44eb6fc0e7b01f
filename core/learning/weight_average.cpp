// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/weight_average.h"

#include <algorithm>

namespace eyepiece {
namespace {

constexpr double longest = 0.995; // decay; 1 / (1 - decay) steps

std::vector<torch::Tensor> all_of(const torch::nn::Module& model) {
    auto tensors = model.parameters();
    const auto buffers = model.buffers();
    tensors.insert(tensors.end(), buffers.begin(), buffers.end());
    return tensors;
}

} // namespace

void WeightAverage::begin(torch::nn::Module& model) {
    const torch::NoGradGuard no_grad;
    const auto current = all_of(model);
    const bool restored = tensors_.size() == current.size();
    std::vector<torch::Tensor> mine;
    for (std::size_t i = 0; i < current.size(); ++i)
        mine.push_back(torch::empty_like(current[i]).copy_(restored ? tensors_[i] : current[i]));
    tensors_ = std::move(mine);
}

void WeightAverage::follow(torch::nn::Module& model, std::int64_t step) {
    const torch::NoGradGuard no_grad;
    const auto at = static_cast<double>(step);
    const double decay = std::min(longest, (1 + at) / (10 + at));
    const auto current = all_of(model);
    for (std::size_t i = 0; i < current.size(); ++i)
        if (current[i].is_floating_point())
            tensors_[i].lerp_(current[i], 1 - decay);
        else
            tensors_[i].copy_(current[i]); // a count
}

void WeightAverage::exchange(torch::nn::Module& model) {
    const torch::NoGradGuard no_grad;
    auto current = all_of(model);
    for (std::size_t i = 0; i < current.size(); ++i) {
        const torch::Tensor theirs = current[i].tensor_data();
        current[i].set_data(tensors_[i]);
        tensors_[i] = theirs;
    }
}

WeightAverage::InPlace::InPlace(WeightAverage& average, torch::nn::Module& model)
    : average_(average), model_(model) {
    average_.exchange(model_);
}

WeightAverage::InPlace::~InPlace() {
    average_.exchange(model_);
}

} // namespace eyepiece
