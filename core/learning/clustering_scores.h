// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/matrix.h"

#include <cstdint>
#include <optional>
#include <span>

namespace eyepiece {

// How well clusters lie apart, of Euclidean distances. Noise (label -1) is left out. Without at least two
// clusters there is no score.
//
// Silhouette (Rousseeuw 1987): the mean of (b - a) / max(a, b), of a row's mean distance to its own cluster
// and to the nearest other one; 1 is best, 0 is a row between two. Measured on all rows up to `most_rows`,
// beyond on that many drawn by the seed, each against all rows.
EYEPIECE_EXPORT std::optional<double> silhouette(MatrixView data, std::span<const std::int32_t> labels,
                                                 std::int64_t most_rows, std::uint64_t seed, int threads,
                                                 JobContext& context);

// Davies and Bouldin 1979: the mean over clusters of the worst (s_i + s_j) / d_ij, of mean distances to the
// centre and distances between centres; smaller is better, 0 is best.
EYEPIECE_EXPORT std::optional<double> davies_bouldin(MatrixView data, std::span<const std::int32_t> labels);

// Hubert and Arabie 1985: 1 for the same partition, about 0 for unrelated ones. Labels below zero count as a
// cluster of their own. Throws Error(Internal) when they are not as many.
EYEPIECE_EXPORT double adjusted_rand(std::span<const std::int32_t> a, std::span<const std::int32_t> b);

} // namespace eyepiece
