// SPDX-License-Identifier: GPL-3.0-or-later
// Support vectors with a Gaussian kernel (Cortes & Vapnik 1995; regression: Drucker et al. 1996), one against
// one. OpenCV's ml module has no probabilities, no decision values for more than two classes, and cannot be
// stopped: it does not serve.
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/state.h"
#include "plugins/estimators/engine/support_vectors.h"

#include "core/learning/parallel.h"

#include <cmath>
#include <unordered_map>

namespace eyepiece::estimators {
namespace {

constexpr std::size_t cache_bytes = std::size_t{256} << 20;
constexpr int calibration_parts = 3;
constexpr double tolerance = 1e-3; // LIBSVM's

// Rows of the kernel matrix of some rows of x, made when they are asked for and kept as long as there is
// room.
class KernelRows {
public:
    KernelRows(Matrix columns, double gamma) // (features, rows)
        : x_(std::move(columns))
        , squares_(x_.colwise().squaredNorm())
        , gamma_(gamma)
        , most_(std::max<std::size_t>(4, cache_bytes /
                                             (sizeof(float) * static_cast<std::size_t>(x_.cols() + 1)))) {}

    std::span<const float> row(std::size_t i) {
        Row& row = rows_[i];
        row.used = ++clock_;
        if (row.values.empty()) {
            const auto at = static_cast<Eigen::Index>(i);
            const Vector distances =
                (squares_.array() + squares_(at) - 2 * (x_.transpose() * x_.col(at)).array()).max(0.0);
            row.values.resize(static_cast<std::size_t>(x_.cols()));
            for (Eigen::Index j = 0; j < x_.cols(); ++j)
                row.values[static_cast<std::size_t>(j)] =
                    static_cast<float>(std::exp(-gamma_ * distances(j)));
            if (rows_.size() > most_)
                forget(i);
        }
        return row.values;
    }

private:
    struct Row {
        std::vector<float> values;
        std::uint64_t used = 0;
    };
    // The older half but the row just asked for and the one before.
    void forget(std::size_t newest) {
        const std::uint64_t before = clock_ - most_ / 2;
        std::erase_if(rows_, [&](const auto& entry) {
            return entry.first != newest && entry.second.used < before && entry.second.used + 1 < clock_;
        });
    }

    Matrix x_;
    Vector squares_;
    double gamma_;
    std::size_t most_;
    std::unordered_map<std::size_t, Row> rows_;
    std::uint64_t clock_ = 0;
};

// Decision values: for each problem a weight on every row learnt from, and an offset.
class KernelCore final : public Core {
public:
    struct Problem {
        Vector weights; // (rows)
        double rho = 0;
        Sigmoid sigmoid = {};
    };
    KernelCore(const Matrix& x, double gamma, int classes, const std::vector<Problem>& problems, double mean,
               double scale)
        : gamma_(gamma), classes_(classes), mean_(mean), scale_(scale) {
        std::vector<Eigen::Index> used;
        for (Eigen::Index i = 0; i < x.rows(); ++i)
            if (std::any_of(problems.begin(), problems.end(),
                            [i](const Problem& problem) { return problem.weights(i) != 0; }))
                used.push_back(i);
        x_ = x(used, Eigen::all).transpose();
        squares_ = x_.colwise().squaredNorm();
        weights_.resize(x_.cols(), static_cast<Eigen::Index>(problems.size()));
        for (std::size_t p = 0; p < problems.size(); ++p) {
            weights_.col(static_cast<Eigen::Index>(p)) = problems[p].weights(used);
            rho_.push_back(problems[p].rho);
            sigmoids_.push_back(problems[p].sigmoid);
        }
    }

    KernelCore(const Json& state, const CoreShape& shape)
        : x_(matrix_in(state, "x", shape.features()))
        , squares_(x_.colwise().squaredNorm())
        , weights_(matrix_in(state, "weights", x_.cols()))
        , rho_(numbers_in<double>(state, "rho"))
        , sigmoids_(sigmoids_in(state, "sigmoids"))
        , gamma_(state.at("gamma").get<double>())
        , classes_(shape.classes)
        , mean_(state.at("mean").get<double>())
        , scale_(state.at("scale").get<double>()) {
        const int problems = classes_ > 0 ? classes_ * (classes_ - 1) / 2 : 1;
        const auto count = static_cast<std::size_t>(problems);
        require(weights_.cols() == problems && rho_.size() == count && sigmoids_.size() == count);
    }

    Json state() const override {
        return {{"x", stored(x_)},     {"weights", stored(weights_)},
                {"rho", stored(rho_)}, {"sigmoids", stored(sigmoids_)},
                {"gamma", gamma_},     {"mean", mean_},
                {"scale", scale_}};
    }

    Matrix predict(const Matrix& rows, int threads, JobContext& context) const override {
        Matrix result(rows.rows(), std::max(1, classes_));
        for_rows(rows.rows(), 64, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context.throw_if_cancelled();
            const Matrix some = rows.middleRows(from, to - from);
            Matrix kernel = -2 * (some * x_);
            kernel.rowwise() += squares_.transpose();
            kernel.colwise() += some.rowwise().squaredNorm();
            kernel = (-gamma_ * kernel.array().max(0.0)).exp();
            const Matrix decisions = kernel * weights_;
            for (Eigen::Index i = 0; i < some.rows(); ++i)
                answer(decisions.row(i), result, from + i);
        });
        return result;
    }

    Json notes() const override { return {{"support_vectors", x_.cols()}, {"gamma", gamma_}}; }

private:
    void answer(const Eigen::RowVectorXd& decisions, Matrix& result, Eigen::Index at) const {
        if (classes_ == 0) {
            result(at, 0) = mean_ + scale_ * (decisions(0) - rho_[0]);
            return;
        }
        Matrix pairs = Matrix::Zero(classes_, classes_);
        std::size_t p = 0;
        for (int a = 0; a < classes_; ++a)
            for (int b = a + 1; b < classes_; ++b, ++p) {
                const double share = sigmoids_[p](decisions(static_cast<Eigen::Index>(p)) - rho_[p]);
                pairs(a, b) = std::clamp(share, 1e-7, 1 - 1e-7);
                pairs(b, a) = 1 - pairs(a, b);
            }
        if (classes_ == 2)
            result.row(at) << pairs(0, 1), pairs(1, 0);
        else
            result.row(at) = couple(pairs).transpose();
    }

    Matrix x_; // (features, support vectors)
    Vector squares_;
    Matrix weights_; // (support vectors, problems)
    std::vector<double> rho_;
    std::vector<Sigmoid> sigmoids_;
    double gamma_;
    int classes_;
    double mean_, scale_;
};

class KernelSvm final : public PipelineEstimator {
protected:
    bool scales() const override { return true; }

    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        const Matrix& x = request.x;
        const double mean = x.mean(), variance = (x.array() - mean).square().mean();
        const double gamma = number_of(request.parameters, "gamma",
                                       1 / (static_cast<double>(x.cols()) * (variance > 0 ? variance : 1)));
        const double c = number_of(request.parameters, "c", 1);
        if (request.classes == 0)
            return fit_values(request, gamma, c, context);
        std::vector<std::pair<int, int>> pairs;
        for (int a = 0; a < request.classes; ++a)
            for (int b = a + 1; b < request.classes; ++b)
                pairs.emplace_back(a, b);
        std::vector<KernelCore::Problem> problems(pairs.size());
        for_blocks(static_cast<std::int64_t>(pairs.size()), request.threads, [&](std::int64_t p) {
            const auto at = static_cast<std::size_t>(p);
            problems[at] = fit_pair(request, pairs[at].first, pairs[at].second, gamma, c, context);
        });
        return std::make_unique<KernelCore>(x, gamma, request.classes, problems, 0, 1);
    }
    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        return std::make_unique<KernelCore>(state, shape);
    }

private:
    static BoxSolution solve(const Matrix& x, const std::vector<Eigen::Index>& rows,
                             const std::vector<double>& y, double gamma, double c, JobContext& context) {
        KernelRows kernel(x(rows, Eigen::all).transpose(), gamma);
        BoxProblem problem;
        problem.y = y;
        problem.p.assign(y.size(), -1.0);
        problem.c = c;
        problem.diagonal.assign(y.size(), 1.0);
        problem.kernel = [&](std::size_t i) { return kernel.row(i); };
        return solve_box(problem, tolerance, context);
    }

    static KernelCore::Problem fit_pair(const CoreRequest& request, int a, int b, double gamma, double c,
                                        JobContext& context) {
        std::vector<Eigen::Index> rows;
        std::vector<double> y;
        std::vector<std::int32_t> groups;
        for (Eigen::Index i = 0; i < request.rows(); ++i) {
            const int label = request.labels[static_cast<std::size_t>(i)];
            if (label != a && label != b)
                continue;
            rows.push_back(i);
            y.push_back(label == a ? 1 : -1);
            if (!request.groups.empty())
                groups.push_back(request.groups[static_cast<std::size_t>(i)]);
        }
        KernelCore::Problem result;
        const BoxSolution whole = solve(request.x, rows, y, gamma, c, context);
        result.weights = Vector::Zero(request.rows());
        for (std::size_t i = 0; i < rows.size(); ++i)
            result.weights(rows[i]) = y[i] * whole.alpha[i];
        result.rho = whole.rho;
        // The sigmoid is fitted to decisions about rows that were held back.
        const auto part = inner_parts(groups, rows.size(), calibration_parts, request.seed);
        std::vector<double> decisions(rows.size());
        for (int held = 0; held < calibration_parts; ++held) {
            std::vector<Eigen::Index> inside;
            std::vector<double> inside_y;
            for (std::size_t i = 0; i < rows.size(); ++i)
                if (part[i] != held)
                    inside.push_back(rows[i]), inside_y.push_back(y[i]);
            const auto ones = std::count(inside_y.begin(), inside_y.end(), 1.0);
            const bool both = ones > 0 && ones < static_cast<std::ptrdiff_t>(inside_y.size());
            BoxSolution solution;
            if (both)
                solution = solve(request.x, inside, inside_y, gamma, c, context);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                if (part[i] != held)
                    continue;
                double decision = both ? -solution.rho : inside_y.empty() ? 0 : inside_y.front();
                for (std::size_t j = 0; both && j < inside.size(); ++j)
                    if (solution.alpha[j] != 0)
                        decision +=
                            inside_y[j] * solution.alpha[j] *
                            std::exp(-gamma *
                                     (request.x.row(rows[i]) - request.x.row(inside[j])).squaredNorm());
                decisions[i] = decision;
            }
        }
        std::vector<bool> positive;
        for (const double sign : y)
            positive.push_back(sign > 0);
        result.sigmoid = fit_sigmoid(decisions, positive);
        return result;
    }

    // Values are brought to a standard deviation of 1, so that c and the tube mean the same for any unit.
    static std::unique_ptr<Core> fit_values(const CoreRequest& request, double gamma, double c,
                                            JobContext& context) {
        const double mean = request.values.mean();
        const double sd = std::sqrt((request.values.array() - mean).square().mean());
        const double scale = sd > 0 ? sd : 1, tube = number_of(request.parameters, "tube", 0.1);
        const auto n = static_cast<std::size_t>(request.rows());
        KernelRows kernel(request.x.transpose(), gamma);
        std::vector<float> doubled[2]; // the same row for both halves of the variables
        int turn = 0;
        BoxProblem problem;
        for (int half = 0; half < 2; ++half)
            for (std::size_t i = 0; i < n; ++i) {
                const double value = (request.values(static_cast<Eigen::Index>(i)) - mean) / scale;
                problem.y.push_back(half == 0 ? 1 : -1);
                problem.p.push_back(half == 0 ? tube - value : tube + value);
            }
        problem.c = c;
        problem.diagonal.assign(2 * n, 1.0);
        problem.kernel = [&](std::size_t i) -> std::span<const float> {
            const auto row = kernel.row(i % n);
            turn = 1 - turn;
            doubled[turn].resize(2 * n);
            std::copy(row.begin(), row.end(), doubled[turn].begin());
            std::copy(row.begin(), row.end(), doubled[turn].begin() + static_cast<std::ptrdiff_t>(n));
            return doubled[turn];
        };
        const BoxSolution solution = solve_box(problem, tolerance, context);
        KernelCore::Problem result;
        result.rho = solution.rho;
        result.weights.resize(request.rows());
        for (std::size_t i = 0; i < n; ++i)
            result.weights(static_cast<Eigen::Index>(i)) = solution.alpha[i] - solution.alpha[n + i];
        return std::make_unique<KernelCore>(request.x, gamma, 0, std::vector{result}, mean, scale);
    }
};

} // namespace

void register_kernel_svm(Registry<Estimator>& registry) {
    registry.add(entry_of<KernelSvm>(
        "rbf-svm", "Support vectors (RBF)",
        "Classes apart by the widest gap in a curved space (Cortes & Vapnik 1995).",
        {real_parameter("c", 1.0, "Cost of errors", "Large values fit the rows closely.").range(1e-6, 1e9),
         real_parameter(
             "gamma", nullptr, "Width of the kernel",
             "Large values let each row reach less far; automatic: one over columns and their variance.")
             .range(1e-12, 1e12),
         real_parameter("tube", 0.1, "Errors forgiven",
                        "Of values: errors below this share of their standard deviation cost nothing.")
             .range(0, 10)}));
}

} // namespace eyepiece::estimators
