// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/matrix.h"

#include <vector>

namespace eyepiece {

// How far an embedding can be trusted, about neighbourhoods of k rows (Venna and Kaski 2001; 1 is perfect).
struct EmbeddingScores {
    int neighbours = 0;
    double trustworthiness = 0; // neighbours in the embedding are neighbours in the data
    double continuity = 0;      // neighbours in the data are neighbours in the embedding
    double kept = 0;       // part of the k nearest in the data that are among the k nearest in the embedding
    std::int64_t rows = 0; // on so many rows, against all
};

// Euclidean distances in both. Measured on all rows up to `most_rows`, beyond on that many drawn by the seed.
// Neighbourhoods as large as half of the rows have no score and are left out.
EYEPIECE_EXPORT std::vector<EmbeddingScores> score_embedding(MatrixView data, MatrixView points,
                                                             const std::vector<int>& neighbours,
                                                             std::int64_t most_rows, std::uint64_t seed,
                                                             int threads, JobContext& context);

} // namespace eyepiece
