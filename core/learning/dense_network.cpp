// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/dense_network.h"

#include "core/learning/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <algorithm>
#include <cmath>

namespace eyepiece {
namespace {

torch::Tensor drawn(std::int64_t rows, std::int64_t columns, double deviation, torch::ScalarType type,
                    Random& random) {
    torch::Tensor values = torch::empty({rows, columns}, torch::kFloat64);
    double* const out = values.data_ptr<double>();
    // Uniform, of that deviation: few layers cannot tell it from a normal one.
    const double most = deviation * std::sqrt(3.0);
    for (std::int64_t i = 0; i < rows * columns; ++i)
        out[i] = random.uniform(-most, most);
    return values.to(type);
}

} // namespace

DenseNetwork::DenseNetwork(const DenseShape& shape, torch::ScalarType type, std::uint64_t seed)
    : activation_(shape.activation) {
    Random random(seed);
    std::int64_t inputs = shape.numbers;
    for (const std::int64_t count : shape.categories) {
        const std::int64_t width = embedding_width(count);
        tables_.push_back(drawn(count, width, 1 / std::sqrt(static_cast<double>(width)), type, random));
        inputs += width;
    }
    std::vector<std::int64_t> widths = shape.hidden;
    widths.push_back(shape.outputs);
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const double gain = i + 1 < widths.size() ? 2 : 1; // an activation halves what passes it
        layers_.push_back(
            drawn(widths[i], inputs, std::sqrt(gain / static_cast<double>(inputs)), type, random));
        biases_.push_back(torch::zeros({widths[i]}, type));
        inputs = widths[i];
    }
    for (torch::Tensor& parameter : parameters())
        parameter.requires_grad_(true);
}

torch::Tensor DenseNetwork::forward(const torch::Tensor& numbers, const torch::Tensor& codes,
                                    const std::optional<Dropout>& dropout) const {
    torch::Tensor x = numbers;
    if (!tables_.empty()) {
        std::vector<torch::Tensor> parts;
        if (numbers.defined() && numbers.size(1) > 0)
            parts.push_back(numbers);
        for (std::size_t c = 0; c < tables_.size(); ++c)
            parts.push_back(torch::embedding(tables_[c], codes.select(1, static_cast<std::int64_t>(c))));
        x = torch::cat(parts, 1);
    }
    at::Generator generator;
    if (dropout && dropout->probability > 0)
        generator = at::make_generator<at::CPUGeneratorImpl>(dropout->seed);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        if (i > 0) {
            x = activation_ == Activation::Relu ? torch::relu(x) : torch::elu(x);
            if (generator.defined()) {
                const double kept = 1 - dropout->probability;
                x = x * torch::empty_like(x, torch::TensorOptions().requires_grad(false))
                            .bernoulli_(kept, generator)
                            .div_(kept);
            }
        }
        x = torch::addmm(biases_[i], x, layers_[i].t());
    }
    return x;
}

void DenseNetwork::forget_code(std::size_t column, std::int64_t code) {
    const torch::NoGradGuard no_gradient;
    tables_.at(column).select(0, code).zero_();
}

std::int64_t DenseNetwork::embedding_width(std::int64_t count) {
    return std::min<std::int64_t>(50, (count + 1) / 2);
}

std::vector<torch::Tensor> DenseNetwork::weights() const {
    std::vector<torch::Tensor> all = tables_;
    all.insert(all.end(), layers_.begin(), layers_.end());
    return all;
}

std::vector<torch::Tensor> DenseNetwork::parameters() const {
    std::vector<torch::Tensor> all = weights();
    all.insert(all.end(), biases_.begin(), biases_.end());
    return all;
}

} // namespace eyepiece
