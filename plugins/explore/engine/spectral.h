// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/learning/clustering.h"

namespace eyepiece::explore {

// Spectral clustering (Shi and Malik 2000, von Luxburg 2007), as scikit-learn's: k-means of the eigenvectors
// of the least eigenvalues of the normalised Laplacian I - D^(-1/2) A D^(-1/2), each row divided by the root
// of its degree. A is the graph of nearest neighbours (an edge counts a half where only one of two is the
// other's; each row is its own), or exp(-gamma |x-y|^2), of which all rows x rows are held: see
// check_square(). The automatic number of clusters is where the eigenvalues leave the largest gap, as a part
// of the one above it. Notes: the least eigenvalues, and k-means' inertia.
class Spectral final : public Clustering {
public:
    static ParameterSchema parameters();
    ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
