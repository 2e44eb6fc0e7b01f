// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

namespace eyepiece::explore {

// t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008), with the defaults of
// openTSNE (Policar et al. 2019): started from PCA, learning rate n/exaggeration (Belkina et al. 2019), 250
// steps of exaggeration 12 and 500 without.
class Tsne final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
