// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/umap_graph.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "plugins/explore/engine/linear_algebra.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t most_width = 128; // of the basis of spectral_layout

} // namespace

std::vector<float> membership(const Neighbours& neighbours, double connectivity, int threads) {
    const int k = neighbours.k;
    std::vector<float> strength(neighbours.distance.size());
    double mean_all = 0;
    for (const float distance : neighbours.distance)
        mean_all += std::isfinite(distance) ? distance : 0;
    mean_all /= static_cast<double>(neighbours.rows) * (k + 1);
    const double wanted = std::log2(k + 1);
    for_rows(neighbours.rows, 256, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        for (std::int64_t i = from; i < to; ++i) {
            const float* const d = neighbours.distance.data() + i * k;
            // The distance of the connectivity-th neighbour that is not at the same place, between two of
            // them for a fraction.
            int zero = 0;
            double mean = 0;
            while (zero < k && !(d[zero] > 0))
                ++zero;
            for (int j = 0; j < k; ++j)
                mean += std::isfinite(d[j]) ? d[j] : 0;
            mean /= k + 1;
            double rho = 0;
            const int apart = k - zero, whole = static_cast<int>(std::floor(connectivity));
            const double fraction = connectivity - whole;
            if (apart >= connectivity && apart > 0) {
                if (whole > 0) {
                    rho = d[zero + whole - 1];
                    if (fraction > 1e-5 && zero + whole < k)
                        rho += fraction * (d[zero + whole] - d[zero + whole - 1]);
                } else {
                    rho = fraction * d[zero];
                }
            } else if (apart > 0) {
                rho = d[k - 1];
            }
            double low = 0, high = INFINITY, sigma = 1;
            for (int round = 0; round < 64; ++round) {
                double sum = 0;
                for (int j = 0; j < k; ++j)
                    sum += d[j] > rho ? std::exp(-(d[j] - rho) / sigma) : 1;
                if (std::abs(sum - wanted) < 1e-5)
                    break;
                if (sum > wanted) {
                    high = sigma;
                    sigma = (low + high) / 2;
                } else {
                    low = sigma;
                    sigma = std::isinf(high) ? sigma * 2 : (low + high) / 2;
                }
            }
            sigma = std::max(sigma, 1e-3 * (rho > 0 ? mean : mean_all));
            for (int j = 0; j < k; ++j)
                strength[static_cast<std::size_t>(i * k + j)] =
                    d[j] <= rho || sigma == 0 ? 1.f : static_cast<float>(std::exp(-(d[j] - rho) / sigma));
        }
    });
    return strength;
}

SparseRows fuzzy_union(const Neighbours& neighbours, const std::vector<float>& strength, double mix) {
    const auto m = static_cast<float>(mix);
    return symmetric(neighbours, strength,
                     [m](float a, float b) { return m * (a + b - a * b) + (1 - m) * a * b; });
}

void intersect_target(SparseRows& graph, std::span<const std::int32_t> target, double weight) {
    const double far = weight < 1 ? 2.5 / (1 - weight) : 1e12;
    const auto apart = static_cast<float>(std::exp(-far)), unknown = static_cast<float>(std::exp(-1.0));
    const std::int64_t rows = graph.rows();
    std::vector<float> most(static_cast<std::size_t>(rows));
    for (std::int64_t i = 0; i < rows; ++i)
        for (auto at = static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i)]);
             at < static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i) + 1]); ++at) {
            const std::int32_t a = target[static_cast<std::size_t>(i)];
            const std::int32_t b = target[static_cast<std::size_t>(graph.index[at])];
            if (a < 0 || b < 0)
                graph.value[at] *= unknown;
            else if (a != b)
                graph.value[at] *= apart;
            most[static_cast<std::size_t>(i)] = std::max(most[static_cast<std::size_t>(i)], graph.value[at]);
        }
    // Each row against its own strongest, then the union of both directions. The matrix is symmetric, so the
    // weight the other way is this one over the other's strongest.
    for (std::int64_t i = 0; i < rows; ++i)
        for (auto at = static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i)]);
             at < static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i) + 1]); ++at) {
            const float value = graph.value[at];
            const float own = most[static_cast<std::size_t>(i)];
            const float other = most[static_cast<std::size_t>(graph.index[at])];
            const float a = own > 0 ? value / own : 0, b = other > 0 ? value / other : 0;
            graph.value[at] = a + b - a * b;
        }
}

// Gauss and Newton with Marquardt's damping, on the 300 places that umap-learn fits.
std::pair<double, double> curve(double spread, double min_dist) {
    double a = 1, b = 1, damping = 1e-3;
    const auto residuals = [&](double a_, double b_, double jacobian[2][2], double gradient[2]) {
        double sum = 0;
        if (jacobian)
            jacobian[0][0] = jacobian[0][1] = jacobian[1][0] = jacobian[1][1] = gradient[0] = gradient[1] = 0;
        for (int i = 0; i < 300; ++i) {
            const double x = 3 * spread * i / 299;
            const double y = x < min_dist ? 1 : std::exp(-(x - min_dist) / spread);
            const double power = x > 0 ? std::pow(x, 2 * b_) : 0, f = 1 / (1 + a_ * power), r = y - f;
            sum += r * r;
            if (jacobian && x > 0) {
                const double da = -f * f * power, db = -f * f * a_ * power * 2 * std::log(x);
                jacobian[0][0] += da * da;
                jacobian[0][1] += da * db;
                jacobian[1][1] += db * db;
                gradient[0] += da * r;
                gradient[1] += db * r;
            }
        }
        return sum;
    };
    for (int round = 0; round < 500; ++round) {
        double j[2][2], g[2];
        const double before = residuals(a, b, j, g);
        const double p = j[0][0] * (1 + damping), q = j[1][1] * (1 + damping),
                     det = p * q - j[0][1] * j[0][1];
        if (!(std::abs(det) > 1e-300))
            break;
        const double da = (g[0] * q - g[1] * j[0][1]) / det, db = (g[1] * p - g[0] * j[0][1]) / det;
        if (a + da > 0 && b + db > 0 && residuals(a + da, b + db, nullptr, nullptr) <= before) {
            a += da;
            b += db;
            damping /= 4;
            if (std::abs(da) < 1e-10 * a && std::abs(db) < 1e-10 * b)
                break;
        } else {
            damping *= 4;
            if (damping > 1e12)
                break;
        }
    }
    return {a, b};
}

std::vector<float> spectral_layout(const SparseRows& graph, const std::vector<float>& start, int dimensions,
                                   int threads, JobContext& context) {
    using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const std::int64_t rows = graph.rows();
    const std::int64_t width =
        std::min<std::int64_t>({rows, most_width, 2 * dimensions + 4}); // some more settle the wanted sooner
    std::vector<float> root(static_cast<std::size_t>(rows)), inverse(root.size());
    double total = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
        double degree = 0;
        for (auto at = static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i)]);
             at < static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i) + 1]); ++at)
            degree += graph.value[at];
        root[static_cast<std::size_t>(i)] = static_cast<float>(std::sqrt(degree));
        inverse[static_cast<std::size_t>(i)] = degree > 0 ? static_cast<float>(1 / std::sqrt(degree)) : 0;
        total += degree;
    }
    // The first column is the trivial eigenvector and stays.
    Random random(0x5bec);
    Matrix basis(rows, width);
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t c = 0; c < width; ++c)
            basis(i, c) = c == 0 ? root[static_cast<std::size_t>(i)] / static_cast<float>(std::sqrt(total))
                          : c <= dimensions
                              ? start[static_cast<std::size_t>(i * dimensions + c - 1)] *
                                    root[static_cast<std::size_t>(i)]
                              : static_cast<float>(random.uniform(-1, 1)) * root[static_cast<std::size_t>(i)];
    const auto orthonormal = [&] { // by Cholesky of the Gram matrix, twice for its digits
        for (int pass = 0; pass < 2; ++pass) {
            for (std::int64_t c = 0; c < width; ++c)
                basis.col(c) /= std::max(basis.col(c).norm(), 1e-30f);
            const std::vector<double> gram =
                product_with_transpose(Operand(basis.data(), rows, width).transposed(), threads);
            Eigen::MatrixXd g = Eigen::Map<const Eigen::MatrixXd>(gram.data(), width, width);
            g.diagonal().array() += 1e-7;
            const Eigen::MatrixXd lower = g.llt().matrixL();
            const Matrix turn = lower.triangularView<Eigen::Lower>()
                                    .solve(Eigen::MatrixXd::Identity(width, width))
                                    .transpose()
                                    .cast<float>();
            const std::vector<float> next =
                multiply({basis.data(), rows, width}, {turn.data(), width, width}, threads);
            std::copy(next.begin(), next.end(), basis.data());
        }
    };
    // M = D^-1/2 A D^-1/2, with eigenvalues in [-1,1], those of the smooth vectors near 1:
    // out = scale * (M in - centre * in) - less * out.
    const auto apply = [&](const Matrix& in, Matrix& out, float scale, float centre, float less) {
        for_rows(rows, 512, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context.throw_if_cancelled();
            for (std::int64_t i = from; i < to; ++i) {
                float sum[most_width]{};
                for (auto at = static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i)]);
                     at < static_cast<std::size_t>(graph.start[static_cast<std::size_t>(i) + 1]); ++at) {
                    const float weight = graph.value[at] * inverse[static_cast<std::size_t>(graph.index[at])];
                    const float* const other = in.data() + graph.index[at] * width;
                    for (std::int64_t c = 0; c < width; ++c)
                        sum[c] += weight * other[c];
                }
                const float own = inverse[static_cast<std::size_t>(i)];
                for (std::int64_t c = 0; c < width; ++c)
                    out(i, c) =
                        scale * (sum[c] * own - centre * in(i, c)) - (less != 0 ? less * out(i, c) : 0.f);
            }
        });
    };
    // Rayleigh and Ritz: the combinations of the basis that M only stretches; ascending values.
    Matrix image(rows, width);
    Eigen::VectorXd values;
    const auto combine = [&] {
        apply(basis, image, 1, 0, 0);
        const std::vector<double> projected = multiply_in_double(
            Operand(basis.data(), rows, width).transposed(), {image.data(), rows, width}, threads);
        const Eigen::MatrixXd p = Eigen::Map<const Eigen::MatrixXd>(projected.data(), width, width);
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver((p + p.transpose()) / 2);
        values = solver.eigenvalues();
        const Matrix turn = solver.eigenvectors().cast<float>();
        const std::vector<float> vectors =
            multiply({basis.data(), rows, width}, {turn.data(), width, width}, threads);
        std::copy(vectors.begin(), vectors.end(), basis.data());
    };
    // Each round damps what lies in [-1, the least Ritz value] by a Chebyshev polynomial and so raises the
    // rest (Zhou et al. 2006), until the wanted values stay.
    constexpr int rounds = 20, degree = 10;
    orthonormal();
    combine();
    for (int round = 0; round < rounds; ++round) {
        const double cut = std::min(values[0], 0.999);
        const auto centre = static_cast<float>((cut - 1) / 2), half = static_cast<float>((cut + 1) / 2);
        apply(basis, image, 1 / half, centre, 0);
        for (int i = 1; i < degree; ++i) {
            apply(image, basis, 2 / half, centre, 1);
            basis.swap(image);
        }
        basis.swap(image);
        orthonormal();
        const Eigen::VectorXd before = values;
        combine();
        if ((values - before).tail(dimensions + 1).cwiseAbs().maxCoeff() < 1e-6)
            break;
    }
    const Matrix& vectors = basis;
    std::vector<float> layout(static_cast<std::size_t>(rows * dimensions));
    for (std::int64_t i = 0; i < rows; ++i)
        for (int c = 0; c < dimensions; ++c) // the largest is the trivial one
            layout[static_cast<std::size_t>(i * dimensions + c)] = vectors(i, width - 2 - c);
    return layout;
}

} // namespace eyepiece::explore
