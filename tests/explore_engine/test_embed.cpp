// SPDX-License-Identifier: GPL-3.0-or-later
// The operations embed and cluster from their specs, with what the explore plugin brings.
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "tests/explore_engine/made_data.h"

#include <QtTest>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>

using namespace eyepiece;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

class TestEmbed : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        register_operations(services_);
        services_.plugins = load_engine_plugins(plugin_search_path(), services_.registries);
        services_.options.threads = 2;
        QVERIFY(folder_.isValid());
        QVERIFY(services_.registries.embeddings.find("umap") != nullptr);
    }

    // Each method, on clusters with a name per row; what it writes is what it returns.
    void each_embedding_from_a_file_to_a_file() {
        const Made made = made_clusters(150, 6, 3, 9, 4);
        Made amounts = made; // for NMF, which takes nothing below zero
        for (float& value : amounts.values)
            value = std::max(0.f, value);
        const fs::path any = write("clusters.csv", made, true);
        const fs::path positive = write("amounts.csv", amounts, true);
        for (const auto& entry : services_.registries.embeddings.entries()) {
            const fs::path file = entry.name == "nmf" ? positive : any;
            const fs::path out = path(entry.name + ".csv");
            const OperationResult result =
                run("embed",
                    {{"input", {{"path", file.string()}}}, {"method", entry.name}, {"out", out.string()}});
            QCOMPARE(result.json["rows"].get<int>(), 150);
            QCOMPARE(result.json["dimensions"].get<int>(), 2);
            QCOMPARE(result.json["columns"].get<int>(), 6); // the names and classes are no numbers
            QVERIFY(!result.json.contains("kept_rows"));
            QCOMPARE(result.json["scores"].size(), std::size_t{2});
            // Kernel PCA's two components tell three clusters apart and little within them.
            const double least = entry.name == "kernel-pca" ? 0.25 : 0.4;
            for (const Json& score : result.json["scores"])
                for (const char* name : {"trustworthiness", "continuity", "kept"})
                    QVERIFY2(score[name].get<double>() > least && score[name].get<double>() <= 1,
                             (entry.name + " " + name + " " + score[name].dump()).c_str());
            const std::vector<float> points = floats(result);
            QCOMPARE(points.size(), std::size_t{300});
            QVERIFY2(same_class_share(points, 2, made.classes) > 0.95, entry.name.c_str());
            const auto lines = read(out);
            QCOMPARE(lines.size(), std::size_t{151});
            QCOMPARE(lines[0], std::string("item,x1,x2"));
            QVERIFY(lines[1].starts_with("row-0,"));
            const std::string second = lines[2].substr(lines[2].find(',') + 1);
            QCOMPARE(std::stof(second), points[2]);
        }
    }

    void steps_change_the_numbers_and_say_which_rows_are_left() {
        Made made = made_clusters(80, 4, 2, 8, 4);
        for (std::size_t i = 0; i < made.values.size(); i += 4)
            made.values[i] *= 1000; // one column outweighs all
        const fs::path file = write("uneven.csv", made, false);
        const Json plain = run("embed", {{"input", {{"path", file.string()}}}, {"method", "pca"}}).json;
        const Json scaled = run("embed", {{"input", {{"path", file.string()}}},
                                          {"method", "pca"},
                                          {"steps",
                                           {{{"name", "scale"}, {"set", Json::object()}},
                                            {{"name", "subsample"}, {"set", {{"rows", 50}}}}}}})
                                .json;
        QVERIFY(plain["notes"]["explained_variance_ratio"][0].get<double>() > 0.99);
        QVERIFY(scaled["notes"]["explained_variance_ratio"][0].get<double>() < 0.9);
        QCOMPARE(scaled["rows"].get<int>(), 50);
        const auto kept = scaled["kept_rows"].get<std::vector<std::size_t>>();
        QCOMPARE(kept.size(), std::size_t{50});
        QVERIFY(std::is_sorted(kept.begin(), kept.end()) && kept.back() < 80);
        QCOMPARE(scaled["steps"][0]["step"].get<std::string>(), std::string("scale"));
        QVERIFY(!scaled["steps"][0]["learnt"].is_null());
    }

    // A .npy is read batch by batch: what comes of it is what comes of all rows at once.
    void batches_of_a_file_give_what_all_its_rows_give() {
        const Made made = made_numbers(3000, 7, 3);
        const fs::path file = write_npy("numbers.npy", made);
        Json names = Json::array();
        for (std::int64_t j = 1; j <= made.columns; ++j)
            names.push_back("column " + std::to_string(j));
        for (const Json& set : {Json{{"solver", "incremental"}, {"dimensions", 3}},
                                Json{{"solver", "incremental"}, {"whiten", true}, {"batch-size", 401}}}) {
            const fs::path out = path("batches.csv");
            const OperationResult batches = run("embed", {{"input", {{"path", file.string()}}},
                                                          {"method", "pca"},
                                                          {"set", set},
                                                          {"out", out.string()}});
            // Which columns to use is said: all rows are read.
            const OperationResult whole = run(
                "embed",
                {{"input", {{"path", file.string()}, {"columns", names}}}, {"method", "pca"}, {"set", set}});
            QVERIFY(!floats(batches).empty() && floats(batches) == floats(whole));
            QVERIFY2(batches.json["notes"] == whole.json["notes"], batches.json["notes"].dump().c_str());
            QVERIFY2(batches.json["scores"] == whole.json["scores"], batches.json["scores"].dump().c_str());
            QCOMPARE(batches.json["columns"], whole.json["columns"]);
            QCOMPARE(batches.json["rows"], Json(3000));
            const auto lines = read(out);
            QCOMPARE(lines.size(), std::size_t{3001});
            QCOMPARE(std::stof(lines[3000].substr(lines[3000].find(',') + 1)),
                     floats(batches)[2999 * batches.json["dimensions"].get<std::size_t>()]);
        }
        // More rows than are compared with each other, of which it says how many.
        const fs::path many = write_npy("many.npy", made_numbers(7000, 3, 4));
        const Json json = run("embed", {{"input", {{"path", many.string()}}},
                                        {"method", "pca"},
                                        {"set", {{"solver", "incremental"}}}})
                              .json;
        QVERIFY2(json["step_notes"][0].get<std::string>().find("among 5000") != std::string::npos,
                 json["step_notes"].dump().c_str());
        QVERIFY(json["scores"][0]["trustworthiness"].get<double>() > 0.9);
    }

    void a_file_of_batches_that_is_faulty_is_refused() {
        Made made = made_numbers(100, 4, 3);
        const auto said = [&](const fs::path& file) {
            return refusal("embed", {{"input", {{"path", file.string()}}},
                                     {"method", "pca"},
                                     {"set", {{"solver", "incremental"}}}});
        };
        made.values[4 * 70 + 2] = std::numeric_limits<float>::quiet_NaN();
        const std::string missing = said(write_npy("missing.npy", made));
        QVERIFY2(missing.find("\"column 3\" in row 71 has no value") != std::string::npos, missing.c_str());
        made.values[4 * 70 + 2] = std::numeric_limits<float>::infinity();
        QVERIFY(said(write_npy("infinite.npy", made)).find("infinite") != std::string::npos);
        made.values[4 * 70 + 2] = 0;
        const fs::path cut = write_npy("cut.npy", made);
        fs::resize_file(cut, fs::file_size(cut) - 100);
        QVERIFY2(said(cut).find("cut short") != std::string::npos, said(cut).c_str());
        std::fill(made.values.begin(), made.values.end(), 2.f);
        QVERIFY(said(write_npy("same.npy", made)).find("All rows are the same") != std::string::npos);
    }

    void columns_and_target_are_chosen_by_name() {
        const Made made = made_clusters(90, 5, 3, 9, 4);
        const fs::path file = write("named.csv", made, true);
        const Json result = run("embed", {{"input", {{"path", file.string()}, {"columns", {"c4", "c1"}}}},
                                          {"method", "umap"},
                                          {"target", "class"}})
                                .json;
        QCOMPARE(result["columns"].get<int>(), 2);
        QVERIFY(
            refusal("embed", {{"input", {{"path", file.string()}, {"columns", {"c9"}}}}, {"method", "pca"}})
                .find("c9") != std::string::npos);
        QVERIFY(
            refusal("embed", {{"input", {{"path", file.string()}}}, {"method", "umap"}, {"target", "klass"}})
                .find("klass") != std::string::npos);
    }

    void new_rows_are_prepared_as_the_old_ones() {
        const Made made = made_clusters(120, 4, 3, 9, 4);
        const fs::path file = write("old.csv", made, true);
        Made some = made;
        some.rows = 10;
        // In another order of columns: found by their names.
        const fs::path other = path("new.csv");
        {
            std::ofstream out(other);
            out << "c3,c1,c0,c2\n";
            for (std::int64_t i = 0; i < some.rows; ++i) {
                const auto row = some.view().row(i);
                out << row[3] << ',' << row[1] << ',' << row[0] << ',' << row[2] << '\n';
            }
        }
        const fs::path placed = path("placed.csv");
        const OperationResult result = run("embed", {{"input", {{"path", file.string()}}},
                                                     {"method", "pca"},
                                                     {"steps", {{{"name", "scale"}}}},
                                                     {"new", {{"path", other.string()}}},
                                                     {"new_out", placed.string()}});
        QCOMPARE(result.json["new_rows"].get<int>(), 10);
        const std::vector<float> points = floats(result);
        QCOMPARE(points.size(), std::size_t{260});
        for (std::size_t i = 0; i < 20; ++i) // the same rows: the same places, but for the digits in the file
            QVERIFY(std::abs(points[240 + i] - points[i]) < 1e-3f);
        QCOMPARE(read(placed).size(), std::size_t{11});
        std::ofstream(other) << "c3,c1,c0\n1,2,3\n";
        QVERIFY(refusal("embed", {{"input", {{"path", file.string()}}},
                                  {"method", "pca"},
                                  {"new", {{"path", other.string()}}}})
                    .find("lack 1 of the 4 columns") != std::string::npos);
    }

    void bad_input_is_told_with_what_to_do_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("said");
        const QString rows = "1,2,3\n2,3,5\n3,1,4\n4,4,4\n7,5,1\n";
        QTest::newRow("missing") << "a,b,c\n1,,3\n" + rows << "pca"
                                 << "impute";
        QTest::newRow("not a number") << "a,b,c\nnan,2,3\n" + rows << "umap"
                                      << "impute";
        QTest::newRow("infinite") << "a,b,c\n1,inf,3\n" + rows << "pca"
                                  << "infinite";
        QTest::newRow("text only") << "a,b\nx,y\nz,w\nx,q\n"
                                   << "pca"
                                   << "numeric";
        QTest::newRow("one row") << "a,b,c\n1,2,3\n"
                                 << "pca"
                                 << "at least two";
        QTest::newRow("constant") << "a,b\n1,2\n1,2\n1,2\n1,2\n"
                                  << "pca"
                                  << "All rows are the same";
        QTest::newRow("too few for t-SNE") << "a,b,c\n1,2,3\n2,3,5\n3,1,4\n"
                                           << "tsne"
                                           << "at least 4 rows";
        QTest::newRow("below zero") << "a,b,c\n1,-2,3\n" + rows << "nmf"
                                    << "\"b\" has a value below zero";
        QTest::newRow("fewer than neighbours") << "a,b,c\n" + rows << "umap"
                                               << "Choose at most 5";
    }
    void bad_input_is_told_with_what_to_do() {
        QFETCH(QString, text);
        QFETCH(QString, method);
        QFETCH(QString, said);
        const fs::path file = path("bad.csv");
        std::ofstream(file) << text.toStdString();
        const std::string message =
            refusal("embed", {{"input", {{"path", file.string()}}}, {"method", method.toStdString()}});
        QVERIFY2(message.find(said.toStdString()) != std::string::npos, message.c_str());
        QVERIFY(message.back() == '.');
    }

    void what_is_not_there_is_said() {
        QVERIFY(refusal("embed", {{"input", {{"path", "/no/such.csv"}}}, {"method", "pca"}})
                    .find("There is no file") != std::string::npos);
        QVERIFY(refusal("embed", {{"method", "pca"}}).find("\"input\"") != std::string::npos);
        const fs::path file = write("here.csv", made_clusters(30, 3, 2, 5, 1), false);
        QVERIFY(refusal("embed", {{"input", {{"path", file.string()}}}, {"method", "tsna"}}).find("tsne") !=
                std::string::npos);
        QVERIFY(refusal("embed", {{"input", {{"path", file.string()}}},
                                  {"method", "pca"},
                                  {"steps", {{{"name", "scael"}}}}})
                    .find("scale") != std::string::npos);
    }

    void cancel_is_quick() {
        const fs::path file = write("large.csv", made_clusters(6000, 20, 5, 5, 1), false);
        for (const char* method : {"tsne", "umap"}) {
            WatchingJob job;
            QElapsedTimer since;
            std::int64_t took = -1;
            std::thread canceller([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(700));
                since.start();
                job.cancel = true;
            });
            try {
                run_operation(services_, "embed",
                              {{"input", {{"path", file.string()}}},
                               {"method", method},
                               {"set", {{std::string(method) == "tsne" ? "iterations" : "epochs", 20000}}}},
                              job);
            } catch (const Error& error) {
                took = since.elapsed();
                QVERIFY(error.code() == ErrorCode::Cancelled);
            }
            canceller.join();
            QVERIFY2(took >= 0 && took < 500, std::to_string(took).c_str());
        }
    }

    void pbmc_stays_sparse() {
        const fs::path folder =
            fs::path(qgetenv("EYEPIECE_SHARED_DATA").toStdString()) / "single_cell_highdim/pbmc3k";
        if (!fs::exists(folder))
            QSKIP("The shared data are not here.");
        const OperationResult result =
            run("embed",
                {{"input", {{"path", folder.string()}}}, {"method", "pca"}, {"set", {{"dimensions", 50}}}});
        QCOMPARE(result.json["rows"].get<int>(), 2638);
        QCOMPARE(result.json["columns"].get<int>(), 2000);
        QCOMPARE(result.json["notes"]["solver"].get<std::string>(), std::string("randomised"));
        QVERIFY(result.json["notes"]["columns"].size() == 200);
    }

    // Three clusters that lie apart come back from every resample, and one column sets the first apart.
    void clusters_tell_how_stable_they_are_and_what_sets_them_apart() {
        Made made = made_clusters(150, 4, 3, 12, 4);
        for (std::size_t i = 0; i < 150; ++i)
            made.values[4 * i] += made.classes[i] == 1 ? 200.f : 0.f;
        const fs::path file = write("stable.csv", made, false);
        const Json spec{{"input", {{"path", file.string()}}},
                        {"method", "kmeans"},
                        {"set", {{"clusters", 3}, {"resamples", 5}, {"markers", 2}}}};
        const OperationResult result = run("cluster", spec);
        const Json& stability = result.json["stability"];
        QCOMPARE(stability["resamples"].get<int>(), 5);
        QCOMPARE(stability["rows"].get<int>(), 120);
        QVERIFY(stability["adjusted_rand"]["mean"].get<double>() > 0.99);
        QCOMPARE(stability["jaccard"].size(), std::size_t{3});
        QVERIFY(stability["jaccard"][2].get<double>() > 0.99);
        QCOMPARE(result.json["markers"].size(), std::size_t{3});
        std::vector<std::int32_t> labels(result.bytes.size() / sizeof(std::int32_t));
        std::memcpy(labels.data(), result.bytes.data(), result.bytes.size());
        const Json& markers = result.json["markers"][static_cast<std::size_t>(labels[1])];
        QCOMPARE(markers.size(), std::size_t{2});
        QCOMPARE(markers[0]["column"].get<std::string>(), std::string("c0"));
        QVERIFY(markers[0]["effect"].get<double>() > 5 && markers[0]["q"].get<double>() < 1e-6);
        QVERIFY(markers[0]["mean"].get<double>() > 150 && markers[0]["rest_mean"].get<double>() < 50);
        // The same seed, the same figures; neither is there unless it is asked for.
        QCOMPARE(run("cluster", spec).json["stability"], stability);
        const Json plain = run("cluster", {{"input", {{"path", file.string()}}}, {"method", "kmeans"}}).json;
        QVERIFY(!plain.contains("stability") && !plain.contains("markers"));
        QVERIFY(
            refusal("cluster",
                    {{"input", {{"path", file.string()}}}, {"method", "kmeans"}, {"set", {{"resamples", 1}}}})
                .find("at least two resamples") != std::string::npos);
    }

    // Each clustering can be resampled, and a column without spread marks without bounds.
    void each_clustering_is_resampled() {
        Made made = made_clusters(120, 3, 2, 9, 4);
        for (std::size_t i = 0; i < 120; ++i)
            made.values[3 * i] = made.classes[i] == 1 ? 10.f : 0.f;
        const fs::path file = write("resampled.csv", made, false);
        for (const auto& entry : services_.registries.clusterings.entries()) {
            Json set{{"resamples", 2}, {"markers", 1}};
            if (entry.parameters.find("clusters"))
                set["clusters"] = 2;
            const Json result =
                run("cluster", {{"input", {{"path", file.string()}}}, {"method", entry.name}, {"set", set}})
                    .json;
            const double rand = result["stability"]["adjusted_rand"]["mean"];
            QVERIFY2(rand > 0.5 && rand <= 1, (entry.name + " " + std::to_string(rand)).c_str());
            QCOMPARE(result["markers"].size(), result["sizes"].size());
            if (result["clusters"] == 2 && result["noise"] == 0)
                QVERIFY2(result["markers"][0][0]["effect"].is_string(), result["markers"].dump().c_str());
        }
    }

private:
    fs::path path(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

    fs::path write(const std::string& name, const Made& made, bool named) const {
        std::ofstream file(path(name));
        if (named)
            file << "name,";
        for (std::int64_t j = 0; j < made.columns; ++j)
            file << (j ? "," : "") << 'c' << j;
        file << (named ? ",class\n" : "\n");
        for (std::int64_t i = 0; i < made.rows; ++i) {
            if (named)
                file << "row-" << i << ',';
            for (std::int64_t j = 0; j < made.columns; ++j)
                file << (j ? "," : "") << made.view().row(i)[static_cast<std::size_t>(j)];
            if (named)
                file << ",class " << made.classes[static_cast<std::size_t>(i)];
            file << '\n';
        }
        return path(name);
    }

    static std::vector<std::string> read(const fs::path& file) {
        std::ifstream in(file);
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);)
            lines.push_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
        return lines;
    }

    static std::vector<float> floats(const OperationResult& result) {
        std::vector<float> values(result.bytes.size() / sizeof(float));
        std::memcpy(values.data(), result.bytes.data(), values.size() * sizeof(float));
        return values;
    }

    OperationResult run(const std::string& operation, const Json& spec) {
        QuietJob job;
        return run_operation(services_, operation, spec, job);
    }

    fs::path write_npy(const std::string& name, const Made& made) {
        std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(made.rows) +
                           ", " + std::to_string(made.columns) + "), }";
        head.append(117 - head.size(), ' ');
        head += '\n';
        const fs::path file = path(name);
        std::ofstream out(file, std::ios::binary);
        out.write("\x93NUMPY\x01\x00\x76\x00", 10);
        out << head;
        out.write(reinterpret_cast<const char*>(made.values.data()),
                  static_cast<std::streamsize>(made.values.size() * sizeof(float)));
        return file;
    }

    std::string refusal(const std::string& operation, const Json& spec) {
        try {
            run(operation, spec);
        } catch (const Error& error) {
            return error.code() == ErrorCode::BadInput || error.code() == ErrorCode::NotFound
                       ? error.what()
                       : std::string("wrong code: ") + error.what();
        }
        return "accepted";
    }

    EngineServices services_;
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestEmbed)
#include "test_embed.moc"
