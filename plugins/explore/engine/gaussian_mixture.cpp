// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/gaussian_mixture.h"

#include "core/learning/parallel.h"
#include "plugins/explore/engine/kmeans.h"
#include "plugins/explore/engine/linear_algebra.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t block = 512;

using Matrix = Eigen::MatrixXd;

class Mixture {
public:
    Mixture(MatrixView data, const MixtureOptions& options, int threads, JobContext& context)
        : options_(options)
        , rows_(data.rows)
        , d_(data.columns)
        , k_(options.components)
        , threads_(threads)
        , context_(context)
        , x_(data.values.begin(), data.values.end())
        , responsibility_(static_cast<std::size_t>(rows_ * k_)) {
        centre();
    }

    void begin(const std::vector<std::int32_t>& labels) {
        for (std::int64_t i = 0; i < rows_; ++i)
            responsibility_[static_cast<std::size_t>(i * k_ + labels[static_cast<std::size_t>(i)])] = 1;
    }

    void maximise() {
        context_.throw_if_cancelled();
        weight_.assign(static_cast<std::size_t>(k_), 0);
        for (std::size_t i = 0; i < responsibility_.size(); ++i)
            weight_[i % static_cast<std::size_t>(k_)] += responsibility_[i];
        // (k, d) = R^T X
        const std::vector<double> sums = multiply_in_double(
            Operand(responsibility_.data(), rows_, k_).transposed(), {x_.data(), rows_, d_}, threads_);
        mean_ = Matrix(k_, d_);
        for (std::int64_t c = 0; c < k_; ++c)
            for (std::int64_t j = 0; j < d_; ++j)
                mean_(c, j) = sums[static_cast<std::size_t>(c * d_ + j)] / members(c);
        switch (options_.shape) {
        case CovarianceShape::Full:
            factor_.clear();
            for (std::int64_t c = 0; c < k_; ++c)
                factor_.push_back(factor(scatter(c) / members(c)));
            break;
        case CovarianceShape::Tied: {
            Matrix total = Matrix::Zero(d_, d_);
            for (std::int64_t c = 0; c < k_; ++c)
                total += scatter(c);
            factor_.assign(1, factor(total / static_cast<double>(rows_)));
            break;
        }
        default:
            variances();
        }
    }

    // The mean log-likelihood of the rows.
    double expect() {
        const bool matrices =
            options_.shape == CovarianceShape::Full || options_.shape == CovarianceShape::Tied;
        std::vector<double> logs(static_cast<std::size_t>(rows_ * k_));
        for (std::int64_t c = 0; c < k_; ++c) {
            context_.throw_if_cancelled();
            if (matrices)
                whitened(c, logs);
            else
                scaled(c, logs);
        }
        std::vector<double> sums(static_cast<std::size_t>((rows_ + block - 1) / block));
        for_rows(rows_, block, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t at) {
            double sum = 0;
            for (std::int64_t i = from; i < to; ++i) {
                const double* const own = logs.data() + i * k_;
                const double most = *std::max_element(own, own + k_);
                double total = 0;
                for (std::int64_t c = 0; c < k_; ++c)
                    total += std::exp(own[c] - most);
                const double norm = most + std::log(total);
                for (std::int64_t c = 0; c < k_; ++c)
                    responsibility_[static_cast<std::size_t>(i * k_ + c)] =
                        static_cast<float>(std::exp(own[c] - norm));
                sum += norm;
            }
            sums[static_cast<std::size_t>(at)] = sum;
        });
        return std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(rows_);
    }

    std::vector<std::int32_t> labels() const {
        std::vector<std::int32_t> result;
        for (std::int64_t i = 0; i < rows_; ++i) {
            const float* const own = responsibility_.data() + i * k_;
            result.push_back(static_cast<std::int32_t>(std::max_element(own, own + k_) - own));
        }
        return result;
    }
    std::vector<double> weights() const {
        std::vector<double> result;
        for (std::int64_t c = 0; c < k_; ++c)
            result.push_back(members(c) / static_cast<double>(rows_));
        return result;
    }

    double free_parameters() const {
        const auto d = static_cast<double>(d_), k = static_cast<double>(k_);
        const double covariance = options_.shape == CovarianceShape::Full       ? k * d * (d + 1) / 2
                                  : options_.shape == CovarianceShape::Tied     ? d * (d + 1) / 2
                                  : options_.shape == CovarianceShape::Diagonal ? k * d
                                                                                : k;
        return covariance + k * d + k - 1;
    }

private:
    // About the common mean, so that floats keep their digits.
    void centre() {
        std::vector<double> mean(static_cast<std::size_t>(d_));
        double squares = 0;
        for (std::size_t i = 0; i < x_.size(); ++i)
            mean[i % mean.size()] += x_[i];
        for (double& value : mean)
            value /= static_cast<double>(rows_);
        for (std::size_t i = 0; i < x_.size(); ++i) {
            x_[i] = static_cast<float>(x_[i] - mean[i % mean.size()]);
            squares += static_cast<double>(x_[i]) * x_[i];
        }
        added_ = options_.regularisation * std::max(squares / static_cast<double>(x_.size()), 1e-30);
    }

    double members(std::int64_t c) const { return weight_[static_cast<std::size_t>(c)] + 1e-12; }

    // sum_i r_ic (x_i - m_c)(x_i - m_c)^T
    Matrix scatter(std::int64_t c) const {
        std::vector<float> shifted(x_.size());
        for_rows(rows_, block, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context_.throw_if_cancelled();
            for (std::int64_t i = from; i < to; ++i) {
                const float root = std::sqrt(responsibility_[static_cast<std::size_t>(i * k_ + c)]);
                for (std::int64_t j = 0; j < d_; ++j)
                    shifted[static_cast<std::size_t>(i * d_ + j)] =
                        root * static_cast<float>(x_[static_cast<std::size_t>(i * d_ + j)] - mean_(c, j));
            }
        });
        const std::vector<double> product =
            product_with_transpose(Operand(shifted.data(), rows_, d_).transposed(), threads_);
        return Eigen::Map<const Matrix>(product.data(), d_, d_);
    }

    // The inverse of the covariance's lower Cholesky factor.
    Matrix factor(Matrix covariance) const {
        covariance = (covariance + covariance.transpose()).eval() / 2;
        covariance.diagonal().array() += added_;
        const Eigen::LLT<Matrix> cholesky(covariance);
        if (cholesky.info() != Eigen::Success)
            throw Error(ErrorCode::BadInput,
                        "A component has fallen onto too few rows to have a covariance. Choose fewer "
                        "clusters, a larger regularisation, or the shape diagonal.");
        return cholesky.matrixL().solve(Matrix::Identity(d_, d_));
    }

    void variances() {
        variance_ = Matrix::Zero(k_, d_);
        // sum r x^2 / n - m^2: about the common mean, in double.
        const std::int64_t size = std::max<std::int64_t>(block, (rows_ + 63) / 64);
        std::vector<Matrix> parts(static_cast<std::size_t>((rows_ + size - 1) / size));
        for_rows(rows_, size, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t at) {
            Matrix part = Matrix::Zero(d_, k_);
            for (std::int64_t i = from; i < to; ++i)
                for (std::int64_t c = 0; c < k_; ++c) {
                    const double r = responsibility_[static_cast<std::size_t>(i * k_ + c)];
                    if (r < 1e-12)
                        continue;
                    for (std::int64_t j = 0; j < d_; ++j) {
                        const double off = x_[static_cast<std::size_t>(i * d_ + j)] - mean_(c, j);
                        part(j, c) += r * off * off;
                    }
                }
            parts[static_cast<std::size_t>(at)] = std::move(part);
        });
        for (const Matrix& part : parts)
            variance_ += part.transpose();
        for (std::int64_t c = 0; c < k_; ++c)
            variance_.row(c) /= members(c);
        variance_.array() += added_;
        if (options_.shape == CovarianceShape::Spherical)
            for (std::int64_t c = 0; c < k_; ++c)
                variance_.row(c).setConstant(variance_.row(c).mean());
    }

    double log_weight(std::int64_t c) const {
        return std::log(members(c) / static_cast<double>(rows_)) -
               static_cast<double>(d_) / 2 * std::log(2 * std::numbers::pi);
    }

    void whitened(std::int64_t c, std::vector<double>& logs) const {
        const Matrix& inverse = factor_.size() == 1 ? factor_.front() : factor_[static_cast<std::size_t>(c)];
        std::vector<float> turned(static_cast<std::size_t>(d_ * d_)); // inverse^T, row after row
        for (std::int64_t i = 0; i < d_; ++i)
            for (std::int64_t j = 0; j < d_; ++j)
                turned[static_cast<std::size_t>(i * d_ + j)] = static_cast<float>(inverse(j, i));
        const std::vector<float> y = multiply({x_.data(), rows_, d_}, {turned.data(), d_, d_}, threads_);
        const Eigen::VectorXd shift = inverse * mean_.row(c).transpose();
        const double constant = log_weight(c) + inverse.diagonal().array().log().sum();
        for_rows(rows_, block, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            for (std::int64_t i = from; i < to; ++i) {
                double square = 0;
                for (std::int64_t j = 0; j < d_; ++j) {
                    const double off = y[static_cast<std::size_t>(i * d_ + j)] - shift[j];
                    square += off * off;
                }
                logs[static_cast<std::size_t>(i * k_ + c)] = constant - square / 2;
            }
        });
    }

    void scaled(std::int64_t c, std::vector<double>& logs) const {
        const Eigen::VectorXd inverse = variance_.row(c).transpose().cwiseInverse();
        const double constant = log_weight(c) - variance_.row(c).array().log().sum() / 2;
        for_rows(rows_, block, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            for (std::int64_t i = from; i < to; ++i) {
                double square = 0;
                for (std::int64_t j = 0; j < d_; ++j) {
                    const double off = x_[static_cast<std::size_t>(i * d_ + j)] - mean_(c, j);
                    square += off * off * inverse[j];
                }
                logs[static_cast<std::size_t>(i * k_ + c)] = constant - square / 2;
            }
        });
    }

    const MixtureOptions& options_;
    std::int64_t rows_, d_, k_;
    int threads_;
    JobContext& context_;
    std::vector<float> x_;              // (rows, d), centred
    std::vector<float> responsibility_; // (rows, k)
    std::vector<double> weight_;        // sums of those
    Matrix mean_;                       // (k, d)
    std::vector<Matrix> factor_;        // full: k, tied: one
    Matrix variance_;                   // (k, d), diagonal and spherical
    double added_ = 0;
};

} // namespace

MixtureResult gaussian_mixture(MatrixView data, const MixtureOptions& options, std::uint64_t seed,
                               int threads, JobContext& context) {
    check_cluster_count(options.components, data.rows);
    if (data.rows < 2)
        throw Error(ErrorCode::BadInput, "One row has no spread. A Gaussian mixture needs at least two.");
    KMeansOptions start;
    start.clusters = options.components;
    start.restarts = 1;
    Mixture mixture(data, options, threads, context);
    context.progress(0, "Starting from k-means");
    mixture.begin(k_means(data, start, seed, threads, context).labels);
    mixture.maximise();
    MixtureResult result;
    result.log_likelihood = mixture.expect();
    while (result.iterations < options.iterations && !result.converged) {
        mixture.maximise();
        const double now = mixture.expect();
        ++result.iterations;
        result.converged = std::abs(now - result.log_likelihood) < options.tolerance;
        result.log_likelihood = now;
        context.metric("log-likelihood", result.iterations, now);
        context.progress(static_cast<double>(result.iterations) / options.iterations, "Fitting");
        if (context.finish_early_requested())
            break;
    }
    result.labels = mixture.labels();
    result.weights = mixture.weights();
    const double least = options.shape == CovarianceShape::Full ? static_cast<double>(data.columns) + 1 : 2;
    for (const double weight : result.weights)
        result.collapsed = result.collapsed || weight * static_cast<double>(data.rows) < least;
    const auto rows = static_cast<double>(data.rows);
    result.bic = -2 * result.log_likelihood * rows + mixture.free_parameters() * std::log(rows);
    result.aic = -2 * result.log_likelihood * rows + 2 * mixture.free_parameters();
    return result;
}

ParameterSchema GaussianMixture::parameters() {
    return {integer_parameter("clusters", nullptr, "Clusters",
                              "How many components. Automatic: the number up to 10 with the least BIC, none "
                              "of them collapsed onto "
                              "a few rows.")
                .range(1, 1000),
            choice_parameter("covariance", "full", {"full", "tied", "diagonal", "spherical"}, "Covariance",
                             "Full: any ellipsoid each; tied: one for all; diagonal: along the columns; "
                             "spherical: balls."),
            integer_parameter("iterations", 100, "Iterations", "At most; it usually ends before.")
                .range(1, 100000)
                .rarely(),
            real_parameter("regularisation", 1e-6, "Regularisation",
                           "Added to variances, as a part of the data's own, so that no cluster collapses.")
                .range(0, 1)
                .rarely()};
}

ClusteringResult GaussianMixture::cluster(const ClusteringRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const std::string shape = set.at("covariance");
    MixtureOptions options;
    options.shape = shape == "full"       ? CovarianceShape::Full
                    : shape == "tied"     ? CovarianceShape::Tied
                    : shape == "diagonal" ? CovarianceShape::Diagonal
                                          : CovarianceShape::Spherical;
    options.iterations = set.at("iterations").get<int>();
    options.regularisation = set.at("regularisation").get<double>();
    const bool automatic = set.at("clusters").is_null();
    const int most = automatic ? static_cast<int>(std::min<std::int64_t>(10, request.data.rows / 2))
                               : set.at("clusters").get<int>();
    MixtureResult best;
    best.bic = std::numeric_limits<double>::infinity();
    Json tried = Json::array();
    for (int count = automatic ? 1 : most; count <= std::max(1, most); ++count) {
        options.components = count;
        MixtureResult found;
        try {
            found = gaussian_mixture(request.data, options, request.seed, request.threads, context);
        } catch (const Error& error) {
            // Of the numbers tried by themselves, one too large for the data is no failure but the end.
            if (!automatic || count == 1 || error.code() != ErrorCode::BadInput)
                throw;
            break;
        }
        tried.push_back(
            {{"clusters", count}, {"bic", found.bic}, {"aic", found.aic}, {"collapsed", found.collapsed}});
        if (count == 1 || !automatic || (found.bic < best.bic && !found.collapsed))
            best = std::move(found);
    }
    ClusteringResult result;
    result.labels = std::move(best.labels);
    result.notes = {{"log_likelihood", best.log_likelihood},
                    {"bic", best.bic},
                    {"aic", best.aic},
                    {"weights", best.weights},
                    {"iterations", best.iterations},
                    {"converged", best.converged},
                    {"tried", std::move(tried)}};
    return result;
}

} // namespace eyepiece::explore
