// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/embedding.h"
#include "plugins/explore/engine/distances.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace eyepiece::explore {

// What kernel PCA, classical MDS and Isomap share: how alike any two rows are, (rows, rows), symmetric; the
// largest eigenvectors of it, centred, are the coordinates (Torgerson 1952, Schoelkopf et al. 1998).
//
// All of the matrix is held. Throws Error(Memory) where it takes more than half of the free memory, and
// Error(BadInput) for fewer than two rows or as many dimensions as rows. To be called before it is made.
void check_square(std::int64_t rows, int dimensions);

// (a.rows, b.rows), in the metric's own unit. Both are of prepared_rows().
std::vector<float> distances_between(MatrixView a, MatrixView b, Metric metric, int threads,
                                     JobContext& context);

class PrincipalCoordinates {
public:
    // Throws Error(BadInput) when the rows do not differ.
    PrincipalCoordinates(std::vector<float> alike, std::int64_t rows, int dimensions, std::uint64_t seed,
                         int threads, JobContext& context);

    std::int64_t rows() const { return rows_; }
    int dimensions() const { return dimensions_; }
    const std::vector<float>& alike() const { return alike_; }
    const std::vector<double>& eigenvalues() const { return values_; } // of the dimensions
    double total() const { return total_; } // of all eigenvalues: the trace of what was centred

    // (rows, dimensions); each one's value of largest size is positive, as scikit-learn has it. A dimension
    // whose eigenvalue is not above zero has no length: all of it is 0.
    std::vector<float> points() const;
    // Where a row comes to lie that is so much alike to each (Gower 1968, Bengio et al. 2004).
    void place(std::span<const float> alike, std::span<float> point) const;

private:
    std::vector<float> alike_;
    std::vector<double> mean_; // of each row of it
    std::int64_t rows_ = 0;
    int dimensions_ = 0;
    double total_ = 0;
    std::vector<double> values_, vectors_; // (dimensions), (dimensions, rows)
};

// Of new rows: for each, its likeness to those that were fitted, (new rows, rows).
using Likeness =
    std::function<std::vector<float>(MatrixView rows, const PrincipalCoordinates&, int threads, JobContext&)>;

// The embedding that comes of it. `columns`: how many new rows must have.
std::unique_ptr<FittedEmbedding> fitted_coordinates(PrincipalCoordinates coordinates, std::int64_t columns,
                                                    Likeness likeness, Json notes);

} // namespace eyepiece::explore
