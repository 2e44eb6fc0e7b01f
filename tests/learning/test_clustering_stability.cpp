// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/clustering_stability.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>

using namespace eyepiece;

namespace {

// Forty rows with one column, their number.
struct Data {
    std::vector<float> values = std::vector<float>(40);
    ClusteringRequest request;
    Data() {
        std::iota(values.begin(), values.end(), 0.f);
        request.data = {values, 40, 1};
        request.seed = 5;
    }
};

// Each row by its own value, so that a resample is clustered as the whole was.
ClusteringResult by_value(const ClusteringRequest& request, int parts) {
    ClusteringResult result;
    for (const float value : request.data.values)
        result.labels.push_back(static_cast<std::int32_t>(value) * parts / 40);
    order_clusters(result);
    return result;
}

} // namespace

class TestClusteringStability : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void what_is_of_the_rows_alone_is_stable() {
        const Data data;
        int calls = 0;
        std::vector<std::vector<float>> drawn;
        QuietJob job;
        const auto found = clustering_stability(
            data.request, by_value(data.request, 4), 6, 0.8,
            [&](const ClusteringRequest& some, JobContext&) {
                ++calls;
                drawn.emplace_back(some.data.values.begin(), some.data.values.end());
                return by_value(some, 4);
            },
            job);
        QCOMPARE(calls, 6);
        QCOMPARE(found.resamples, 6);
        QCOMPARE(found.rows, std::int64_t{32});
        QVERIFY(found.rand_mean == 1 && found.rand_spread == 0);
        QCOMPARE(found.jaccard, std::vector<double>(4, 1.0));
        QCOMPARE(found.dissolved, std::vector<double>(4, 0.0));
        for (const auto& rows : drawn) { // without replacement, in their order, and not the same ones
            QCOMPARE(rows.size(), std::size_t{32});
            QVERIFY(std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<float>()) == rows.end());
        }
        QVERIFY(drawn[0] != drawn[1]);
    }

    // Of two clusters of the whole, resamples keep the first and halve the second.
    void jaccard_is_of_each_cluster() {
        const Data data;
        ClusteringResult whole = by_value(data.request, 2);
        QuietJob job;
        const auto found = clustering_stability(
            data.request, whole, 40, 0.8,
            [](const ClusteringRequest& some, JobContext&) {
                ClusteringResult result;
                int seen = 0;
                for (const float value : some.data.values)
                    result.labels.push_back(value < 20 ? 0 : 1 + seen++ % 2);
                return result;
            },
            job);
        QVERIFY(found.jaccard[0] == 1 && found.dissolved[0] == 0);
        QVERIFY2(std::abs(found.jaccard[1] - 0.5) < 0.04, std::to_string(found.jaccard[1]).c_str());
        QVERIFY(found.dissolved[1] > 0.2); // an even number of rows falls into exact halves
        QVERIFY(found.rand_mean < 0.95 && found.rand_mean > 0.3);
        QVERIFY(found.rand_spread > 0);
    }

    // Labels that have nothing to do with the rows agree by chance alone.
    void what_is_drawn_at_random_is_not_stable() {
        const Data data;
        QuietJob job;
        std::uint32_t state = 1;
        const auto found = clustering_stability(
            data.request, by_value(data.request, 4), 30, 0.8,
            [&](const ClusteringRequest& some, JobContext&) {
                ClusteringResult result;
                for (std::size_t i = 0; i < some.data.values.size(); ++i) {
                    state = state * 1664525u + 1013904223u;
                    result.labels.push_back(static_cast<std::int32_t>(state >> 30));
                }
                return result;
            },
            job);
        QVERIFY2(std::abs(found.rand_mean) < 0.05, std::to_string(found.rand_mean).c_str());
        QVERIFY(found.jaccard[0] < 0.5 && found.dissolved[0] > 0.8);
    }

    void noise_is_no_cluster() {
        const Data data;
        ClusteringResult whole = by_value(data.request, 2);
        for (std::size_t i = 20; i < 40; ++i)
            whole.labels[i] = -1;
        whole.clusters = 1;
        QuietJob job;
        const auto found = clustering_stability(
            data.request, whole, 4, 0.5,
            [](const ClusteringRequest& some, JobContext&) {
                ClusteringResult result;
                for (const float value : some.data.values)
                    result.labels.push_back(value < 20 ? 0 : -1);
                return result;
            },
            job);
        QCOMPARE(found.jaccard, std::vector<double>{1.0});
        QVERIFY(found.rand_mean == 1);
    }

    void refuses_cancels_and_finishes_early() {
        const Data data;
        const ClusteringResult whole = by_value(data.request, 2);
        QuietJob job;
        const auto same = [](const ClusteringRequest& some, JobContext&) { return by_value(some, 2); };
        QVERIFY_EXCEPTION_THROWN(clustering_stability(data.request, whole, 1, 0.8, same, job), Error);
        QVERIFY_EXCEPTION_THROWN(clustering_stability(data.request, whole, 5, 0.999, same, job), Error);
        try {
            clustering_stability(
                data.request, whole, 5, 0.5,
                [](const ClusteringRequest&, JobContext&) -> ClusteringResult {
                    throw Error(ErrorCode::BadInput, "Too few rows.");
                },
                job);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::BadInput);
            QCOMPARE(std::string(error.what()).find("A resample of 20 of the 40 rows"), std::size_t{0});
        }
        job.finish_early = true;
        QCOMPARE(clustering_stability(data.request, whole, 50, 0.8, same, job).resamples, 2);
        job.cancel = true;
        QVERIFY_EXCEPTION_THROWN(clustering_stability(data.request, whole, 5, 0.8, same, job), Error);
    }
};

QTEST_GUILESS_MAIN(TestClusteringStability)
#include "test_clustering_stability.moc"
