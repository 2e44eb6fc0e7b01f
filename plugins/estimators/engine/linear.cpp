// SPDX-License-Identifier: GPL-3.0-or-later
// The baseline, least squares, ridge (Hoerl & Kennard 1970), lasso (Tibshirani 1996) and the elastic net (Zou
// & Hastie 2005; coordinate descent of Friedman et al. 2010).
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/pipeline.h"
#include "plugins/estimators/engine/state.h"

#include "core/learning/random.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <map>

namespace eyepiece::estimators {
namespace {

class Constant final : public Core {
public:
    explicit Constant(Vector values) : values_(std::move(values)) {}
    Matrix predict(const Matrix& x, int, JobContext&) const override {
        return values_.transpose().replicate(x.rows(), 1);
    }
    Json state() const override { return {{"values", stored(values_)}}; }
    static std::unique_ptr<Core> restore(const Json& state, const CoreShape& shape) {
        const Matrix values = matrix_in(state, "values", shape.outputs());
        require(values.cols() == 1);
        return std::make_unique<Constant>(values.col(0));
    }

private:
    Vector values_;
};

// The share of each class, so that the class it takes is the most frequent; or the mean.
class Baseline final : public PipelineEstimator {
protected:
    bool scales() const override { return false; }
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext&) const override {
        if (request.classes == 0)
            return std::make_unique<Constant>(Vector::Constant(1, request.values.mean()));
        Vector shares = Vector::Zero(request.classes);
        for (const std::int32_t label : request.labels)
            shares(label) += 1;
        return std::make_unique<Constant>(shares / shares.sum());
    }
    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        return Constant::restore(state, shape);
    }
};

class Linear final : public Core {
public:
    Linear(Vector weights, double intercept, Json notes)
        : weights_(std::move(weights)), intercept_(intercept), notes_(std::move(notes)) {}
    Matrix predict(const Matrix& x, int, JobContext&) const override {
        return ((x * weights_).array() + intercept_).matrix();
    }
    Matrix coefficients() const override { return weights_; }
    Json notes() const override { return notes_; }
    Json state() const override {
        return {{"weights", stored(weights_)}, {"intercept", intercept_}, {"notes", notes_}};
    }

private:
    Vector weights_;
    double intercept_;
    Json notes_;
};

// What the linear models of values have in common.
class LinearEstimator : public PipelineEstimator {
public:
    bool fits_classes() const override { return false; }

protected:
    bool scales() const override { return true; }
    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        const Matrix weights = matrix_in(state, "weights", shape.features());
        require(weights.cols() == 1);
        return std::make_unique<Linear>(weights.col(0), state.at("intercept").get<double>(),
                                        state.at("notes"));
    }
};

void check_width(const Matrix& x) {
    if (x.cols() > 10000)
        throw Error(ErrorCode::Unsupported,
                    "Linear regression takes at most 10,000 columns, and here are " +
                        std::to_string(x.cols()) +
                        ". Reduce them first, for instance with the step highly-variable.");
}

// Features are centred and scaled when they come here; only the values' mean is left to take away.
struct Centred {
    Vector y;
    double mean;
    explicit Centred(const Vector& values) : y(values.array() - values.mean()), mean(values.mean()) {}
};

class LeastSquares final : public LinearEstimator {
protected:
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext&) const override {
        check_width(request.x);
        const Centred centred(request.values);
        // Of dependent columns the shortest solution.
        Eigen::CompleteOrthogonalDecomposition<Matrix> decomposition(request.x);
        return std::make_unique<Linear>(decomposition.solve(centred.y), centred.mean, Json::object());
    }
};

// |y - Xw|^2 + alpha |w|^2. An automatic alpha is the one whose leave-one-out error is the least, which the
// eigenvalues give for all of them at once (Golub, Heath & Wahba 1979).
class Ridge final : public LinearEstimator {
protected:
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        check_width(request.x);
        const Centred centred(request.values);
        const Matrix& x = request.x;
        const Eigen::Index n = x.rows();
        const bool tall = n >= x.cols();
        const Eigen::SelfAdjointEigenSolver<Matrix> solver(tall ? Matrix(x.transpose() * x)
                                                                : Matrix(x * x.transpose()));
        context.throw_if_cancelled();
        const Vector eigenvalues = solver.eigenvalues().cwiseMax(0.0);
        // X = U S V': with U in columns, the fit is U diag(s^2 / (s^2 + alpha)) U'y.
        Matrix u = solver.eigenvectors();
        if (tall) {
            u = x * u;
            for (Eigen::Index i = 0; i < u.cols(); ++i)
                u.col(i) *=
                    eigenvalues(i) > 1e-10 * eigenvalues.maxCoeff() ? 1 / std::sqrt(eigenvalues(i)) : 0;
        }
        const Vector projected = u.transpose() * centred.y;
        double alpha = number_of(request.parameters, "alpha", -1);
        Json notes = Json::object();
        if (alpha < 0) {
            double least = HUGE_VAL;
            for (int step = 0; step <= 48; ++step) {
                const double candidate = std::pow(10.0, -4 + step / 6.0);
                const Vector shrink = eigenvalues.array() / (eigenvalues.array() + candidate);
                const Vector fitted = u * (shrink.array() * projected.array()).matrix();
                const Vector leverage =
                    (u.array().square().matrix() * shrink).array() + 1.0 / static_cast<double>(n);
                const double error =
                    ((centred.y - fitted).array() / (1.0 - leverage.array()).max(1e-9)).square().mean();
                if (error < least)
                    least = error, alpha = candidate;
            }
            notes["alpha"] = alpha;
        }
        Vector weights;
        if (tall) {
            const Matrix& v = solver.eigenvectors();
            const Vector right = v.transpose() * (x.transpose() * centred.y);
            const double floor = 1e-12 * std::max(1e-300, eigenvalues.maxCoeff());
            const Vector scaled = (eigenvalues.array() + alpha > floor)
                                      .select(right.array() / (eigenvalues.array() + alpha), 0.0);
            weights = v * scaled;
        } else {
            const Vector scaled = (eigenvalues.array() + alpha > 1e-12)
                                      .select(projected.array() / (eigenvalues.array() + alpha), 0.0);
            weights = x.transpose() * (u * scaled);
        }
        return std::make_unique<Linear>(std::move(weights), centred.mean, std::move(notes));
    }
};

// 1/(2n) |y - Xw|^2 + alpha (ratio |w|_1 + (1 - ratio)/2 |w|^2), by coordinate descent on X'X.
struct Descent {
    Matrix gram;   // X'X / n
    Vector right;  // X'y / n
    double energy; // y'y / n

    Descent(const Matrix& x, const Vector& y)
        : gram(x.transpose() * x / static_cast<double>(x.rows()))
        , right(x.transpose() * y / static_cast<double>(x.rows()))
        , energy(y.squaredNorm() / static_cast<double>(x.rows())) {}

    void solve(double alpha, double ratio, Vector& weights, JobContext& context) const {
        Vector gradient = right - gram * weights; // X'(y - Xw) / n
        const double enough = 1e-9 * std::max(1e-300, std::sqrt(energy));
        for (int pass = 0; pass < 10000; ++pass) {
            if (pass % 64 == 0)
                context.throw_if_cancelled();
            double largest = 0;
            for (Eigen::Index j = 0; j < weights.size(); ++j) {
                const double diagonal = gram(j, j);
                if (diagonal <= 0)
                    continue;
                const double old = weights(j), pull = gradient(j) + diagonal * old;
                const double kept = std::max(0.0, std::abs(pull) - alpha * ratio);
                const double now = std::copysign(kept, pull) / (diagonal + alpha * (1 - ratio));
                if (now != old) {
                    gradient -= gram.col(j) * (now - old);
                    weights(j) = now;
                    largest = std::max(largest, std::abs(now - old) * std::sqrt(diagonal));
                }
            }
            if (largest < enough)
                break;
        }
    }

    double largest_alpha(double ratio) const {
        return right.size() == 0 ? 1.0 : right.cwiseAbs().maxCoeff() / std::max(ratio, 1e-3);
    }
};

constexpr int path_length = 40;

// From the least alpha that makes all weights zero down to a thousandth of it.
double alpha_at(double largest, int step) {
    return std::max(largest, 1e-300) * std::pow(1e-3, step / (path_length - 1.0));
}

// An automatic alpha is the one with the least error in cross-validation over five parts within the rows
// given, where groups stay whole.
double chosen_alpha(const CoreRequest& request, double ratio, double largest, JobContext& context) {
    const Eigen::Index n = request.rows();
    std::map<std::int32_t, std::vector<Eigen::Index>> units;
    for (Eigen::Index i = 0; i < n; ++i)
        units[request.groups.empty() ? static_cast<std::int32_t>(i)
                                     : request.groups[static_cast<std::size_t>(i)]]
            .push_back(i);
    std::vector<const std::vector<Eigen::Index>*> ordered;
    for (const auto& [group, rows] : units)
        ordered.push_back(&rows);
    const int parts = static_cast<int>(std::min<std::size_t>(5, ordered.size()));
    if (parts < 2)
        return alpha_at(largest, path_length / 2);
    const auto order = Random(mix_seed(request.seed, 77)).permutation(ordered.size());
    Vector errors = Vector::Zero(path_length);
    for (int part = 0; part < parts; ++part) {
        std::vector<Eigen::Index> inside, outside;
        for (std::size_t i = 0; i < order.size(); ++i) {
            auto& side = static_cast<int>(i % static_cast<std::size_t>(parts)) == part ? outside : inside;
            side.insert(side.end(), ordered[order[i]]->begin(), ordered[order[i]]->end());
        }
        const Matrix x = request.x(inside, Eigen::all), held = request.x(outside, Eigen::all);
        const Vector y = request.values(inside);
        const Eigen::RowVectorXd means = x.colwise().mean();
        const Descent descent(x.rowwise() - means, y.array() - y.mean());
        Vector weights = Vector::Zero(x.cols());
        for (int step = 0; step < path_length; ++step) {
            descent.solve(alpha_at(largest, step), ratio, weights, context);
            const Vector guess = ((held.rowwise() - means) * weights).array() + y.mean();
            errors(step) += (request.values(outside) - guess).squaredNorm();
        }
    }
    Eigen::Index best = 0;
    errors.minCoeff(&best);
    return alpha_at(largest, static_cast<int>(best));
}

std::unique_ptr<Core> fit_net(const CoreRequest& request, double ratio, JobContext& context) {
    check_width(request.x);
    const Centred centred(request.values);
    const Descent descent(request.x, centred.y);
    double alpha = number_of(request.parameters, "alpha", -1);
    Json notes = Json::object();
    Vector weights = Vector::Zero(request.x.cols());
    if (alpha < 0) {
        alpha = chosen_alpha(request, ratio, descent.largest_alpha(ratio), context);
        notes["alpha"] = alpha;
    }
    descent.solve(alpha, ratio, weights, context);
    notes["columns_used"] = (weights.array() != 0).count();
    return std::make_unique<Linear>(std::move(weights), centred.mean, std::move(notes));
}

class Lasso final : public LinearEstimator {
protected:
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        return fit_net(request, 1, context);
    }
};

class ElasticNet final : public LinearEstimator {
protected:
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        return fit_net(request, number_of(request.parameters, "l1-ratio", 0.5), context);
    }
};

ParameterSpec alpha_parameter(const std::string& how) {
    return real_parameter("alpha", nullptr, "Penalty",
                          "How strongly large coefficients are held back; automatic: " + how + ".")
        .range(0, 1e9);
}

} // namespace

void register_linear(Registry<Estimator>& registry) {
    registry.add(entry_of<Baseline>(
        "baseline", "Majority or mean",
        "Always says the most frequent class, or the mean: what any model has to beat.", {}));
    registry.add(entry_of<LeastSquares>("linear", "Linear regression",
                                        "A weighted sum of the columns, by least squares.", {}));
    registry.add(entry_of<Ridge>("ridge", "Ridge regression",
                                 "Linear regression that holds back large coefficients (Hoerl 1970).",
                                 {alpha_parameter("the least leave-one-out error")}));
    registry.add(entry_of<Lasso>(
        "lasso", "Lasso", "Linear regression that leaves out what it does not need (Tibshirani 1996).",
        {alpha_parameter("the least error in a cross-validation within the training rows")}));
    registry.add(entry_of<ElasticNet>(
        "elastic-net", "Elastic net",
        "Between ridge and lasso: keeps correlated columns together (Zou 2005).",
        {alpha_parameter("the least error in a cross-validation within the training rows"),
         real_parameter("l1-ratio", 0.5, "Share of the lasso", "1 is the lasso, 0 is ridge regression.")
             .range(0.01, 1)}));
}

} // namespace eyepiece::estimators
