// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

namespace eyepiece::explore {

// Principal components of the covariance (Pearson 1901): linear, and new rows are placed as the old ones
// were. Notes: the variance that each explains (n-1), its part of the whole, and the loadings.
class Pca final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    bool takes_sparse() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
    bool fits_batches(const Json& parameters) const override; // the incremental solver
    std::unique_ptr<FittedEmbedding> fit_batches(RowStream& rows, const EmbeddingRequest& request,
                                                 JobContext& context) override;
};

} // namespace eyepiece::explore
