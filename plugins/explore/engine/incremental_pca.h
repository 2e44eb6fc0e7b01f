// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/engine/pca.h"

namespace eyepiece::explore {

// Principal components of rows that come batch by batch and are not kept (Ross et al. 2008, as scikit-learn's
// IncrementalPCA): the components so far, the batch and the shift of the mean are decomposed together. Mean
// and variance of the columns are exact; the components are, too, as long as what is beyond `count` does not
// matter, and near enough otherwise. Memory: some batches.
class IncrementalPca {
public:
    IncrementalPca(int count, std::int64_t columns);

    // Dense rows, at least `count` of them. Throws Error(Internal) for fewer, and Error(BadInput) where both
    // sides of the batch's decomposition are beyond 5,000.
    void add(MatrixView batch, int threads, JobContext& context);
    std::int64_t rows() const { return rows_; }
    // Of all rows so far, two at least; the signs of the axes are not decided.
    PrincipalComponents result() const;

private:
    int count_;
    std::int64_t columns_, rows_ = 0;
    std::vector<double> mean_, squares_; // of the columns; sums of squares about the mean
    std::vector<double> lengths_;        // singular values, largest first
    std::vector<float> axes_;            // (count, columns)
};

// Rows a batch such that a decomposition takes half a second at most: five times the columns, as
// scikit-learn's, and of wide data some hundreds.
std::int64_t incremental_batch(int count, std::int64_t columns);

} // namespace eyepiece::explore
