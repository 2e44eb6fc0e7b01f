// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

namespace eyepiece::explore {

// Uniform manifold approximation and projection (McInnes, Healy and Melville 2018), with the parameters and
// defaults of umap-learn.
//
// Each epoch, umap-learn moves both ends of every edge drawn, one edge after the other. Here the points are
// moved in 16 parts, one after the other: a point of the part walks through its own edges, twice each (the
// edge's other end would have moved it too), against the places where the others are; the points of a part
// move at the same time. So the result does not depend on threads, and all of them work.
class Umap final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    bool uses_target() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
