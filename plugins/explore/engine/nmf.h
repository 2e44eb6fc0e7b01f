// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/parameters.h"
#include "core/learning/embedding.h"

#include <cstdint>
#include <vector>

namespace eyepiece::explore {

struct NmfOptions {
    int parts = 2;
    int iterations = 400;    // at most
    double tolerance = 1e-5; // of the first error: how far ten iterations must lower it to go on
};

struct NonNegativeFactors {
    int parts = 0;
    std::int64_t columns = 0;
    std::vector<float> weights;        // (rows, parts), none below zero
    std::vector<float> components;     // (parts, columns), none below zero
    double error = 0, data_length = 0; // Frobenius norms of data - weights * components, and of the data
    int iterations = 0;
    bool converged = false, finished_early = false;
    // Rows on the parts, which stay as they are: (rows, parts).
    std::vector<float> transform(MatrixView data, int threads, JobContext& context) const;
};

// X is about W H with nothing below zero (Lee and Seung 1999), in the least squares: by coordinate descent
// (Cichocki and Phan 2009, as scikit-learn's), with a few sweeps for each pass over the data (Gillis and
// Glineur 2012). Starts from NNDSVDa (Boutsidis and Gallopoulos 2008), whose singular vectors are found by
// random projection. Sparse data stay so. Throws Error(BadInput) for a value below zero, for data that are
// all zero, and for more parts than the smaller side has.
NonNegativeFactors non_negative_factors(MatrixView data, const NmfOptions& options, std::uint64_t seed,
                                        int threads, JobContext& context);

// Notes: the error, how it ended, and the columns that weigh most in each part.
class Nmf final : public Embedding {
public:
    static ParameterSchema parameters();
    bool places_new_rows() const override { return true; }
    bool takes_sparse() const override { return true; }
    std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) override;
};

} // namespace eyepiece::explore
