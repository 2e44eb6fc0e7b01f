// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/nmf.h"

#include "tests/explore_engine/made_data.h"
#include "tests/explore_engine/peers.h"

#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;

namespace {

Made made_amounts(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
    Made made = made_numbers(rows, columns, seed);
    for (float& value : made.values)
        value = std::abs(value);
    return made;
}

EmbeddingRequest request_for(const Made& made, const Json& set) {
    EmbeddingRequest request;
    request.data = made.view();
    request.parameters = Nmf::parameters().complete(set);
    request.threads = 2;
    return request;
}

// |X - W H| by hand.
double error_of(const Made& made, const NonNegativeFactors& found) {
    double square = 0;
    for (std::int64_t i = 0; i < made.rows; ++i)
        for (std::int64_t j = 0; j < made.columns; ++j) {
            double value = made.view().row(i)[static_cast<std::size_t>(j)];
            for (int c = 0; c < found.parts; ++c)
                value -= static_cast<double>(found.weights[static_cast<std::size_t>(i * found.parts + c)]) *
                         found.components[static_cast<std::size_t>(c * made.columns + j)];
            square += value * value;
        }
    return std::sqrt(square);
}

} // namespace

class TestNmf : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // The same objective to one in a hundred (both find a local minimum), and what is said of it is true.
    void reaches_scikit_learns_error() {
        for (const Json& peer : peers().at("nmf")) {
            const Made made = made_amounts(peer["rows"], peer["columns"], peer["seed"]);
            NmfOptions options;
            options.parts = peer["count"];
            options.tolerance = 1e-7;
            options.iterations = 3000;
            QuietJob job;
            const auto found = non_negative_factors(made.view(), options, 1, 2, job);
            const double theirs = peer["error"];
            QVERIFY2(found.error < 1.01 * theirs,
                     (std::to_string(found.error) + " " + std::to_string(theirs)).c_str());
            QVERIFY(found.converged);
            QVERIFY(std::abs(found.error - error_of(made, found)) < 1e-3 * theirs);
            QVERIFY(*std::min_element(found.weights.begin(), found.weights.end()) >= 0);
            QVERIFY(*std::min_element(found.components.begin(), found.components.end()) >= 0);
        }
    }

    // Amounts that are sums of two parts without common columns: the parts come out, up to their scale.
    void finds_the_parts_of_sums() {
        Made made;
        made.rows = 40;
        made.columns = 6;
        Numbers numbers(3);
        for (int i = 0; i < 40; ++i) {
            const double a = numbers.next() + 0.5, b = numbers.next() + 0.5;
            for (const double value : {a, 2 * a, 3 * a, b, 4 * b, 0.0})
                made.values.push_back(static_cast<float>(value));
        }
        QuietJob job;
        auto request = request_for(made, {{"dimensions", 2}, {"tolerance", 1e-8}, {"iterations", 2000}});
        const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
        request.names = names;
        const auto fitted = Nmf().fit(request, job);
        QVERIFY2(fitted->notes()["relative_error"].get<double>() < 1e-3, fitted->notes().dump().c_str());
        std::vector<std::string> first;
        for (const Json& part : fitted->notes()["parts"])
            first.push_back(part["columns"][0]);
        std::sort(first.begin(), first.end());
        QCOMPARE(first, (std::vector<std::string>{"c", "e"}));
    }

    void sparse_data_give_the_same() {
        Made made = made_amounts(90, 40, 21);
        for (float& value : made.values)
            value = value > 1 ? value : 0;
        const SparseMatrix sparse = sparse_of(made);
        NmfOptions options;
        options.parts = 4;
        QuietJob job;
        const auto dense = non_negative_factors(made.view(), options, 1, 2, job);
        const auto found = non_negative_factors({{}, made.rows, made.columns, &sparse}, options, 1, 2, job);
        QVERIFY(std::abs(found.error / dense.error - 1) < 1e-3);
        QVERIFY(std::abs(found.error - error_of(made, found)) < 1e-3 * found.error);
    }

    void does_not_depend_on_threads() {
        const Made made = made_amounts(3000, 45, 2);
        NmfOptions options;
        options.parts = 6;
        options.iterations = 30;
        QuietJob job;
        const auto one = non_negative_factors(made.view(), options, 7, 1, job);
        const auto three = non_negative_factors(made.view(), options, 7, 3, job);
        QVERIFY(one.weights == three.weights && one.components == three.components);
    }

    void places_rows_that_are_there_where_they_are() {
        const Made made = made_amounts(200, 12, 8);
        QuietJob job;
        const auto fitted =
            Nmf().fit(request_for(made, {{"dimensions", 3}, {"tolerance", 1e-8}, {"iterations", 5000}}), job);
        const auto placed = fitted->place({std::span(made.values).first(120), 10, 12}, 2, job);
        double worst = 0, largest = 0;
        for (std::size_t i = 0; i < 30; ++i) {
            worst = std::max(worst, static_cast<double>(std::abs(placed[i] - fitted->points()[i])));
            largest = std::max(largest, static_cast<double>(fitted->points()[i]));
        }
        QVERIFY2(worst < 0.01 * largest, std::to_string(worst / largest).c_str());
        QVERIFY_EXCEPTION_THROWN(fitted->place({std::span(made.values).first(20), 10, 2}, 2, job), Error);
        const std::vector<float> below(12, -1.f);
        QVERIFY_EXCEPTION_THROWN(fitted->place({below, 1, 12}, 2, job), Error);
    }

    void refuses_what_has_no_parts() {
        const auto message = [](const Made& made, const Json& set) {
            QuietJob job;
            return refusal_of([&] { Nmf().fit(request_for(made, set), job); });
        };
        Made below = made_amounts(20, 3, 1);
        below.values[7] = -0.25f;
        QVERIFY(message(below, {}).find("\"2\" has a value below zero") != std::string::npos);
        QVERIFY(message(made_amounts(5, 3, 1), {{"dimensions", 4}}).find("at most 3") != std::string::npos);
        Made zero = made_amounts(5, 3, 1);
        std::fill(zero.values.begin(), zero.values.end(), 0.f);
        QVERIFY(message(zero, {}).find("All values are zero") != std::string::npos);
        QCOMPARE(message(made_amounts(5, 3, 1), {{"dimensions", 3}}), std::string());
    }

    void is_cancelled_and_finishes_early() {
        const Made made = made_amounts(2000, 30, 2);
        WatchingJob cancelled;
        cancelled.cancel_after = 5;
        QVERIFY_EXCEPTION_THROWN(Nmf().fit(request_for(made, {{"dimensions", 5}}), cancelled), Error);
        QVERIFY(cancelled.reports < 8);
        WatchingJob early;
        early.finish_after = 6;
        const auto fitted = Nmf().fit(request_for(made, {{"dimensions", 5}}), early);
        QVERIFY(fitted->notes()["finished_early"].get<bool>());
        QVERIFY(fitted->notes()["iterations"].get<int>() < 10);
    }
};

QTEST_GUILESS_MAIN(TestNmf)
#include "test_nmf.moc"
