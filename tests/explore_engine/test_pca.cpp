// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/pca.h"

#include "core/learning/embedding_scores.h"
#include "plugins/explore/engine/pca_embedding.h"
#include "tests/explore_engine/made_data.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;

namespace {

EmbeddingRequest request_for(const Made& made, Json set) {
    EmbeddingRequest request;
    request.data = made.view();
    request.parameters = Pca::parameters().complete(set);
    request.threads = 2;
    return request;
}

} // namespace

class TestPca : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Tall and wide, to 1e-4 of the largest value.
    void is_scikit_learns() {
        for (const PcaSolver solver : {PcaSolver::Exact, PcaSolver::Randomised})
            for (const Json& peer : peers().at("pca")) {
                const Made made = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
                const int count = peer["count"];
                QuietJob job;
                const auto found = principal_components(made.view(), count, solver, 1, 2, job);
                const auto scores = found.transform(made.view(), false, 2, job);
                const auto whitened = found.transform(made.view(), true, 1, job);
                double worst = 0;
                for (int c = 0; c < count; ++c) {
                    const auto at = static_cast<std::size_t>(c);
                    worst =
                        std::max(worst, std::abs(found.variance[at] - peer["variance"][at].get<double>()));
                    worst = std::max(worst, std::abs(found.variance[at] / found.total_variance -
                                                     peer["ratio"][at].get<double>()));
                    // scikit-learn 1.2 decides the sign by the left singular vectors, as we do.
                    for (std::int64_t j = 0; j < made.columns; ++j)
                        worst = std::max(
                            worst, std::abs(found.axes[static_cast<std::size_t>(c * made.columns + j)] -
                                            peer["axes"][at][static_cast<std::size_t>(j)].get<double>()));
                    for (std::size_t i = 0; i < 10; ++i)
                        worst = std::max(worst, std::abs(scores[i * static_cast<std::size_t>(count) + at] -
                                                         peer["scores"][i][at].get<double>()));
                    for (std::size_t i = 0; i < 3; ++i)
                        worst = std::max(worst, std::abs(whitened[i * static_cast<std::size_t>(count) + at] -
                                                         peer["whitened"][i][at].get<double>()));
                }
                QVERIFY2(worst < 1e-4, std::to_string(worst).c_str());
            }
    }

    // With all components nothing is lost between batches: the exact ones. With fewer, scikit-learn's.
    void batches_give_what_the_whole_gives() {
        const Made made = made_numbers(900, 12, 5);
        QuietJob job;
        const auto whole = principal_components(made.view(), 12, PcaSolver::Exact, 1, 2, job);
        for (const std::int64_t batch : {0, 12, 50, 400, 899}) {
            const auto found =
                principal_components(made.view(), 12, PcaSolver::Incremental, 1, 2, job, batch);
            QVERIFY(found.solver == PcaSolver::Incremental);
            QVERIFY(std::abs(found.total_variance / whole.total_variance - 1) < 1e-6);
            for (std::size_t c = 0; c < 12; ++c)
                QVERIFY2(std::abs(found.variance[c] / whole.variance[c] - 1) < 1e-3,
                         std::to_string(batch).c_str());
            for (std::size_t j = 0; j < 12; ++j) {
                QVERIFY(std::abs(found.mean[j] - whole.mean[j]) < 1e-6);
                QVERIFY(std::abs(found.axes[j] - whole.axes[j]) < 1e-3f); // the first, well apart
            }
        }
        for (const Json& peer : peers().at("incremental_pca")) {
            const Made data = made_numbers(peer["rows"], peer["columns"], peer["seed"]);
            const int count = peer["count"];
            const auto found = principal_components(data.view(), count, PcaSolver::Incremental, 1, 2, job,
                                                    peer["batch"].get<std::int64_t>());
            for (int c = 0; c < count; ++c) {
                const auto at = static_cast<std::size_t>(c);
                QVERIFY(std::abs(found.variance[at] / peer["variance"][at].get<double>() - 1) < 1e-4);
                double dot = 0;
                for (std::int64_t j = 0; j < data.columns; ++j)
                    dot += found.axes[static_cast<std::size_t>(c * data.columns + j)] *
                           peer["axes"][at][static_cast<std::size_t>(j)].get<double>();
                QVERIFY2(std::abs(std::abs(dot) - 1) < 1e-4, std::to_string(dot).c_str());
            }
        }
    }

    void batches_do_not_depend_on_threads_and_refuse() {
        const Made made = made_numbers(3000, 45, 2);
        QuietJob job;
        const auto one = principal_components(made.view(), 6, PcaSolver::Incremental, 7, 1, job);
        const auto three = principal_components(made.view(), 6, PcaSolver::Incremental, 7, 3, job);
        QVERIFY(one.axes == three.axes && one.variance == three.variance);
        const auto message = [&](const Json& set) {
            return refusal_of([&] { Pca().fit(request_for(made, set), job); });
        };
        QVERIFY(message({{"dimensions", 9}, {"solver", "incremental"}, {"batch-size", 8}})
                    .find("at least as many") != std::string::npos);
        QCOMPARE(message({{"dimensions", 8}, {"solver", "incremental"}, {"batch-size", 8}}), std::string());
        const SparseMatrix sparse = sparse_of(made);
        QVERIFY(refusal_of([&] {
                    principal_components({{}, made.rows, made.columns, &sparse}, 2, PcaSolver::Incremental, 1,
                                         1, job);
                }).find("sparse") != std::string::npos);
        job.cancel = true;
        QVERIFY_EXCEPTION_THROWN(principal_components(made.view(), 6, PcaSolver::Incremental, 7, 1, job),
                                 Error);
    }

    void of_a_line_is_that_line() {
        Made made;
        made.rows = 5;
        made.columns = 2;
        for (const int i : {0, 1, 2, 3, 6}) {
            made.values.push_back(static_cast<float>(3 * i));
            made.values.push_back(static_cast<float>(4 * i + 7));
        }
        QuietJob job;
        const auto found = principal_components(made.view(), 2, PcaSolver::Automatic, 1, 1, job);
        QVERIFY(std::abs(found.axes[0] - 0.6f) < 1e-6f && std::abs(found.axes[1] - 0.8f) < 1e-6f);
        QVERIFY(std::abs(found.variance[0] - 132.5) < 1e-3); // along it 0, 5, 10, 15, 30
        QVERIFY(std::abs(found.variance[1]) < 1e-3);
        const auto scores = found.transform(made.view(), false, 1, job);
        QVERIFY(std::abs(scores[8] - 18) < 1e-4f); // the last, from the mean
    }

    void sparse_data_give_the_same_and_stay_sparse() {
        Made made = made_numbers(90, 40, 21);
        for (float& value : made.values)
            value = value > 0.4f ? value : 0; // some three quarters are zero
        const SparseMatrix sparse = sparse_of(made);
        QVERIFY(sparse.stored() < made.values.size() / 2);
        const MatrixView view{{}, made.rows, made.columns, &sparse};
        QuietJob job;
        const auto dense = principal_components(made.view(), 5, PcaSolver::Exact, 1, 2, job);
        const auto found = principal_components(view, 5, PcaSolver::Automatic, 1, 2, job);
        QVERIFY(found.solver == PcaSolver::Randomised);
        QVERIFY(std::abs(found.total_variance - dense.total_variance) < 1e-3);
        for (std::size_t c = 0; c < 5; ++c)
            QVERIFY(std::abs(found.variance[c] / dense.variance[c] - 1) < 1e-3);
        const auto a = dense.transform(made.view(), false, 2, job), b = found.transform(view, false, 1, job);
        for (std::size_t i = 0; i < a.size(); i += 5) // the first axis is well apart from the second
            QVERIFY(std::abs(a[i] - b[i]) < 0.02f);
        // Scores of the embedding are those of the full matrix too.
        const MatrixView points{a, made.rows, 5};
        const auto of_dense = score_embedding(made.view(), points, {5, 20}, 1000, 1, 2, job);
        const auto of_sparse = score_embedding(view, points, {5, 20}, 1000, 1, 2, job);
        QCOMPARE(of_dense.size(), std::size_t{2});
        QVERIFY(std::abs(of_dense[0].trustworthiness - of_sparse[0].trustworthiness) < 1e-6);
        QVERIFY(std::abs(of_dense[1].kept - of_sparse[1].kept) < 1e-6);
    }

    void does_not_depend_on_threads() {
        const Made made = made_numbers(3000, 45, 2);
        for (const PcaSolver solver : {PcaSolver::Exact, PcaSolver::Randomised}) {
            QuietJob job;
            const auto one = principal_components(made.view(), 6, solver, 7, 1, job);
            const auto three = principal_components(made.view(), 6, solver, 7, 3, job);
            QVERIFY(one.axes == three.axes && one.variance == three.variance);
        }
    }

    void the_notes_tell_variance_and_loadings() {
        const Made made = made_numbers(50, 6, 8);
        auto request = request_for(made, {{"dimensions", 3}});
        const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
        request.names = names;
        QuietJob job;
        const auto fitted = Pca().fit(request, job);
        const Json& notes = fitted->notes();
        QCOMPARE(fitted->points().size(), std::size_t{150});
        QCOMPARE(notes["explained_variance_ratio"].size(), std::size_t{3});
        double sum = 0;
        for (const Json& ratio : notes["explained_variance_ratio"])
            sum += ratio.get<double>();
        QVERIFY(sum > 0.5 && sum <= 1 + 1e-9);
        QCOMPARE(notes["columns"].get<std::vector<std::string>>(), names);
        double length = 0;
        for (const Json& loading : notes["loadings"][1])
            length += std::pow(loading.get<double>(), 2);
        QVERIFY(std::abs(length - 1) < 1e-5);
        // A row that is there is placed where it is.
        const auto placed = fitted->place({std::span(made.values).first(12), 2, 6}, 1, job);
        for (std::size_t i = 0; i < 6; ++i)
            QVERIFY(std::abs(placed[i] - fitted->points()[i]) < 1e-5f);
    }

    void of_many_columns_lists_the_weightiest() {
        const Made made = made_numbers(20, 1200, 8);
        QuietJob job;
        const auto fitted = Pca().fit(request_for(made, {{"dimensions", 2}}), job);
        QCOMPARE(fitted->notes()["columns"].size(), std::size_t{200});
        QCOMPARE(fitted->notes()["loadings"][1].size(), std::size_t{200});
    }

    void refuses_what_has_no_components() {
        const auto message = [](const Made& made, const Json& set) {
            QuietJob job;
            return refusal_of([&] { Pca().fit(request_for(made, set), job); });
        };
        QVERIFY(message(made_numbers(1, 4, 1), {}).find("at least two") != std::string::npos);
        QVERIFY(message(made_numbers(5, 3, 1), {{"dimensions", 4}}).find("at most 3") != std::string::npos);
        Made same = made_numbers(1, 3, 1);
        same.values.insert(same.values.end(), same.values.begin(), same.values.begin() + 3);
        same.rows = 2;
        QVERIFY(message(same, {{"dimensions", 1}}).find("All rows are the same") != std::string::npos);
        QCOMPARE(message(made_numbers(5, 3, 1), {{"dimensions", 3}}), std::string());
    }

    void is_cancelled() {
        const Made made = made_numbers(4000, 60, 2);
        QuietJob job;
        job.cancel = true;
        QVERIFY_EXCEPTION_THROWN(principal_components(made.view(), 6, PcaSolver::Randomised, 7, 1, job),
                                 Error);
    }
};

QTEST_GUILESS_MAIN(TestPca)
#include "test_pca.moc"
