// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

namespace eyepiece::explore {

// Isomap (Tenenbaum, de Silva and Langford 2000): classical MDS of the shortest paths (Dijkstra 1959) in the
// graph of nearest neighbours, either's. Where that falls into components, each two of them are joined by an
// edge between their nearest rows, as scikit-learn does; a warning and the notes say how many there were.
// Holds all rows x rows: see check_square(). Places new rows by the paths over their own neighbours. Notes:
// components, the eigenvalues, and the residual variance 1 - r^2 between paths and distances of the points.
class Isomap final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
