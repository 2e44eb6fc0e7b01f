// SPDX-License-Identifier: GPL-3.0-or-later
// The simple models against scikit-learn (make_fixtures.py), and against what can be known.
#include "plugins/estimators/engine/tree.h"
#include "tests/estimators/estimator_tables.h"

#include <QtTest>

#include <algorithm>

using namespace eyepiece;
using namespace eyepiece::testing;
using eyepiece::estimators::Tree;

namespace {

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size() || a.empty())
        return HUGE_VAL;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

double r2(const std::vector<double>& predicted, const SmallTable& table) {
    double mean = 0, total = 0, miss = 0;
    for (const double value : table.values)
        mean += value / static_cast<double>(table.values.size());
    for (std::size_t i = 0; i < predicted.size(); ++i) {
        total += (table.values[i] - mean) * (table.values[i] - mean);
        miss += (table.values[i] - predicted[i]) * (table.values[i] - predicted[i]);
    }
    return 1 - miss / total;
}

// Stops at the first question after so many.
class Impatient : public QuietJob {
public:
    explicit Impatient(int patience) : patience_(patience) {}
    bool cancelled() const noexcept override { return ++asked_ > patience_; }
    int asked() const { return asked_; }

private:
    int patience_;
    mutable std::atomic<int> asked_{0};
};

// What the tree says when only the features of `known` are: the share of rows decides at the others.
double expectation(const Tree& tree, const estimators::TreeTable& table, std::size_t row, unsigned known,
                   int at, std::size_t output) {
    const auto& node = tree.nodes[static_cast<std::size_t>(at)];
    if (node.feature < 0)
        return tree.value(at)[output];
    if (known >> node.feature & 1) {
        const bool left = table.at(row, static_cast<std::size_t>(node.feature)) <= node.threshold;
        return expectation(tree, table, row, known, left ? node.left : node.right, output);
    }
    double sum = 0;
    for (const int child : {node.left, node.right})
        sum += tree.nodes[static_cast<std::size_t>(child)].cover / node.cover *
               expectation(tree, table, row, known, child, output);
    return sum;
}

} // namespace

class TestEstimators : public QObject {
    Q_OBJECT

    const Json fixtures_ = fixtures();
    const Estimators estimators_;

private Q_SLOTS:
    void values_are_scikit_learns_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("set");
        QTest::addColumn<double>("tolerance");
        QTest::newRow("linear") << "linear"
                                << "{}" << 1e-3;
        QTest::newRow("ridge") << "ridge"
                               << R"({"alpha": 2.0})" << 1e-3;
        QTest::newRow("lasso") << "lasso"
                               << R"({"alpha": 0.5})" << 1e-3;
        QTest::newRow("elastic-net") << "elastic-net"
                                     << R"({"alpha": 0.5, "l1-ratio": 0.5})" << 1e-3;
        QTest::newRow("k-nearest-neighbours") << "k-nearest-neighbours"
                                              << "{}" << 1e-3;
        QTest::newRow("decision-tree") << "decision-tree"
                                       << R"({"depth": 3})" << 1e-3;
        QTest::newRow("linear-svm") << "linear-svm"
                                    << "{}" << 0.5; // of values around 100
        QTest::newRow("rbf-svm") << "rbf-svm"
                                 << "{}" << 0.5;
    }
    void values_are_scikit_learns() {
        QFETCH(QString, name);
        QFETCH(QString, set);
        QFETCH(double, tolerance);
        const Json& fixture = fixtures_.at("regression");
        const auto [train, test] = split_fixture(fixture, 0);
        const auto fitted = estimators_.fit(name.toStdString(), train, Json::parse(set.toStdString()));
        const auto theirs = fixture.at("predicted").at(name.toStdString()).get<std::vector<double>>();
        const double difference = largest_difference(predict(*fitted, test), theirs);
        QVERIFY2(difference < tolerance, qPrintable(QString::number(difference)));
    }

    void probabilities_are_scikit_learns_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("set");
        for (const char* fixture : {"classes", "two_classes"}) {
            const auto row = [&](const char* name, const char* set) {
                QTest::newRow((std::string(fixture) + " " + name).c_str()) << fixture << name << set;
            };
            row("logistic", R"({"c": 0.7})");
            row("k-nearest-neighbours", "{}");
            row("decision-tree", R"({"depth": 3})");
        }
    }
    void probabilities_are_scikit_learns() {
        QFETCH(QString, fixture);
        QFETCH(QString, name);
        QFETCH(QString, set);
        const Json& data = fixtures_.at(fixture.toStdString());
        const auto [train, test] = split_fixture(data, fixture == "classes" ? 3 : 2);
        const auto fitted = estimators_.fit(name.toStdString(), train, Json::parse(set.toStdString()));
        const auto theirs = data.at("probabilities").at(name.toStdString()).get<std::vector<double>>();
        const double difference = largest_difference(predict(*fitted, test), theirs);
        QVERIFY2(difference < 2e-4, qPrintable(QString::number(difference)));
    }

    void support_vectors_take_scikit_learns_classes_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<QString>("name");
        for (const char* fixture : {"classes", "two_classes"})
            for (const char* name : {"linear-svm", "rbf-svm"})
                QTest::newRow((std::string(fixture) + " " + name).c_str()) << fixture << name;
    }
    // Theirs is the side of the boundary, ours the larger probability: rows on the brink may differ.
    void support_vectors_take_scikit_learns_classes() {
        QFETCH(QString, fixture);
        QFETCH(QString, name);
        const Json& data = fixtures_.at(fixture.toStdString());
        auto [train, test] = split_fixture(data, fixture == "classes" ? 3 : 2);
        const auto fitted = estimators_.fit(name.toStdString(), train);
        const auto predicted = predict(*fitted, test);
        const double own = accuracy(predicted, test);
        const auto theirs = data.at("labels").at(name.toStdString()).get<std::vector<std::int32_t>>();
        const std::vector<std::int32_t> truth = test.labels;
        test.labels = theirs;
        const double agreed = accuracy(predicted, test);
        double their_accuracy = 0;
        for (std::size_t i = 0; i < truth.size(); ++i)
            their_accuracy += truth[i] == theirs[i] ? 1.0 / static_cast<double>(truth.size()) : 0;
        const QString figures =
            QString("agreement %1, accuracy %2, theirs %3").arg(agreed).arg(own).arg(their_accuracy);
        QVERIFY2(agreed >= 0.9, qPrintable(figures));
        QVERIFY2(own >= their_accuracy - 0.05, qPrintable(figures));
    }

    void coefficients_and_importances_are_scikit_learns() {
        const Json& regression = fixtures_.at("regression");
        const auto [train, test] = split_fixture(regression, 0);
        const auto coefficients = estimators_.fit("ridge", train, {{"alpha", 2.0}})->coefficients();
        const auto theirs = regression.at("coefficients").get<std::vector<double>>();
        QCOMPARE(coefficients.size(), theirs.size());
        for (std::size_t i = 0; i < theirs.size(); ++i) {
            QVERIFY(std::abs(coefficients[i].values.at(0) - theirs[i]) < 1e-4 * (1 + std::abs(theirs[i])));
            QCOMPARE(coefficients[i].feature, train.columns[i].name);
        }
        for (const auto& [name, classes] : {std::pair("regression", 0), std::pair("classes", 3)}) {
            const auto [rows, rest] = split_fixture(fixtures_.at(name), classes);
            const auto own = estimators_.fit("decision-tree", rows, {{"depth", 3}})->importances();
            const double difference =
                largest_difference(own, fixtures_.at(name).at("tree_importances").get<std::vector<double>>());
            QVERIFY2(difference < 1e-6, qPrintable(QString::number(difference)));
        }
    }

    // Forests differ by their draws: ours lies among scikit-learn's.
    void a_forest_is_as_good_as_scikit_learns() {
        const auto lowest = [](const Json& values) {
            double low = HUGE_VAL;
            for (const Json& value : values)
                low = std::min(low, value.get<double>());
            return low;
        };
        const auto [train, test] = split_fixture(fixtures_.at("regression"), 0);
        const double own = r2(predict(*estimators_.fit("random-forest", train), test), test);
        QVERIFY2(own > lowest(fixtures_.at("regression").at("forest_r2")) - 0.03,
                 qPrintable(QString::number(own)));
        for (const auto& [name, classes] : {std::pair("classes", 3), std::pair("two_classes", 2)}) {
            const auto [rows, rest] = split_fixture(fixtures_.at(name), classes);
            const double right = accuracy(predict(*estimators_.fit("random-forest", rows), rest), rest);
            QVERIFY2(right > lowest(fixtures_.at(name).at("forest_accuracy")) - 0.03,
                     qPrintable(QString::number(right)));
        }
    }

    void every_estimator_learns_what_is_easy_data() {
        QTest::addColumn<QString>("name");
        for (const auto& entry : estimators_.registry.entries())
            QTest::newRow(entry.name.c_str()) << QString::fromStdString(entry.name);
    }
    void every_estimator_learns_what_is_easy() {
        QFETCH(QString, name);
        const std::string which = name.toStdString();
        const auto estimator = estimators_.registry.make(which);
        QVERIFY(estimator->fits_classes() || estimator->fits_values());
        for (const int classes : {2, 4}) {
            if (!estimator->fits_classes())
                continue;
            const SmallTable train = class_table(160, classes, 4, 4, 1),
                             test = class_table(80, classes, 4, 4, 2);
            const auto predicted = predict(*estimators_.fit(which, train), test);
            QCOMPARE(predicted.size(), static_cast<std::size_t>(80 * classes));
            for (std::size_t i = 0; i < 80; ++i) {
                double sum = 0;
                for (int k = 0; k < classes; ++k) {
                    const double one =
                        predicted[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(k)];
                    QVERIFY(one >= 0 && one <= 1);
                    sum += one;
                }
                QVERIFY(std::abs(sum - 1) < 1e-6);
            }
            const double right = accuracy(predicted, test);
            if (which == "baseline")
                QCOMPARE(right, 1.0 / classes);
            else
                QVERIFY2(right > 0.9, qPrintable(QString::number(right)));
        }
        if (estimator->fits_values()) {
            const SmallTable train = value_table(300, 4, 0.3, 3), test = value_table(100, 4, 0.3, 4);
            const double share = r2(predict(*estimators_.fit(which, train), test), test);
            if (which == "baseline")
                QVERIFY(share <= 0 && share > -0.1);
            else
                QVERIFY2(share > 0.75, qPrintable(QString::number(share)));
        } else {
            QVERIFY_THROWS_EXCEPTION(Error, estimators_.fit(which, value_table(20, 2, 1, 1)));
        }
    }

    void every_estimator_gives_the_same_on_any_number_of_threads_data() {
        every_estimator_learns_what_is_easy_data();
    }
    void every_estimator_gives_the_same_on_any_number_of_threads() {
        QFETCH(QString, name);
        const auto estimator = estimators_.registry.make(name.toStdString());
        const SmallTable table =
            estimator->fits_classes() ? class_table(200, 3, 5, 1, 5) : value_table(200, 5, 1, 5);
        const auto one = estimators_.fit(name.toStdString(), table, {}, 1);
        const auto three = estimators_.fit(name.toStdString(), table, {}, 3);
        QVERIFY(predict(*one, table, 1) == predict(*three, table, 3));
        if (one->has_shap()) {
            QuietJob job;
            QVERIFY(one->shap(table.view(), 1, job).values == three->shap(table.view(), 3, job).values);
        }
    }

    // Every one that takes more than a moment asks, and stops.
    void every_estimator_stops_when_cancelled_data() { every_estimator_learns_what_is_easy_data(); }
    void every_estimator_stops_when_cancelled() {
        QFETCH(QString, name);
        const auto estimator = estimators_.registry.make(name.toStdString());
        const SmallTable table =
            estimator->fits_classes() ? class_table(200, 3, 5, 1, 5) : value_table(200, 5, 1, 5);
        const Json parameters = estimators_.parameters(name.toStdString());
        Impatient counting(1 << 30);
        estimator->fit({table.data(), parameters, 1, 1}, counting);
        QVERIFY(counting.asked() >= 2);
        Impatient job(counting.asked() / 2);
        try {
            estimator->fit({table.data(), parameters, 1, 1}, job);
            QFAIL("it went on");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::Cancelled);
        }
    }

    // What is not there is filled in from the training rows; a class that they lack gets probability 0.
    void missing_values_and_classes_are_borne_data() { every_estimator_learns_what_is_easy_data(); }
    void missing_values_and_classes_are_borne() {
        QFETCH(QString, name);
        const std::string which = name.toStdString();
        const auto estimator = estimators_.registry.make(which);
        SmallTable table =
            estimator->fits_classes() ? class_table(150, 2, 3, 4, 7) : value_table(150, 3, 0.1, 7);
        table.columns.push_back({"kind", {"red", "green", "blue"}});
        std::vector<float> wider;
        for (std::int64_t i = 0; i < 150; ++i) {
            for (int c = 0; c < 3; ++c)
                wider.push_back((i + c) % 11 == 0 ? missing
                                                  : table.features[static_cast<std::size_t>(i * 3 + c)]);
            wider.push_back(i % 7 == 0 ? missing : static_cast<float>(i % 3));
        }
        table.features = wider;
        if (table.classes > 0)
            table.classes = 3; // the third never occurs
        const auto fitted = estimators_.fit(which, table);
        const auto predicted = predict(*fitted, table);
        for (std::size_t i = 0; i < predicted.size(); ++i) {
            QVERIFY(std::isfinite(predicted[i]));
            if (table.classes == 3 && i % 3 == 2)
                QCOMPARE(predicted[i], 0.0);
        }
        if (table.classes > 0 && which != "baseline")
            QVERIFY(accuracy(predicted, table) > 0.85);
        // A missing value is the median of the training rows, unless it counts as such.
        if (which != "gradient-boosting" && which != "mlp") {
            std::vector<float> there;
            for (std::size_t i = 0; i < 150; ++i)
                if (!std::isnan(table.features[i * 4]))
                    there.push_back(table.features[i * 4]);
            std::sort(there.begin(), there.end());
            const float median = there.size() % 2 == 1
                                     ? there[there.size() / 2]
                                     : (there[there.size() / 2 - 1] + there[there.size() / 2]) / 2;
            SmallTable without = table, with = table;
            for (std::size_t i = 0; i < 150; ++i) {
                without.features[i * 4] = missing;
                with.features[i * 4] = median;
            }
            const double difference = largest_difference(predict(*fitted, without), predict(*fitted, with));
            QVERIFY2(difference < 1e-6, qPrintable(QString::number(difference)));
        }
        for (const Coefficient& one : fitted->coefficients())
            QVERIFY(one.feature.starts_with("c") || one.feature.starts_with("kind="));
        SmallTable narrow = class_table(5, 2, 2, 1, 1);
        QVERIFY_THROWS_EXCEPTION(Error, predict(*fitted, narrow));
    }

    void odd_tables_are_borne_data() { every_estimator_learns_what_is_easy_data(); }
    void odd_tables_are_borne() {
        QFETCH(QString, name);
        const std::string which = name.toStdString();
        const auto estimator = estimators_.registry.make(which);
        const bool classes = estimator->fits_classes();
        // Constant columns, columns without any value, repeated rows; more columns than rows.
        SmallTable flat = classes ? class_table(20, 2, 3, 3, 1) : value_table(20, 3, 1, 1);
        for (std::size_t i = 0; i < 20; ++i) {
            flat.features[i * 3 + 1] = 7;
            flat.features[i * 3 + 2] = missing;
        }
        const SmallTable wide = classes ? class_table(12, 2, 40, 3, 1) : value_table(12, 40, 1, 1);
        SmallTable same = classes ? class_table(8, 2, 2, 3, 1) : value_table(8, 2, 1, 1);
        std::fill(same.features.begin(), same.features.end(), 1.0F);
        SmallTable single = classes ? class_table(1, 2, 2, 3, 1) : value_table(1, 2, 1, 1);
        for (const SmallTable& table : {flat, wide, same, single})
            for (const double value : predict(*estimators_.fit(which, table), table))
                QVERIFY(std::isfinite(value));
    }

    // Lundberg's fast sum against the definition: over all sets of the other features.
    void shapley_values_are_those_of_the_definition() {
        for (const bool classes : {true, false}) {
            const SmallTable table = classes ? class_table(60, 3, 4, 1, 9) : value_table(60, 4, 0.5, 9);
            estimators::Matrix x(60, 4);
            for (int i = 0; i < 60; ++i)
                for (int c = 0; c < 4; ++c)
                    x(i, c) = table.features[static_cast<std::size_t>(i * 4 + c)];
            const Json none = Json::object();
            estimators::CoreRequest request{.x = x,
                                            .codes = {},
                                            .classes = table.classes,
                                            .labels = table.labels,
                                            .values = {},
                                            .groups = {},
                                            .parameters = none};
            if (!classes)
                request.values = Eigen::Map<const estimators::Vector>(table.values.data(), 60);
            const estimators::TreeTable columns(x);
            std::vector<std::int32_t> weights;
            for (int i = 0; i < 60; ++i)
                weights.push_back(i % 3);
            Random random(1);
            const Tree tree = estimators::grow_tree(columns, request, weights, {.most_depth = 6}, random);
            QVERIFY(tree.depth >= 4);
            const auto outputs = static_cast<std::size_t>(tree.outputs);
            const double factorial[] = {1, 1, 2, 6, 24};
            for (std::size_t row = 0; row < 20; ++row) {
                std::vector<double> fast(4 * outputs, 0.0);
                estimators::add_tree_shap(tree, columns, row, fast);
                for (unsigned feature = 0; feature < 4; ++feature)
                    for (std::size_t k = 0; k < outputs; ++k) {
                        double slow = 0;
                        for (unsigned known = 0; known < 16; ++known) {
                            if (known >> feature & 1)
                                continue;
                            const int size = __builtin_popcount(known);
                            slow += factorial[size] * factorial[3 - size] / factorial[4] *
                                    (expectation(tree, columns, row, known | 1U << feature, 0, k) -
                                     expectation(tree, columns, row, known, 0, k));
                        }
                        QVERIFY(std::abs(slow - fast[feature * outputs + k]) < 1e-9);
                    }
            }
        }
    }

    // With the base they add up to what is predicted (of boosted trees: its log-odds).
    void shapley_values_add_up_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"decision-tree", "random-forest", "gradient-boosting"})
            QTest::newRow(name) << name;
    }
    void shapley_values_add_up() {
        QFETCH(QString, name);
        const std::string which = name.toStdString();
        for (const int classes : {0, 2, 3}) {
            const SmallTable table =
                classes > 0 ? class_table(90, classes, 4, 1.5, 2) : value_table(90, 4, 1, 2);
            const auto fitted = estimators_.fit(which, table);
            QVERIFY(fitted->has_shap());
            QuietJob job;
            const ShapValues shap = fitted->shap(table.view(), 1, job);
            const auto predicted = predict(*fitted, table);
            const auto outputs = static_cast<std::size_t>(std::max(1, classes));
            QCOMPARE(shap.values.size(), 90 * 4 * outputs);
            for (std::size_t i = 0; i < 90; ++i) {
                std::vector<double> sums = shap.base;
                for (std::size_t c = 0; c < 4; ++c)
                    for (std::size_t k = 0; k < outputs; ++k)
                        sums[k] += shap.values[(i * 4 + c) * outputs + k];
                if (shap.unit == "log-odds") {
                    double total = 0;
                    for (double& sum : sums)
                        total += sum = std::exp(sum);
                    for (double& sum : sums)
                        sum /= total;
                }
                for (std::size_t k = 0; k < outputs; ++k)
                    QVERIFY(std::abs(sums[k] - predicted[i * outputs + k]) < 1e-3);
            }
            const auto importances = fitted->importances();
            QVERIFY(importances[0] + importances[1] > importances[2] + importances[3]);
            QVERIFY(std::abs(importances[0] + importances[1] + importances[2] + importances[3] - 1) < 1e-6);
        }
        QuietJob job;
        const SmallTable table = value_table(30, 2, 1, 1);
        QVERIFY_THROWS_EXCEPTION(Error, estimators_.fit("ridge", table)->shap(table.view(), 1, job));
    }

    // Automatic penalties: small where the columns say it all, large where they say nothing.
    void automatic_penalties_fit_the_data() {
        for (const char* name : {"ridge", "lasso", "elastic-net"}) {
            const double clear =
                estimators_.fit(name, value_table(100, 6, 0.01, 1))->notes().at("alpha").get<double>();
            SmallTable noise = value_table(100, 6, 0, 1);
            Random random(3);
            for (double& value : noise.values)
                value = normal(random);
            const double lost = estimators_.fit(name, noise)->notes().at("alpha").get<double>();
            QVERIFY2(lost > clear, name);
        }
        const Json notes = estimators_.fit("lasso", value_table(200, 20, 0.5, 8))->notes();
        QVERIFY(notes.at("columns_used").get<int>() >= 2 && notes.at("columns_used").get<int>() < 20);
    }
};

QTEST_APPLESS_MAIN(TestEstimators)
#include "test_estimators.moc"
