// SPDX-License-Identifier: GPL-3.0-or-later
// A model that fit stores, and apply asks about other tables: the same answers, columns by name, and clear
// refusals.
#include "core/operations/fitted_model.h"
#include "core/operations/run_operation.h"
#include "tests/estimators/estimator_tables.h"

#include <QtTest>

#include <cstring>
#include <filesystem>
#include <sstream>

using namespace eyepiece;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

class TestFitAndApply : public QObject {
    Q_OBJECT

    EngineServices services_;
    QTemporaryDir folder_;

    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(file(name), std::ios::binary) << content;
        return file(name).string();
    }
    std::string content(const std::string& name) const {
        std::ifstream in(file(name), std::ios::binary);
        std::stringstream all;
        all << in.rdbuf();
        return all.str();
    }

    // c0 and c1 tell the class, of which there are three; beside them a category, and gaps in c2. The columns
    // come in the order asked for.
    std::string cells(const std::string& name, int rows, std::uint64_t seed,
                      const std::vector<std::string>& order) const {
        const SmallTable table = class_table(rows, 3, 3, 3, seed);
        const char* const names[] = {"ill", "well", "both"};
        const char* const sites[] = {"ward", "home", "street"};
        std::string text;
        for (const std::string& column : order)
            text += (text.empty() ? "" : ",") + column;
        for (int i = 0; i < rows; ++i) {
            std::string line;
            for (const std::string& column : order) {
                std::string cell;
                if (column == "class")
                    cell = names[table.labels[static_cast<std::size_t>(i)]];
                else if (column == "site")
                    cell = sites[i / 3 % 3];
                else if (column != "c2" || i % 9 != 0)
                    cell = std::to_string(
                        table.features[static_cast<std::size_t>(i * 3 + std::stoi(column.substr(1)))]);
                line += (line.empty() ? "" : ",") + cell;
            }
            text += "\n" + line;
        }
        return write(name, text + "\n");
    }
    std::string old_cells() const { return cells("old.csv", 150, 1, {"c0", "c1", "c2", "site", "class"}); }

    OperationResult run(const std::string& operation, const Json& spec) {
        QuietJob job;
        return run_operation(services_, operation, spec, job);
    }
    QString refusal(const std::string& operation, const Json& spec) {
        try {
            run(operation, spec);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    }
    // Fits and stores; gives the file.
    std::string stored(const std::string& model, const Json& more = Json::object()) {
        Json spec{{"input", {{"path", old_cells()}}},
                  {"target", "class"},
                  {"models", Json::array({model})},
                  {"save", file(model + ".model").string()},
                  {"seed", 5},
                  {"set", {{"folds", 2}, {"shuffles", 0}}}};
        spec.update(more);
        run("fit", spec);
        return spec["save"].get<std::string>();
    }
    Json apply_spec(const std::string& model, const std::string& table) const {
        return {{"model", model}, {"input", {{"path", table}}}, {"out", file("predicted.csv").string()}};
    }

private Q_SLOTS:
    void initTestCase() {
        register_operations(services_);
        estimators::register_estimators(services_.registries.estimators);
        services_.options.threads = 2;
    }

    void the_stored_model_is_the_one_that_was_fitted() {
        const std::string path = stored("logistic");
        const FittedModel model = read_fitted_model(path);
        QCOMPARE(model.model, std::string("logistic"));
        QCOMPARE(model.target, std::string("class"));
        QCOMPARE(model.rows, std::size_t{150});
        QCOMPARE(model.classes, (std::vector<std::string>{"both", "ill", "well"}));
        QCOMPARE(model.columns.size(), std::size_t{4});
        // The same seed stores the same bytes; and what is read and written again has them, too.
        const std::string before = content("logistic.model");
        stored("logistic");
        QVERIFY(content("logistic.model") == before);
        write_fitted_model(file("again.model"), model);
        QVERIFY(content("again.model") == before);

        const OperationResult result = run("apply", apply_spec(path, old_cells()));
        QCOMPARE(result.json.at("rows"), Json(150));
        QVERIFY(result.json.at("scores").at("accuracy").get<double>() > 0.9);
        QCOMPARE(result.json.at("scores").at("rows"), Json(150));
        std::vector<double> predicted(result.bytes.size() / sizeof(double));
        std::memcpy(predicted.data(), result.bytes.data(), result.bytes.size());
        QCOMPARE(predicted.size(), std::size_t{450});
        // The CSV says the same, to the last bit.
        std::istringstream lines(content("predicted.csv"));
        std::string line;
        std::getline(lines, line);
        QCOMPARE(line, std::string("item,predicted,probability both,probability ill,probability well\r"));
        for (std::size_t row = 0; row < 150; ++row) {
            QVERIFY(std::getline(lines, line));
            std::vector<std::string> cells;
            std::istringstream one(line);
            for (std::string cell; std::getline(one, cell, ',');)
                cells.push_back(cell);
            QCOMPARE(cells.size(), std::size_t{5});
            QCOMPARE(cells[0], std::to_string(row + 1));
            std::size_t largest = 0;
            for (std::size_t k = 0; k < 3; ++k) {
                QCOMPARE(std::stod(cells[2 + k]), predicted[row * 3 + k]);
                if (predicted[row * 3 + k] > predicted[row * 3 + largest])
                    largest = k;
            }
            QCOMPARE(cells[1], model.classes[largest]);
        }
    }

    // What comes from the file is what the fitted model says in the process that fitted it, for all models.
    void every_model_goes_through_the_file() {
        for (const auto& entry : services_.registries.estimators.entries()) {
            if (!entry.make()->fits_classes())
                continue;
            Json more = Json::object();
            if (entry.name == "mlp")
                more["set"] = {{"folds", 2}, {"shuffles", 0}, {"mlp.epochs", 5}};
            if (entry.name == "gradient-boosting")
                more["set"] = {{"folds", 2}, {"shuffles", 0}, {"gradient-boosting.trees", 10}};
            const FittedModel model = read_fitted_model(stored(entry.name, more));
            QCOMPARE(model.model, entry.name);
            const OperationResult result =
                run("apply", apply_spec(file(entry.name + ".model").string(), old_cells()));
            // Fitted again here, from the very table.
            const SmallTable plain = class_table(150, 3, 3, 3, 1);
            SmallTable table;
            table.columns = model.columns;
            table.classes = 3;
            const std::int32_t places[] = {1, 2, 0}; // ill, well, both by name
            for (std::size_t i = 0; i < 150; ++i) {
                for (std::size_t c = 0; c < 3; ++c)
                    table.features.push_back(
                        c == 2 && i % 9 == 0
                            ? missing
                            : static_cast<float>(std::stod(std::to_string(plain.features[i * 3 + c]))));
                table.features.push_back(static_cast<float>(i / 3 % 3)); // in the order of their occurrence
                table.labels.push_back(places[plain.labels[i]]);
            }
            QuietJob job;
            const auto fitted = entry.make()->fit({table.data(), model.parameters, model.seed, 1}, job);
            const std::vector<double> predicted = predict(*fitted, table);
            QVERIFY2(result.bytes.size() == predicted.size() * sizeof(double) &&
                         std::memcmp(result.bytes.data(), predicted.data(), result.bytes.size()) == 0,
                     entry.name.c_str());
        }
    }

    void columns_are_found_by_their_names() {
        const std::string path = stored("random-forest");
        const OperationResult one =
            run("apply", apply_spec(path, cells("new.csv", 80, 2, {"c0", "c1", "c2", "site", "class"})));
        // In another order, with one more; and without the target there is no score.
        const OperationResult other =
            run("apply", apply_spec(path, cells("turned.csv", 80, 2, {"site", "c2", "c1", "c0"})));
        QVERIFY(one.bytes == other.bytes);
        QVERIFY(one.json.contains("scores") && !other.json.contains("scores"));
        QVERIFY(one.json.at("scores").at("balanced-accuracy").get<double>() > 0.85);
        int rows = 0;
        for (const Json& entry : one.json.at("classes"))
            rows += entry.at("rows").get<int>();
        QCOMPARE(rows, 80);
    }

    // Scaled and filled in as the first table taught, not as the second one would.
    void steps_are_those_that_were_learnt() {
        const Json steps = Json::parse(R"([{"name": "impute"}, {"name": "scale"}])");
        const std::string path = stored("k-nearest-neighbours", {{"steps", steps}});
        const OperationResult all =
            run("apply", apply_spec(path, cells("new.csv", 60, 2, {"c0", "c1", "c2", "site", "class"})));
        cells("few.csv", 60, 2, {"c0", "c1", "c2", "site", "class"});
        std::istringstream lines(content("few.csv"));
        std::string few, line;
        for (int i = 0; i < 6 && std::getline(lines, line); ++i)
            few += line + "\n";
        const OperationResult some = run("apply", apply_spec(path, write("few.csv", few)));
        QCOMPARE(some.bytes.size(), std::size_t{5 * 3 * sizeof(double)});
        QVERIFY(std::equal(some.bytes.begin(), some.bytes.end(), all.bytes.begin()));
    }

    void rows_that_a_step_leaves_out_are_told() {
        const std::string path =
            stored("logistic", {{"steps", Json::parse(R"([{"name": "drop-missing"}])")}});
        const OperationResult some = run("apply", apply_spec(path, write("holes.csv", "c0,c1,c2,site\n"
                                                                                      "1,1,1,ward\n"
                                                                                      "1,2,1,ward\n"
                                                                                      "1,1,,ward\n")));
        QCOMPARE(some.json.at("rows"), Json(2)); // the last one is not there
        QCOMPARE(some.json.at("kept_rows"), Json({0, 1}));
        QCOMPARE(some.bytes.size(), std::size_t{2 * 3 * sizeof(double)});
        QVERIFY(!run("apply", apply_spec(path, write("whole.csv", "c0,c1,c2,site\n1,1,1,ward\n1,2,1,ward\n")))
                     .json.contains("kept_rows"));
    }

    void values_are_predicted() {
        std::string text = "a,b,yield\n";
        const SmallTable table = value_table(100, 2, 0.1, 2);
        for (std::size_t i = 0; i < 100; ++i)
            text += std::to_string(table.features[i * 2]) + "," + std::to_string(table.features[i * 2 + 1]) +
                    "," + std::to_string(table.values[i]) + "\n";
        const std::string path =
            stored("ridge", {{"input", {{"path", write("yield.csv", text)}}}, {"target", "yield"}});
        const Json result = run("apply", apply_spec(path, file("yield.csv").string())).json;
        QCOMPARE(result.at("problem"), Json("regression"));
        QVERIFY(result.at("scores").at("r2").get<double>() > 0.99);
        QVERIFY(content("predicted.csv").starts_with("item,predicted\r\n1,"));
    }

    void what_is_new_in_a_category_is_said() {
        const std::string path = stored("decision-tree");
        const Json result = run("apply", apply_spec(path, write("moved.csv", "c0,c1,c2,site\n"
                                                                             "1,1,1,ward\n"
                                                                             "1,1,1,ship\n"
                                                                             "2,1,1,ship\n")))
                                .json;
        QCOMPARE(result.at("notes").size(), std::size_t{1});
        const std::string note = result.at("notes")[0].get<std::string>();
        QVERIFY2(note.find("2 rows") != std::string::npos && note.find("\"ship\"") != std::string::npos,
                 note.c_str());
    }

    void what_does_not_fit_is_refused() {
        const std::string path = stored("logistic");
        const QString lacking =
            refusal("apply", apply_spec(path, cells("narrow.csv", 30, 2, {"c0", "site"})));
        QVERIFY2(lacking.contains("narrow.csv lacks 2 of the 4 columns") &&
                     lacking.contains("\"c1\", \"c2\""),
                 qPrintable(lacking));
        const QString texts = refusal(
            "apply", apply_spec(path, write("texts.csv",
                                            "c0,c1,c2,site\nred,1,2,home\nblue,1,2,home\nred,2,3,home\n")));
        QVERIFY2(texts.contains("\"c0\"") && texts.contains("texts"), qPrintable(texts));
        QVERIFY(refusal("apply", apply_spec(path + "x", old_cells())).contains("no file"));
        QVERIFY(refusal("apply", apply_spec(path, file("nowhere.csv").string())).contains("no file"));
        QVERIFY(refusal("apply", {{"input", {{"path", old_cells()}}}}).contains("\"model\""));
        QVERIFY(refusal("apply", apply_spec(old_cells(), old_cells())).contains("no stored model"));
        QVERIFY(refusal("apply", apply_spec(folder_.path().toStdString(), old_cells()))
                    .contains("cannot be read"));
    }

    void a_damaged_or_newer_file_is_refused() {
        const std::string path = stored("logistic"), whole = content("logistic.model");
        const auto refused = [&](const std::string& bytes) {
            return refusal("apply", apply_spec(write("broken.model", bytes), old_cells()));
        };
        for (const std::size_t kept :
             {std::size_t{0}, std::size_t{10}, std::size_t{30}, whole.size() / 2, whole.size() - 1}) {
            const QString sentence = refused(whole.substr(0, kept));
            QVERIFY2(sentence.contains("damaged") || sentence.contains("no stored model"),
                     qPrintable(sentence));
        }
        for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 97) { // one bit each time
            std::string bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ 1);
            QVERIFY2(!refused(bytes).isEmpty(), std::to_string(at).c_str());
        }
        std::string newer = whole;
        newer.replace(newer.find(" 1 "), 3, " 2 ");
        QVERIFY(refused(newer).contains("newer Eyepiece"));
        QVERIFY(refused(whole).isEmpty());
        // A model that no plugin brings any longer.
        FittedModel unknown = read_fitted_model(path);
        unknown.model = "logistik";
        write_fitted_model(file("unknown.model"), unknown);
        QVERIFY(
            refusal("apply", apply_spec(file("unknown.model").string(), old_cells())).contains("logistic"));
    }

    void where_it_cannot_be_stored_is_said_before_the_work() {
        Json spec{{"input", {{"path", old_cells()}}}, {"target", "class"}};
        spec["save"] = file("no/such/a.model").string();
        QVERIFY(refusal("fit", spec).contains("no folder"));
        spec["save"] = folder_.path().toStdString();
        QVERIFY(refusal("fit", spec).contains("is a folder"));
    }
};

QTEST_GUILESS_MAIN(TestFitAndApply)
#include "test_fit_and_apply.moc"
