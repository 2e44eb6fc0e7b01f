// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/pca.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "plugins/explore/engine/incremental_pca.h"
#include "plugins/explore/engine/linear_algebra.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

namespace eyepiece::explore {
namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// An eigenproblem of this side takes half a second, which is as long as a cancel may wait.
constexpr std::int64_t exact_side = 1000;
constexpr std::int64_t most_exact_side = 5000;
// Of rows that are read for their scores: 4 MB.
constexpr std::int64_t piece_values = 1 << 20;

// Sums over rows are made block by block, so that they do not depend on the threads.
constexpr std::int64_t block_rows = 1024;
std::int64_t row_blocks(std::int64_t rows) {
    return (rows + block_rows - 1) / block_rows;
}

// The data less their means, as something that multiplies.
class Centred {
public:
    Centred(MatrixView data, const std::vector<double>& mean, int threads, JobContext& context)
        : data_(data), mean_(mean), threads_(threads), context_(context) {
        if (data.sparse)
            turned_ = data.sparse->transposed();
        else
            values_ = centred_values();
    }

    std::int64_t rows() const { return data_.rows; }
    std::int64_t columns() const { return data_.columns; }

    // (rows, width) = X * right, of right (columns, width)
    std::vector<float> times(const std::vector<float>& right, std::int64_t width) const {
        context_.throw_if_cancelled();
        if (!data_.sparse)
            return multiply(operand(), {right.data(), columns(), width}, threads_);
        std::vector<double> shift(static_cast<std::size_t>(width));
        for (std::int64_t j = 0; j < columns(); ++j)
            for (std::int64_t c = 0; c < width; ++c)
                shift[static_cast<std::size_t>(c)] +=
                    mean_[static_cast<std::size_t>(j)] * right[static_cast<std::size_t>(j * width + c)];
        std::vector<float> result(static_cast<std::size_t>(rows() * width));
        sparse_rows(*data_.sparse, right, width, result, [&](std::int64_t, std::int64_t c, double sum) {
            return sum - shift[static_cast<std::size_t>(c)];
        });
        return result;
    }

    // (columns, width) = X^T * left, of left (rows, width)
    std::vector<float> transposed_times(const std::vector<float>& left, std::int64_t width) const {
        context_.throw_if_cancelled();
        if (!data_.sparse)
            return multiply(operand().transposed(), {left.data(), rows(), width}, threads_);
        std::vector<double> sums(static_cast<std::size_t>(width));
        for (std::int64_t i = 0; i < rows(); ++i)
            for (std::int64_t c = 0; c < width; ++c)
                sums[static_cast<std::size_t>(c)] += left[static_cast<std::size_t>(i * width + c)];
        std::vector<float> result(static_cast<std::size_t>(columns() * width));
        sparse_rows(*turned_, left, width, result, [&](std::int64_t j, std::int64_t c, double sum) {
            return sum - mean_[static_cast<std::size_t>(j)] * sums[static_cast<std::size_t>(c)];
        });
        return result;
    }

    // X^T X where `narrow`, else X X^T: of dense data.
    std::vector<double> product_with_itself(bool narrow) const {
        return product_with_transpose(narrow ? operand().transposed() : operand(), threads_);
    }

    // The sum of all squares.
    double square_sum() const {
        double total = 0;
        if (!data_.sparse) {
            std::vector<double> sums(static_cast<std::size_t>(row_blocks(rows())));
            for_rows(rows(), block_rows, threads_,
                     [&](std::int64_t from, std::int64_t to, std::int64_t block) {
                         double& sum = sums[static_cast<std::size_t>(block)];
                         for (std::int64_t at = from * columns(); at < to * columns(); ++at)
                             sum += static_cast<double>(values_[static_cast<std::size_t>(at)]) *
                                    values_[static_cast<std::size_t>(at)];
                     });
            return std::accumulate(sums.begin(), sums.end(), 0.0);
        }
        for (const float value : data_.sparse->values)
            total += static_cast<double>(value) * value;
        for (const double mean : mean_)
            total -= mean * mean * static_cast<double>(rows());
        return std::max(0.0, total);
    }

private:
    Operand operand() const { return {values_.data(), data_.rows, data_.columns}; }

    std::vector<float> centred_values() const {
        std::vector<float> values(data_.values.size());
        for_rows(data_.rows, block_rows, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            for (std::int64_t i = from; i < to; ++i)
                for (std::int64_t j = 0; j < data_.columns; ++j) {
                    const auto at = static_cast<std::size_t>(i * data_.columns + j);
                    values[at] = static_cast<float>(data_.values[at] - mean_[static_cast<std::size_t>(j)]);
                }
        });
        return values;
    }

    template<class Finish>
    void sparse_rows(const SparseMatrix& matrix, const std::vector<float>& other, std::int64_t width,
                     std::vector<float>& result, const Finish& finish) const {
        for_rows(static_cast<std::int64_t>(matrix.rows), 64, threads_,
                 [&](std::int64_t from, std::int64_t to, std::int64_t) {
                     context_.throw_if_cancelled();
                     std::vector<double> sum(static_cast<std::size_t>(width));
                     for (std::int64_t i = from; i < to; ++i) {
                         std::fill(sum.begin(), sum.end(), 0.0);
                         const auto row = static_cast<std::size_t>(i);
                         for (std::uint64_t at = matrix.starts[row]; at < matrix.starts[row + 1]; ++at) {
                             const double value = matrix.values[at];
                             const float* const line =
                                 other.data() + static_cast<std::int64_t>(matrix.indices[at]) * width;
                             for (std::size_t c = 0; c < sum.size(); ++c)
                                 sum[c] += value * line[c];
                         }
                         for (std::int64_t c = 0; c < width; ++c)
                             result[static_cast<std::size_t>(i * width + c)] =
                                 static_cast<float>(finish(i, c, sum[static_cast<std::size_t>(c)]));
                     }
                 });
    }

    MatrixView data_;
    const std::vector<double>& mean_;
    int threads_;
    JobContext& context_;
    std::vector<float> values_;          // dense: centred
    std::optional<SparseMatrix> turned_; // sparse: its transpose
};

std::vector<double> column_means(MatrixView data, int threads) {
    const auto columns = static_cast<std::size_t>(data.columns);
    std::vector<double> mean(columns);
    if (data.sparse) {
        for (std::size_t i = 0; i < data.sparse->stored(); ++i)
            mean[data.sparse->indices[i]] += data.sparse->values[i];
    } else {
        std::vector<double> sums(static_cast<std::size_t>(row_blocks(data.rows)) * columns);
        for_rows(data.rows, block_rows, threads, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
            double* const sum = sums.data() + static_cast<std::size_t>(block) * columns;
            for (std::int64_t i = from; i < to; ++i) {
                const float* const row = data.row(i).data();
                for (std::size_t j = 0; j < columns; ++j)
                    sum[j] += row[j];
            }
        });
        for (std::size_t at = 0; at < sums.size(); ++at)
            mean[at % columns] += sums[at];
    }
    for (double& value : mean)
        value /= static_cast<double>(data.rows);
    return mean;
}

// Largest first.
void exact(const Centred& x, MatrixView data, PrincipalComponents& result, JobContext& context) {
    const bool narrow = x.columns() <= x.rows();
    const std::int64_t side = std::min(x.rows(), x.columns());
    const std::vector<double> product = x.product_with_itself(narrow);
    context.throw_if_cancelled();
    const Eigen::Map<const RowMatrix> matrix(product.data(), side, side);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
    for (int c = 0; c < result.count; ++c) {
        const Eigen::Index at = side - 1 - c;
        const double square = std::max(solver.eigenvalues()[at], 0.0);
        result.variance[static_cast<std::size_t>(c)] = square / static_cast<double>(x.rows() - 1);
        Eigen::VectorXd axis(x.columns());
        if (narrow) {
            axis = solver.eigenvectors().col(at);
        } else { // from a left singular vector to the right one
            axis.setZero();
            for (std::int64_t i = 0; i < x.rows(); ++i) {
                const double weight = solver.eigenvectors()(i, at);
                const auto row = data.row(i);
                for (std::int64_t j = 0; j < x.columns(); ++j)
                    axis[j] += weight *
                               (row[static_cast<std::size_t>(j)] - result.mean[static_cast<std::size_t>(j)]);
            }
            const double length = axis.norm();
            if (length > 0)
                axis /= length;
        }
        for (std::int64_t j = 0; j < x.columns(); ++j)
            result.axes[static_cast<std::size_t>(c * x.columns() + j)] = static_cast<float>(axis[j]);
    }
}

void randomised(const Centred& x, PrincipalComponents& result, std::uint64_t seed, JobContext& context) {
    const std::int64_t width =
        std::min({static_cast<std::int64_t>(result.count) + 10, x.rows(), x.columns()});
    Random random(seed);
    std::vector<float> start(static_cast<std::size_t>(x.columns() * width));
    for (float& value : start) // Box and Muller
        value = static_cast<float>(std::sqrt(-2 * std::log(1 - random.uniform())) *
                                   std::cos(2 * std::numbers::pi * random.uniform()));
    std::vector<float> basis = x.times(start, width);
    for (int i = 0; i < 7; ++i) {
        context.progress((i + 1) / 9.0, "Power iterations");
        basis = orthonormal(basis, x.rows(), width);
        const std::vector<float> back = x.transposed_times(basis, width);
        basis = x.times(orthonormal(back, x.columns(), width), width);
    }
    basis = orthonormal(basis, x.rows(), width);
    const std::vector<float> small = x.transposed_times(basis, width); // (columns, width)
    using FloatRows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::MatrixXd b = Eigen::Map<const FloatRows>(small.data(), x.columns(), width).cast<double>();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(b.transpose() * b);
    for (int c = 0; c < result.count; ++c) {
        const Eigen::Index at = width - 1 - c;
        result.variance[static_cast<std::size_t>(c)] =
            std::max(solver.eigenvalues()[at], 0.0) / static_cast<double>(x.rows() - 1);
        const Eigen::VectorXd axis = (b * solver.eigenvectors().col(at)).normalized();
        for (std::int64_t j = 0; j < x.columns(); ++j)
            result.axes[static_cast<std::size_t>(c * x.columns() + j)] = static_cast<float>(axis[j]);
    }
}

// Rows on the axes, without the signs of the axes decided.
std::vector<float> scores_of(const Centred& x, const std::vector<float>& axes, int count) {
    std::vector<float> turned(axes.size());
    for (std::int64_t c = 0; c < count; ++c)
        for (std::int64_t j = 0; j < x.columns(); ++j)
            turned[static_cast<std::size_t>(j * count + c)] =
                axes[static_cast<std::size_t>(c * x.columns() + j)];
    return x.times(turned, count);
}

MatrixView rows_of(MatrixView data, std::int64_t from, std::int64_t to) {
    return {data.values.subspan(static_cast<std::size_t>(from * data.columns),
                                static_cast<std::size_t>((to - from) * data.columns)),
            to - from, data.columns};
}

// The same from the data as they are: in pieces, so that no centred copy of all is made.
std::vector<float> scores_in_pieces(const PrincipalComponents& components, MatrixView data, int threads,
                                    JobContext& context) {
    const std::int64_t piece = data.sparse ? data.rows : 8192; // a row's scores are the same in any piece
    std::vector<float> scores;
    scores.reserve(static_cast<std::size_t>(data.rows * components.count));
    for (std::int64_t from = 0; from < data.rows; from += piece) {
        const std::int64_t count = std::min(piece, data.rows - from);
        const MatrixView some = data.sparse ? data : rows_of(data, from, from + count);
        const std::vector<float> part =
            scores_of(Centred(some, components.mean, threads, context), components.axes, components.count);
        scores.insert(scores.end(), part.begin(), part.end());
    }
    return scores;
}

// Takes the scores; each axis's score of largest size becomes positive.
void keep_scores(PrincipalComponents& components, std::vector<float> scores) {
    const auto count = static_cast<std::size_t>(components.count);
    const auto columns = static_cast<std::size_t>(components.columns);
    std::vector<float> largest(count);
    for (std::size_t at = 0; at < scores.size(); ++at)
        if (float& most = largest[at % count]; std::abs(scores[at]) > std::abs(most))
            most = scores[at];
    for (std::size_t c = 0; c < count; ++c) {
        if (largest[c] >= 0)
            continue;
        for (std::size_t j = 0; j < columns; ++j)
            components.axes[c * columns + j] *= -1;
        for (std::size_t at = c; at < scores.size(); at += count)
            scores[at] *= -1;
    }
    components.scores = std::move(scores);
}

// `take(from, to)` gives the rows, which are asked for in their order. `share`: of the context's progress.
template<class Take>
PrincipalComponents incremental(std::int64_t rows, std::int64_t columns, int count, std::int64_t batch,
                                int threads, JobContext& context, double share, const Take& take) {
    if (batch == 0)
        batch = incremental_batch(count, columns);
    if (batch < count)
        throw Error(ErrorCode::BadInput, "A batch of " + std::to_string(batch) + " rows has fewer than the " +
                                             std::to_string(count) +
                                             " dimensions asked for. Choose a batch of at least as many.");
    IncrementalPca pca(count, columns);
    const std::int64_t batches = std::max<std::int64_t>(1, rows / batch); // none smaller than was asked
    for (std::int64_t b = 0; b < batches; ++b) {
        context.progress(share * static_cast<double>(b) / static_cast<double>(batches), "Batches");
        pca.add(take(b * rows / batches, (b + 1) * rows / batches), threads, context);
    }
    return pca.result();
}

void check_count(int count, std::int64_t rows, std::int64_t columns) {
    if (rows < 2)
        throw Error(ErrorCode::BadInput,
                    "One row has no variance: PCA needs at least two. Add rows, or leave out fewer.");
    const std::int64_t side = std::min(rows, columns);
    if (count < 1 || count > side)
        throw Error(ErrorCode::BadInput,
                    "There are " + std::to_string(side) +
                        " principal components at most, as many as the smaller of rows and columns: fewer "
                        "than the " +
                        std::to_string(count) + " asked for. Choose at most " + std::to_string(side) +
                        " dimensions.");
}

} // namespace

PrincipalComponents principal_components(MatrixView data, int count, PcaSolver solver, std::uint64_t seed,
                                         int threads, JobContext& context, std::int64_t batch) {
    check_count(count, data.rows, data.columns);
    const std::int64_t side = std::min(data.rows, data.columns);
    if (solver == PcaSolver::Exact && (data.sparse || side > most_exact_side))
        throw Error(ErrorCode::BadInput,
                    data.sparse
                        ? "Exact PCA needs a full matrix, and these data are sparse. Choose the "
                          "solver randomised or automatic."
                        : "Exact PCA is for at most 5,000 rows or columns, and the smaller side has " +
                              std::to_string(side) + ". Choose the solver randomised or automatic.");
    if (solver == PcaSolver::Incremental) {
        if (data.sparse)
            throw Error(ErrorCode::BadInput,
                        "Incremental PCA needs a full matrix, and these data are sparse. "
                        "Choose the solver randomised or automatic.");
        PrincipalComponents found =
            incremental(data.rows, data.columns, count, batch, threads, context, 1,
                        [&](std::int64_t from, std::int64_t to) { return rows_of(data, from, to); });
        keep_scores(found, scores_in_pieces(found, data, threads, context));
        return found;
    }
    PrincipalComponents result;
    result.count = count;
    result.columns = data.columns;
    result.mean = column_means(data, threads);
    result.axes.resize(static_cast<std::size_t>(count * data.columns));
    result.variance.resize(static_cast<std::size_t>(count));
    const Centred x(data, result.mean, threads, context);
    result.total_variance = x.square_sum() / static_cast<double>(data.rows - 1);
    context.throw_if_cancelled();
    const bool whole =
        solver == PcaSolver::Exact || (solver == PcaSolver::Automatic && !data.sparse && side <= exact_side);
    result.solver = whole ? PcaSolver::Exact : PcaSolver::Randomised;
    if (whole)
        exact(x, data, result, context);
    else
        randomised(x, result, seed, context);
    context.throw_if_cancelled();
    keep_scores(result, scores_of(x, result.axes, count));
    return result;
}

std::vector<float> PrincipalComponents::transform(MatrixView data, bool whiten, int threads,
                                                  JobContext& context) const {
    std::vector<float> placed = scores_in_pieces(*this, data, threads, context);
    if (whiten)
        whiten_scores(placed);
    return placed;
}

void PrincipalComponents::whiten_scores(std::span<float> values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double spread = std::sqrt(variance[i % static_cast<std::size_t>(count)]);
        values[i] = spread > 0 ? static_cast<float>(values[i] / spread) : 0;
    }
}

PrincipalComponents principal_components(RowStream& rows, int count, int threads, JobContext& context,
                                         std::int64_t batch) {
    const auto all = static_cast<std::int64_t>(rows.rows()),
               columns = static_cast<std::int64_t>(rows.columns());
    check_count(count, all, columns);
    constexpr double fitting = 0.7; // of the time
    std::vector<float> values;
    const auto take = [&](std::int64_t from, std::int64_t to) {
        context.throw_if_cancelled();
        values.resize(static_cast<std::size_t>((to - from) * columns));
        rows.next(values);
        return MatrixView{values, to - from, columns};
    };
    rows.restart();
    PrincipalComponents found = incremental(all, columns, count, batch, threads, context, fitting, take);
    rows.restart();
    const std::int64_t piece = std::max<std::int64_t>(1, piece_values / columns);
    std::vector<float> scores;
    scores.reserve(static_cast<std::size_t>(all * count));
    for (std::int64_t from = 0; from < all; from += piece) {
        context.progress(fitting + (1 - fitting) * static_cast<double>(from) / static_cast<double>(all),
                         "Scores");
        const MatrixView some = take(from, std::min(all, from + piece));
        const std::vector<float> part =
            scores_of(Centred(some, found.mean, threads, context), found.axes, count);
        scores.insert(scores.end(), part.begin(), part.end());
    }
    keep_scores(found, std::move(scores));
    return found;
}

} // namespace eyepiece::explore
