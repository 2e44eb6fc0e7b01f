// SPDX-License-Identifier: GPL-3.0-or-later
// An exploration as the window keeps it, run again by the command line.
#include "tests/cli/trained_project.h"

#include <fstream>
#include <sstream>

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
