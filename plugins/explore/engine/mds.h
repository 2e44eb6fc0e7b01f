// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

namespace eyepiece::explore {

// Classical multidimensional scaling (Torgerson 1952): of Euclidean distances the same as PCA, of others the
// points whose products come nearest to those that the distances say. Holds all rows x rows: see
// check_square(). Places new rows (Gower 1968). Notes: the eigenvalues, and what part of all in size is below
// zero, which no points can show: 0 for Euclidean distances; for others of all rows, or of 1,000 drawn by the
// seed, as "negative_rows" says.
class ClassicalMds final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
