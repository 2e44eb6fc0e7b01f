// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/matrix.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

class RowStream; // core/formats/row_stream.h

// Rows of many columns that become points of few. What is given lives at least as long as the fitting.
struct EmbeddingRequest {
    MatrixView data;
    Json parameters = Json::object(); // complete
    std::uint64_t seed = 1;
    int threads = 1;                           // changes how long it takes, never the result
    std::span<const std::int32_t> target = {}; // a class per row (-1: unknown) for methods that use one
    std::span<const std::string> names = {};   // of the columns, or empty; for what the notes say of them
};

// A finished embedding. Thread-safe.
class EYEPIECE_EXPORT FittedEmbedding {
public:
    virtual ~FittedEmbedding();
    const std::vector<float>& points() const { return points_; } // (rows, dimensions)
    int dimensions() const { return dimensions_; }
    // What there is to say besides: divergence, explained variance, the automatic values as they were chosen.
    const Json& notes() const { return notes_; }

    // Where new rows, with the columns of the fitted ones, belong; those that are there do not move, and each
    // new row is placed by itself. Throws Error(Unsupported) for a method without.
    virtual std::vector<float> place(MatrixView rows, int threads, JobContext& context) const;

protected:
    // Throws Error(BadInput) for new rows with another number of columns than the fitted ones.
    static void expect_columns(MatrixView rows, std::int64_t fitted);

    std::vector<float> points_;
    int dimensions_ = 2;
    Json notes_ = Json::object();
};

// A method of dimension reduction. Obeys cancel and finish early of the context, and shows itself at work:
// partial({"kind": "points", "rows", "dimensions", "step"}, float32 row after row).
class EYEPIECE_EXPORT Embedding {
public:
    virtual ~Embedding();
    virtual bool uses_target() const { return false; }
    virtual bool places_new_rows() const { return false; }
    // Whether the data may be sparse; the others are given a dense copy.
    virtual bool takes_sparse() const { return false; }
    virtual std::unique_ptr<FittedEmbedding> fit(const EmbeddingRequest& request, JobContext& context) = 0;

    // Whether with these parameters rows may be read batch by batch, so that never all are in memory.
    virtual bool fits_batches(const Json& parameters) const;
    // What fit() makes of the same rows; of the request `data`, `target` and `names` are left empty. Throws
    // Error(Unsupported) where fits_batches() says no.
    virtual std::unique_ptr<FittedEmbedding> fit_batches(RowStream& rows, const EmbeddingRequest& request,
                                                         JobContext& context);
};

} // namespace eyepiece
