// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/engine/affinities.h"

#include <utility>

namespace eyepiece::explore {

// Strengths of membership of each row's neighbours: exp(-(d - rho) / sigma), where rho is the distance of the
// `connectivity`-th and sigma such that they sum to log2(k + 1). As smooth_knn_dist of umap-learn, whose k
// counts the row itself.
std::vector<float> membership(const Neighbours& neighbours, double connectivity, int threads);

// The fuzzy union (mix 1) or intersection (mix 0) of the directed strengths.
SparseRows fuzzy_union(const Neighbours& neighbours, const std::vector<float>& strength, double mix);

// Weakens edges between rows of different classes (-1: unknown), then restores every row's strongest to one.
void intersect_target(SparseRows& graph, std::span<const std::int32_t> target, double weight);

// a and b of 1 / (1 + a d^(2b)), fitted to a curve that is one up to min_dist and then falls off over
// `spread`.
std::pair<double, double> curve(double spread, double min_dist);

// The eigenvectors of the graph's normalised Laplacian next after the trivial one, (rows, dimensions), by
// Chebyshev-filtered iteration of a subspace from `start` (rows, dimensions); 200 products at most, which
// settles the large structure. At most 60 dimensions. Obeys cancel.
std::vector<float> spectral_layout(const SparseRows& graph, const std::vector<float>& start, int dimensions,
                                   int threads, JobContext& context);

} // namespace eyepiece::explore
