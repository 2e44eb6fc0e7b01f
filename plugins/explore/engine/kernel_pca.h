// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

namespace eyepiece::explore {

// Principal components in the space of a kernel (Schoelkopf, Smola and Mueller 1998), as scikit-learn's
// KernelPCA: k(x,y) is exp(-gamma |x-y|^2), (gamma x.y + constant)^degree, tanh(gamma x.y + constant), the
// cosine, or x.y. Holds all rows x rows: see check_square(). Places new rows. Notes: gamma as it was chosen,
// the eigenvalues, and each one's part of their sum.
class KernelPca final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
