// SPDX-License-Identifier: GPL-3.0-or-later
// The multilayer perceptron: beside scikit-learn's (make_mlp_peers.py), and what it makes of a table.
#include "core/learning/cross_validation.h"
#include "core/operations/estimator_input.h"
#include "tests/estimators/estimator_tables.h"

#include <QtTest>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

using namespace eyepiece;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

namespace {

// Which number of the scores that are compared: accuracy, R2.
std::size_t score_place(bool classes) {
    return classes ? 1 : 0;
}

// A category decides which way round a number tells the class: no weighted sum of one-hot columns says that.
SmallTable crossed_table(int rows, std::uint64_t seed) {
    SmallTable table;
    Random random(seed);
    table.classes = 2;
    table.columns = {{"x", {}}, {"site", {}}};
    for (int k = 0; k < 12; ++k)
        table.columns[1].categories.push_back("site " + std::to_string(k));
    for (int i = 0; i < rows; ++i) {
        const double x = random.uniform(-1, 1);
        const auto site = random.below(12);
        table.features.push_back(static_cast<float>(x));
        table.features.push_back(static_cast<float>(site));
        table.labels.push_back((x > 0) != (site % 3 == 0));
    }
    return table;
}

} // namespace

class TestMlp : public QObject {
    Q_OBJECT

    const Estimators estimators_;
    ProjectTableRegistry tables_{"table of a project"}; // none

    Candidate candidate(const std::string& name, const Json& set = Json::object()) const {
        return {name, estimators_.registry.make(name), estimators_.parameters(name, set)};
    }

    // Mean score of five folds, `shuffles` times, of each model in turn.
    std::vector<double> scores(const EstimatorData& data, const std::vector<std::string>& models,
                               int shuffles) const {
        std::vector<Candidate> candidates;
        for (const std::string& model : models)
            candidates.push_back(candidate(model));
        QuietJob job;
        std::vector<double> means;
        for (const auto& result : cross_validate(data, candidates, 5, shuffles, 1, 2, job).results)
            means.push_back(result.error.empty() ? result.scores[score_place(data.classes > 0)].mean
                                                 : std::nan(""));
        return means;
    }

private Q_SLOTS:
    void is_as_good_as_scikit_learns_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("problem");
        QTest::addColumn<QString>("linear");
        QTest::newRow("iris") << "iris"
                              << "iris.csv"
                              << "classification"
                              << "logistic";
        QTest::newRow("wine") << "wine"
                              << "wine_data.csv"
                              << "classification"
                              << "logistic";
        QTest::newRow("digits") << "digits"
                                << "digits.csv.gz"
                                << "classification"
                                << "logistic";
        QTest::newRow("diabetes") << "diabetes"
                                  << "diabetes_data_raw.csv.gz"
                                  << "regression"
                                  << "ridge";
    }
    void is_as_good_as_scikit_learns() {
        QFETCH(QString, name);
        QFETCH(QString, file);
        QFETCH(QString, problem);
        QFETCH(QString, linear);
        const fs::path folder = fs::path(qgetenv("EYEPIECE_SHARED_DATA").toStdString()) / "tabular";
        if (!fs::exists(folder / file.toStdString()))
            QSKIP("The shared data are not here.");
        std::ifstream peers_file(MLP_PEERS);
        const Json peers = Json::parse(peers_file).at(name.toStdString());
        QuietJob job;
        const std::string path = (folder / file.toStdString()).string();
        EstimatorTable table;
        if (name == "diabetes") { // the target lies in a file of its own
            table = read_estimator_table({{"input", {{"path", path}}}}, {"automatic", false}, tables_, job);
            const EstimatorTable target =
                read_estimator_table({{"input", {{"path", (folder / "diabetes_target.csv.gz").string()}}}},
                                     {"automatic", false}, tables_, job);
            table.values.assign(target.features.begin(), target.features.end());
        } else {
            const std::string last = name == "iris" ? "class" : name == "wine" ? "class" : "column 65";
            table = read_estimator_table({{"input", {{"path", path}}}, {"target", last}},
                                         {problem.toStdString(), true}, tables_, job);
        }
        const auto found = scores(table.data(), {"mlp", linear.toStdString()}, name == "digits" ? 1 : 3);
        const QString figures = QString("ours %1, scikit-learn's %2; our linear %3, theirs %4")
                                    .arg(found[0])
                                    .arg(peers.at("mlp").get<double>())
                                    .arg(found[1])
                                    .arg(peers.at("linear").get<double>());
        qInfo("%s", qPrintable(figures));
        QVERIFY2(found[0] > peers.at("mlp").get<double>() - 0.02, qPrintable(figures));
        QVERIFY2(found[0] > found[1] - 0.03, qPrintable(figures));
    }

    void categories_are_embedded() {
        const SmallTable train = crossed_table(1500, 1), test = crossed_table(500, 2);
        const double network = accuracy(predict(*estimators_.fit("mlp", train), test), test);
        const double line = accuracy(predict(*estimators_.fit("logistic", train), test), test);
        const QString figures = QString("network %1, logistic %2").arg(network).arg(line);
        QVERIFY2(network > 0.9 && line < 0.8, qPrintable(figures));
    }

    void animals_are_told_apart_by_their_categories() {
        const fs::path path = fs::path(qgetenv("EYEPIECE_SHARED_DATA").toStdString()) / "tabular/zoo.tab";
        if (!fs::exists(path))
            QSKIP("The shared data are not here.");
        QuietJob job;
        const EstimatorTable table =
            read_estimator_table({{"input", {{"path", path.string()}}}, {"target", "type"}},
                                 {"classification", true}, tables_, job);
        QCOMPARE(table.columns.size(), std::size_t{16});
        QVERIFY(std::all_of(table.columns.begin(), table.columns.end(),
                            [](const FeatureColumn& column) { return column.categorical(); }));
        const auto found = scores(table.data(), {"mlp", "logistic"}, 2);
        const QString figures = QString("network %1, logistic %2").arg(found[0]).arg(found[1]);
        qInfo("%s", qPrintable(figures));
        QVERIFY2(found[0] > 0.9 && found[0] > found[1] - 0.03, qPrintable(figures));
    }

    // The rows to learn from lack the last two sites: both are none that is known, as is a missing one.
    void an_unknown_category_is_none_of_them() {
        SmallTable table = crossed_table(400, 3);
        for (std::size_t i = 0; i < 400; ++i)
            if (table.features[i * 2 + 1] > 9)
                table.features[i * 2 + 1] = 0;
        const auto fitted = estimators_.fit("mlp", table);
        SmallTable asked = table;
        asked.features = {0.5F, 10, 0.5F, 11, 0.5F, missing, 0.5F, 4};
        const auto predicted = predict(*fitted, asked);
        QCOMPARE(predicted[0], predicted[2]);
        QCOMPARE(predicted[0], predicted[4]);
        QVERIFY(predicted[0] != predicted[6]);
    }

    void that_a_value_is_missing_may_tell() {
        SmallTable table = class_table(400, 2, 3, 0, 5);
        for (std::size_t i = 0; i < 400; ++i)
            if (table.labels[i] == 1)
                table.features[i * 3 + 2] = missing;
        const double right = accuracy(predict(*estimators_.fit("mlp", table), table), table);
        QVERIFY2(right > 0.98, qPrintable(QString::number(right)));
    }

    void weights_help_the_rare_class() {
        const auto recall = [&](const char* weights) {
            const auto rare = [](SmallTable table) { // one in ten of the second class stays
                SmallTable some = table;
                some.features.clear();
                some.labels.clear();
                for (std::size_t i = 0; i < table.labels.size(); ++i)
                    if (table.labels[i] == 0 || i % 20 == 1) {
                        some.labels.push_back(table.labels[i]);
                        some.features.insert(some.features.end(),
                                             {table.features[i * 2], table.features[i * 2 + 1]});
                    }
                return some;
            };
            const SmallTable train = rare(class_table(1200, 2, 2, 1, 1)),
                             test = rare(class_table(1200, 2, 2, 1, 2));
            const auto predicted =
                predict(*estimators_.fit("mlp", train, {{"class-weights", weights}}), test);
            double found = 0, all = 0;
            for (std::size_t i = 0; i < test.labels.size(); ++i)
                if (test.labels[i] == 1)
                    all += 1, found += predicted[i * 2 + 1] > 0.5;
            return found / all;
        };
        const double equal = recall("equal"), balanced = recall("balanced");
        const QString figures = QString("equal %1, balanced %2").arg(equal).arg(balanced);
        QVERIFY2(balanced > 0.7 && balanced > equal + 0.15, qPrintable(figures));
    }

    // The tenth that says when to stop keeps groups whole and leaves no class without rows to learn from.
    void what_is_held_out_keeps_groups_whole() {
        SmallTable table = class_table(200, 2, 3, 2, 1);
        QCOMPARE(estimators_.fit("mlp", table)->notes().at("held_out_rows"), Json(20));
        for (std::int32_t i = 0; i < 200; ++i)
            table.groups.push_back(i / 25); // eight of them
        QCOMPARE(estimators_.fit("mlp", table)->notes().at("held_out_rows"), Json(25));
        for (std::int32_t& group : table.groups)
            group %= 2;
        const Json two = estimators_.fit("mlp", table, {{"epochs", 5}})->notes();
        QCOMPARE(two.at("held_out_rows"), Json(0));
        QCOMPARE(two.at("epochs"), Json(5));
        QVERIFY(two.at("stopped").get<std::string>().find("All 5 epochs") != std::string::npos);
        // A class of one row is learnt whichever part it is dealt to.
        SmallTable single = class_table(60, 2, 3, 2, 1);
        single.classes = 3;
        for (std::size_t odd = 0; odd < 60; odd += 7) {
            SmallTable one = single;
            one.labels[odd] = 2;
            one.features[odd * 3] = 40;
            const auto predicted = predict(*estimators_.fit("mlp", one, {{"epochs", 100}}), one);
            QVERIFY(predicted[odd * 3 + 2] > 0.2);
        }
    }

    void values_of_any_size_are_predicted() {
        const SmallTable table = value_table(200, 3, 0.5, 2);
        SmallTable large = table;
        for (double& value : large.values)
            value = 1e6 + 1e4 * value;
        const auto small = predict(*estimators_.fit("mlp", table), table);
        const auto scaled = predict(*estimators_.fit("mlp", large), large);
        for (std::size_t i = 0; i < small.size(); ++i)
            QVERIFY(std::abs((scaled[i] - 1e6) / 1e4 - small[i]) < 1e-2);
        QVERIFY(score_values(table.values, small).r2 > 0.95);
    }

    void folds_give_the_same_on_any_number_of_threads() {
        const SmallTable table = crossed_table(200, 1);
        const std::vector<Candidate> candidates{candidate("mlp", {{"dropout", 0.2}, {"epochs", 30}})};
        QuietJob job;
        const auto one = cross_validate(table.data(), candidates, 4, 1, 7, 1, job);
        const auto three = cross_validate(table.data(), candidates, 4, 1, 7, 3, job);
        const auto other = cross_validate(table.data(), candidates, 4, 1, 8, 3, job);
        QCOMPARE(one.results[0].error, std::string());
        QVERIFY(one.results[0].out_of_fold == three.results[0].out_of_fold);
        QVERIFY(one.results[0].out_of_fold != other.results[0].out_of_fold);
    }

    void cancel_is_quick_and_finish_early_keeps_what_is_there() {
        const SmallTable table = class_table(8000, 3, 60, 1, 1);
        const Json slow{{"width", 1500}, {"layers", 3}, {"epochs", 1000}, {"patience", 1000}};
        for (const bool cancels : {true, false}) {
            QuietJob job;
            QElapsedTimer since;
            std::int64_t took = -1;
            std::thread stopper([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(400));
                since.start();
                (cancels ? job.cancel : job.finish_early) = true;
            });
            // An epoch of the small one takes some hundredths of a second.
            const Json set = cancels ? slow : Json{{"epochs", 100000}, {"patience", 100000}};
            try {
                const auto fitted = estimators_.registry.make("mlp")->fit(
                    {table.data(), estimators_.parameters("mlp", set), 1, 2}, job);
                stopper.join();
                QVERIFY(!cancels && fitted->notes().at("finished_early").get<bool>());
                QVERIFY(accuracy(predict(*fitted, table), table) > 0.5);
            } catch (const Error& error) {
                took = since.elapsed();
                stopper.join();
                QVERIFY(cancels && error.code() == ErrorCode::Cancelled);
                QVERIFY2(took < 500, qPrintable(QString::number(took)));
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestMlp)
#include "test_mlp.moc"
