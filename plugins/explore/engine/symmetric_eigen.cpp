// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/symmetric_eigen.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace eyepiece::explore {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::int64_t dense_side = 400;
constexpr int degree = 10; // of the filter
constexpr int most_rounds = 200;

MatrixXd times(const SymmetricProduct& product, const MatrixXd& x, JobContext& context) {
    context.throw_if_cancelled();
    MatrixXd y(x.rows(), x.cols());
    product({x.data(), static_cast<std::size_t>(x.size())}, x.cols(),
            {y.data(), static_cast<std::size_t>(y.size())});
    return y;
}

MatrixXd drawn(Index rows, Index columns, Random& random) {
    MatrixXd x(rows, columns);
    for (Index c = 0; c < columns; ++c)
        for (Index i = 0; i < rows; ++i)
            x(i, c) = random.uniform(-1, 1);
    return x;
}

// Orthonormal columns, and orthogonal to the basis. Twice is enough (Giraud et al. 2005).
MatrixXd orthonormal_to(const MatrixXd& basis, MatrixXd x) {
    for (int pass = 0; pass < 2; ++pass) {
        if (basis.cols() > 0)
            x -= basis * (basis.transpose() * x);
        const Eigen::HouseholderQR<MatrixXd> qr(x);
        x = qr.householderQ() * MatrixXd::Identity(x.rows(), x.cols());
    }
    return x;
}

// Of one row of floats with vectors (width, side).
EYEPIECE_SIMD void row_times(const float* row, const float* vectors, std::int64_t side, std::int64_t width,
                             double* out) {
    for (std::int64_t c = 0; c < width; ++c) {
        const float* const vector = vectors + c * side;
        double total = 0;
        for (std::int64_t from = 0; from < side; from += 1024) {
            const std::int64_t to = std::min(side, from + 1024);
            Lanes sum = {};
            std::int64_t j = from;
            for (; j + 16 <= to; j += 16)
                sum += *reinterpret_cast<const Lanes*>(row + j) * *reinterpret_cast<const Lanes*>(vector + j);
            for (int lane = 0; lane < 16; ++lane)
                total += static_cast<double>(sum[lane]);
            for (; j < to; ++j)
                total += static_cast<double>(row[j]) * static_cast<double>(vector[j]);
        }
        out[c] = total;
    }
}

struct Bounds {
    double low = 0, high = 0;
};

// Around all eigenvalues, from a few steps of Lanczos (Zhou and Li 2011).
Bounds bounds_of(Index side, const SymmetricProduct& product, Random& random, JobContext& context) {
    constexpr Index steps = 12;
    MatrixXd basis(side, 0), small = MatrixXd::Zero(steps, steps);
    MatrixXd q = orthonormal_to(basis, drawn(side, 1, random));
    double beta = 0;
    Index done = 0;
    while (done < steps) {
        MatrixXd next = times(product, q, context);
        small(done, done) = (q.transpose() * next)(0, 0);
        basis.conservativeResize(Eigen::NoChange, done + 1);
        basis.col(done++) = q.col(0);
        for (int pass = 0; pass < 2; ++pass)
            next -= basis * (basis.transpose() * next);
        beta = next.norm();
        if (done == steps || beta < 1e-12 * small.norm())
            break;
        small(done, done - 1) = small(done - 1, done) = beta;
        q = next / beta;
    }
    const VectorXd values =
        Eigen::SelfAdjointEigenSolver<MatrixXd>(small.topLeftCorner(done, done), Eigen::EigenvaluesOnly)
            .eigenvalues();
    return {values[0] - beta, values[done - 1] + beta};
}

// A polynomial of the matrix that is small between `low` and `cut` and grows fast above.
MatrixXd filtered(const SymmetricProduct& product, MatrixXd x, const Bounds& bounds, double cut,
                  JobContext& context) {
    const double half = (cut - bounds.low) / 2, middle = (cut + bounds.low) / 2;
    const double first = half / (bounds.high - middle);
    double sigma = first;
    MatrixXd y = (times(product, x, context) - middle * x) * (sigma / half);
    for (int i = 2; i <= degree; ++i) {
        const double next = 1 / (2 / first - sigma);
        MatrixXd z = (times(product, y, context) - middle * y) * (2 * next / half) - sigma * next * x;
        x = std::move(y);
        y = std::move(z);
        sigma = next;
    }
    return y;
}

Eigenpairs taken(const VectorXd& values, const MatrixXd& vectors, int count, bool converged) {
    Eigenpairs result;
    result.converged = converged;
    for (Index c = 0; c < count; ++c) {
        result.values.push_back(values[c]);
        result.vectors.insert(result.vectors.end(), vectors.col(c).data(),
                              vectors.col(c).data() + vectors.rows());
    }
    return result;
}

} // namespace

void multiply_square(std::span<const float> matrix, std::int64_t side, std::span<const double> in,
                     std::int64_t width, std::span<double> out, int threads, JobContext& context) {
    const std::vector<float> vectors(in.begin(), in.end());
    for_rows(side, 64, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        std::vector<double> sums(static_cast<std::size_t>(width));
        for (std::int64_t i = from; i < to; ++i) {
            row_times(matrix.data() + i * side, vectors.data(), side, width, sums.data());
            for (std::int64_t c = 0; c < width; ++c)
                out[static_cast<std::size_t>(c * side + i)] = sums[static_cast<std::size_t>(c)];
        }
    });
}

Eigenpairs largest_eigenpairs(std::int64_t side, int count, const SymmetricProduct& product, double tolerance,
                              std::uint64_t seed, JobContext& context) {
    if (side <= dense_side || count > side / 5) {
        const MatrixXd all = times(product, MatrixXd::Identity(side, side), context);
        const Eigen::SelfAdjointEigenSolver<MatrixXd> solver((all + all.transpose()) / 2);
        return taken(solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse(), count, true);
    }
    Random random(mix_seed(seed, 0xe16e));
    const Bounds bounds = bounds_of(side, product, random, context);
    const double scale = std::max(std::abs(bounds.low), std::abs(bounds.high));
    const Index block = std::min<Index>(count + 2, side / 4);
    const Index most = std::min<Index>(std::max<Index>(4 * block, block + 24), side / 2);
    MatrixXd basis = orthonormal_to(MatrixXd(side, 0), drawn(side, block, random));
    MatrixXd image = times(product, basis, context);
    for (int round = 0;; ++round) {
        // Rayleigh and Ritz, the largest first.
        const MatrixXd small = basis.transpose() * image;
        const Eigen::SelfAdjointEigenSolver<MatrixXd> solver((small + small.transpose()) / 2);
        const VectorXd values = solver.eigenvalues().reverse();
        const Index kept =
            basis.cols() + block > most ? std::max<Index>(block, most - 2 * block) : basis.cols();
        const MatrixXd turn = solver.eigenvectors().rowwise().reverse().leftCols(kept);
        basis = (basis * turn).eval();
        image = (image * turn).eval();
        Index settled = 0; // how many of the first are
        while (settled < count &&
               (image.col(settled) - values[settled] * basis.col(settled)).norm() <= tolerance * scale)
            ++settled;
        if (settled == count || round == most_rounds)
            return taken(values, basis, count, settled == count);
        context.throw_if_cancelled();
        // What is damped: from the least eigenvalue to the middle one of those that are not wanted.
        const double wanted = values[count - 1];
        double cut = values[count + (values.size() - count) / 2];
        cut = std::clamp(cut, bounds.low + 1e-3 * (wanted - bounds.low), wanted);
        if (!(cut > bounds.low) || !(bounds.high > cut))
            cut = bounds.low + 0.5 * (bounds.high - bounds.low);
        const Index width = std::min(block, basis.cols() - settled);
        MatrixXd more = filtered(product, basis.middleCols(settled, width), bounds, cut, context);
        for (Index c = 0; c < more.cols(); ++c) // equal lengths, for the orthogonalisation's sake
            if (const double length = more.col(c).norm(); length > 0)
                more.col(c) /= length;
        more = orthonormal_to(basis, std::move(more));
        const MatrixXd of_more = times(product, more, context);
        const Index before = basis.cols();
        basis.conservativeResize(Eigen::NoChange, before + more.cols());
        basis.rightCols(more.cols()) = more;
        image.conservativeResize(Eigen::NoChange, before + more.cols());
        image.rightCols(more.cols()) = of_more;
    }
}

} // namespace eyepiece::explore
