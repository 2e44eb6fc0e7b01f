// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

namespace eyepiece::explore {

// An autoencoder (Hinton & Salakhutdinov 2006): fully connected layers that narrow to a few numbers and widen
// again, fitted to give back what went in. The points are the few numbers. Columns are standardised; a tenth
// of the rows is held out and says when to stop. What it learnt is a function of the columns, so that new
// rows are placed as the old ones were. The notes set the share of the variance that comes back beside that
// of as many principal components.
class Autoencoder final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
