// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/clustering.h"

#include <string>
#include <vector>

namespace eyepiece::explore {

enum class CovarianceShape {
    Full,      // each component's own matrix
    Tied,      // one matrix for all
    Diagonal,  // each component's own variances
    Spherical, // each component's one variance
};

struct MixtureOptions {
    int components = 2;
    CovarianceShape shape = CovarianceShape::Full;
    int iterations = 100;
    double tolerance = 1e-3;      // of the mean log-likelihood from one iteration to the next
    double regularisation = 1e-6; // added to variances, times the data's own mean variance
};

struct MixtureResult {
    std::vector<std::int32_t> labels;
    std::vector<double> weights;
    double log_likelihood = 0; // mean over rows, of the unscaled data
    double bic = 0, aic = 0;   // smaller is better
    // Whether a component holds too few rows to have a covariance of its own: its likelihood is then that of
    // the regularisation, and BIC says nothing.
    bool collapsed = false;
    int iterations = 0;
    bool converged = false;
};

// Expectation and maximisation (Dempster, Laird and Rubin 1977), begun at k-means; densities as in
// scikit-learn's GaussianMixture. Sums are in double. Does not depend on threads. Throws Error(BadInput)
// where a component's covariance cannot be inverted.
MixtureResult gaussian_mixture(MatrixView data, const MixtureOptions& options, std::uint64_t seed,
                               int threads, JobContext& context);

class GaussianMixture final : public Clustering {
public:
    static ParameterSchema parameters();
    ClusteringResult cluster(const ClusteringRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
