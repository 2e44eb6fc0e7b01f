// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/neighbours.h"

#include "core/learning/embedding_scores.h"
#include "tests/explore_engine/made_data.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;

namespace {

double distance_of(const Made& made, std::int64_t a, std::int64_t b, Metric metric) {
    const auto x = made.view().row(a), y = made.view().row(b);
    double sum = 0, most = 0, xx = 0, yy = 0, xy = 0, mx = 0, my = 0;
    const auto n = static_cast<double>(x.size());
    for (std::size_t j = 0; j < x.size(); ++j) {
        mx += x[j] / n;
        my += y[j] / n;
    }
    if (metric != Metric::Correlation)
        mx = my = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
        const double difference = std::abs(static_cast<double>(x[j]) - y[j]);
        sum += metric == Metric::Manhattan ? difference : difference * difference;
        most = std::max(most, difference);
        xx += (x[j] - mx) * (x[j] - mx);
        yy += (y[j] - my) * (y[j] - my);
        xy += (x[j] - mx) * (y[j] - my);
    }
    switch (metric) {
    case Metric::Manhattan:
        return sum;
    case Metric::Chebyshev:
        return most;
    case Metric::Euclidean:
        return std::sqrt(sum);
    default:
        return 1 - xy / std::sqrt(xx * yy);
    }
}

// Of the true neighbours, the part that was found.
double recall(const Neighbours& found, const Neighbours& truth) {
    std::size_t hits = 0;
    const auto k = static_cast<std::size_t>(truth.k);
    for (std::size_t i = 0; i < truth.index.size(); i += k) {
        const std::set<std::int32_t> all(truth.index.begin() + static_cast<std::ptrdiff_t>(i),
                                         truth.index.begin() + static_cast<std::ptrdiff_t>(i + k));
        for (std::size_t j = i; j < i + k; ++j)
            hits += all.contains(found.index[j]);
    }
    return static_cast<double>(hits) / static_cast<double>(truth.index.size());
}

} // namespace

class TestNeighbours : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Each metric against every distance computed plainly.
    void exact_finds_the_nearest() {
        const Made made = made_clusters(211, 7, 3, 4, 5);
        const int k = 9;
        for (std::size_t m = 0; m < metric_names().size(); ++m) {
            const Metric metric = metric_from(metric_names()[m]);
            const auto prepared = prepared_rows(made.view(), metric);
            QuietJob job;
            const Neighbours found =
                nearest_neighbours({prepared, made.rows, made.columns}, k, metric, Search::Exact, 1, 2, job);
            for (std::int64_t i = 0; i < made.rows; ++i) {
                std::vector<double> truth;
                for (std::int64_t j = 0; j < made.rows; ++j)
                    if (j != i)
                        truth.push_back(distance_of(made, i, j, metric));
                std::sort(truth.begin(), truth.end());
                for (int j = 0; j < k; ++j) {
                    const auto at = static_cast<std::size_t>(i * k + j);
                    QVERIFY2(found.index[at] != i, metric_names()[m].c_str());
                    QVERIFY2(std::abs(found.distance[at] - truth[static_cast<std::size_t>(j)]) < 2e-4,
                             metric_names()[m].c_str());
                    QVERIFY2(std::abs(found.distance[at] - distance_of(made, i, found.index[at], metric)) <
                                 2e-4,
                             metric_names()[m].c_str());
                }
            }
        }
    }

    void approximate_misses_few_and_does_not_depend_on_threads() {
        const Made made = made_clusters(24000, 20, 12, 6, 6);
        QuietJob job;
        const Neighbours truth =
            nearest_neighbours(made.view(), 15, Metric::Euclidean, Search::Exact, 1, 2, job);
        const Neighbours one =
            nearest_neighbours(made.view(), 15, Metric::Euclidean, Search::Approximate, 1, 1, job);
        const Neighbours three =
            nearest_neighbours(made.view(), 15, Metric::Euclidean, Search::Approximate, 1, 3, job);
        QVERIFY(one.index == three.index && one.distance == three.distance);
        const double found = recall(one, truth);
        QVERIFY2(found > 0.97, std::to_string(found).c_str());
    }

    void rows_that_are_the_same_are_neighbours() {
        Made made = made_clusters(60, 4, 2, 4, 5);
        for (std::size_t j = 0; j < 4; ++j)
            made.values[4 * 50 + j] = made.values[4 * 3 + j];
        QuietJob job;
        const Neighbours found =
            nearest_neighbours(made.view(), 5, Metric::Euclidean, Search::Exact, 1, 1, job);
        QCOMPARE(found.index[5 * 50], 3);
        QCOMPARE(found.distance[5 * 50], 0.f);
        QCOMPARE(found.index[5 * 3], 50);
    }

    void of_other_rows() {
        const Made made = made_clusters(300, 5, 3, 4, 5), others = made_clusters(20, 5, 3, 4, 55);
        QuietJob job;
        const Neighbours found =
            nearest_neighbours_of(others.view(), made.view(), 4, Metric::Euclidean, 2, job);
        for (std::int64_t i = 0; i < others.rows; ++i) {
            double best = 1e9;
            for (std::int64_t j = 0; j < made.rows; ++j) {
                double sum = 0;
                for (std::size_t c = 0; c < 5; ++c)
                    sum += std::pow(others.view().row(i)[c] - made.view().row(j)[c], 2);
                best = std::min(best, std::sqrt(sum));
            }
            QVERIFY(std::abs(found.distance[static_cast<std::size_t>(4 * i)] - best) < 1e-5);
        }
    }

    void refuses_more_neighbours_than_rows_and_rows_without_direction() {
        const Made made = made_clusters(10, 4, 2, 4, 5);
        QuietJob job;
        try {
            nearest_neighbours(made.view(), 10, Metric::Euclidean, Search::Automatic, 1, 1, job);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("Choose fewer neighbours") != std::string::npos);
        }
        Made zero = made;
        std::fill(zero.values.begin() + 8, zero.values.begin() + 12, 0.f);
        try {
            prepared_rows(zero.view(), Metric::Cosine);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("Row 3 is all zero") != std::string::npos);
        }
    }

    // scikit-learn's trustworthiness; continuity is that with the spaces exchanged.
    void scores_are_scikit_learns() {
        const Json& peer = peers().at("scores");
        const Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
        std::vector<float> points;
        for (std::size_t i = 0; i < made.values.size(); i += 6) {
            points.push_back(made.values[i]);
            points.push_back(made.values[i + 1]);
        }
        QuietJob job;
        const auto scores =
            score_embedding(made.view(), {points, made.rows, 2}, {5, 15, 50}, 1000, 1, 2, job);
        QCOMPARE(scores.size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(std::abs(scores[i].trustworthiness - peer["trustworthiness"][i].get<double>()) < 1e-6);
            QVERIFY(std::abs(scores[i].continuity - peer["continuity"][i].get<double>()) < 1e-6);
            QVERIFY(std::abs(scores[i].kept - peer["kept"][i].get<double>()) < 1e-6);
        }
        // The data themselves are a perfect embedding; a sample comes near the whole.
        for (const auto& score : score_embedding(made.view(), made.view(), {5}, 1000, 1, 1, job))
            QVERIFY(score.trustworthiness == 1 && score.continuity == 1 && score.kept == 1);
        const auto some = score_embedding(made.view(), {points, made.rows, 2}, {15}, 100, 1, 2, job);
        QCOMPARE(some[0].rows, std::int64_t{100});
        QVERIFY(std::abs(some[0].trustworthiness - scores[1].trustworthiness) < 0.03);
    }
};

QTEST_GUILESS_MAIN(TestNeighbours)
#include "test_neighbours.moc"
