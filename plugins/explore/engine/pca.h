// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/formats/row_stream.h"
#include "core/learning/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece::explore {

enum class PcaSolver {
    Automatic, // exact while the smaller side has at most 1,000, and nothing is sparse but a narrow table
    Exact, // eigenvectors of the covariance, or of the Gram matrix where there are fewer rows than columns
    Randomised, // Halko, Martinsson and Tropp 2011, with 7 power iterations and 10 more axes than asked for
    Incremental // batch by batch, see incremental_pca.h
};

struct PrincipalComponents {
    int count = 0;
    std::int64_t columns = 0;
    std::vector<double> mean;            // (columns)
    std::vector<float> axes;             // (count, columns), each of length one
    std::vector<double> variance;        // explained by each, with n-1 in the denominator
    double total_variance = 0;           // of all columns
    PcaSolver solver = PcaSolver::Exact; // how it was computed
    std::vector<float> scores;           // (rows, count): the rows that it was made of, on the axes
    // Rows on the axes: (rows, count). `whiten` divides each by its standard deviation. Sparse rows stay so.
    std::vector<float> transform(MatrixView data, bool whiten, int threads, JobContext& context) const;
    // Divides scores (rows, count) by the standard deviation of their axis.
    void whiten_scores(std::span<float> values) const;
};

// The axes of most variance. Signs as scikit-learn's: each axis's largest score in size is positive. Sparse
// data are centred implicitly, (X - 1 m^T) v = X v - 1 (m^T v), and never made dense. Throws Error(BadInput)
// for fewer than two rows and for more components than the smaller side has.
//
// `batch`: rows a batch of the incremental solver, 0 for its own choice; it takes no sparse data.
PrincipalComponents principal_components(MatrixView data, int count, PcaSolver solver, std::uint64_t seed,
                                         int threads, JobContext& context, std::int64_t batch = 0);

// The same with the incremental solver, of rows that are read batch by batch and a second time for their
// scores: some batches are in memory, and the scores. Takes 0 to 1 of the context's progress.
PrincipalComponents principal_components(RowStream& rows, int count, int threads, JobContext& context,
                                         std::int64_t batch = 0);

} // namespace eyepiece::explore
