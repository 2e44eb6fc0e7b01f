// SPDX-License-Identifier: GPL-3.0-or-later
// The operations fit and check, from a file to findings.
#include "core/operations/run_operation.h"
#include "tests/estimators/estimator_tables.h"

#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <set>

using namespace eyepiece;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

class TestFitAndCheck : public QObject {
    Q_OBJECT

    EngineServices services_;
    QTemporaryDir folder_;

    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

    // Columns c0 ..., a category "site", and the class; row after row. Of two classes c0 tells, of three it
    // takes c0 and c1.
    std::vector<std::string> lines(int rows, std::uint64_t seed, double apart = 3, int classes = 2) const {
        const SmallTable table = class_table(rows, classes, 4, apart, seed);
        const char* const names[] = {"ill", "well", "both"};
        std::vector<std::string> result{"c0,c1,c2,c3,site,class"};
        for (int i = 0; i < rows; ++i) {
            std::string line;
            for (int c = 0; c < 4; ++c)
                line += std::to_string(table.features[static_cast<std::size_t>(i * 4 + c)]) + ",";
            result.push_back(line + "s" + std::to_string(i / 3 % 3) + "," +
                             names[table.labels[static_cast<std::size_t>(i)]]);
        }
        return result;
    }

    std::string write(const std::string& name, const std::vector<std::string>& lines) const {
        std::ofstream out(file(name));
        for (const std::string& line : lines)
            out << line << '\n';
        return file(name).string();
    }

    Json run(const std::string& operation, const Json& spec) {
        QuietJob job;
        return run_operation(services_, operation, spec, job).json;
    }

    std::string refusal(const std::string& operation, const Json& spec) {
        try {
            run(operation, spec);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    }

    static std::set<std::string> kinds(const Json& result) {
        std::set<std::string> kinds;
        for (const Json& finding : result.at("findings"))
            kinds.insert(finding.at("kind").get<std::string>());
        return kinds;
    }

    static Json finding(const Json& result, const std::string& kind) {
        for (const Json& one : result.at("findings"))
            if (one.at("kind") == kind)
                return one;
        return {};
    }

private Q_SLOTS:
    void initTestCase() {
        register_operations(services_);
        estimators::register_estimators(services_.registries.estimators);
        services_.options.threads = 2;
    }

    void models_are_ranked_below_the_baseline() {
        const std::string path = write("rank.csv", lines(150, 1));
        Json spec{{"input", {{"path", path}}},
                  {"target", "class"},
                  {"models", {"logistic", "random-forest", "decision-tree"}},
                  {"seed", 3},
                  {"out", file("rank.json").string()},
                  {"set", {{"folds", 4}, {"repeat", 2}, {"shuffles", 2}, {"random-forest.trees", 20}}}};
        const Json result = run("fit", spec);
        QCOMPARE(result.at("problem"), Json("classification"));
        QCOMPARE(result.at("rows"), Json(150));
        const Json& models = result.at("models");
        QCOMPARE(models.size(), std::size_t{4});
        QCOMPARE(models[0].at("model"), Json("baseline"));
        QVERIFY(models[0].at("baseline").get<bool>() && !models[0].at("beats_baseline").get<bool>());
        QCOMPARE(models[0]["scores"]["balanced-accuracy"]["mean"], Json(0.5));
        double before = 2;
        for (std::size_t i = 1; i < models.size(); ++i) {
            const Json& score = models[i].at("scores").at("balanced-accuracy");
            QVERIFY(score.at("mean").get<double>() <= before);
            before = score.at("mean").get<double>();
            QVERIFY(before > 0.9 && models[i].at("beats_baseline").get<bool>());
            QCOMPARE(score.at("parts").size(), std::size_t{8});
            QVERIFY(score.at("low").get<double>() <= before && before <= score.at("high").get<double>());
        }
        QCOMPARE(result.at("best"), models[1].at("model"));
        for (const Json& model : models)
            if (model.at("model") == "random-forest")
                QCOMPARE(model.at("parameters").at("trees"), Json(20));
        // Two classes lie on the first column's axis.
        const Json& explanation = result.at("explanation");
        const auto importance = [&](std::size_t c) {
            return explanation.at("importances")[c].at("permutation").get<double>();
        };
        QCOMPARE(explanation.at("importances")[0].at("column"), Json("c0"));
        QVERIFY(importance(0) > 0.3 && importance(2) < 0.05);
        QVERIFY(explanation.at("shap").at("columns")[0].at("value") >
                explanation["shap"]["columns"][3]["value"]);
        QCOMPARE(explanation.at("partial_dependence")[0].at("column"), Json("c0"));
        int confused = 0;
        for (const Json& row : result.at("confusion"))
            for (const Json& count : row)
                confused += count.get<int>();
        QCOMPARE(confused, 150);
        std::ifstream out(file("rank.json"));
        const Json written = Json::parse(out);
        QCOMPARE(written.at("row").size(), std::size_t{150});
        QCOMPARE(written.at("folds_of").size(), std::size_t{2});
        QCOMPARE(written.at("out_of_fold").size(), std::size_t{300});
        // The same again on another number of threads; not with another seed.
        const auto scores = [](const Json& one) {
            Json list = Json::array();
            for (const Json& model : one.at("models"))
                list.push_back(model.at("scores"));
            list.push_back(one.at("explanation"));
            return list;
        };
        spec["threads"] = 1;
        QVERIFY(scores(run("fit", spec)) == scores(result));
        spec["seed"] = 4;
        QVERIFY(scores(run("fit", spec)) != scores(result));
    }

    void groups_are_held_out_together() {
        // Each patient has a fingerprint and a class that has nothing to do with it: within a patient it can
        // be learnt by heart, over patients it cannot.
        Random random(5);
        std::vector<std::string> all{"a,b,patient,class"};
        for (int patient = 0; patient < 40; ++patient) {
            const double a = normal(random), b = normal(random);
            const char* const label = random.chance(0.5) ? "yes" : "no";
            for (int i = 0; i < 5; ++i)
                all.push_back(std::to_string(a + 0.01 * normal(random)) + "," +
                              std::to_string(b + 0.01 * normal(random)) + ",p" + std::to_string(patient) +
                              "," + label);
        }
        Json spec{{"input", {{"path", write("groups.csv", all)}}},
                  {"target", "class"},
                  {"models", {"k-nearest-neighbours"}},
                  {"set", {{"shuffles", 0}, {"k-nearest-neighbours.neighbours", 1}}}};
        spec["input"]["columns"] = {"a", "b"};
        const auto score = [&] {
            return run("fit", spec).at("models")[1]["scores"]["accuracy"]["mean"].get<double>();
        };
        QVERIFY(score() > 0.95);
        spec["group"] = "patient";
        QVERIFY(score() < 0.75);
    }

    void values_are_predicted() {
        const SmallTable table = value_table(120, 3, 0.5, 2);
        std::vector<std::string> all{"a,b,c,yield"};
        for (std::size_t i = 0; i < 120; ++i)
            all.push_back(std::to_string(table.features[i * 3]) + "," +
                          std::to_string(table.features[i * 3 + 1]) + "," +
                          (i % 10 == 0 ? "" : std::to_string(table.features[i * 3 + 2])) + "," +
                          (i == 60 ? "" : std::to_string(table.values[i])));
        const Json result = run("fit", {{"input", {{"path", write("values.csv", all)}}},
                                        {"target", "yield"},
                                        {"set", {{"shuffles", 1}, {"gradient-boosting.trees", 30}}}});
        QCOMPARE(result.at("problem"), Json("regression"));
        QCOMPARE(result.at("rows"), Json(119)); // one has no target
        std::set<std::string> names;
        for (const Json& model : result.at("models")) {
            QVERIFY2(!model.contains("error"), model.dump().c_str());
            names.insert(model.at("model").get<std::string>());
        }
        QVERIFY(names.contains("lasso") && !names.contains("logistic"));
        QVERIFY(result.at("models")[1]["scores"]["r2"]["mean"].get<double>() > 0.9);
        QVERIFY(!result.at("explanation").at("shap").at("columns").empty());
    }

    void what_cannot_be_fitted_is_refused_with_a_reason() {
        const std::string path = write("refused.csv", lines(60, 1));
        const Json good{{"input", {{"path", path}}}, {"target", "class"}};
        const auto with = [&](const char* member, const Json& value) {
            Json spec = good;
            spec[member] = value;
            return QString::fromStdString(refusal("fit", spec));
        };
        QVERIFY(with("target", "clas").contains("class"));
        QVERIFY(with("target", nullptr).contains("target"));
        QVERIFY(with("models", Json::array({"logistik"})).contains("logistic"));
        QVERIFY(with("models", Json::array({"ridge"})).contains("classes"));
        QVERIFY(with("group", "patient").contains("patient"));
        QVERIFY(with("set", {{"folds", 1}}).contains("folds"));
        QVERIFY(with("set", {{"rank-by", "r2"}}).contains("r2"));
        QVERIFY(with("set", {{"problem", "regression"}}).contains("texts"));
        QVERIFY(with("set", {{"random-forest.trees", 0}}).contains("trees"));
        QVERIFY(with("input", {{"path", path + "x"}}).contains("no file"));
        auto flat = lines(60, 1);
        for (std::size_t i = 1; i < flat.size(); ++i)
            flat[i] = flat[i].substr(0, flat[i].rfind(',')) + ",ill";
        QVERIFY(with("input", {{"path", write("flat.csv", flat)}}).contains("one class"));
    }

    void planted_faults_are_found() {
        auto all = lines(300, 7);
        const auto set = [&](int row, const std::string& line) {
            all[static_cast<std::size_t>(row) + 1] = line;
        };
        const auto get = [&](int row) { return all[static_cast<std::size_t>(row) + 1]; };
        std::set<int> turned;
        for (int row = 11; row < 300; row += 40) { // eight labels turned round
            std::string line = get(row);
            const auto at = line.rfind(',');
            set(row, line.substr(0, at) + (line.substr(at) == ",ill" ? ",well" : ",ill"));
            turned.insert(row);
        }
        set(120, get(20));                                     // an equal row
        set(200, "300" + get(200).substr(get(200).find(','))); // a value mistyped
        // A column that is the class in other words, and one that is constant.
        all[0] = "code,flat," + all[0];
        for (std::size_t i = 1; i < all.size(); ++i)
            all[i] = std::string(all[i].ends_with("ill") ? "7.1" : "8.3") + ",4," + all[i];
        const Json result =
            run("check", {{"input", {{"path", write("faults.csv", all)}}}, {"target", "class"}});
        const auto found = kinds(result);
        for (const char* kind : {"constant-column", "duplicates", "outliers", "leaking-column"})
            QVERIFY2(found.contains(kind), (std::string(kind) + result.dump()).c_str());
        QCOMPARE(finding(result, "leaking-column").at("column"), Json("code"));
        QCOMPARE(finding(result, "constant-column").at("column"), Json("flat"));
        QCOMPARE(finding(result, "duplicates").at("rows"), Json({20, 120}));
        QCOMPARE(finding(result, "outliers").at("rows"), Json({200}));
        QCOMPARE(result.at("findings")[0].at("severity"), Json("serious"));

        // Without what gives them away, the labels are judged by the rest.
        Json spec{{"input", {{"path", file("faults.csv").string()}}}, {"target", "class"}};
        spec["input"]["columns"] = {"c0", "c1", "c2", "c3", "site"};
        const Json labels = finding(run("check", spec), "label-error");
        int right = 0;
        for (const Json& row : labels.at("rows"))
            right += turned.contains(row.get<int>());
        QVERIFY2(right >= 6, labels.dump().c_str()); // of eight
        QVERIFY2(labels.at("rows").size() <= static_cast<std::size_t>(right) + 2, labels.dump().c_str());
        // Rows like it are told beside it, and are mostly what it is taken for.
        const Json& suggested = labels.at("figures").at("suggested");
        QCOMPARE(suggested.size(), labels.at("rows").size());
        std::size_t alike = 0;
        for (std::size_t i = 0; i < suggested.size(); ++i) {
            QCOMPARE(suggested[i].at("neighbours").size(), std::size_t{5});
            for (const Json& one : suggested[i].at("neighbours")) {
                QVERIFY(one.at("row") != labels.at("rows")[i]);
                alike += one.at("class") == suggested[i].at("class");
            }
        }
        QVERIFY2(2 * alike > 5 * suggested.size(), labels.dump().c_str());
    }

    void drift_is_found_with_its_column() {
        auto other = lines(250, 12);
        for (std::size_t i = 1; i < other.size(); ++i) { // c2 moves by 1.5 standard deviations
            const auto first = other[i].find(',', other[i].find(',') + 1) + 1;
            const auto second = other[i].find(',', first);
            other[i] = other[i].substr(0, first) + std::to_string(std::stod(other[i].substr(first)) + 1.5) +
                       other[i].substr(second);
        }
        Json spec{{"input", {{"path", write("here.csv", lines(250, 11))}}},
                  {"target", "class"},
                  {"other", {{"path", write("there.csv", other)}}}};
        const Json drift = finding(run("check", spec), "drift");
        QVERIFY(drift.is_object());
        QCOMPARE(drift.at("column"), Json("c2"));
        QVERIFY(drift.at("figures").at("roc_auc").get<double>() > 0.75);
        QCOMPARE(drift.at("figures").at("columns")[0].at("column"), Json("c2"));
        QCOMPARE(drift.at("figures").at("other_rows").size(), std::size_t{100});
        other[0] = "c0,c1,renamed,c3,site,class";
        spec["other"] = {{"path", write("renamed.csv", other)}};
        QVERIFY(refusal("check", spec).find("c2") != std::string::npos);
    }

    void clean_tables_give_no_alarm() {
        int alarms = 0;
        std::string what;
        for (std::uint64_t seed = 20; seed < 28; ++seed) {
            const std::string path = write("clean.csv", lines(240, seed, 4, 3));
            const Json result =
                run("check", {{"input", {{"path", path}}},
                              {"target", "class"},
                              {"other", {{"path", write("again.csv", lines(200, seed + 100, 4, 3))}}},
                              {"seed", seed}});
            QVERIFY(result.at("checked").size() >= 11);
            for (const Json& one : result.at("findings")) {
                ++alarms;
                what +=
                    one.at("kind").get<std::string>() + ": " + one.at("sentence").get<std::string>() + "\n";
            }
        }
        QVERIFY2(alarms == 0, what.c_str());
    }
};

QTEST_GUILESS_MAIN(TestFitAndCheck)
#include "test_fit_and_check.moc"
