// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstdint>
#include <optional>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

enum class Activation {
    Relu, // Nair & Hinton 2010
    Elu   // smooth enough for a picture of what it computes (Clevert et al. 2016)
};

struct DenseShape {
    std::int64_t numbers = 0;                  // columns of numbers
    std::vector<std::int64_t> categories = {}; // of each column of codes: how many there are
    std::vector<std::int64_t> hidden = {};     // widths of the layers between
    std::int64_t outputs = 1;
    Activation activation = Activation::Relu;
};

// Fully connected layers over the rows of a table: each category is looked up in a learnt table of numbers
// (entity embeddings, Guo & Berkhahn 2016), which stand beside the columns of numbers; then linear layers
// with an activation between them and none after the last. The weights are drawn as He et al. 2015 do, from
// the seed alone: LibTorch's own layers draw from a generator that all threads share. Lives on the processor.
// Reading is thread-safe.
class EYEPIECE_EXPORT DenseNetwork {
public:
    DenseNetwork() = default;
    DenseNetwork(const DenseShape& shape, torch::ScalarType type, std::uint64_t seed);

    // Inputs are zeroed with this probability before each layer but the first (Srivastava et al. 2014), by
    // draws from the seed.
    struct Dropout {
        double probability = 0;
        std::uint64_t seed = 0;
    };
    // `numbers` (N, numbers) of the network's type, `codes` (N, categories) of int64; the one that the shape
    // has none of may be undefined. Gives (N, outputs).
    torch::Tensor forward(const torch::Tensor& numbers, const torch::Tensor& codes = {},
                          const std::optional<Dropout>& dropout = {}) const;

    // A code that no row has learns nothing: its numbers become 0, the middle of all.
    void forget_code(std::size_t column, std::int64_t code);

    // min(50, (count + 1) / 2): the rule of fastai's first tabular models.
    static std::int64_t embedding_width(std::int64_t count);

    std::vector<torch::Tensor> weights() const; // what a weight decay pulls to zero
    const std::vector<torch::Tensor>& biases() const { return biases_; }
    std::vector<torch::Tensor> parameters() const; // weights, then biases

private:
    Activation activation_ = Activation::Relu;
    std::vector<torch::Tensor> tables_;          // (codes, width)
    std::vector<torch::Tensor> layers_, biases_; // (outputs, inputs), (outputs)
};

} // namespace eyepiece
