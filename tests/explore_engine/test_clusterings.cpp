// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/clustering_scores.h"
#include "plugins/explore/engine/density.h"
#include "plugins/explore/engine/gaussian_mixture.h"
#include "plugins/explore/engine/hierarchical.h"
#include "plugins/explore/engine/kmeans.h"
#include "plugins/explore/engine/leiden.h"
#include "tests/explore_engine/made_data.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;

namespace {

// clustered() of make_peers.py
Made clustered(const Json& peer) {
    Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
    for (std::int64_t i = 0; i < made.rows; ++i) {
        made.classes.push_back(static_cast<std::int32_t>(i % 3));
        float& value = made.values[static_cast<std::size_t>(i * made.columns + i % 3)];
        value = static_cast<float>(static_cast<double>(value) + 4);
    }
    return made;
}

template<class Method>
ClusteringResult cluster(const Made& made, const Json& set, int threads = 1, JobContext* context = nullptr) {
    ClusteringRequest request;
    request.data = made.view();
    request.parameters = Method::parameters().complete(set);
    request.threads = threads;
    QuietJob job;
    ClusteringResult result = Method().cluster(request, context ? *context : job);
    order_clusters(result);
    return result;
}

template<class Method>
void check_common(const Json& set, double least_rand) {
    const Made made = made_clusters(420, 6, 4, 9, 3);
    const auto one = cluster<Method>(made, set, 1), three = cluster<Method>(made, set, 3);
    QVERIFY(one.labels == three.labels);
    QCOMPARE(one.labels.size(), std::size_t{420});
    const double rand = adjusted_rand(one.labels, made.classes);
    QVERIFY2(rand > least_rand, std::to_string(rand).c_str());
    QuietJob cancelled;
    cancelled.cancel = true;
    try {
        cluster<Method>(made, set, 1, &cancelled);
        QFAIL("went on");
    } catch (const Error& error) {
        QVERIFY(error.code() == ErrorCode::Cancelled);
    }
    // Rows that are all the same end in something finite.
    Made same = made;
    std::fill(same.values.begin(), same.values.end(), 1.f);
    try {
        QCOMPARE(cluster<Method>(same, set).labels.size(), std::size_t{420});
    } catch (const Error& error) {
        QVERIFY(error.code() == ErrorCode::BadInput);
    }
}

template<class Method>
std::string refusal(const Made& made, const Json& set) {
    return refusal_of([&] { cluster<Method>(made, set); });
}

} // namespace

class TestClusterings : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void scores_are_scikit_learns() {
        const Json& peer = peers().at("scores");
        const Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
        const auto labels = peer["labels"].get<std::vector<std::int32_t>>();
        std::vector<std::int32_t> others;
        for (std::int64_t i = 0; i < made.rows; ++i) {
            const double floor = std::floor(static_cast<double>(made.view().row(i)[1]) * 3);
            others.push_back(static_cast<std::int32_t>(floor - 4 * std::floor(floor / 4)));
        }
        QuietJob job;
        QVERIFY(std::abs(*silhouette(made.view(), labels, 1000, 1, 2, job) -
                         peer["silhouette"].get<double>()) < 1e-5);
        QVERIFY(std::abs(*davies_bouldin(made.view(), labels) - peer["davies_bouldin"].get<double>()) < 1e-5);
        QVERIFY(std::abs(adjusted_rand(labels, others) - peer["rand"].get<double>()) < 1e-9);
        QVERIFY(adjusted_rand(labels, labels) == 1);
        // Without two clusters there is none; noise does not count.
        const std::vector<std::int32_t> single(labels.size(), 0), noise(labels.size(), -1);
        QVERIFY(!silhouette(made.view(), single, 1000, 1, 2, job) && !davies_bouldin(made.view(), noise));
        std::vector<std::int32_t> some = labels;
        some[7] = -1;
        QVERIFY(std::abs(*silhouette(made.view(), some, 1000, 1, 2, job) - peer["silhouette"].get<double>()) <
                0.01);
    }

    void k_means_reaches_scikit_learns_inertia() {
        const Json& peer = peers().at("clusterings");
        const Made made = clustered(peer);
        for (const auto& [clusters, name] : {std::pair{3, "inertia"}, std::pair{8, "inertia_8"}}) {
            const auto found = cluster<KMeans>(made, {{"clusters", clusters}, {"restarts", 20}});
            const double ours = found.notes["inertia"], theirs = peer[name];
            QVERIFY2(ours < 1.01 * theirs, (std::to_string(ours) + " " + std::to_string(theirs)).c_str());
            const auto batches =
                cluster<KMeans>(made, {{"clusters", clusters}, {"mini-batch", true}, {"batch-size", 64}});
            QVERIFY(batches.notes["inertia"].get<double>() < 1.15 * theirs);
        }
        check_common<KMeans>({{"clusters", 4}}, 0.99);
        QVERIFY(refusal<KMeans>(made_clusters(5, 2, 1, 1, 1), {{"clusters", 6}}).find("at most 5") !=
                std::string::npos);
        // As many clusters as rows: each is its own.
        QCOMPARE(cluster<KMeans>(made_clusters(6, 2, 1, 1, 1), {{"clusters", 6}}).clusters, 6);
    }

    void mixtures_reach_scikit_learns_likelihood() {
        const Json& peer = peers().at("clusterings");
        const Made made = clustered(peer);
        for (const auto& [shape, name] :
             {std::pair{"full", "full"}, std::pair{"tied", "tied"}, std::pair{"diagonal", "diag"},
              std::pair{"spherical", "spherical"}}) {
            MixtureOptions options;
            options.components = 3;
            options.tolerance = 1e-5;
            options.iterations = 500;
            options.shape = std::string(shape) == "full"       ? CovarianceShape::Full
                            : std::string(shape) == "tied"     ? CovarianceShape::Tied
                            : std::string(shape) == "diagonal" ? CovarianceShape::Diagonal
                                                               : CovarianceShape::Spherical;
            QuietJob job;
            const auto found = gaussian_mixture(made.view(), options, 1, 2, job);
            const double theirs = peer["likelihood"][name], bic = peer["bic"][name];
            QVERIFY2(found.log_likelihood > theirs - 0.01 * std::abs(theirs),
                     (std::string(shape) + " " + std::to_string(found.log_likelihood) + " " +
                      std::to_string(theirs))
                         .c_str());
            QVERIFY2(found.bic < bic + 0.01 * std::abs(bic), shape);
        }
        // The number of components that the data were made of has the least BIC.
        const auto found =
            cluster<GaussianMixture>(made_clusters(600, 3, 3, 8, 5), {{"covariance", "spherical"}});
        QCOMPARE(found.clusters, 3);
        check_common<GaussianMixture>({{"clusters", 4}}, 0.99);
    }

    // A component that falls onto four rows has a likelihood without bounds.
    void a_mixture_does_not_choose_a_collapsed_number() {
        const Json& peer = peers().at("clusterings");
        Made made = clustered(peer);
        for (std::size_t i = 0; i < 4;
             ++i) // four rows all but the same, far off: fewer than a covariance needs
            for (std::size_t j = 0; j < 5; ++j)
                made.values[5 * i + j] = 30 + 1e-3f * static_cast<float>(i * j);
        const auto found = cluster<GaussianMixture>(made, Json::object());
        bool any = false;
        for (const Json& tried : found.notes["tried"]) {
            any = any || tried["collapsed"].get<bool>();
            if (tried["bic"] == found.notes["bic"])
                QVERIFY(!tried["collapsed"].get<bool>() || tried["clusters"] == 1);
        }
        QVERIFY(any);
    }

    void dbscan_is_scikit_learns() {
        const Json& peer = peers().at("clusterings");
        const Made made = clustered(peer);
        const auto found = cluster<Dbscan>(made, {{"radius", 0.9}, {"neighbours", 6}});
        const double rand = adjusted_rand(found.labels, peer["dbscan"].get<std::vector<std::int32_t>>());
        QVERIFY2(rand > 0.98, std::to_string(rand).c_str()); // a border row may belong to either side
        check_common<Dbscan>(Json::object(), 0.8);
    }

    void hdbscan_finds_clusters_of_different_density() {
        Made made = made_clusters(400, 4, 2, 9, 8);
        for (std::int64_t i = 0; i < made.rows; i += 2) // one of them three times as wide
            for (std::int64_t j = 0; j < 4; ++j)
                made.values[static_cast<std::size_t>(4 * i + j)] *= 0.3f;
        made.rows += 2;
        for (const float value : {40.f, 40.f, 40.f, 40.f, -50.f, 20.f, 0.f, 9.f})
            made.values.push_back(value);
        const auto found = cluster<Hdbscan>(made, {{"smallest-cluster", 20}});
        QCOMPARE(found.clusters, 2);
        QCOMPARE(found.labels[400], -1);
        QCOMPARE(found.labels[401], -1);
        std::vector<std::int32_t> kept, truth;
        for (std::size_t i = 0; i < 400; ++i)
            if (found.labels[i] >= 0) {
                kept.push_back(found.labels[i]);
                truth.push_back(made.classes[i]);
            }
        QVERIFY(kept.size() > 300 && adjusted_rand(kept, truth) == 1);
        check_common<Hdbscan>(Json::object(), 0.9);
    }

    void linkages_are_scipys() {
        const Json& peer = peers().at("clusterings");
        const Made made = clustered(peer);
        for (const std::string& linkage : linkage_names()) {
            QuietJob job;
            const auto merges = agglomerate(made.view(), linkage, 2, job);
            QCOMPARE(merges.size(), std::size_t{239});
            double worst = 0;
            for (std::size_t i = 0; i < merges.size(); ++i)
                worst =
                    std::max(worst, std::abs(merges[i].height - peer[linkage]["heights"][i].get<double>()));
            QVERIFY2(worst < 1e-3, (linkage + " " + std::to_string(worst)).c_str());
            const auto found = cluster<Hierarchical>(made, {{"linkage", linkage}, {"clusters", 4}});
            const double rand =
                adjusted_rand(found.labels, peer[linkage]["labels"].get<std::vector<std::int32_t>>());
            if (linkage != "centroid" && linkage != "median") // whose heights may fall: scipy cuts otherwise
                QVERIFY2(rand == 1, linkage.c_str());
        }
        check_common<Hierarchical>({{"clusters", 4}}, 0.99);
    }

    void leiden_finds_the_parts_of_a_graph() {
        // Two cliques of ten joined by one edge.
        SparseRows graph;
        graph.start.push_back(0);
        for (int i = 0; i < 20; ++i) {
            for (int j = 0; j < 20; ++j)
                if (i != j && (i / 10 == j / 10 || (i + j == 19 && (i == 9 || j == 9)))) {
                    graph.index.push_back(j);
                    graph.value.push_back(1);
                }
            graph.start.push_back(static_cast<std::int64_t>(graph.index.size()));
        }
        QuietJob job;
        const Communities found = leiden(graph, 1, 7, job);
        for (int i = 0; i < 20; ++i)
            QVERIFY((found.labels[static_cast<std::size_t>(i)] == found.labels[0]) == (i < 10));
        // 2 x (45 inner edges / 91) - 2 x (91 / 182)^2
        QVERIFY2(std::abs(found.modularity - (90.0 / 91 - 0.5)) < 1e-6,
                 std::to_string(found.modularity).c_str());
        check_common<Leiden>(Json{{"resolution", 0.3}}, 0.95);
        // More resolution, more clusters.
        const Made made = made_clusters(420, 6, 4, 9, 3);
        QVERIFY(cluster<Leiden>(made, {{"resolution", 3}}).clusters >
                cluster<Leiden>(made, {{"resolution", 0.2}}).clusters);
    }
};

QTEST_GUILESS_MAIN(TestClusterings)
#include "test_clusterings.moc"
