// SPDX-License-Identifier: GPL-3.0-or-later
// Every registered estimator, stored and restored: the same answers to the last bit.
#include "tests/estimators/estimator_tables.h"

#include <QtTest>

#include <cstring>

using namespace eyepiece;
using namespace eyepiece::testing;

namespace {

// A category, and numbers of which some are missing, beside the columns that decide.
SmallTable mixed(const SmallTable& plain) {
    SmallTable table = plain;
    table.columns.push_back({"site", {"here", "there", "elsewhere"}});
    table.columns.push_back({"side", {"left", "right"}});
    table.features.clear();
    const std::size_t width = plain.columns.size();
    for (std::size_t i = 0; i < static_cast<std::size_t>(plain.rows()); ++i) {
        for (std::size_t c = 0; c < width; ++c)
            table.features.push_back(c == 1 && i % 7 == 0 ? missing : plain.features[i * width + c]);
        table.features.push_back(i % 11 == 0 ? missing : static_cast<float>(i / 2 % 3));
        table.features.push_back(static_cast<float>(i / 3 % 2));
    }
    return table;
}

SmallTable table_of(const std::string& problem, int rows, std::uint64_t seed) {
    if (problem == "values")
        return mixed(value_table(rows, 3, 0.3, seed));
    if (problem == "two classes")
        return mixed(class_table(rows, 2, 3, 2, seed));
    SmallTable table = mixed(class_table(rows, 3, 3, 2, seed));
    if (problem == "an absent class") { // the second of four has no rows
        table.classes = 4;
        for (std::int32_t& label : table.labels)
            label += label > 0;
    } else if (problem == "one class") {
        std::fill(table.labels.begin(), table.labels.end(), 1);
    }
    return table;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && !a.empty() &&
           std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

Json through_a_file(const Json& state) {
    return Json::from_cbor(Json::to_cbor(state));
}

// The least work that still learns something.
Json quick(const std::string& name) {
    if (name == "gradient-boosting" || name == "random-forest")
        return {{"trees", 12}};
    if (name == "mlp")
        return {{"epochs", 8}, {"layers", 2}, {"width", 9}};
    return Json::object();
}

std::string refusal(const Estimator& estimator, const Json& state, std::span<const FeatureColumn> columns,
                    int classes) {
    try {
        estimator.restore(state, columns, classes);
    } catch (const Error& error) {
        return error.code() == ErrorCode::BadInput ? error.what() : std::string();
    }
    return {};
}

} // namespace

class TestStoredModels : public QObject {
    Q_OBJECT

    const Estimators estimators_;

private Q_SLOTS:
    void each_answers_the_same_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("problem");
        for (const auto& entry : estimators_.registry.entries())
            for (const char* problem :
                 {"values", "two classes", "three classes", "an absent class", "one class"}) {
                const auto estimator = entry.make();
                if (problem == std::string("values") ? estimator->fits_values() : estimator->fits_classes())
                    QTest::newRow((entry.name + ", " + problem).c_str())
                        << QString::fromStdString(entry.name) << problem;
            }
    }
    void each_answers_the_same() {
        QFETCH(QString, name);
        QFETCH(QString, problem);
        const std::string model = name.toStdString();
        const SmallTable learnt = table_of(problem.toStdString(), 120, 3),
                         asked = table_of(problem.toStdString(), 500, 4);
        const auto fitted = estimators_.fit(model, learnt, quick(model));
        const Json state = fitted->state();
        const auto restored =
            estimators_.registry.make(model)->restore(through_a_file(state), learnt.columns, learnt.classes);
        QVERIFY(same_bits(predict(*restored, asked), predict(*fitted, asked)));
        QVERIFY(same_bits(predict(*restored, asked, 2), predict(*fitted, asked)));
        QVERIFY(restored->notes() == fitted->notes());
        QCOMPARE(restored->importances(), fitted->importances());
        const auto coefficients = fitted->coefficients(), again = restored->coefficients();
        QCOMPARE(again.size(), coefficients.size());
        for (std::size_t i = 0; i < again.size(); ++i) {
            QCOMPARE(again[i].feature, coefficients[i].feature);
            QCOMPARE(again[i].values, coefficients[i].values);
        }
        QCOMPARE(restored->has_shap(), fitted->has_shap());
        if (fitted->has_shap()) {
            QuietJob job;
            QCOMPARE(restored->shap(asked.view(), 1, job).values, fitted->shap(asked.view(), 1, job).values);
        }
        QVERIFY(Json::to_cbor(restored->state()) == Json::to_cbor(state)); // stored again: nothing was lost
    }

    void what_is_not_whole_is_refused() {
        int refused = 0;
        for (const auto& entry : estimators_.registry.entries()) {
            const auto estimator = entry.make();
            const SmallTable table = table_of(estimator->fits_classes() ? "three classes" : "values", 90, 5);
            const Json state = estimators_.fit(entry.name, table, quick(entry.name))->state();
            const auto refuses = [&](const Json& broken, const std::string& what) {
                const std::string sentence = refusal(*estimator, broken, table.columns, table.classes);
                QVERIFY2(sentence.find("Fit and store it again.") != std::string::npos,
                         (entry.name + ", " + what + ": " + sentence).c_str());
                ++refused;
            };
            for (const auto& [member, value] : state.items()) {
                Json broken = state;
                broken.erase(member);
                refuses(broken, "without " + member);
                broken[member] = 7;
                refuses(broken, member + " is 7");
            }
            for (const auto& [member, value] : state.at("core").items()) {
                if (member == "notes")
                    continue; // whatever it says
                Json broken = state;
                broken["core"].erase(member);
                refuses(broken, "core without " + member);
                broken["core"][member] = "text";
                refuses(broken, "core's " + member + " is a text");
            }
            if (entry.name != "baseline") { // which has no use for columns
                Json broken = state;
                broken["features"].erase(0);
                refuses(broken, "a feature less");
            }
            const auto fewer = std::span(table.columns).first(table.columns.size() - 1);
            QVERIFY(!refusal(*estimator, state, fewer, table.classes).empty());
            QVERIFY(!refusal(*estimator, state, table.columns, table.classes > 0 ? 1 : 2).empty());
        }
        QVERIFY(refused > 60);
    }

    // A tree's walk must end, whatever the file says.
    void a_tree_that_bites_its_tail_is_refused() {
        const SmallTable table = table_of("two classes", 60, 6);
        Json state = estimators_.fit("decision-tree", table)->state();
        auto& lefts = state["core"]["trees"][0]["lefts"].get_binary();
        std::fill(lefts.begin(), lefts.end(), std::uint8_t{0}); // every left is the root
        QVERIFY(!refusal(*estimators_.registry.make("decision-tree"), state, table.columns, 2).empty());
    }

    // An estimator that says nothing of storing says that it cannot be.
    void what_cannot_be_stored_says_so() {
        class Fitted final : public FittedEstimator {
            std::vector<double> predict(const MatrixView&, int, JobContext&) const override { return {}; }
        };
        try {
            Fitted().state();
            QFAIL("stored");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Unsupported);
            QVERIFY(std::string(error.what()).find("cannot be stored") != std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestStoredModels)
#include "test_stored_models.moc"
