// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/incremental_pca.h"

#include "plugins/explore/engine/linear_algebra.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t quick_side = 1000, most_side = 5000;

} // namespace

IncrementalPca::IncrementalPca(int count, std::int64_t columns)
    : count_(count)
    , columns_(columns)
    , mean_(static_cast<std::size_t>(columns))
    , squares_(mean_.size())
    , lengths_(static_cast<std::size_t>(count))
    , axes_(static_cast<std::size_t>(count * columns)) {}

void IncrementalPca::add(MatrixView batch, int threads, JobContext& context) {
    if (batch.rows < count_ || batch.columns != columns_ || batch.sparse)
        throw Error(ErrorCode::Internal, "A batch of incremental PCA does not fit.");
    context.throw_if_cancelled();
    const auto wide = static_cast<std::size_t>(columns_);
    std::vector<double> mean(wide);
    for (std::int64_t i = 0; i < batch.rows; ++i)
        for (std::size_t j = 0; j < wide; ++j)
            mean[j] += batch.row(i)[j];
    for (double& value : mean)
        value /= static_cast<double>(batch.rows);
    const std::int64_t before = rows_ > 0 ? count_ : 0, side = before + batch.rows + (rows_ > 0);
    if (std::min(side, columns_) > most_side)
        throw Error(ErrorCode::BadInput,
                    "Incremental PCA is for at most 5,000 rows a batch or as many columns. "
                    "Choose a smaller batch or fewer dimensions.");
    // What was there, the batch about its own mean, and how the means lie apart.
    std::vector<float> stack(static_cast<std::size_t>(side * columns_));
    for (std::size_t c = 0; c < static_cast<std::size_t>(before); ++c)
        for (std::size_t j = 0; j < wide; ++j)
            stack[c * wide + j] = static_cast<float>(lengths_[c] * static_cast<double>(axes_[c * wide + j]));
    const auto old = static_cast<double>(rows_), more = static_cast<double>(batch.rows);
    for (std::int64_t i = 0; i < batch.rows; ++i)
        for (std::size_t j = 0; j < wide; ++j) {
            const double value = static_cast<double>(batch.row(i)[j]) - mean[j];
            squares_[j] += value * value;
            stack[static_cast<std::size_t>(before + i) * wide + j] = static_cast<float>(value);
        }
    for (std::size_t j = 0; j < wide; ++j) {
        const double shift = mean[j] - mean_[j];
        squares_[j] += old * more / (old + more) * shift * shift;
        if (rows_ > 0)
            stack[static_cast<std::size_t>(side - 1) * wide + j] =
                static_cast<float>(std::sqrt(old * more / (old + more)) * shift);
        mean_[j] += shift * more / (old + more);
    }
    rows_ += batch.rows;
    context.throw_if_cancelled();

    const bool narrow = columns_ <= side;
    const Operand x(stack.data(), side, columns_), turned = x.transposed();
    const std::vector<double> product =
        narrow ? multiply_in_double(turned, x, threads) : multiply_in_double(x, turned, threads);
    context.throw_if_cancelled();
    const std::int64_t small = std::min(side, columns_);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
        Eigen::Map<const Eigen::MatrixXd>(product.data(), small, small));
    for (int c = 0; c < count_; ++c) {
        const Eigen::Index at = small - 1 - c;
        lengths_[static_cast<std::size_t>(c)] = std::sqrt(std::max(solver.eigenvalues()[at], 0.0));
        Eigen::VectorXd axis = solver.eigenvectors().col(at);
        if (!narrow) { // from a left singular vector to the right one
            const Eigen::VectorXd left = axis;
            axis = Eigen::VectorXd::Zero(columns_);
            for (std::int64_t i = 0; i < side; ++i)
                for (std::int64_t j = 0; j < columns_; ++j)
                    axis[j] +=
                        left[i] * static_cast<double>(stack[static_cast<std::size_t>(i * columns_ + j)]);
            axis.normalize(); // leaves a vector of zeros as it is
        }
        for (std::int64_t j = 0; j < columns_; ++j)
            axes_[static_cast<std::size_t>(c * columns_ + j)] = static_cast<float>(axis[j]);
    }
}

PrincipalComponents IncrementalPca::result() const {
    PrincipalComponents found;
    found.count = count_;
    found.columns = columns_;
    found.mean = mean_;
    found.axes = axes_;
    for (const double length : lengths_)
        found.variance.push_back(length * length / static_cast<double>(rows_ - 1));
    found.total_variance =
        std::accumulate(squares_.begin(), squares_.end(), 0.0) / static_cast<double>(rows_ - 1);
    found.solver = PcaSolver::Incremental;
    return found;
}

std::int64_t incremental_batch(int count, std::int64_t columns) {
    const std::int64_t rows =
        columns <= quick_side ? std::max<std::int64_t>(5 * columns, 256) : quick_side - count - 1;
    return std::max<std::int64_t>({rows, count, 2});
}

} // namespace eyepiece::explore
