// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/tsne.h"

#include "core/learning/embedding_scores.h"
#include "plugins/explore/engine/affinities.h"
#include "plugins/explore/engine/repulsion.h"
#include "tests/explore_engine/embedding_tests.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;

namespace {

// sum_j (y_i - y_j) / (1+d^2)^2 and Z, pair by pair.
double plain_repulsion(const std::vector<float>& y, int dimensions, std::vector<double>& force) {
    const auto d = static_cast<std::size_t>(dimensions);
    force.assign(y.size(), 0);
    double z = 0;
    for (std::size_t i = 0; i < y.size(); i += d)
        for (std::size_t j = 0; j < y.size(); j += d) {
            if (i == j)
                continue;
            double square = 0;
            for (std::size_t c = 0; c < d; ++c)
                square += std::pow(static_cast<double>(y[i + c]) - y[j + c], 2);
            const double q = 1 / (1 + square);
            z += q;
            for (std::size_t c = 0; c < d; ++c)
                force[i + c] += q * q * (static_cast<double>(y[i + c]) - y[j + c]);
        }
    return z;
}

// Kullback-Leibler of all pairs, in double.
double plain_divergence(const std::vector<double>& p, const std::vector<double>& y, std::size_t rows) {
    double z = 0, sum = 0;
    const auto q = [&](std::size_t i, std::size_t j) {
        const double dx = y[2 * i] - y[2 * j], dy = y[2 * i + 1] - y[2 * j + 1];
        return 1 / (1 + dx * dx + dy * dy);
    };
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < rows; ++j)
            if (i != j)
                z += q(i, j);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < rows; ++j)
            if (const double value = p[i * rows + j]; value > 0)
                sum += value * std::log(value / (q(i, j) / z));
    return sum;
}

SparseRows affinities_of(const Made& made, double perplexity, int k) {
    QuietJob job;
    const Neighbours neighbours =
        nearest_neighbours(made.view(), k, Metric::Euclidean, Search::Exact, 1, 2, job);
    return joint_affinities(neighbours, conditional_affinities(neighbours, perplexity, 2));
}

} // namespace

class TestTsne : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void affinities_are_scikit_learns() {
        const Json& peer = peers().at("affinities");
        const Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
        const auto found = dense(affinities_of(made, peer["perplexity"], static_cast<int>(made.rows) - 1));
        double worst = 0, total = 0;
        const auto n = static_cast<std::size_t>(made.rows);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                worst = std::max(worst, std::abs(found[i * n + j] - peer["joint"][i][j].get<double>()));
                total += found[i * n + j];
            }
        QVERIFY2(worst < 3e-6, std::to_string(worst).c_str()); // the largest is some 2e-3
        QVERIFY(std::abs(total - 1) < 1e-4);
    }

    void repulsion_is_that_of_all_pairs() {
        Numbers numbers(4);
        for (const int dimensions : {2, 3})
            for (const double size : {1e-3, 3.0, 60.0}) {
                std::vector<float> y;
                for (int i = 0; i < 700 * dimensions; ++i)
                    y.push_back(static_cast<float>(size * numbers.normal()));
                std::vector<double> truth;
                const double z = plain_repulsion(y, dimensions, truth);
                double length = 0;
                for (const double value : truth)
                    length += value * value;
                const auto check = [&](Repulsion& repulsion, double tolerance, const char* what) {
                    std::vector<float> force(y.size());
                    const double found = repulsion.compute(y, force, 2);
                    double off = 0;
                    for (std::size_t i = 0; i < y.size(); ++i)
                        off += std::pow(force[i] - truth[i], 2);
                    const std::string said = std::string(what) + " " + std::to_string(size) + ": " +
                                             std::to_string(std::sqrt(off / length)) + ", Z " +
                                             std::to_string(found / z);
                    QVERIFY2(std::sqrt(off / length) < tolerance, said.c_str());
                    QVERIFY2(std::abs(found / z - 1) < tolerance, said.c_str());
                };
                TreeRepulsion exact(dimensions, 0), tree(dimensions, 0.5);
                check(exact, 1e-4, "exact");
                check(tree, 0.03, "tree");
                if (dimensions == 2) {
                    GridRepulsion grid;
                    // Of a few points far apart, each one's push on itself is much of the whole, and it is
                    // interpolated as well.
                    check(grid, size > 10 ? 0.06 : 0.01, "grid");
                }
            }
    }

    // 4 (attraction - repulsion / Z) is the divergence's gradient, by differences of the plain divergence.
    void forces_are_the_gradient() {
        const Made made = made_clusters(60, 5, 3, 3, 7);
        const SparseRows affinities = affinities_of(made, 8, 24);
        const auto p = dense(affinities);
        Numbers numbers(9);
        std::vector<float> y;
        for (int i = 0; i < 120; ++i)
            y.push_back(static_cast<float>(2 * numbers.normal()));
        TreeRepulsion repulsion(2, 0);
        std::vector<float> force(y.size());
        const double z = repulsion.compute(y, force, 1);
        std::vector<double> at(y.begin(), y.end());
        double worst = 0, largest = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            std::vector<double> up = at, down = at;
            up[i] += 1e-4;
            down[i] -= 1e-4;
            const double slope = (plain_divergence(p, up, 60) - plain_divergence(p, down, 60)) / 2e-4;
            double pull = 0;
            const std::size_t row = i / 2, c = i % 2;
            for (std::size_t j = 0; j < 60; ++j) {
                const double dx = at[2 * row] - at[2 * j], dy = at[2 * row + 1] - at[2 * j + 1];
                pull += p[row * 60 + j] * (c == 0 ? dx : dy) / (1 + dx * dx + dy * dy);
            }
            worst = std::max(worst, std::abs(slope - 4 * (pull - force[i] / z)));
            largest = std::max(largest, std::abs(slope));
        }
        QVERIFY2(worst < 1e-3 * largest, std::to_string(worst / largest).c_str());
    }

    // What the descent says of its own end is the divergence, and it is lower than that of a bad picture.
    void tells_its_divergence() {
        const Made made = made_clusters(150, 6, 3, 6, 3);
        QuietJob job;
        const auto fitted = Tsne().fit(request_for<Tsne>(made, {{"perplexity", 10}, {"angle", 0}}), job);
        const auto p = dense(affinities_of(made, 10, 30));
        std::vector<double> y(fitted->points().begin(), fitted->points().end());
        const double plain = plain_divergence(p, y, 150), told = fitted->notes()["divergence"];
        QVERIFY2(std::abs(plain - told) < 2e-3, (std::to_string(plain) + " " + std::to_string(told)).c_str());
        for (double& value : y)
            value *= 0.3;
        QVERIFY(plain_divergence(p, y, 150) > plain + 0.1);
    }

    void keeps_clusters_with_each_repulsion() {
        const Made made = made_clusters(900, 20, 6, 9, 2);
        std::vector<double> divergence;
        for (const char* repulsion : {"barnes-hut", "interpolation"}) {
            WatchingJob job;
            const auto fitted = Tsne().fit(request_for<Tsne>(made, {{"repulsion", repulsion}}), job);
            divergence.push_back(fitted->notes()["divergence"]);
            QVERIFY(same_class_share(fitted->points(), 2, made.classes) > 0.99);
            const auto scores =
                score_embedding(made.view(), {fitted->points(), made.rows, 2}, {15}, 900, 1, 2, job);
            QVERIFY2(scores[0].trustworthiness > 0.9, std::to_string(scores[0].trustworthiness).c_str());
            QVERIFY(!job.partials.empty());
            QCOMPARE(job.partials[0]["kind"].get<std::string>(), std::string("points"));
            QCOMPARE(job.partials[0]["rows"].get<int>(), 900);
            QCOMPARE(job.last_bytes, std::size_t{900 * 2 * 4});
        }
        QVERIFY2(std::abs(divergence[0] - divergence[1]) < 0.03, std::to_string(divergence[1]).c_str());
    }

    void in_three_dimensions() {
        const Made made = made_clusters(300, 10, 4, 9, 2);
        QuietJob job;
        const auto fitted = Tsne().fit(request_for<Tsne>(made, {{"dimensions", 3}}), job);
        QCOMPARE(fitted->points().size(), std::size_t{900});
        QVERIFY(same_class_share(fitted->points(), 3, made.classes) > 0.99);
    }

    void same_seed_same_picture_whatever_the_threads() {
        const Made made = made_clusters(600, 10, 4, 6, 2);
        for (const char* repulsion : {"barnes-hut", "interpolation"}) {
            const Json set{{"repulsion", repulsion}, {"iterations", 60}, {"early-iterations", 60}};
            QuietJob job;
            const auto one = Tsne().fit(request_for<Tsne>(made, set, 1), job);
            const auto three = Tsne().fit(request_for<Tsne>(made, set, 3), job);
            QVERIFY(one->points() == three->points());
            auto other = request_for<Tsne>(made, set, 3);
            other.seed = 2;
            QVERIFY(Tsne().fit(other, job)->points() != one->points());
        }
    }

    void new_rows_fall_among_their_own() { check_new_rows_fall_among_their_own<Tsne>(); }

    void cancel_and_finish_early() { check_cancel_and_finish_early<Tsne>("iterations"); }

    void refuses_with_what_to_do() {
        QVERIFY(refusal<Tsne>(made_clusters(3, 4, 1, 1, 1), {}).find("at least 4 rows") != std::string::npos);
        QVERIFY(refusal<Tsne>(made_clusters(30, 4, 1, 1, 1), {{"perplexity", 20}}).find("at most 9") !=
                std::string::npos);
        QVERIFY(
            refusal<Tsne>(made_clusters(30, 4, 1, 1, 1), {{"dimensions", 3}, {"repulsion", "interpolation"}})
                .find("barnes-hut") != std::string::npos);
    }

    void copes_with_rows_that_are_the_same() { check_copes_with_rows_that_are_the_same<Tsne>(); }
};

QTEST_GUILESS_MAIN(TestTsne)
#include "test_tsne.moc"
