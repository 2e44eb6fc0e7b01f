// SPDX-License-Identifier: GPL-3.0-or-later
// Linear support vectors by dual coordinate descent: squared hinge loss (Hsieh et al. 2008), one class
// against the rest; of values, the epsilon-insensitive loss (Ho & Lin 2012). The intercept is one more
// weight.
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/state.h"
#include "plugins/estimators/engine/support_vectors.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::estimators {

void register_kernel_svm(Registry<Estimator>& registry); // kernel_svm.cpp

namespace {

constexpr int calibration_parts = 3;
constexpr int most_passes = 1000;

// Rows as columns, with a 1 below each.
Matrix with_one(const Matrix& x) {
    Matrix result(x.cols() + 1, x.rows());
    result.topRows(x.cols()) = x.transpose();
    result.row(x.cols()).setOnes();
    return result;
}

// Weights of |w|^2 / 2 + c sum max(0, 1 - y w'x)^2 over the listed columns of x.
Vector separate(const Matrix& x, const std::vector<Eigen::Index>& which, const std::vector<double>& y,
                double c, std::uint64_t seed, JobContext& context) {
    Vector weights = Vector::Zero(x.rows());
    std::vector<double> alpha(which.size(), 0.0), size(which.size());
    for (std::size_t i = 0; i < which.size(); ++i)
        size[i] = x.col(which[i]).squaredNorm() + 0.5 / c;
    for (int pass = 0; pass < most_passes; ++pass) {
        context.throw_if_cancelled();
        double highest = -HUGE_VAL, lowest = HUGE_VAL;
        for (const std::size_t i :
             Random(mix_seed(seed, static_cast<std::uint64_t>(pass))).permutation(which.size())) {
            const auto column = x.col(which[i]);
            const double gradient = y[i] * weights.dot(column) - 1 + alpha[i] * 0.5 / c;
            const double projected = alpha[i] == 0 ? std::min(gradient, 0.0) : gradient;
            highest = std::max(highest, projected);
            lowest = std::min(lowest, projected);
            if (projected == 0)
                continue;
            const double next = std::max(0.0, alpha[i] - gradient / size[i]);
            weights += (next - alpha[i]) * y[i] * column;
            alpha[i] = next;
        }
        if (highest - lowest < 1e-4)
            break;
    }
    return weights;
}

class LinearSvmCore final : public Core {
public:
    LinearSvmCore(Matrix weights, std::vector<Sigmoid> sigmoids)
        : weights_(std::move(weights)), sigmoids_(std::move(sigmoids)) {}

    Matrix predict(const Matrix& x, int, JobContext&) const override {
        const Matrix decisions =
            (x * weights_.topRows(x.cols())).rowwise() + Eigen::RowVectorXd(weights_.row(x.cols()));
        if (sigmoids_.empty())
            return decisions;
        Matrix result(x.rows(), std::max<Eigen::Index>(2, decisions.cols()));
        for (Eigen::Index i = 0; i < x.rows(); ++i) {
            if (decisions.cols() == 1) {
                result(i, 1) = sigmoids_[0](decisions(i, 0));
                result(i, 0) = 1 - result(i, 1);
                continue;
            }
            for (Eigen::Index k = 0; k < decisions.cols(); ++k)
                result(i, k) = std::max(1e-12, sigmoids_[static_cast<std::size_t>(k)](decisions(i, k)));
            result.row(i) /= result.row(i).sum();
        }
        return result;
    }
    Matrix coefficients() const override { return weights_.topRows(weights_.rows() - 1); }
    Json state() const override { return {{"weights", stored(weights_)}, {"sigmoids", stored(sigmoids_)}}; }

private:
    Matrix weights_; // (features + 1, problems)
    std::vector<Sigmoid> sigmoids_;
};

class LinearSvm final : public PipelineEstimator {
protected:
    bool scales() const override { return true; }

    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        Matrix weights = matrix_in(state, "weights", shape.features() + 1);
        std::vector<Sigmoid> sigmoids = sigmoids_in(state, "sigmoids");
        require(weights.cols() == (shape.classes > 2 ? shape.classes : 1) &&
                sigmoids.size() == (shape.classes > 0 ? static_cast<std::size_t>(weights.cols()) : 0));
        return std::make_unique<LinearSvmCore>(std::move(weights), std::move(sigmoids));
    }

    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        const double c = number_of(request.parameters, "c", 1);
        const Matrix x = with_one(request.x);
        if (request.classes == 0)
            return fit_values(request, x, c, context);
        const int problems = request.classes == 2 ? 1 : request.classes;
        Matrix weights(x.rows(), problems);
        std::vector<Sigmoid> sigmoids(static_cast<std::size_t>(problems));
        const auto part = inner_parts(request.groups, request.labels.size(), calibration_parts, request.seed);
        for_blocks(problems, request.threads, [&](std::int64_t k) {
            const std::int32_t own = request.classes == 2 ? 1 : static_cast<std::int32_t>(k);
            std::vector<Eigen::Index> all;
            std::vector<double> y;
            std::vector<bool> positive;
            for (std::size_t i = 0; i < request.labels.size(); ++i) {
                all.push_back(static_cast<Eigen::Index>(i));
                y.push_back(request.labels[i] == own ? 1 : -1);
                positive.push_back(y.back() > 0);
            }
            weights.col(k) = separate(x, all, y, c, request.seed, context);
            std::vector<double> decisions(all.size());
            for (int held = 0; held < calibration_parts; ++held) {
                std::vector<Eigen::Index> inside;
                std::vector<double> inside_y;
                for (std::size_t i = 0; i < all.size(); ++i)
                    if (part[i] != held)
                        inside.push_back(all[i]), inside_y.push_back(y[i]);
                const Vector some = separate(x, inside, inside_y, c, request.seed, context);
                for (std::size_t i = 0; i < all.size(); ++i)
                    if (part[i] == held)
                        decisions[i] = some.dot(x.col(all[i]));
            }
            sigmoids[static_cast<std::size_t>(k)] = fit_sigmoid(decisions, positive);
        });
        return std::make_unique<LinearSvmCore>(std::move(weights), std::move(sigmoids));
    }

private:
    // |w|^2 / 2 + c sum max(0, |y - w'x| - tube), with the values brought to a standard deviation of 1.
    static std::unique_ptr<Core> fit_values(const CoreRequest& request, const Matrix& x, double c,
                                            JobContext& context) {
        const double mean = request.values.mean();
        const double sd = std::sqrt((request.values.array() - mean).square().mean());
        const double scale = sd > 0 ? sd : 1, tube = number_of(request.parameters, "tube", 0.1);
        Vector weights = Vector::Zero(x.rows()), beta = Vector::Zero(x.cols());
        const Vector size = x.colwise().squaredNorm();
        const auto count = static_cast<std::size_t>(x.cols());
        // The flat bottom of this loss takes many passes where there are few rows, which are cheap.
        const int passes = std::max(most_passes, static_cast<int>(10'000'000 / count));
        for (int pass = 0; pass < passes; ++pass) {
            context.throw_if_cancelled();
            double largest = 0;
            for (const std::size_t one :
                 Random(mix_seed(request.seed, static_cast<std::uint64_t>(pass))).permutation(count)) {
                const auto i = static_cast<Eigen::Index>(one);
                const double gradient = weights.dot(x.col(i)) - (request.values(i) - mean) / scale;
                double step = -beta(i);
                if (gradient + tube < size(i) * beta(i))
                    step = -(gradient + tube) / size(i);
                else if (gradient - tube > size(i) * beta(i))
                    step = -(gradient - tube) / size(i);
                const double next = std::clamp(beta(i) + step, -c, c);
                if (next != beta(i)) {
                    weights += (next - beta(i)) * x.col(i);
                    largest = std::max(largest, std::abs(next - beta(i)) * std::sqrt(size(i)));
                    beta(i) = next;
                }
            }
            if (largest < 1e-5)
                break;
        }
        weights *= scale;
        weights(x.rows() - 1) += mean;
        return std::make_unique<LinearSvmCore>(std::move(weights), std::vector<Sigmoid>());
    }
};

} // namespace

void register_support_vectors(Registry<Estimator>& registry) {
    registry.add(entry_of<LinearSvm>(
        "linear-svm", "Support vectors (linear)",
        "A flat boundary with the widest gap (Cortes & Vapnik 1995; solved as Hsieh 2008).",
        {real_parameter("c", 1.0, "Cost of errors", "Large values fit the rows closely.").range(1e-6, 1e9),
         real_parameter("tube", 0.1, "Errors forgiven",
                        "Of values: errors below this share of their standard deviation cost nothing.")
             .range(0, 10)}));
    register_kernel_svm(registry);
}

} // namespace eyepiece::estimators
