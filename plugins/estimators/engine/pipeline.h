// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/registry.h"
#include "core/learning/estimator.h"

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace eyepiece::estimators {

using Matrix = Eigen::MatrixXd; // (rows, features), column-major
using Vector = Eigen::VectorXd;

// What a method is fitted to once the table is prepared: no value is missing (unless the method keeps them),
// categories are one-hot (unless it keeps those), every class occurs.
struct CoreRequest {
    const Matrix& x;
    std::vector<int> codes; // of each feature: how many codes it has; 0: it is a number
    int classes = 0;        // 0: regression
    std::vector<std::int32_t> labels;
    Vector values;
    std::vector<std::int32_t> groups; // empty: every row is its own
    const Json& parameters;
    std::uint64_t seed = 1;
    int threads = 1;
    Eigen::Index rows() const { return x.rows(); }
    int outputs() const { return classes > 0 ? classes : 1; }
};

// What a stored Core was fitted to.
struct CoreShape {
    std::vector<int> codes; // as in CoreRequest
    int classes = 0;
    Eigen::Index features() const { return static_cast<Eigen::Index>(codes.size()); }
    int outputs() const { return classes > 0 ? classes : 1; }
};

struct CoreShap {
    std::vector<Matrix> values; // of each output: (rows, features)
    std::vector<double> base;   // (outputs)
    std::string unit;
};

// What a method learnt, in terms of prepared features.
class Core {
public:
    virtual ~Core() = default;
    virtual Matrix predict(const Matrix& x, int threads, JobContext& context) const = 0; // (rows, outputs)
    // (features, outputs), of two classes (features, 1); no rows: there are none.
    virtual Matrix coefficients() const { return {}; }
    virtual Vector importances() const { return {}; } // (features), or empty
    virtual bool has_shap() const { return false; }
    virtual CoreShap shap(const Matrix&, int, JobContext&) const { return {}; }
    virtual Json notes() const { return Json::object(); }
    virtual Json state() const = 0; // all of it, by the functions of state.h
};

// The same for every method: what it needs of the columns is learnt from the training rows alone. A missing
// number becomes the column's median, a missing category none of them; numbers are brought to mean 0 and
// standard deviation 1 where the method measures distances or sizes of coefficients.
class PipelineEstimator : public Estimator {
public:
    std::unique_ptr<FittedEstimator> fit(const FitRequest& request, JobContext& context) const final;
    std::unique_ptr<FittedEstimator> restore(const Json& state, std::span<const FeatureColumn> columns,
                                             int classes) const final;

protected:
    virtual bool scales() const = 0;
    virtual bool keeps_missing() const { return false; } // NaN reaches the method
    // A column of k categories reaches the method as one of codes: 0 to k - 1, and k for none of them.
    // Numbers that the training rows lack are filled in all the same, and a feature beside them says where.
    virtual bool keeps_categories() const { return false; }
    virtual std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const = 0;
    // The Core whose state() this is. Throws as require() of state.h does, or what Json throws.
    virtual std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const = 0;
};

// As on the command line; an automatic one that was not given: `otherwise`.
double number_of(const Json& parameters, const char* name, double otherwise = 0);

template<class Method>
typename Registry<Estimator>::Entry entry_of(std::string name, std::string title, std::string help,
                                             ParameterSchema parameters) {
    return {.name = std::move(name),
            .title = std::move(title),
            .help = std::move(help),
            .parameters = std::move(parameters),
            .make = [] { return std::make_unique<Method>(); }};
}

} // namespace eyepiece::estimators
