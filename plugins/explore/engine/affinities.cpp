// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/affinities.h"

#include "core/learning/parallel.h"
#include "core/learning/simd.h"
#include "plugins/explore/engine/fast_math.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::explore {
namespace {

// Sums of exp(-beta (s - s_0)) and of that times (s - s_0), over squared distances s; s_0 is the least of
// them.
EYEPIECE_SIMD void moments(const float* squares, int k, float beta, float* weight, float* sum, float* first) {
    float total = 0, moment = 0;
#pragma omp simd reduction(+ : total, moment)
    for (int j = 0; j < k; ++j) {
        const float value = fast_exp(-beta * squares[j]);
        weight[j] = value;
        total += value;
        moment += value * squares[j];
    }
    *sum = total;
    *first = moment;
}

} // namespace

std::vector<float> conditional_affinities(const Neighbours& neighbours, double perplexity, int threads) {
    const int k = neighbours.k;
    std::vector<float> result(neighbours.distance.size());
    const double wanted = std::log(perplexity);
    for_rows(neighbours.rows, 256, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        std::vector<float> squares(static_cast<std::size_t>(k));
        for (std::int64_t i = from; i < to; ++i) {
            const float* const distances = neighbours.distance.data() + i * k;
            float* const weight = result.data() + i * k;
            double mean = 0;
            for (int j = 0; j < k; ++j) {
                const float square = distances[j] * distances[j] - distances[0] * distances[0];
                squares[static_cast<std::size_t>(j)] = std::isfinite(square) ? square : 1e30f;
                mean += squares[static_cast<std::size_t>(j)];
            }
            mean /= k;
            // Where all are equally far, every width gives the same.
            double beta = mean > 0 ? 1 / mean : 1, low = 0, high = INFINITY;
            float sum = 0, first = 0;
            for (int round = 0; round < 100; ++round) {
                moments(squares.data(), k, static_cast<float>(beta), weight, &sum, &first);
                const double entropy = std::log(sum) + beta * first / sum;
                if (std::abs(entropy - wanted) < 1e-5)
                    break;
                if (entropy > wanted) {
                    low = beta;
                    beta = std::isinf(high) ? beta * 2 : (beta + high) / 2;
                } else {
                    high = beta;
                    beta = (beta + low) / 2;
                }
            }
            for (int j = 0; j < k; ++j)
                weight[j] /= sum;
        }
    });
    return result;
}

SparseRows joint_affinities(const Neighbours& neighbours, std::span<const float> conditional) {
    const float scale = 1 / (2 * static_cast<float>(neighbours.rows));
    return symmetric(neighbours, conditional,
                     [scale](float there, float here) { return (there + here) * scale; });
}

} // namespace eyepiece::explore
