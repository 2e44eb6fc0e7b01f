// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace eyepiece::explore {

// Multiplies a symmetric matrix of `side` with vectors that lie one after another: in and out are (width,
// side). Called by one thread at a time; it may use more itself.
using SymmetricProduct =
    std::function<void(std::span<const double> in, std::int64_t width, std::span<double> out)>;

struct Eigenpairs {
    std::vector<double> values;  // largest first
    std::vector<double> vectors; // (values, side), each of length one; signs are not decided
    bool converged = true;       // to the tolerance
};

// The largest eigenvalues (by value, not size) of a symmetric matrix that is known by its products. Of a side
// of up to 400 all are found at once; else by the block Chebyshev-Davidson method (Zhou and Saad 2007, Zhou
// 2010), which finds equal eigenvalues, too. Ends where each residual is below `tolerance` times the largest
// size of an eigenvalue. `count` is at most `side`. Obeys cancel between products.
Eigenpairs largest_eigenpairs(std::int64_t side, int count, const SymmetricProduct& product, double tolerance,
                              std::uint64_t seed, JobContext& context);

// The product of a whole matrix (side, side) with vectors (width, side): in float over 1,024 terms, and those
// sums in double. Does not depend on threads.
void multiply_square(std::span<const float> matrix, std::int64_t side, std::span<const double> in,
                     std::int64_t width, std::span<double> out, int threads, JobContext& context);

} // namespace eyepiece::explore
