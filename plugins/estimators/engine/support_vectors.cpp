// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/estimators/engine/support_vectors.h"

#include "plugins/estimators/engine/state.h"

#include "core/learning/random.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace eyepiece::estimators {

BoxSolution solve_box(const BoxProblem& problem, double tolerance, JobContext& context) {
    constexpr double tiny = 1e-12;
    const std::size_t n = problem.y.size();
    const std::vector<double>& y = problem.y;
    const double c = problem.c;
    std::vector<double> alpha(n, 0.0), gradient = problem.p;
    const auto up = [&](std::size_t t) { return y[t] > 0 ? alpha[t] < c : alpha[t] > 0; };
    const auto low = [&](std::size_t t) { return y[t] > 0 ? alpha[t] > 0 : alpha[t] < c; };
    const std::size_t most = std::max<std::size_t>(10'000'000, 100 * n);
    double highest = 0, lowest = 0;
    for (std::size_t step = 0; step < most; ++step) {
        if (step % 256 == 0)
            context.throw_if_cancelled();
        std::size_t i = n, j = n;
        highest = -HUGE_VAL;
        lowest = HUGE_VAL;
        for (std::size_t t = 0; t < n; ++t)
            if (up(t) && -y[t] * gradient[t] > highest)
                highest = -y[t] * gradient[t], i = t;
        if (i == n)
            break;
        const auto row_i = problem.kernel(i);
        double best = HUGE_VAL;
        for (std::size_t t = 0; t < n; ++t) {
            if (!low(t))
                continue;
            const double value = -y[t] * gradient[t], gap = highest - value;
            lowest = std::min(lowest, value);
            if (gap <= 0)
                continue;
            const double curve = std::max(tiny, problem.diagonal[i] + problem.diagonal[t] - 2.0 * row_i[t]);
            if (-gap * gap / curve < best)
                best = -gap * gap / curve, j = t;
        }
        if (j == n || highest - lowest < tolerance)
            break;
        const auto row_j = problem.kernel(j);
        // Both move along y'a = const until the curve's bottom or a wall.
        const double curve = std::max(tiny, problem.diagonal[i] + problem.diagonal[j] - 2.0 * row_i[j]);
        double move = (-y[i] * gradient[i] + y[j] * gradient[j]) / curve; // of y_i a_i, and back of y_j a_j
        move = std::min(move, y[i] > 0 ? c - alpha[i] : alpha[i]);
        move = std::min(move, y[j] > 0 ? alpha[j] : c - alpha[j]);
        alpha[i] = std::clamp(alpha[i] + y[i] * move, 0.0, c);
        alpha[j] = std::clamp(alpha[j] - y[j] * move, 0.0, c);
        for (std::size_t t = 0; t < n; ++t)
            gradient[t] += y[t] * move * (static_cast<double>(row_i[t]) - row_j[t]);
    }
    BoxSolution solution;
    double sum = 0;
    std::size_t free = 0;
    for (std::size_t t = 0; t < n; ++t)
        if (alpha[t] > 0 && alpha[t] < c)
            sum += y[t] * gradient[t], ++free;
    solution.rho = free > 0 ? sum / static_cast<double>(free) : -(highest + lowest) / 2;
    solution.alpha = std::move(alpha);
    return solution;
}

double Sigmoid::operator()(double decision) const {
    const double f = a * decision + b;
    return f >= 0 ? std::exp(-f) / (1 + std::exp(-f)) : 1 / (1 + std::exp(f));
}

Json stored(const std::vector<Sigmoid>& sigmoids) {
    std::vector<double> numbers;
    for (const Sigmoid& one : sigmoids) {
        numbers.push_back(one.a);
        numbers.push_back(one.b);
    }
    return stored(numbers);
}

std::vector<Sigmoid> sigmoids_in(const Json& state, const char* name) {
    const auto numbers = numbers_in<double>(state, name);
    require(numbers.size() % 2 == 0);
    std::vector<Sigmoid> sigmoids;
    for (std::size_t i = 0; i < numbers.size(); i += 2)
        sigmoids.push_back({numbers[i], numbers[i + 1]});
    return sigmoids;
}

Sigmoid fit_sigmoid(std::span<const double> decisions, const std::vector<bool>& positive) {
    double ones = 0;
    for (const bool one : positive)
        ones += one;
    const double zeros = static_cast<double>(positive.size()) - ones;
    const double high = (ones + 1) / (ones + 2), low = 1 / (zeros + 2);
    double a = 0, b = std::log((zeros + 1) / (ones + 1));
    const auto loss = [&](double one_a, double one_b) {
        double sum = 0;
        for (std::size_t i = 0; i < decisions.size(); ++i) {
            const double f = one_a * decisions[i] + one_b, target = positive[i] ? high : low;
            sum +=
                f >= 0 ? target * f + std::log1p(std::exp(-f)) : (target - 1) * f + std::log1p(std::exp(f));
        }
        return sum;
    };
    double value = loss(a, b);
    for (int step = 0; step < 100; ++step) {
        double haa = 1e-12, hbb = 1e-12, hab = 0, ga = 0, gb = 0;
        for (std::size_t i = 0; i < decisions.size(); ++i) {
            const double p = Sigmoid{a, b}(decisions[i]), q = 1 - p;
            const double weight = p * q, miss = (positive[i] ? high : low) - p;
            haa += decisions[i] * decisions[i] * weight;
            hbb += weight;
            hab += decisions[i] * weight;
            ga += decisions[i] * miss;
            gb += miss;
        }
        if (std::abs(ga) < 1e-5 && std::abs(gb) < 1e-5)
            break;
        const double determinant = haa * hbb - hab * hab;
        const double da = -(hbb * ga - hab * gb) / determinant, db = -(-hab * ga + haa * gb) / determinant;
        const double slope = ga * da + gb * db;
        double length = 1;
        for (; length >= 1e-10; length /= 2) {
            const double next = loss(a + length * da, b + length * db);
            if (next < value + 1e-4 * length * slope) {
                a += length * da;
                b += length * db;
                value = next;
                break;
            }
        }
        if (length < 1e-10)
            break;
    }
    return {a, b};
}

Vector couple(const Matrix& pairs) {
    const Eigen::Index k = pairs.rows();
    Matrix q = Matrix::Zero(k, k);
    for (Eigen::Index t = 0; t < k; ++t)
        for (Eigen::Index j = 0; j < k; ++j)
            if (j != t) {
                q(t, t) += pairs(j, t) * pairs(j, t);
                q(t, j) = -pairs(j, t) * pairs(t, j);
            }
    Vector p = Vector::Constant(k, 1.0 / static_cast<double>(k));
    for (int step = 0; step < 200; ++step) {
        Vector product = q * p;
        double total = p.dot(product);
        if ((product.array() - total).abs().maxCoeff() < 0.001 / static_cast<double>(k))
            break;
        for (Eigen::Index t = 0; t < k; ++t) {
            const double change = (total - product(t)) / q(t, t);
            p(t) += change;
            total = (total + change * (change * q(t, t) + 2 * product(t))) / ((1 + change) * (1 + change));
            product = (product + change * q.col(t)) / (1 + change);
            p /= 1 + change;
        }
    }
    return p;
}

std::vector<int> inner_parts(const std::vector<std::int32_t>& groups, std::size_t rows, int parts,
                             std::uint64_t seed) {
    std::map<std::int32_t, std::size_t> number; // of the group
    std::vector<std::size_t> unit(rows);
    for (std::size_t i = 0; i < rows; ++i)
        unit[i] = groups.empty() ? i : number.emplace(groups[i], number.size()).first->second;
    const std::size_t units = groups.empty() ? rows : number.size();
    const auto order = Random(mix_seed(seed, 5)).permutation(units);
    std::vector<int> part(rows);
    for (std::size_t i = 0; i < rows; ++i)
        part[i] = static_cast<int>(order[unit[i]] % static_cast<std::size_t>(parts));
    return part;
}

} // namespace eyepiece::estimators
