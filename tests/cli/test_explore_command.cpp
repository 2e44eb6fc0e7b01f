// SPDX-License-Identifier: GPL-3.0-or-later
// An exploration as the window keeps it, run again by the command line.
#include "tests/cli/trained_project.h"

#include <fstream>
#include <sstream>
#include <sys/resource.h>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

class TestExploreCommand : public QObject {
    Q_OBJECT

    Folder folder_;
    fs::path here(const std::string& name) const { return folder_ / name; }

    // Two groups in the first two columns; the third outweighs both and says nothing.
    void write_table(const std::string& name, int rows, double shift) const {
        std::ofstream file(here(name));
        file << "a,b,noise\n";
        for (int row = 0; row < rows; ++row)
            file << (row % 2 ? 10 : 0) + 0.1 * (row % 7) + shift << ','
                 << (row % 2 ? -4 : 4) + 0.1 * (row % 5) << ',' << 1000 * ((row * 37) % 11) << '\n';
    }
    void write_record(const Json& changes = Json::object()) const {
        Json record{
            {"version", 1},
            {"input", {{"path", here("first.csv").string()}, {"format", "auto"}, {"set", Json::object()}}},
            {"corrections", Json::object()},
            {"steps",
             {{{"id", 1},
               {"kind", "prepare"},
               {"name", "scale"},
               {"title", "Scale"},
               {"set", Json::object()}},
              {{"id", 2},
               {"kind", "reduce"},
               {"name", "pca"},
               {"title", "PCA"},
               {"set", {{"dimensions", 2}}}},
              {{"id", 3},
               {"kind", "cluster"},
               {"name", "kmeans"},
               {"title", "K-means"},
               {"set", {{"clusters", 2}}}}}}};
        record.merge_patch(changes);
        fs::create_directories(here("kept"));
        std::ofstream(here("kept/exploration.json")) << record.dump();
    }
    static std::string content(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        std::stringstream all;
        all << file.rdbuf();
        return all.str();
    }
    Outcome explore(const QStringList& words) const { return cli(QStringList{"explore"} + words); }
    QString text_of(const std::string& name) const { return text(here(name)); }

private Q_SLOTS:
    void init() {
        write_table("first.csv", 60, 0);
        write_table("second.csv", 40, 3);
        write_record();
    }

    void does_what_embed_and_cluster_do() {
        const Outcome done = explore({text_of("kept"), "--out", text_of("again"), "--json"});
        QVERIFY2(done.status == 0, done.errors.constData());
        const Json answer = done.json();
        QCOMPARE(answer["steps"].size(), std::size_t{2});
        QCOMPARE(answer["steps"][1]["rows"].get<int>(), 60);
        const Outcome alone = cli({"embed", text_of("first.csv"), "--method", "pca", "--step", "scale",
                                   "--seed", "1", "--out", text_of("alone.csv")});
        QVERIFY2(alone.status == 0, alone.errors.constData());
        QCOMPARE(content(here("again/2-pca.csv")), content(here("alone.csv")));
        QVERIFY(content(here("again/3-kmeans.csv")).starts_with("item,cluster"));
    }

    void a_step_heeds_the_column_that_it_was_told_to() {
        Json steps = Json::parse(content(here("kept/exploration.json")))["steps"];
        steps[1]["name"] = "umap";
        steps[1]["target"] = "side";
        std::ofstream table(here("first.csv"));
        table << "a,b,side\n";
        for (int row = 0; row < 60; ++row)
            table << 0.1 * (row % 7) << ',' << 0.1 * (row % 5) << (row % 2 ? ",left\n" : ",right\n");
        table.close();
        write_record({{"steps", steps}});
        const Outcome done = explore({text_of("kept"), "--out", text_of("guided")});
        QVERIFY2(done.status == 0, done.errors.constData());
        const QStringList words{"embed", text_of("first.csv"), "--method", "umap", "--step", "scale",
                                "--set", "dimensions=2",       "--seed",   "1",    "--out"};
        QCOMPARE(cli(words + QStringList{text_of("g.csv"), "--target", "side"}).status, 0);
        QCOMPARE(cli(words + QStringList{text_of("free.csv")}).status, 0);
        QCOMPARE(content(here("guided/2-umap.csv")), content(here("g.csv")));
        QVERIFY(content(here("g.csv")) != content(here("free.csv")));
    }

    // A gigabyte that takes no room on the disk: rows of zeros between some that are none.
    void a_file_larger_than_what_it_takes_is_reduced() {
        constexpr std::size_t rows = 4'194'304, columns = 64, bytes = rows * columns * sizeof(float);
        const fs::path file = here("large.npy");
        {
            std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) +
                               ", " + std::to_string(columns) + "), }";
            head.append(117 - head.size(), ' ');
            std::ofstream out(file, std::ios::binary);
            out.write("\x93NUMPY\x01\x00\x76\x00", 10);
            out << head << '\n';
            for (std::size_t row = 0; row < rows; row += rows / 64) {
                const std::vector<float> values(columns, static_cast<float>(row / (rows / 64)));
                out.seekp(static_cast<std::streamoff>(128 + row * columns * sizeof(float)));
                out.write(reinterpret_cast<const char*>(values.data()),
                          static_cast<std::streamsize>(columns * sizeof(float)));
            }
        }
        fs::resize_file(file, 128 + bytes);
        const Outcome done =
            cli({"embed", text_of("large.npy"), "--method", "pca", "--set", "solver=incremental", "--set",
                 "dimensions=1", "--set", "batch-size=65536", "--out", text_of("large.csv"), "--json"});
        QVERIFY2(done.status == 0, done.errors.constData());
        const Json answer = done.json();
        QCOMPARE(answer["rows"].get<std::size_t>(), rows);
        // All of the variance lies on the diagonal.
        QVERIFY(answer["notes"]["explained_variance_ratio"][0].get<double>() > 0.999);
        rusage used{};
        QCOMPARE(getrusage(RUSAGE_CHILDREN, &used), 0);
        QVERIFY2(used.ru_maxrss < 640 * 1024, (std::to_string(used.ru_maxrss / 1024) + " MiB").c_str());
        std::ifstream lines(here("large.csv"));
        std::string line;
        std::size_t count = 0;
        while (std::getline(lines, line))
            ++count;
        QCOMPARE(count, rows + 1);
    }

    void another_table_is_done_likewise() {
        const Outcome done =
            explore({text_of("kept/exploration.json"), text_of("second.csv"), "--out", text_of("new")});
        QVERIFY2(done.status == 0, done.errors.constData());
        const std::string clusters = content(here("new/3-kmeans.csv"));
        QCOMPARE(std::count(clusters.begin(), clusters.end(), '\n'), std::ptrdiff_t{41});
    }

    // Recorded of a project's objects or images, and done again on another project's.
    void tables_made_of_projects() {
        for (const auto& [name, seed] : {std::pair{"one", "1"}, {"two", "2"}})
            QCOMPARE(cli({"sample", text_of(name), "--seed", seed}).status, 0);
        for (const auto& [from, setting] : {std::pair<const char*, std::pair<const char*, Json>>{
                                                "objects", {"intensities=no", Json{{"intensities", false}}}},
                                            {"images", {"side=4", Json{{"side", 4}}}}}) {
            const Json input{{"path", here("one").string()}, {"from", from}, {"set", setting.second}};
            write_record();
            Json record = Json::parse(content(here("kept/exploration.json")));
            record["input"] = input;
            std::ofstream(here("kept/exploration.json")) << record.dump();
            const QStringList made{"--from", from, "--read", setting.first};
            const std::string out = std::string("out_") + from;
            Outcome done = explore({text_of("kept"), "--out", text_of(out)});
            QVERIFY2(done.status == 0, done.errors.constData());
            done = explore(QStringList{text_of("kept"), text_of("two")} + made +
                           QStringList{"--out", text_of(out + "_two")});
            QVERIFY2(done.status == 0, done.errors.constData());
            for (const auto& [project, folder] :
                 {std::pair<std::string, std::string>{"one", out}, {"two", out + "_two"}}) {
                const Outcome alone = cli(QStringList{"embed", text_of(project)} + made +
                                          QStringList{"--method", "pca", "--step", "scale", "--seed", "1",
                                                      "--out", text_of("alone.csv")});
                QVERIFY2(alone.status == 0, alone.errors.constData());
                QCOMPARE(content(here(folder + "/2-pca.csv")), content(here("alone.csv")));
            }
            QVERIFY(content(here(out + "/2-pca.csv")) != content(here(out + "_two/2-pca.csv")));
        }
        // What belongs to another table is refused without one.
        QCOMPARE(explore({text_of("kept"), "--from", "images", "--out", text_of("x")}).status, 2);
        QCOMPARE(explore({text_of("kept"), "--layer", "head", "--out", text_of("x")}).status, 2);
    }

    void corrected_columns_are_those_that_were_used() {
        const Json corrections{{"noise", {{"role", "annotation"}}}};
        write_record({{"corrections", corrections}});
        Outcome done = explore({text_of("kept"), "--out", text_of("corrected")});
        QVERIFY(done.status != 0 && done.errors.contains("Run a step"));
        Json steps = Json::parse(content(here("kept/exploration.json")))["steps"];
        steps[1]["outcome"] = {{"head", Json::object()},
                               {"file", "x.npy"},
                               {"spec", {{"seed", 1}, {"input", {{"columns", {"a", "b"}}}}}}};
        write_record({{"corrections", corrections}, {"steps", steps}});
        done = explore({text_of("kept"), "--out", text_of("corrected")});
        QVERIFY2(done.status == 0, done.errors.constData());
        const Outcome alone = cli({"embed", text_of("first.csv"), "--method", "pca", "--step", "scale",
                                   "--columns", "a,b", "--seed", "1", "--out", text_of("two.csv")});
        QVERIFY2(alone.status == 0, alone.errors.constData());
        QCOMPARE(content(here("corrected/2-pca.csv")), content(here("two.csv")));
    }

    // What was decided about labels is heeded on its own table, and is the same as --relabel.
    void labels_that_were_corrected_are_heeded() {
        std::ofstream table(here("first.csv"));
        table << "a,b,side\n";
        for (int row = 0; row < 60; ++row)
            table << 0.1 * (row % 7) << ',' << 0.1 * (row % 5) << (row % 2 ? ",left\n" : ",right\n");
        table.close();
        const Json decisions = Json::parse(R"([
            {"column": "side", "row": 4, "before": "right", "after": "left"},
            {"column": "side", "row": 6, "before": "right", "after": ""},
            {"column": "side", "row": 8, "before": "right", "after": "right"}])");
        Json steps = Json::parse(content(here("kept/exploration.json")))["steps"];
        steps[1]["name"] = "umap";
        steps[1]["target"] = "side";
        write_record({{"steps", steps}, {"decisions", decisions}});
        Outcome done = explore({text_of("kept"), "--out", text_of("relabelled")});
        QVERIFY2(done.status == 0, done.errors.constData());
        const QStringList words{"embed", text_of("first.csv"), "--method", "umap", "--step", "scale",
                                "--set", "dimensions=2",       "--target", "side", "--seed", "1",
                                "--out"};
        QCOMPARE(cli(words + QStringList{text_of("as_read.csv")}).status, 0);
        done = cli(words +
                   QStringList{text_of("by_hand.csv"), "--relabel", "side:5=left", "--relabel", "side:7="});
        QVERIFY2(done.status == 0, done.errors.constData());
        QCOMPARE(content(here("relabelled/2-umap.csv")), content(here("by_hand.csv")));
        QVERIFY(content(here("by_hand.csv")) != content(here("as_read.csv")));
        // Rows of another table are other rows.
        done = explore({text_of("kept"), text_of("first.csv"), "--out", text_of("other")});
        QVERIFY2(done.status == 0, done.errors.constData());
        QCOMPARE(content(here("other/2-umap.csv")), content(here("as_read.csv")));
        const auto refused = [&](const char* relabel) {
            return cli(words + QStringList{text_of("x.csv"), "--relabel", relabel});
        };
        QCOMPARE(refused("side=left").status, 2);
        QCOMPARE(refused("side:0=left").status, 2);
        QVERIFY(refused("side:61=left").errors.contains("no row 61"));
        QVERIFY(refused("a:2=much").errors.contains("cannot be \"much\""));
        QVERIFY(refused("c:2=left").status == 1);
    }

    // What a kept model predicts is a step like any other.
    void a_kept_model_predicts_again() {
        std::ofstream table(here("first.csv"));
        table << "a,b,side\n";
        for (int row = 0; row < 60; ++row)
            table << 0.1 * (row % 7) + row % 2 << ',' << 0.1 * (row % 5)
                  << (row % 2 ? ",left\n" : ",right\n");
        table.close();
        fs::create_directories(here("kept"));
        const Outcome fitted = cli({"fit", text_of("first.csv"), "--target", "side", "--models", "logistic",
                                    "--save", text_of("side.model")});
        QVERIFY2(fitted.status == 0, fitted.errors.constData());
        write_record({{"steps",
                       {{{"id", 1},
                         {"kind", "predict"},
                         {"name", "logistic"},
                         {"title", "side by Logistic regression"},
                         {"set", {{"model", "../side.model"}}}}}}});
        const Outcome done = explore({text_of("kept"), "--out", text_of("predicted"), "--json"});
        QVERIFY2(done.status == 0, done.errors.constData());
        QVERIFY(done.json()["steps"][0]["scores"]["balanced-accuracy"].get<double>() > 0.95);
        const Outcome alone = cli(
            {"apply", text_of("first.csv"), "--model", text_of("side.model"), "--out", text_of("alone.csv")});
        QVERIFY2(alone.status == 0, alone.errors.constData());
        QCOMPARE(content(here("predicted/1-logistic.csv")), content(here("alone.csv")));
    }

    void what_is_no_exploration_is_refused() {
        std::ofstream(here("other.json")) << R"({"a": 1})";
        QVERIFY(explore({text_of("other.json"), "--out", text_of("x")}).errors.contains("no exploration"));
        QVERIFY(explore({text_of("nothing"), "--out", text_of("x")}).status != 0);
        for (const char* content : {R"([1])", R"({"input": 1, "steps": []})", R"({"input": {}, "steps": 3})",
                                    R"({"input": {"path": "a"})"}) { // the last one cut off
            std::ofstream(here("other.json")) << content;
            const Outcome refused = explore({text_of("other.json"), "--out", text_of("x")});
            QCOMPARE(refused.status, 1);
            QVERIFY2(refused.errors.contains("other.json"), refused.errors.constData());
        }
        write_record({{"version", 99}});
        QVERIFY(explore({text_of("kept"), "--out", text_of("x")}).errors.contains("newer"));
        write_record({{"steps", Json::array()}});
        QVERIFY(explore({text_of("kept"), "--out", text_of("x")}).errors.contains("nothing to run"));
        write_record();
        QVERIFY(explore({text_of("kept"), "--out", text_of("x"), "--format", "csv"}).status != 0);
    }
};

QTEST_GUILESS_MAIN(TestExploreCommand)
#include "test_explore_command.moc"
