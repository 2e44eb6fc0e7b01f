// SPDX-License-Identifier: GPL-3.0-or-later
// Multinomial logistic regression with an L2 penalty, by L-BFGS (Liu & Nocedal 1989).
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/pipeline.h"
#include "plugins/estimators/engine/state.h"

#include <cmath>
#include <deque>
#include <functional>

namespace eyepiece::estimators {
namespace {

// Finds the least of a smooth convex function; `evaluate` gives its value and fills in its gradient. The line
// search keeps Wolfe's conditions by bisection, which convexity lets end.
Vector minimise(const std::function<double(const Vector&, Vector&)>& evaluate, Vector x, double tolerance,
                int most_steps, JobContext& context, int& steps) {
    struct Pair {
        Vector s, y;
        double rho;
    };
    std::deque<Pair> memory;
    Vector gradient(x.size());
    double value = evaluate(x, gradient);
    for (steps = 0; steps < most_steps && gradient.lpNorm<Eigen::Infinity>() > tolerance; ++steps) {
        context.throw_if_cancelled();
        Vector direction = -gradient;
        std::vector<double> weight(memory.size());
        for (std::size_t i = memory.size(); i-- > 0;) {
            weight[i] = memory[i].rho * memory[i].s.dot(direction);
            direction -= weight[i] * memory[i].y;
        }
        if (!memory.empty())
            direction *= memory.back().s.dot(memory.back().y) / memory.back().y.squaredNorm();
        for (std::size_t i = 0; i < memory.size(); ++i)
            direction += (weight[i] - memory[i].rho * memory[i].y.dot(direction)) * memory[i].s;
        double slope = gradient.dot(direction);
        if (!(slope < 0)) {
            direction = -gradient;
            slope = -gradient.squaredNorm();
            memory.clear();
        }
        double step = memory.empty() ? std::min(1.0, 1 / direction.norm()) : 1.0;
        double low = 0, high = HUGE_VAL;
        Vector next, next_gradient(x.size());
        double next_value = value;
        bool found = false;
        for (int trial = 0; trial < 40 && !found; ++trial) {
            next = x + step * direction;
            next_value = evaluate(next, next_gradient);
            if (!(next_value <= value + 1e-4 * step * slope))
                high = step;
            else if (next_gradient.dot(direction) < 0.9 * slope)
                low = step;
            else
                found = true;
            if (!found)
                step = std::isinf(high) ? 2 * low : (low + high) / 2;
        }
        if (!found && !(next_value < value))
            break; // as exact as the numbers allow
        Pair pair{next - x, next_gradient - gradient, 0};
        const double curvature = pair.s.dot(pair.y);
        if (curvature > 1e-14 * pair.y.squaredNorm()) {
            pair.rho = 1 / curvature;
            memory.push_back(std::move(pair));
            if (memory.size() > 10)
                memory.pop_front();
        }
        x = std::move(next);
        gradient = next_gradient;
        value = next_value;
    }
    return x;
}

// Rows of scores into probabilities, in place.
void softmax(Matrix& scores) {
    scores.colwise() -= scores.rowwise().maxCoeff().eval();
    scores = scores.array().exp();
    const Vector sums = scores.rowwise().sum();
    scores.array().colwise() /= sums.array();
}

class LogisticCore final : public Core {
public:
    LogisticCore(Matrix weights, Eigen::RowVectorXd intercepts, Json notes)
        : weights_(std::move(weights)), intercepts_(std::move(intercepts)), notes_(std::move(notes)) {}

    Matrix predict(const Matrix& x, int, JobContext&) const override {
        Matrix scores = (x * weights_).rowwise() + intercepts_;
        if (scores.cols() == 1) {
            Matrix both = Matrix::Zero(x.rows(), 2);
            both.col(1) = scores;
            scores = std::move(both);
        }
        softmax(scores);
        return scores;
    }
    Matrix coefficients() const override { return weights_; }
    Json notes() const override { return notes_; }
    Json state() const override {
        return {{"weights", stored(weights_)}, {"intercepts", stored(intercepts_)}, {"notes", notes_}};
    }

private:
    Matrix weights_; // (features, classes), or (features, 1) of two classes
    Eigen::RowVectorXd intercepts_;
    Json notes_;
};

// sum of the rows' log losses + |W|^2 / (2C), the intercepts free; divided by the rows, so that the
// gradient's size means the same for any number of them.
class Logistic final : public PipelineEstimator {
public:
    bool fits_values() const override { return false; }

protected:
    bool scales() const override { return true; }

    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        Matrix weights = matrix_in(state, "weights", shape.features());
        const Matrix intercepts = matrix_in(state, "intercepts", 1);
        require(weights.cols() == (shape.classes == 2 ? 1 : shape.classes) &&
                intercepts.cols() == weights.cols());
        return std::make_unique<LogisticCore>(std::move(weights), intercepts.row(0), state.at("notes"));
    }

    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        const Matrix& x = request.x;
        const Eigen::Index n = x.rows(), p = x.cols();
        // Two classes need one weight for each column: the penalty then is scikit-learn's, too.
        const Eigen::Index k = request.classes == 2 ? 1 : request.classes;
        const double penalty = 1 / (number_of(request.parameters, "c", 1.0) * static_cast<double>(n));
        Matrix residual(n, k);
        const auto evaluate = [&](const Vector& parameters, Vector& gradient) {
            const Eigen::Map<const Matrix> weights(parameters.data(), p, k);
            const Eigen::Map<const Eigen::RowVectorXd> intercepts(parameters.data() + p * k, k);
            residual.noalias() = x * weights;
            residual.rowwise() += intercepts;
            double loss = 0;
            if (k == 1) {
                for (Eigen::Index i = 0; i < n; ++i) {
                    const double score = residual(i, 0), label = request.labels[static_cast<std::size_t>(i)];
                    loss += std::max(score, 0.0) - score * label + std::log1p(std::exp(-std::abs(score)));
                    residual(i, 0) = 1 / (1 + std::exp(-score)) - label;
                }
            } else {
                for (Eigen::Index i = 0; i < n; ++i) {
                    const Eigen::Index label = request.labels[static_cast<std::size_t>(i)];
                    const double top = residual.row(i).maxCoeff(), own = residual(i, label);
                    residual.row(i) = (residual.row(i).array() - top).exp();
                    const double sum = residual.row(i).sum();
                    loss += std::log(sum) + top - own;
                    residual.row(i) /= sum;
                    residual(i, label) -= 1;
                }
            }
            Eigen::Map<Matrix> weight_gradient(gradient.data(), p, k);
            weight_gradient.noalias() = x.transpose() * residual / static_cast<double>(n);
            weight_gradient += penalty * weights;
            Eigen::Map<Eigen::RowVectorXd>(gradient.data() + p * k, k) =
                residual.colwise().sum() / static_cast<double>(n);
            return loss / static_cast<double>(n) + penalty / 2 * weights.squaredNorm();
        };
        int steps = 0;
        const int most = static_cast<int>(number_of(request.parameters, "iterations", 1000));
        const Vector found = minimise(evaluate, Vector::Zero(p * k + k), 1e-7, most, context, steps);
        Json notes{{"iterations", steps}};
        if (steps >= most)
            notes["converged"] = false;
        return std::make_unique<LogisticCore>(Eigen::Map<const Matrix>(found.data(), p, k),
                                              Eigen::Map<const Eigen::RowVectorXd>(found.data() + p * k, k),
                                              std::move(notes));
    }
};

} // namespace

void register_logistic(Registry<Estimator>& registry) {
    registry.add(entry_of<Logistic>(
        "logistic", "Logistic regression",
        "Log-odds of each class as a weighted sum of the columns (Cox 1958), with an L2 penalty.",
        {real_parameter("c", 1.0, "Inverse of the penalty",
                        "Small values hold large coefficients back; large ones fit the rows closely.")
             .range(1e-6, 1e9),
         integer_parameter("iterations", 1000, "Most iterations",
                           "After so many steps of L-BFGS it ends, converged or not.")
             .range(1, 100000)
             .rarely()}));
}

} // namespace eyepiece::estimators
