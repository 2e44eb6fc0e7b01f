// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/project/fixture.h"

#include <algorithm>
#include <map>
#include <set>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

struct Bench {
    Folder folder;
    std::unique_ptr<Project> project = Project::create(folder / "p");

    std::vector<ItemId> add(const std::vector<std::string>& names,
                            const std::vector<std::string>& groups = {}) {
        std::vector<std::filesystem::path> paths;
        for (const auto& name : names)
            paths.push_back(folder / name);
        return project->items().add(paths, groups).added;
    }
    std::map<std::string, std::string> sides() {
        std::map<std::string, std::string> result;
        for (const Item& item : project->items().all())
            result[item.name] = item.split;
        return result;
    }
};

SplitRequest all_items() {
    SplitRequest request;
    request.only_labelled = false;
    return request;
}

bool mentions(const SplitResult& result, const char* word) {
    return std::any_of(result.warnings.begin(), result.warnings.end(),
                       [&](const std::string& warning) { return warning.find(word) != std::string::npos; });
}

} // namespace

class TestSplits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void groups_stay_whole_data() {
        QTest::addColumn<int>("groups");
        for (int groups : {3, 4, 10, 57})
            QTest::addRow("%d groups", groups) << groups;
    }

    void groups_stay_whole() {
        QFETCH(int, groups);
        Bench bench;
        std::vector<std::string> names, of;
        for (int g = 0; g < groups; ++g)
            for (int i = 0; i < 2 + (g * 7) % 5; ++i) {
                names.push_back(QString("g%1x%2.png").arg(g).arg(i).toStdString());
                of.push_back("video " + std::to_string(g));
            }
        bench.add(names, of);
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            SplitRequest request = all_items();
            request.seed = seed;
            const auto result = bench.project->splits().apply(request);
            QCOMPARE(result.torn_groups, 0);
            QVERIFY(result.train > 0 && result.val > 0 && result.test > 0);
            QCOMPARE(result.train + result.val + result.test, static_cast<std::int64_t>(names.size()));
            std::map<std::string, std::set<std::string>> seen;
            for (const Item& item : bench.project->items().all())
                seen[item.group].insert(item.split);
            for (const auto& [group, splits] : seen)
                QCOMPARE(splits.size(), std::size_t{1});
            if (groups == 57) {
                const double share = static_cast<double>(result.train) / static_cast<double>(names.size());
                QVERIFY2(share > 0.77 && share < 0.83, QByteArray::number(share).constData());
            }
        }
    }

    void same_seed_same_split() {
        Bench bench;
        std::vector<std::string> names;
        for (int i = 0; i < 40; ++i)
            names.push_back("cell" + std::to_string(i) + ".png");
        bench.add(names);
        SplitRequest request = all_items();
        const auto preview = bench.project->splits().preview(request);
        QVERIFY(bench.sides()["cell0.png"].empty());
        const auto made = bench.project->splits().apply(request);
        QCOMPARE(made.train, preview.train);
        QCOMPARE(made.train, 32);
        QCOMPARE(made.val, 4);
        QCOMPARE(made.test, 4);
        const auto first = bench.sides();
        bench.project->splits().apply(request);
        QVERIFY(bench.sides() == first);
        request.seed = 2;
        bench.project->splits().apply(request);
        QVERIFY(bench.sides() != first);
        bench.project->history().undo();
        QVERIFY(bench.sides() == first);
    }

    void random_split_that_tears_groups_warns() {
        Bench bench;
        std::vector<std::string> names, of;
        for (int i = 0; i < 30; ++i) {
            names.push_back("f" + std::to_string(i) + ".png");
            of.push_back(i < 15 ? "left" : "right");
        }
        bench.add(names, of);
        SplitRequest request = all_items();
        request.by = SplitBy::Item;
        const auto result = bench.project->splits().apply(request);
        QCOMPARE(result.torn_groups, 2);
        QVERIFY(mentions(result, "near-copies"));
        const Json record = bench.project->splits().record();
        QCOMPARE(record.at("by").get<std::string>(), std::string("item"));
        QCOMPARE(record.at("torn-groups").get<int>(), 2);
        QVERIFY(!record.at("warnings").empty());
        QCOMPARE(record.at("counts").at("train").get<int>(), 24);
        // Two groups cannot serve three sides.
        request.by = SplitBy::Group;
        const auto grouped = bench.project->splits().apply(request);
        QCOMPARE(grouped.torn_groups, 0);
        QVERIFY(mentions(grouped, "Nothing is left"));
        QVERIFY(grouped.train > 0);
    }

    void names_of_one_source_warn() {
        Bench bench;
        std::vector<std::string> names;
        for (const char* video : {"mouse_a", "mouse_b", "mouse_c", "mouse_d"})
            for (int i = 0; i < 10; ++i)
                names.push_back(std::string(video) + "_t" + std::to_string(i) + ".png");
        bench.add(names);
        QVERIFY(mentions(bench.project->splits().preview(all_items()), "group by name:"));
        QCOMPARE(bench.project->splits().group_by("name:^(.*)[_. -][A-Za-z]*[0-9]+$"), 4);
        const auto result = bench.project->splits().apply(all_items());
        QVERIFY(!mentions(result, "group by name:"));
        QCOMPARE(result.torn_groups, 0);
        // Plain numbering of independent images is no source.
        Bench plain;
        names.clear();
        for (int i = 0; i < 20; ++i)
            names.push_back("image_" + std::to_string(i) + ".png");
        plain.add(names);
        QVERIFY(plain.project->splits().preview(all_items()).warnings.empty());
    }

    void copies_of_a_file_stay_together() {
        Bench bench;
        std::vector<std::string> names;
        for (int i = 0; i < 20; ++i)
            names.push_back("a" + std::to_string(i) + ".png");
        const auto ids = bench.add(names);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            write_text(bench.folder / names[i], "same");
            bench.project->items().set_facts(ids[i], {std::to_string(i / 2), 10, 10, 1});
        }
        SplitRequest request = all_items();
        request.by = SplitBy::Item;
        for (request.seed = 1; request.seed < 6; ++request.seed) {
            bench.project->splits().apply(request);
            for (std::size_t i = 0; i < ids.size(); i += 2)
                QCOMPARE(bench.project->items().at(ids[i]).split,
                         bench.project->items().at(ids[i + 1]).split);
            QCOMPARE(bench.project->splits().record().at("torn-copies").get<int>(), 0);
        }
    }

    void kinds_are_spread() {
        Bench bench;
        std::vector<std::string> names;
        for (int i = 0; i < 40; ++i)
            names.push_back("i" + std::to_string(i) + ".png");
        const auto ids = bench.add(names);
        for (std::size_t i = 0; i < ids.size(); ++i)
            bench.project->items().set_columns(ids[i], {{"kind", i < 20 ? "stained" : "fluorescence"}});
        bench.project->splits().apply({0.5, 0.25, 0.25, SplitBy::Group, 3, false, false});
        std::map<std::string, std::map<std::string, int>> counts;
        for (const Item& item : bench.project->items().all())
            ++counts[item.split][item.columns.at("kind").get<std::string>()];
        for (const auto& [side, kinds] : counts)
            QVERIFY2(std::abs(kinds.at("stained") - kinds.at("fluorescence")) <= 1, side.c_str());
    }

    void by_hand_and_existing() {
        Bench bench;
        const auto ids = bench.add(
            {"a.png", "b.png", "c.png", "d.png", "e.png", "f.png", "g.png", "h.png", "i.png", "j.png"});
        bench.project->splits().assign({ids[0], ids[1]}, "test");
        QCOMPARE(bench.project->splits().record().at("by").get<std::string>(), std::string("hand"));
        QCOMPARE(error_of([&] { bench.project->splits().assign(ids, "exam"); }).code(), ErrorCode::BadInput);
        SplitRequest request = all_items();
        request.keep_existing = true;
        const auto result = bench.project->splits().apply(request);
        QCOMPARE(bench.project->items().at(ids[0]).split, std::string("test"));
        QCOMPARE(bench.project->items().at(ids[1]).split, std::string("test"));
        QCOMPARE(result.test, 2);
        bench.project->splits().assign({ids[3]}, "");
        QCOMPARE(bench.project->splits().record().at("changed-by-hand").get<bool>(), true);
    }

    void group_rules() {
        Bench bench;
        const auto ids = bench.add({"one/a1.png", "one/a2.png", "two/b1.png"});
        bench.project->items().set_columns(ids[0], {{"animal", 7}});
        bench.project->items().set_columns(ids[1], {{"animal", 7}});
        bench.project->items().set_columns(ids[2], {{"animal", 8}});
        QCOMPARE(bench.project->splits().group_by("folder"), 2);
        QCOMPARE(bench.project->items().at(ids[2]).group, std::string("two"));
        QCOMPARE(bench.project->splits().group_by("column:animal"), 2);
        QCOMPARE(bench.project->items().at(ids[0]).group, std::string("7"));
        QCOMPARE(bench.project->splits().group_by("name:^([a-z])"), 2);
        QCOMPARE(bench.project->splits().group_by("none"), 0);
        for (const char* bad : {"column:plant", "name:^a", "name:(", "colour"})
            QCOMPARE(error_of([&] { bench.project->splits().group_by(bad); }).code(), ErrorCode::BadInput);
    }

    void only_labelled() {
        Bench bench;
        const auto ids = bench.add({"a.png", "b.png", "c.png", "d.png"});
        QCOMPARE(error_of([&] { bench.project->splits().apply({}); }).code(), ErrorCode::BadInput);
        for (int i = 0; i < 3; ++i)
            bench.project->labels().commit(rectangle(ids[static_cast<std::size_t>(i)], {0, 0, 3, 3}, 1, 0));
        const auto result = bench.project->splits().apply({});
        QCOMPARE(result.train + result.val + result.test, 3);
        QVERIFY(bench.project->items().at(ids[3]).split.empty());
    }
};

QTEST_GUILESS_MAIN(TestSplits)
#include "test_splits.moc"
