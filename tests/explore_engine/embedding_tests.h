// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for t-SNE and UMAP alike. Method: Tsne or Umap.
#pragma once
#include "core/base/error.h"
#include "core/learning/embedding.h"
#include "plugins/explore/engine/affinities.h"
#include "tests/explore_engine/made_data.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

namespace eyepiece::testing {

template<class Method>
EmbeddingRequest request_for(const Made& made, const Json& set, int threads = 1) {
    EmbeddingRequest request;
    request.data = made.view();
    request.parameters = Method::parameters().complete(set);
    request.threads = threads;
    return request;
}

template<class Method>
std::string refusal(const Made& made, const Json& set) {
    QuietJob job;
    return refusal_of([&] { Method().fit(request_for<Method>(made, set), job); });
}

inline std::vector<double> dense(const explore::SparseRows& rows) {
    const auto n = static_cast<std::size_t>(rows.rows());
    std::vector<double> all(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (auto at = static_cast<std::size_t>(rows.start[i]);
             at < static_cast<std::size_t>(rows.start[i + 1]); ++at)
            all[i * n + static_cast<std::size_t>(rows.index[at])] = rows.value[at];
    return all;
}

// The last hundred of 800 rows in four clusters, placed in what was made of the others: nearly all come to
// lie nearest to one of their own class.
template<class Method>
void check_new_rows_fall_among_their_own() {
    const Made made = made_clusters(800, 15, 4, 9, 2);
    const std::size_t old = 700, columns = 15;
    Made first = made;
    first.rows = 700;
    first.values.resize(old * columns);
    QuietJob job;
    const auto fitted = Method().fit(request_for<Method>(first, Json::object()), job);
    const std::vector<float> rest(made.values.begin() + static_cast<std::ptrdiff_t>(old * columns),
                                  made.values.end());
    const auto placed = fitted->place({rest, 100, 15}, 2, job);
    int right = 0;
    for (std::size_t i = 0; i < 100; ++i) {
        double best = 1e30;
        std::int32_t nearest = -1;
        for (std::size_t j = 0; j < old; ++j) {
            const double square = std::pow(placed[2 * i] - fitted->points()[2 * j], 2) +
                                  std::pow(placed[2 * i + 1] - fitted->points()[2 * j + 1], 2);
            if (square < best) {
                best = square;
                nearest = made.classes[j];
            }
        }
        right += nearest == made.classes[old + i];
    }
    QVERIFY2(right >= 98, std::to_string(right).c_str());
    QVERIFY_EXCEPTION_THROWN(fitted->place({rest, 50, 30}, 2, job), Error);
}

// `steps`: what the notes call the steps it came to.
template<class Method>
void check_cancel_and_finish_early(const char* steps) {
    const Made made = made_clusters(800, 15, 4, 9, 2);
    WatchingJob cancelled;
    cancelled.cancel_after = 40;
    try {
        Method().fit(request_for<Method>(made, Json::object()), cancelled);
        QFAIL("went on");
    } catch (const Error& error) {
        QVERIFY(error.code() == ErrorCode::Cancelled);
    }
    QVERIFY(cancelled.reports < 45);
    WatchingJob early;
    early.finish_after = 100;
    const auto fitted = Method().fit(request_for<Method>(made, Json::object()), early);
    QVERIFY(fitted->notes()["finished_early"].template get<bool>());
    QVERIFY(fitted->notes()[steps].template get<int>() < 110);
    QCOMPARE(fitted->points().size(), std::size_t{1600});
}

// Rows that are all the same, or in pairs, end somewhere finite.
template<class Method>
void check_copes_with_rows_that_are_the_same() {
    Made made = made_clusters(60, 3, 2, 4, 1);
    std::copy(made.values.begin(), made.values.begin() + 90, made.values.begin() + 90);
    for (const bool all : {false, true}) {
        if (all)
            std::fill(made.values.begin(), made.values.end(), 2.f);
        QuietJob job;
        const auto fitted = Method().fit(request_for<Method>(made, Json::object()), job);
        for (const float value : fitted->points())
            QVERIFY(std::isfinite(value));
    }
}

} // namespace eyepiece::testing
