// SPDX-License-Identifier: GPL-3.0-or-later
// Kernel PCA, classical MDS, Isomap, and the eigenvectors that they stand on.
#include "plugins/explore/engine/isomap.h"
#include "plugins/explore/engine/kernel_pca.h"
#include "plugins/explore/engine/mds.h"
#include "plugins/explore/engine/principal_coordinates.h"
#include "plugins/explore/engine/symmetric_eigen.h"
#include "tests/explore_engine/made_data.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <numbers>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;

namespace {

class ListeningJob : public QuietJob {
public:
    std::vector<std::string> warnings;
    void warn(std::string_view message) override { warnings.emplace_back(message); }
};

template<class Method>
std::unique_ptr<FittedEmbedding> fit(const Made& made, const Json& set, JobContext& context,
                                     int threads = 2) {
    EmbeddingRequest request;
    request.data = made.view();
    request.parameters = Method::parameters().complete(set);
    request.threads = threads;
    return Method().fit(request, context);
}

// The farthest that any of the first rows lies from where the peer has it, each column up to its sign, as a
// part of the largest value.
double apart(const std::vector<float>& points, const Json& peer, std::size_t wide) {
    double worst = 0, largest = 0;
    for (std::size_t c = 0; c < wide; ++c) {
        double product = 0;
        for (std::size_t i = 0; i < peer.size(); ++i)
            product += points[i * wide + c] * peer[i][c].get<double>();
        const double sign = product < 0 ? -1 : 1;
        for (std::size_t i = 0; i < peer.size(); ++i) {
            worst = std::max(worst, std::abs(sign * points[i * wide + c] - peer[i][c].get<double>()));
            largest = std::max(largest, std::abs(peer[i][c].get<double>()));
        }
    }
    return worst / largest;
}

template<class Method>
void check_is_peers(const char* name) {
    for (const Json& peer : peers().at(name)) {
        const Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
        QuietJob job;
        const auto fitted = fit<Method>(made, peer["set"], job);
        const std::size_t wide = peer["set"]["dimensions"];
        const double worst = apart(fitted->points(), peer["points"], wide);
        QVERIFY2(worst < 1e-3, (peer["set"].dump() + ": " + std::to_string(worst)).c_str());
        for (std::size_t c = 0; c < wide; ++c) {
            const double ours = fitted->notes()["eigenvalues"][c], theirs = peer["eigenvalues"][c];
            QVERIFY2(std::abs(ours / theirs - 1) < 1e-3, peer["set"].dump().c_str());
        }
        // New rows, where the peer places them, seen from the same side.
        if (!peer.contains("placed"))
            continue;
        const Made more = made_numbers(10, peer["columns"], 99);
        std::vector<float> both(fitted->points().begin(),
                                fitted->points().begin() +
                                    static_cast<std::ptrdiff_t>(wide * peer["points"].size()));
        const auto placed = fitted->place(more.view(), 2, job);
        both.insert(both.end(), placed.begin(), placed.end());
        Json theirs = peer["points"];
        for (const Json& row : peer["placed"])
            theirs.push_back(row);
        const double far = apart(both, theirs, wide);
        QVERIFY2(far < 2e-3, (peer["set"].dump() + " placed: " + std::to_string(far)).c_str());
    }
}

// What holds for all three: no dependence on threads, rows that are there stay, refusals, cancel.
template<class Method>
void check_common() {
    const Made made = made_clusters(500, 8, 3, 7, 4);
    QuietJob job;
    const auto one = fit<Method>(made, {{"dimensions", 3}}, job, 1);
    const auto three = fit<Method>(made, {{"dimensions", 3}}, job, 3);
    QVERIFY(one->points() == three->points());
    QCOMPARE(one->dimensions(), 3);
    const auto placed = one->place({std::span(made.values).first(80), 10, 8}, 2, job);
    float largest = 0, worst = 0;
    for (std::size_t i = 0; i < placed.size(); ++i) {
        largest = std::max(largest, std::abs(one->points()[i]));
        worst = std::max(worst, std::abs(placed[i] - one->points()[i]));
    }
    QVERIFY2(worst < 0.01f * largest, std::to_string(worst / largest).c_str());
    QVERIFY_EXCEPTION_THROWN(one->place({std::span(made.values).first(80), 40, 2}, 2, job), Error);
    QuietJob cancelled;
    cancelled.cancel = true;
    QVERIFY_EXCEPTION_THROWN(fit<Method>(made, Json::object(), cancelled), Error);

    const auto refusal = [](const Made& data, const Json& set) {
        return refusal_of([&] {
            QuietJob quiet;
            fit<Method>(data, set, quiet);
        });
    };
    QVERIFY(refusal(made_numbers(1, 4, 1), Json::object()).find("at least two") != std::string::npos);
    QVERIFY(refusal(made_numbers(12, 4, 1), {{"dimensions", 12}}).find("Choose at most 11") !=
            std::string::npos);
    Made same = made_numbers(30, 4, 1);
    std::fill(same.values.begin(), same.values.end(), 2.f);
    QVERIFY(refusal(same, Json::object()).find("are the same") != std::string::npos);
}

} // namespace

class TestCoordinates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // The path of n nodes has the eigenvalues 2 cos(pi k / (n + 1)), which crowd at the end; side by side
    // with a second one each comes twice.
    void eigenvectors_of_paths() {
        for (const std::int64_t nodes : {100, 600}) {
            const std::int64_t side = 2 * nodes;
            const SymmetricProduct product = [&](std::span<const double> in, std::int64_t width,
                                                 std::span<double> out) {
                for (std::int64_t c = 0; c < width; ++c)
                    for (std::int64_t i = 0; i < side; ++i) {
                        const auto at = static_cast<std::size_t>(c * side + i);
                        out[at] = (i % nodes > 0 ? in[at - 1] : 0) + (i % nodes < nodes - 1 ? in[at + 1] : 0);
                    }
            };
            QuietJob job;
            const Eigenpairs found = largest_eigenpairs(side, 6, product, 1e-7, 3, job);
            QVERIFY(found.converged);
            for (std::size_t c = 0; c < 6; ++c) {
                const double expected = 2 * std::cos(std::numbers::pi * static_cast<double>(c / 2 + 1) /
                                                     static_cast<double>(nodes + 1));
                QVERIFY2(std::abs(found.values[c] - expected) < 1e-8, std::to_string(c).c_str());
                const auto vectors = std::span(found.vectors);
                const auto length = static_cast<std::size_t>(side);
                for (std::size_t d = 0; d <= c; ++d) {
                    double dot = 0;
                    for (std::size_t i = 0; i < length; ++i)
                        dot += vectors[c * length + i] * vectors[d * length + i];
                    QVERIFY(std::abs(dot - (c == d)) < 1e-9);
                }
            }
        }
    }

    void kernel_pca_is_scikit_learns() {
        check_is_peers<KernelPca>("kernel_pca");
        check_common<KernelPca>();
        QuietJob job;
        const auto fitted = fit<KernelPca>(made_numbers(40, 5, 2), Json::object(), job);
        QVERIFY(std::abs(fitted->notes()["gamma"].get<double>() - 0.2) < 1e-12);
    }

    // Torgerson's by NumPy; of Euclidean distances it is PCA.
    void mds_is_torgersons() {
        check_is_peers<ClassicalMds>("mds");
        check_common<ClassicalMds>();
        for (const Json& peer : peers().at("mds")) {
            const Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
            QuietJob job;
            const auto fitted = fit<ClassicalMds>(made, peer["set"], job);
            const double ours = fitted->notes()["negative_part"], theirs = peer["negative_part"];
            QVERIFY2(std::abs(ours - theirs) < 1e-4, std::to_string(ours).c_str());
            QCOMPARE(fitted->notes()["negative_rows"].get<int>(), peer["rows"].get<int>());
        }
    }

    // A triangle of sides 3, 4 and 5 comes back as one, and the third dimension has no length.
    void mds_of_a_triangle() {
        Made made;
        made.rows = 3;
        made.columns = 2;
        made.values = {0, 0, 3, 0, 0, 4};
        QuietJob job;
        const auto fitted = fit<ClassicalMds>(made, {{"dimensions", 2}}, job);
        const auto& p = fitted->points();
        const auto side = [&](std::size_t a, std::size_t b) {
            return std::hypot(p[2 * a] - p[2 * b], p[2 * a + 1] - p[2 * b + 1]);
        };
        QVERIFY(std::abs(side(0, 1) - 3) < 1e-4f && std::abs(side(0, 2) - 4) < 1e-4f &&
                std::abs(side(1, 2) - 5) < 1e-4f);
    }

    void isomap_is_scikit_learns() {
        check_is_peers<Isomap>("isomap");
        check_common<Isomap>();
    }

    // A half circle is unrolled to its length.
    void isomap_unrolls_an_arc() {
        Made made;
        made.rows = 200;
        made.columns = 2;
        for (int i = 0; i < 200; ++i) {
            const double angle = std::numbers::pi * i / 199;
            made.values.push_back(static_cast<float>(std::cos(angle)));
            made.values.push_back(static_cast<float>(std::sin(angle)));
        }
        ListeningJob job;
        const auto fitted = fit<Isomap>(made, {{"dimensions", 1}, {"neighbours", 4}}, job);
        const double length = std::abs(fitted->points()[0] - fitted->points()[199]);
        QVERIFY2(std::abs(length - std::numbers::pi) < 0.02, std::to_string(length).c_str());
        QVERIFY(fitted->notes()["residual_variance"].get<double>() < 1e-3);
        QCOMPARE(fitted->notes()["components"].get<int>(), 1);
        QVERIFY(job.warnings.empty());
    }

    void isomap_says_that_it_joined_parts() {
        const Made made = made_clusters(90, 4, 3, 40, 4);
        ListeningJob job;
        const auto fitted = fit<Isomap>(made, {{"neighbours", 5}}, job);
        QCOMPARE(fitted->notes()["components"].get<int>(), 3);
        QCOMPARE(job.warnings.size(), std::size_t{1});
        QVERIFY(job.warnings[0].find("falls into 3 parts") != std::string::npos);
        QVERIFY(same_class_share(fitted->points(), 2, made.classes) > 0.99);
        QVERIFY(refusal_of([&] {
                    fit<Isomap>(made, {{"neighbours", 90}}, job);
                }).find("Choose at most 89") != std::string::npos);
    }

    void too_many_rows_are_refused_before_memory_is_taken() {
        try {
            check_square(10'000'000, 2);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::Memory);
            QVERIFY(std::string(error.what()).find("subsample") != std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestCoordinates)
#include "test_coordinates.moc"
