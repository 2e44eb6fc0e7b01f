// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/umap.h"

#include "core/learning/embedding_scores.h"
#include "plugins/explore/engine/umap_graph.h"
#include "tests/explore_engine/embedding_tests.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;

namespace {

double worst_difference(const SparseRows& found, const Json& peer) {
    const auto all = dense(found);
    const std::size_t n = peer.size();
    double worst = all.size() == n * n ? 0 : 1e9;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            worst = std::max(worst, std::abs(all[i * n + j] - peer[i][j].get<double>()));
    return worst;
}

} // namespace

class TestUmap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void the_curve_is_umap_learns() {
        for (const Json& peer : peers().at("umap").at("curves")) {
            const auto [a, b] = curve(peer[0], peer[1]);
            QVERIFY(std::abs(a / peer[2].get<double>() - 1) < 1e-4);
            QVERIFY(std::abs(b / peer[3].get<double>() - 1) < 1e-4);
        }
    }

    void the_graph_is_umap_learns() {
        const Json& peer = peers().at("umap");
        const Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
        QuietJob job;
        const Neighbours neighbours = nearest_neighbours(made.view(), peer["neighbours"].get<int>() - 1,
                                                         Metric::Euclidean, Search::Exact, 1, 2, job);
        const double plain =
            worst_difference(fuzzy_union(neighbours, membership(neighbours, 1, 2), 1), peer["graph"]);
        QVERIFY2(plain < 2e-4, std::to_string(plain).c_str());
        const double mixed =
            worst_difference(fuzzy_union(neighbours, membership(neighbours, 2, 2), 0.25), peer["mixed"]);
        QVERIFY2(mixed < 2e-4, std::to_string(mixed).c_str());
        SparseRows graph = fuzzy_union(neighbours, membership(neighbours, 1, 2), 1);
        std::vector<std::int32_t> target;
        for (int i = 0; i < 80; ++i)
            target.push_back(i % 10 == 0 ? -1 : i % 3);
        intersect_target(graph, target, 0.5);
        const double supervised = worst_difference(graph, peer["supervised"]);
        QVERIFY2(supervised < 5e-4, std::to_string(supervised).c_str());
    }

    // Of a ring of points, the two smoothest vectors are the circle itself.
    void the_spectral_start_of_a_ring_is_a_circle() {
        const int rows = 200;
        Neighbours ring;
        ring.rows = rows;
        ring.k = 4;
        for (int i = 0; i < rows; ++i)
            for (const int step : {1, rows - 1, 2, rows - 2}) {
                ring.index.push_back((i + step) % rows);
                ring.distance.push_back(1);
            }
        const SparseRows graph = fuzzy_union(ring, std::vector<float>(ring.index.size(), 1.f), 1);
        Numbers numbers(3);
        std::vector<float> start;
        for (int i = 0; i < 2 * rows; ++i)
            start.push_back(static_cast<float>(numbers.next()));
        QuietJob job;
        const auto layout = spectral_layout(graph, start, 2, 2, job);
        double least = 1e9, most = 0;
        for (std::size_t i = 0; i < layout.size(); i += 2) {
            const double radius = std::hypot(layout[i], layout[i + 1]);
            least = std::min(least, radius);
            most = std::max(most, radius);
        }
        QVERIFY2(least > 0.9 * most, (std::to_string(least) + " " + std::to_string(most)).c_str());
    }

    void keeps_clusters_from_each_start() {
        const Made made = made_clusters(900, 20, 6, 9, 2);
        for (const char* start : {"spectral", "pca", "random"}) {
            WatchingJob job;
            const auto fitted = Umap().fit(request_for<Umap>(made, {{"start", start}}), job);
            QVERIFY2(same_class_share(fitted->points(), 2, made.classes) > 0.99, start);
            const auto scores =
                score_embedding(made.view(), {fitted->points(), made.rows, 2}, {15}, 900, 1, 2, job);
            QVERIFY2(scores[0].trustworthiness > 0.85,
                     (start + std::to_string(scores[0].trustworthiness)).c_str());
            QVERIFY(!job.partials.empty());
            QCOMPARE(job.last_bytes, std::size_t{900 * 2 * 4});
            for (const float value : fitted->points())
                QVERIFY(std::isfinite(value));
        }
    }

    void same_seed_same_picture_whatever_the_threads() {
        const Made made = made_clusters(600, 10, 4, 6, 2);
        QuietJob job;
        const auto one = Umap().fit(request_for<Umap>(made, {{"epochs", 60}}, 1), job);
        const auto three = Umap().fit(request_for<Umap>(made, {{"epochs", 60}}, 3), job);
        QVERIFY(one->points() == three->points());
        auto other = request_for<Umap>(made, {{"epochs", 60}});
        other.seed = 2;
        QVERIFY(Umap().fit(other, job)->points() != one->points());
    }

    // Classes that the data do not tell apart lie apart when they are given, and the more so the more they
    // weigh.
    void heeds_a_target() {
        Made made = made_clusters(600, 8, 1, 0, 2);
        for (std::size_t i = 0; i < made.classes.size(); ++i)
            made.classes[i] = static_cast<std::int32_t>(i % 3);
        QuietJob job;
        auto request = request_for<Umap>(made, {{"target-weight", 0.9}});
        const double blind = same_class_share(Umap().fit(request, job)->points(), 2, made.classes);
        request.target = made.classes;
        const double seeing = same_class_share(Umap().fit(request, job)->points(), 2, made.classes);
        QVERIFY2(blind < 0.5 && seeing > 0.9, (std::to_string(blind) + " " + std::to_string(seeing)).c_str());
    }

    void new_rows_fall_among_their_own() { check_new_rows_fall_among_their_own<Umap>(); }

    void cancel_and_finish_early() { check_cancel_and_finish_early<Umap>("epochs"); }

    void refuses_with_what_to_do() {
        QVERIFY(refusal<Umap>(made_clusters(3, 4, 1, 1, 1), {}).find("at least 4 rows") != std::string::npos);
        QVERIFY(refusal<Umap>(made_clusters(10, 4, 1, 1, 1), {}).find("Choose at most 10") !=
                std::string::npos);
        QVERIFY(refusal<Umap>(made_clusters(50, 4, 1, 1, 1), {{"min-dist", 2}}).find("at most the spread") !=
                std::string::npos);
    }

    void copes_with_rows_that_are_the_same() { check_copes_with_rows_that_are_the_same<Umap>(); }
};

QTEST_GUILESS_MAIN(TestUmap)
#include "test_umap.moc"
