// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/spectral.h"

#include "core/formats/table_reader.h"
#include "core/learning/clustering_scores.h"
#include "tests/explore_engine/made_data.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

namespace {

ClusteringResult cluster(const Made& made, const Json& set, JobContext& context, int threads = 2) {
    ClusteringRequest request;
    request.data = made.view();
    request.parameters = Spectral::parameters().complete(set);
    request.threads = threads;
    ClusteringResult result = Spectral().cluster(request, context);
    order_clusters(result);
    return result;
}

Made shape(const Json& peer) {
    Made made;
    made.columns = 2;
    for (const Json& row : peer["data"]) {
        made.values.push_back(row[0]);
        made.values.push_back(row[1]);
        ++made.rows;
    }
    made.classes = peer["truth"].get<std::vector<std::int32_t>>();
    return made;
}

} // namespace

class TestSpectral : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // A ring in a ring, and two half moons: the truth, and what scikit-learn finds.
    void shapes_are_parted_as_scikit_learn_does() {
        for (const char* name : {"circles", "moons"}) {
            const Json& peer = peers().at("spectral")[name];
            const Made made = shape(peer);
            for (const char* affinity : {"neighbours", "rbf"}) {
                QuietJob job;
                Json set{{"clusters", 2}, {"affinity", affinity}};
                if (std::string(affinity) == "rbf")
                    set["gamma"] = 30;
                const auto found = cluster(made, set, job);
                const auto theirs = peer[std::string(affinity) == "rbf" ? "rbf" : "nearest_neighbors"]
                                        .get<std::vector<std::int32_t>>();
                const double rand = adjusted_rand(found.labels, theirs);
                QVERIFY2(rand > 0.98, (std::string(name) + affinity + std::to_string(rand)).c_str());
                QVERIFY(adjusted_rand(found.labels, made.classes) >=
                        adjusted_rand(theirs, made.classes) - 0.02);
            }
        }
    }

    void the_gap_says_how_many() {
        QuietJob job;
        for (const int clusters : {2, 3, 5}) {
            const Made made = made_clusters(450, 6, clusters, 9, 4);
            const auto found = cluster(made, Json::object(), job);
            QCOMPARE(found.clusters, clusters);
            QVERIFY(adjusted_rand(found.labels, made.classes) > 0.99);
            // As many eigenvalues of the Laplacian are about zero as there are parts.
            const auto values = found.notes["laplacian_eigenvalues"].get<std::vector<double>>();
            QVERIFY(std::is_sorted(values.begin(), values.end(),
                                   [](double a, double b) { return a < b - 1e-6; }));
            QVERIFY(values[static_cast<std::size_t>(clusters) - 1] < 0.02);
            QVERIFY(values[static_cast<std::size_t>(clusters)] > 0.02);
        }
        QCOMPARE(cluster(shape(peers().at("spectral")["moons"]), Json::object(), job).clusters, 2);
    }

    void digits_are_parted_as_well_as_by_scikit_learn() {
        const char* shared = std::getenv("EYEPIECE_SHARED_DATA");
        const fs::path file = fs::path(shared ? shared : "") / "tabular/digits.csv.gz";
        if (!fs::exists(file))
            QSKIP("The shared data are not here.");
        const NumericMatrix matrix = numeric_matrix(open_table(file).table);
        Made made;
        made.rows = static_cast<std::int64_t>(matrix.rows);
        made.columns = 64;
        for (std::size_t i = 0; i < matrix.rows; ++i) {
            made.values.insert(made.values.end(), matrix.row(i).begin(), matrix.row(i).begin() + 64);
            made.classes.push_back(static_cast<std::int32_t>(matrix.row(i)[64]));
        }
        QuietJob job;
        const auto found = cluster(made, {{"clusters", 10}}, job);
        const double ours = adjusted_rand(found.labels, made.classes);
        const double theirs = peers().at("spectral")["digits_rand"];
        QVERIFY2(ours > theirs - 0.02, (std::to_string(ours) + " " + std::to_string(theirs)).c_str());
        QVERIFY(found.notes["converged"].get<bool>());
    }

    void does_not_depend_on_threads() {
        const Made made = made_clusters(900, 6, 4, 6, 3);
        QuietJob job;
        for (const char* affinity : {"neighbours", "rbf"})
            QVERIFY(cluster(made, {{"affinity", affinity}}, job, 1).labels ==
                    cluster(made, {{"affinity", affinity}}, job, 3).labels);
    }

    void refuses_and_is_cancelled() {
        QuietJob job;
        const Made made = made_clusters(30, 4, 3, 9, 4);
        const auto refusal = [&](const Json& set) { return refusal_of([&] { cluster(made, set, job); }); };
        QVERIFY(refusal({{"clusters", 31}}).find("at most 30") != std::string::npos);
        QVERIFY(refusal({{"neighbours", 31}}).find("at most 30") != std::string::npos);
        QVERIFY(refusal_of([&] {
                    cluster(made_clusters(2, 4, 2, 9, 4), Json::object(), job);
                }).find("at least three") != std::string::npos);
        QuietJob cancelled;
        cancelled.cancel = true;
        QVERIFY_EXCEPTION_THROWN(cluster(made, Json::object(), cancelled), Error);
        // Rows that are all the same end in something.
        Made same = made;
        std::fill(same.values.begin(), same.values.end(), 1.f);
        for (const char* affinity : {"neighbours", "rbf"})
            QCOMPARE(cluster(same, {{"affinity", affinity}}, job).labels.size(), std::size_t{30});
    }
};

QTEST_GUILESS_MAIN(TestSpectral)
#include "test_spectral.moc"
