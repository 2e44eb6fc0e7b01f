// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/autoencoder.h"

#include "core/formats/table_reader.h"
#include "tests/explore_engine/embedding_tests.h"

#include <QtTest>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

using namespace eyepiece;
using namespace eyepiece::explore;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

namespace {

// Two numbers, seen through eight curves of them.
Made made_sheet(std::int64_t rows, double bend, std::uint64_t seed) {
    Made made;
    made.rows = rows;
    made.columns = 8;
    Numbers numbers(seed);
    for (std::int64_t i = 0; i < rows; ++i) {
        const double a = 2 * numbers.next(), b = 2 * numbers.next();
        for (int j = 0; j < 8; ++j) {
            const double along = std::cos(j) * a + std::sin(j) * b;
            made.values.push_back(static_cast<float>(along + bend * std::cos(3 * along + j)));
        }
    }
    return made;
}

std::unique_ptr<FittedEmbedding> fitted_to(const Made& made, const Json& set = Json::object(),
                                           int threads = 2) {
    QuietJob job;
    return Autoencoder().fit(request_for<Autoencoder>(made, set, threads), job);
}

std::string figures(const Json& notes) {
    return notes.dump();
}

} // namespace

class TestAutoencoder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // What lies in a plane, a plane shows; what is bent, it shows better than any plane.
    void gives_back_more_than_principal_components_where_data_are_bent() {
        const Json flat = fitted_to(made_sheet(800, 0, 1), {{"epochs", 100}})->notes();
        QVERIFY(std::abs(flat.at("pca_variance_explained").get<double>() - 1) < 1e-4);
        QVERIFY2(flat.at("variance_explained").get<double>() > 0.98, figures(flat).c_str());
        const Json bent = fitted_to(made_sheet(800, 0.7, 1))->notes();
        const double network = bent.at("variance_explained").get<double>(),
                     linear = bent.at("pca_variance_explained").get<double>();
        QVERIFY2(linear < 0.8 && network > linear + 0.1, figures(bent).c_str());
        QVERIFY2(bent.at("held_out_variance_explained").get<double>() > linear + 0.05, figures(bent).c_str());
        QCOMPARE(bent.at("held_out_rows").get<int>(), 80);
        QCOMPARE(bent.at("widths"), Json({64, 16, 2}));
        QVERIFY(bent.at("stopped").get<std::string>().ends_with(
            "the best is of epoch " + std::to_string(bent.at("best_epoch").get<int>()) + "."));
    }

    void digits_come_back_better_than_from_principal_components() {
        const fs::path path =
            fs::path(qgetenv("EYEPIECE_SHARED_DATA").toStdString()) / "tabular/digits.csv.gz";
        if (!fs::exists(path))
            QSKIP("The shared data are not here.");
        const Table table = open_table(path).table;
        Made made;
        made.rows = static_cast<std::int64_t>(table.rows());
        made.columns = 64;
        for (std::size_t i = 0; i < table.rows(); ++i) {
            for (std::size_t j = 0; j < 64; ++j)
                made.values.push_back(static_cast<float>(table.column(j).number(i)));
            made.classes.push_back(static_cast<std::int32_t>(table.column(64).number(i)));
        }
        const auto fitted = fitted_to(made);
        const Json& notes = fitted->notes();
        qInfo("%s", figures(notes).c_str());
        QVERIFY2(notes.at("held_out_variance_explained").get<double>() >
                     notes.at("pca_variance_explained").get<double>() + 0.1,
                 figures(notes).c_str());
        const double same = same_class_share(fitted->points(), 2, made.classes);
        QVERIFY2(same > 0.6, std::to_string(same).c_str());
    }

    void keeps_clusters_and_shows_itself_at_work() {
        const Made made = made_clusters(900, 20, 6, 9, 2);
        WatchingJob job;
        const auto fitted = Autoencoder().fit(request_for<Autoencoder>(made, {{"dimensions", 3}}, 2), job);
        QVERIFY(same_class_share(fitted->points(), 3, made.classes) > 0.97);
        QCOMPARE(fitted->dimensions(), 3);
        QVERIFY(!job.partials.empty());
        QCOMPARE(job.last_bytes, std::size_t{900 * 3 * 4});
        QCOMPARE(job.partials[0].at("step").get<int>(), 1);
        QCOMPARE(job.last_fraction, 1.0);
    }

    void same_seed_same_picture_whatever_the_threads() {
        const Made made = made_clusters(600, 300, 4, 6, 2); // wide: batches are several pieces
        const Json set{{"epochs", 4}, {"batch-size", 250}, {"width", 400}};
        const auto one = fitted_to(made, set, 1), three = fitted_to(made, set, 3);
        QVERIFY(one->points() == three->points());
        auto other = request_for<Autoencoder>(made, set);
        other.seed = 2;
        QuietJob job;
        QVERIFY(Autoencoder().fit(other, job)->points() != one->points());
    }

    void new_rows_are_placed_as_the_old_ones_were() {
        const Made made = made_clusters(700, 15, 4, 9, 2);
        const auto fitted = fitted_to(made, {{"epochs", 30}});
        QuietJob job;
        QVERIFY(fitted->place(made.view(), 2, job) == fitted->points());
        const std::vector<float> some(made.values.begin() + 15 * 100, made.values.begin() + 15 * 110);
        const auto placed = fitted->place({some, 10, 15}, 1, job);
        for (std::size_t i = 0; i < 20; ++i)
            QVERIFY(std::abs(placed[i] - fitted->points()[200 + i]) < 1e-4f);
        QVERIFY_EXCEPTION_THROWN(fitted->place({some, 15, 10}, 1, job), Error);
        check_new_rows_fall_among_their_own<Autoencoder>();
    }

    void cancel_and_finish_early() {
        const Made made = made_clusters(800, 15, 4, 9, 2);
        const Json set{{"epochs", 1000}, {"patience", 1000}};
        WatchingJob early;
        early.finish_after = 20;
        const auto fitted = Autoencoder().fit(request_for<Autoencoder>(made, set), early);
        QVERIFY(fitted->notes().at("finished_early").get<bool>());
        QVERIFY(fitted->notes().at("epochs").get<int>() <= 20);
        QCOMPARE(fitted->points().size(), std::size_t{1600});

        const Made wide = made_clusters(3000, 3000, 4, 9, 2); // an epoch takes seconds
        QuietJob job;
        QElapsedTimer since;
        std::int64_t took = -1;
        std::thread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(2500));
            since.start();
            job.cancel = true;
        });
        try {
            Autoencoder().fit(request_for<Autoencoder>(wide, set, 2), job);
        } catch (const Error& error) {
            took = since.elapsed();
            QVERIFY(error.code() == ErrorCode::Cancelled);
        }
        canceller.join();
        QVERIFY2(took >= 0 && took < 500, std::to_string(took).c_str());
    }

    void refuses_with_what_to_do() {
        QVERIFY(refusal<Autoencoder>(made_clusters(3, 4, 1, 1, 1), {}).find("at least 4 rows") !=
                std::string::npos);
        QVERIFY(refusal<Autoencoder>(made_clusters(30, 2, 1, 1, 1), {}).find("Choose fewer dimensions") !=
                std::string::npos);
        Made same = made_clusters(30, 4, 1, 1, 1);
        std::fill(same.values.begin(), same.values.end(), 0.1f);
        QVERIFY(refusal<Autoencoder>(same, {}).find("All rows are the same") != std::string::npos);
    }

    // A constant column has no part in it, few rows are all learnt from, and rows may be equal.
    void copes_with_odd_tables() {
        Made made = made_clusters(12, 5, 2, 4, 1);
        for (std::size_t i = 0; i < 12; ++i)
            made.values[i * 5 + 1] = 1e6f + 0.1f;
        std::copy(made.values.begin(), made.values.begin() + 15, made.values.begin() + 15);
        const auto fitted = fitted_to(made, {{"epochs", 20}});
        QCOMPARE(fitted->notes().at("held_out_rows").get<int>(), 0);
        QVERIFY(!fitted->notes().contains("held_out_variance_explained"));
        for (const float value : fitted->points())
            QVERIFY(std::isfinite(value));
        Made moved = made;
        for (std::size_t i = 0; i < 12; ++i)
            moved.values[i * 5 + 1] = -3;
        QuietJob job;
        QVERIFY(fitted->place(moved.view(), 1, job) == fitted->points());
    }
};

QTEST_GUILESS_MAIN(TestAutoencoder)
#include "test_autoencoder.moc"
