// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/learning/matrix.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// What a column of features is.
struct FeatureColumn {
    std::string name;
    std::vector<std::string> categories = {}; // not empty: the values are codes 0, 1, ... of these
    bool categorical() const { return !categories.empty(); }
};

// Rows with what is to be predicted of them. All of it belongs to whoever calls.
struct EstimatorData {
    MatrixView features; // (rows, columns); dense; NaN where a value is missing, else finite
    std::span<const FeatureColumn> columns;
    int classes = 0;                      // 0: values are predicted (regression)
    std::span<const std::int32_t> labels; // (rows) in [0, classes); empty for regression
    std::span<const double> values;       // (rows), finite; empty for classification
    std::span<const std::int32_t> groups; // (rows): rows of one group are not independent; may be empty

    int outputs() const { return classes > 0 ? classes : 1; }
};

struct FitRequest {
    EstimatorData data;
    Json parameters = Json::object(); // complete: every one that the estimator was registered with
    std::uint64_t seed = 1;
    int threads = 1; // the result does not depend on it
};

// How the prediction (of classes: the log-odds, or the score) moves with a feature, in the feature's own
// unit: one number for each output, of two classes one for the second. Of a category "column=name".
struct Coefficient {
    std::string feature;
    std::vector<double> values;
};

// Shapley values (Lundberg & Lee 2017): how much each column moved the prediction of each row away from the
// base. For each row and output they add up, with the base, to what was predicted.
struct ShapValues {
    std::vector<float> values; // (rows, columns, outputs), row-major
    std::vector<double> base;  // (outputs)
    std::string unit;          // of what adds up: "probability", "log-odds" or "value"
};

// A fitted estimator. It owns what it learnt and keeps no view of the data. Any thread may use it.
class EYEPIECE_EXPORT FittedEstimator {
public:
    virtual ~FittedEstimator();
    // Probabilities (rows, classes), which add up to 1, or values (rows).
    virtual std::vector<double> predict(const MatrixView& rows, int threads, JobContext& context) const = 0;
    // Of linear models; empty for others.
    virtual std::vector<Coefficient> coefficients() const;
    // Of trees: each column's share of what their splits gained, adding up to 1; empty for others.
    virtual std::vector<double> importances() const;
    virtual bool has_shap() const;
    // Throws Error(Unsupported) without has_shap().
    virtual ShapValues shap(const MatrixView& rows, int threads, JobContext& context) const;
    // What automatic parameters came to, and what was noticed: {"alpha": 0.3, ...}.
    virtual Json notes() const;
    // What it learnt, for Estimator::restore. Large numbers are bytes in it: it is written as CBOR, not as
    // text. Throws Error(Unsupported) where it cannot be stored.
    virtual Json state() const;
};

// A simple model of a table: registered by name, with its parameters. Stateless; fits on any thread. What it
// needs of a column (imputation, one-hot, a common scale) it learns from the rows that it is given and from
// no others, so that cross-validation sees no held-out row. Classes that do not occur among the rows get
// probability 0. The same request gives the same result, whatever the number of threads.
class EYEPIECE_EXPORT Estimator {
public:
    virtual ~Estimator();
    virtual bool fits_classes() const { return true; }
    virtual bool fits_values() const { return true; }
    // Throws Error(BadInput | Unsupported | Memory | Cancelled).
    virtual std::unique_ptr<FittedEstimator> fit(const FitRequest& request, JobContext& context) const = 0;
    // The fitted estimator whose state this is: it predicts the same to the last bit. `columns` and `classes`
    // are those that it was fitted to. Throws Error(BadInput) for a state that is not whole or contradicts
    // itself, Error(Unsupported) for an estimator that cannot be stored.
    virtual std::unique_ptr<FittedEstimator>
    restore(const Json& state, std::span<const FeatureColumn> columns, int classes) const;
};

} // namespace eyepiece
