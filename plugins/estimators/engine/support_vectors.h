// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/estimators/engine/pipeline.h"

#include <functional>
#include <span>

namespace eyepiece::estimators {

// A quadratic problem with one equality and box constraints, as support vectors pose it:
// least of 1/2 a'Qa + p'a with y'a = 0 and 0 <= a <= c, where Q(i,j) = y_i y_j K(i,j).
struct BoxProblem {
    std::vector<double> y; // +1 or -1
    std::vector<double> p;
    double c = 1;
    // K(i, .) of all variables; stays good until the next but one call.
    std::function<std::span<const float>(std::size_t)> kernel;
    std::vector<double> diagonal; // K(i,i)
};

struct BoxSolution {
    std::vector<double> alpha;
    double rho = 0; // the decision is sum y a K - rho
};

// Sequential minimal optimisation with second-order working sets (Fan, Chen & Lin 2005).
BoxSolution solve_box(const BoxProblem& problem, double tolerance, JobContext& context);

// The sigmoid 1 / (1 + exp(a f + b)) of decision values (Platt 1999; fitted as Lin, Lin & Weng 2007).
struct Sigmoid {
    double a = -1, b = 0;
    double operator()(double decision) const;
};
Json stored(const std::vector<Sigmoid>& sigmoids); // as state.h has it
std::vector<Sigmoid> sigmoids_in(const Json& state, const char* name);
Sigmoid fit_sigmoid(std::span<const double> decisions, const std::vector<bool>& positive);

// Probabilities of k classes from those of every pair, r(i,j) = P(i | i or j) (Wu, Lin & Weng 2004).
Vector couple(const Matrix& pairs);

// A part for each row of 0, 1, ... parts - 1, at random; rows of one group stay together.
std::vector<int> inner_parts(const std::vector<std::int32_t>& groups, std::size_t rows, int parts,
                             std::uint64_t seed);

} // namespace eyepiece::estimators
