// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace eyepiece {

// Mixes a seed with a number into a new seed (the finaliser of SplitMix64, Steele et al. 2014). Draws are
// keyed by what they are for (run, epoch, example), not by the order in which threads happen to ask: that is
// what makes a resumed run the same as an unbroken one.
inline std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t value) {
    std::uint64_t z = seed + 0x9e3779b97f4a7c15ULL * (value + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

// Random numbers that do not depend on how a standard library turns bits into distributions.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; } // [0,1)
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    bool chance(double probability) { return uniform() < probability; }
    std::int64_t below(std::int64_t count) { // [0,count), count > 0
        return std::min(count - 1, static_cast<std::int64_t>(uniform() * static_cast<double>(count)));
    }
    // Log-uniform around 1: from 1/(1+range) to 1+range.
    double factor(double range) { return std::exp(uniform(-1, 1) * std::log1p(range)); }
    std::uint64_t bits() { return engine_(); }
    std::vector<std::size_t> permutation(std::size_t count) { // Fisher and Yates
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (std::size_t i = count; i > 1; --i)
            std::swap(order[i - 1], order[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
        return order;
    }

private:
    std::mt19937_64 engine_;
};

} // namespace eyepiece
