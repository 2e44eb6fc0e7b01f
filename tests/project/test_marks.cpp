// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/schema.h"
#include "tests/project/fixture.h"

#include <QProcess>
#include <SQLiteCpp/SQLiteCpp.h>
#include <array>
#include <csignal>
#include <limits>
#include <map>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

Skeleton mouse_skeleton() {
    Skeleton skeleton;
    skeleton.names = {"snout", "leftear", "rightear", "tailbase"};
    skeleton.links = {{0, 1}, {0, 2}, {1, 3}};
    skeleton.pairs = {{1, 2}};
    return skeleton;
}

Keypoint at(double x, double y, Visibility visibility = Visibility::Visible) {
    return {{x, y}, visibility, -1};
}

struct Bench {
    Folder folder;
    std::unique_ptr<Project> project = Project::create(folder / "p");
    ClassId cell = project->classes().add("cell");
    ClassId mouse = project->classes().add("mouse");
    ItemId item = project->items().add({folder / "a.tif"}).added.at(0);
    ItemId other = project->items().add({folder / "b.tif"}).added.at(0);
    MarkStore& marks = project->marks();

    Bench() { project->skeletons().set(mouse, mouse_skeleton()); }

    Mark point(MarkId id, double x, double y) const {
        Mark mark;
        mark.id = id;
        mark.class_id = cell;
        mark.points = {at(x, y)};
        return mark;
    }
    Mark instance(MarkId id) const {
        Mark mark;
        mark.id = id;
        mark.class_id = mouse;
        mark.kind = MarkKind::Keypoints;
        mark.points = {at(10, 20), at(12.5, 22.25, Visibility::Hidden), {}, at(40, 50)};
        return mark;
    }
};

} // namespace

class TestMarks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void points_and_instances() {
        Bench bench;
        std::vector<ItemId> told;
        const auto listening = bench.project->changes().listen([&](const ProjectChange& change) {
            if (const auto* marks = std::get_if<MarksChanged>(&change))
                told.push_back(marks->item);
        });
        const auto revision = bench.project->labels().revision();
        Mark point = bench.point(1, 3.25, 4.75);
        point.plane = {2, 5};
        bench.marks.commit({bench.item, "point", {point}, {}});
        Mark instance = bench.instance(2);
        instance.track = "mouse 1";
        instance.author = "Ada";
        instance.score = 0.75;
        bench.marks.commit({bench.item, "keypoints", {instance}, {}});
        QCOMPARE(told, (std::vector<ItemId>{bench.item, bench.item}));
        QCOMPARE(bench.project->labels().revision(), revision + 2);
        const auto marks = bench.marks.marks(bench.item);
        QCOMPARE(marks.size(), std::size_t{2});
        QCOMPARE(marks[0].points, point.points);
        QVERIFY((marks[0].plane == ImagePlane{2, 5}));
        QCOMPARE(marks[0].tool, std::string("point"));
        QCOMPARE(marks[0].created.size(), std::string("2026-01-01T00:00:00Z").size());
        QCOMPARE(marks[1].points, instance.points);
        QCOMPARE(marks[1].track, std::string("mouse 1"));
        QCOMPARE(marks[1].author, std::string("Ada"));
        QCOMPARE(marks[1].score, 0.75);
        QCOMPARE(bench.marks.next_id(bench.item), MarkId{3});
        QCOMPARE(bench.marks.next_id(bench.other), MarkId{1});
        QCOMPARE(bench.project->items().at(bench.item).marks, 2);
        QCOMPARE(bench.project->history().next_undo()->title, std::string("keypoints on a.tif"));

        // Moving a point counts as an edit, giving another class does not.
        instance.points[0].place.x = 11;
        bench.marks.commit({bench.item, "keypoints", {instance}, {}});
        QCOMPARE(bench.marks.mark(bench.item, 2)->edits, 1);
        point.class_id = bench.mouse;
        bench.marks.commit({bench.item, "class", {point}, {}});
        QCOMPARE(bench.marks.mark(bench.item, 1)->edits, 0);
        QCOMPARE(bench.marks.count_by_class(bench.item), (std::map<ClassId, std::int64_t>{{bench.mouse, 2}}));

        // An instance whose last point goes is gone; an absent point keeps no place.
        instance.points = {{{5, 5}, Visibility::Absent, 0.5}, {}, {}, {}};
        bench.marks.commit({bench.item, "keypoints", {instance}, {}});
        QVERIFY(!bench.marks.mark(bench.item, 2));
        bench.marks.commit({bench.item, "delete", {}, {1, 77}});
        QCOMPARE(bench.marks.total(), 0);
        QCOMPARE(bench.marks.next_id(bench.item), MarkId{3}); // ids are not used again
        bench.project->history().undo();
        bench.project->history().undo();
        QCOMPARE(bench.marks.total(), 2);
        QCOMPARE(bench.marks.mark(bench.item, 2)->points[0].place.x, 11.0);
    }

    void undo_reaches_back_across_restarts() {
        Bench bench;
        std::vector<std::vector<std::vector<Keypoint>>> states;
        const auto state = [&](Project& project) {
            std::vector<std::vector<Keypoint>> points;
            for (const Mark& mark : project.marks().marks(bench.item))
                points.push_back(mark.points);
            return points;
        };
        states.push_back(state(*bench.project));
        for (int step = 0; step < 12; ++step) {
            Mark mark = step % 3 == 0 ? bench.point(1 + static_cast<MarkId>(step), step, 2 * step)
                                      : bench.instance(100);
            mark.points[0].place.y += step;
            MarkEdit edit{bench.item, "keypoints", {mark}, {}};
            if (step == 8)
                edit = {bench.item, "delete", {}, {1, 100}};
            bench.marks.commit(edit);
            states.push_back(state(*bench.project));
        }
        const std::filesystem::path folder = bench.project->folder();
        bench.project.reset();
        for (std::size_t i = states.size() - 1; i-- > 0;) {
            const auto project = Project::open(folder, Project::Access::Editor); // each time anew
            project->history().undo();
            QCOMPARE(state(*project), states[i]);
        }
        const auto project = Project::open(folder, Project::Access::Editor);
        for (std::size_t i = 1; i < states.size(); ++i) {
            project->history().redo();
            QCOMPARE(state(*project), states[i]);
        }
        QVERIFY(!project->history().redo());
    }

    void bad_edits_change_nothing() {
        Bench bench;
        bench.marks.commit({bench.item, "point", {bench.point(1, 1, 1)}, {}});
        const auto depth = bench.project->history().depth();
        const auto refused = [&](const MarkEdit& edit, ErrorCode code = ErrorCode::BadInput) {
            const Error error = error_of([&] { bench.marks.commit(edit); });
            QVERIFY2(error.code() == code, error.what());
        };
        refused({bench.item + 7, "point", {bench.point(2, 1, 1)}, {}}, ErrorCode::NotFound);
        refused({bench.item, "point", {bench.point(0, 1, 1)}, {}});
        refused({bench.item, "point", {bench.point(2, std::numeric_limits<double>::quiet_NaN(), 1)}, {}});
        refused({bench.item, "point", {bench.point(2, 1, 1), bench.point(2, 1, 1)}, {}});
        Mark mark = bench.point(2, 1, 1);
        mark.class_id = 99;
        refused({bench.item, "point", {mark}, {}});
        mark = bench.point(2, 1, 1);
        mark.points[0].visibility = Visibility::Absent;
        refused({bench.item, "point", {mark}, {}});
        mark = bench.point(2, 1, 1);
        mark.plane.z = -1;
        refused({bench.item, "point", {mark}, {}});
        mark = bench.instance(2);
        mark.points.pop_back();
        refused({bench.item, "keypoints", {mark}, {}});
        mark = bench.instance(2);
        mark.class_id = bench.cell; // which has no skeleton
        refused({bench.item, "keypoints", {mark}, {}});
        // The first of an edit does not stay when the second is refused.
        refused({bench.item, "point", {bench.point(3, 1, 1), mark}, {1}});
        QCOMPARE(bench.marks.total(), 1);
        QCOMPARE(bench.project->history().depth(), depth);
    }

    void skeleton_edits_keep_places() {
        Bench bench;
        bench.marks.commit({bench.item, "keypoints", {bench.instance(1)}, {}});
        Mark lone = bench.instance(2);
        lone.points = {{}, {}, {}, at(7, 8)};
        bench.marks.commit({bench.item, "keypoints", {lone}, {}});
        const auto marks_before = bench.marks.marks(bench.item);

        // Renamed, moved to another place, one new, one gone.
        Skeleton changed;
        changed.names = {"tail tip", "left ear", "nose"};
        changed.links = {{2, 1}};
        bench.project->skeletons().set(bench.mouse, changed, std::array{-1, 1, 0});
        const auto marks = bench.marks.marks(bench.item);
        QCOMPARE(marks.size(), std::size_t{1}); // the tail base was all that the other had
        QCOMPARE(marks[0].points,
                 (std::vector<Keypoint>{{}, at(12.5, 22.25, Visibility::Hidden), at(10, 20)}));
        QVERIFY(*bench.project->skeletons().find(bench.mouse) == changed);
        bench.project->history().undo();
        QVERIFY(*bench.project->skeletons().find(bench.mouse) == mouse_skeleton());
        QCOMPARE(bench.marks.marks(bench.item).size(), std::size_t{2});
        for (std::size_t i = 0; i < 2; ++i)
            QCOMPARE(bench.marks.marks(bench.item)[i].points, marks_before[i].points);

        // By name when nothing is said.
        Skeleton fewer = mouse_skeleton();
        fewer.names = {"tailbase", "snout"};
        fewer.links = {};
        fewer.pairs = {};
        bench.project->skeletons().set(bench.mouse, fewer);
        QCOMPARE(bench.marks.marks(bench.item)[0].points, (std::vector<Keypoint>{at(40, 50), at(10, 20)}));

        for (const auto& origins : {std::vector{0}, std::vector{0, 0}, std::vector{0, 5}}) {
            const Error error =
                error_of([&] { bench.project->skeletons().set(bench.mouse, fewer, origins); });
            QCOMPARE(error.code(), ErrorCode::BadInput);
        }
        QCOMPARE(error_of([&] { bench.project->skeletons().set(99, fewer); }).code(), ErrorCode::NotFound);
        QCOMPARE(error_of([&] { bench.project->skeletons().set(0, fewer); }).code(), ErrorCode::BadInput);
        bench.project->skeletons().remove(bench.mouse);
        QVERIFY(bench.project->skeletons().all().empty());
        QCOMPARE(bench.marks.total(), 0);
        bench.project->history().undo();
        QCOMPARE(bench.marks.total(), 2);
    }

    void skeletons_that_cannot_be() {
        const auto refused = [](const Skeleton& skeleton) {
            QCOMPARE(error_of([&] { check_skeleton(skeleton); }).code(), ErrorCode::BadInput);
        };
        check_skeleton(mouse_skeleton());
        QVERIFY(skeleton_from_json(skeleton_to_json(mouse_skeleton())) == mouse_skeleton());
        refused({});
        Skeleton skeleton = mouse_skeleton();
        skeleton.names[1] = "snout";
        refused(skeleton);
        skeleton = mouse_skeleton();
        skeleton.names[1] = " ";
        refused(skeleton);
        skeleton = mouse_skeleton();
        skeleton.links.push_back({0, 4});
        refused(skeleton);
        skeleton.links.back() = {-1, 0};
        refused(skeleton);
        skeleton.links.back() = {2, 2};
        refused(skeleton);
        skeleton = mouse_skeleton();
        skeleton.pairs.push_back({1, 3});
        refused(skeleton);
        skeleton = mouse_skeleton();
        skeleton.colors = {{1, 2, 3}};
        refused(skeleton);
        for (const char* text : {"[]", "{}", R"({"names": 3})", R"({"names": ["a"], "links": [[0]]})",
                                 R"({"names": ["a", "b"], "links": [["a", "b"]]})"})
            QCOMPARE(error_of([&] { skeleton_from_json(Json::parse(text)); }).code(), ErrorCode::BadInput);
        QCOMPARE(mouse_skeleton().mirrored(2), 1);
        QCOMPARE(mouse_skeleton().mirrored(3), 3);
    }

    void pairs_by_name() {
        const auto pairs = [](const std::vector<std::string>& names) { return pairs_of_names(names); };
        using Pairs = std::vector<Skeleton::Ends>;
        QCOMPARE(pairs({"snout", "leftear", "rightear", "tailbase"}), (Pairs{{1, 2}}));
        QCOMPARE(pairs({"eyeR", "eyeL", "forelegL1", "forelegR1", "abdomen"}), (Pairs{{1, 0}, {2, 3}}));
        QCOMPARE(pairs({"L_hip", "R_hip", "ear_l", "ear_r", "LHand", "RHand"}),
                 (Pairs{{0, 1}, {2, 3}, {4, 5}}));
        // No side is meant by these.
        QCOMPARE(pairs({"tail", "tair", "Lip", "Rip", "belly"}), Pairs{});
    }

    void classes_of_images() {
        Bench bench;
        ImageClassStore& classes = bench.project->image_classes();
        const std::array both{bench.item, bench.other};
        classes.assign(both, bench.cell, true);
        QCOMPARE(classes.count_by_class(), (std::map<ClassId, std::int64_t>{{bench.cell, 2}}));
        QCOMPARE(bench.project->items().at(bench.item).classes, std::vector{bench.cell});
        QVERIFY(bench.project->items().at(bench.item).labelled());
        const std::string made = classes.classes(bench.item).at(0).created;
        QCOMPARE(made.size(), std::string("2026-01-01T00:00:00Z").size());
        classes.assign(std::array{bench.item}, bench.mouse, true);
        QCOMPARE(bench.project->items().at(bench.item).classes, (std::vector{bench.cell, bench.mouse}));
        classes.assign(std::array{bench.item}, bench.mouse, true, true); // alone
        QCOMPARE(bench.project->items().at(bench.item).classes, std::vector{bench.mouse});
        bench.project->history().undo();
        QCOMPARE(bench.project->items().at(bench.item).classes, (std::vector{bench.cell, bench.mouse}));
        classes.set(bench.item, std::array{ImageClass{.class_id = bench.mouse, .score = 0.5}}, "import");
        QCOMPARE(classes.classes(bench.item).size(), std::size_t{1});
        QCOMPARE(classes.classes(bench.item)[0].score, -1.0); // one that was there stays as it was
        classes.assign(std::array{bench.item}, bench.mouse, false);
        QVERIFY(!bench.project->items().at(bench.item).labelled());
        QCOMPARE(error_of([&] { classes.assign(both, 0, true); }).code(), ErrorCode::BadInput);
        QCOMPARE(error_of([&] { classes.assign(both, 99, true); }).code(), ErrorCode::BadInput);
        QCOMPARE(error_of([&] { classes.assign(std::array{ItemId{99}}, bench.cell, true); }).code(),
                 ErrorCode::NotFound);
    }

    void what_goes_takes_its_marks_along() {
        Bench bench;
        bench.marks.commit({bench.item, "keypoints", {bench.instance(1), bench.point(2, 1, 1)}, {}});
        bench.marks.commit({bench.other, "point", {bench.point(1, 1, 1)}, {}});
        bench.project->image_classes().assign(std::array{bench.item, bench.other}, bench.mouse, true);
        bench.project->items().remove({bench.item});
        QCOMPARE(bench.marks.total(), 1);
        bench.project->history().undo();
        QCOMPARE(bench.marks.total(), 3);
        bench.project->classes().remove(bench.mouse);
        QCOMPARE(bench.marks.total(), 2);
        QVERIFY(bench.project->image_classes().count_by_class().empty());
        QVERIFY(bench.project->skeletons().all().empty());
        bench.project->history().undo();
        QCOMPARE(bench.marks.total(), 3);
        QCOMPARE(bench.project->image_classes().count_by_class().at(bench.mouse), 2);
        QVERIFY(bench.project->skeletons().find(bench.mouse));
        QuietJob job;
        QVERIFY(bench.project->check(job).empty());
    }

    // A file that changed below its marks is told of, as it is below masks.
    void a_changed_file_keeps_its_marks() {
        Bench bench;
        write_text(bench.folder / "c.tif", "first");
        const ItemId item = bench.project->items().add({bench.folder / "c.tif"}).added.at(0);
        bench.project->items().set_facts(item, {content_hash(bench.folder / "c.tif"), 100, 100, 1});
        bench.project->image_classes().assign(std::array{item}, bench.cell, true);
        write_text(bench.folder / "c.tif", "second, longer");
        QuietJob job;
        bench.project->items().refresh(job);
        QCOMPARE(bench.project->items().at(item).state, ItemState::Changed);
        QCOMPARE(bench.project->items().at(item).classes, std::vector{bench.cell});
    }

    void damage_is_found() {
        Bench bench;
        bench.marks.commit({bench.item, "keypoints", {bench.instance(1)}, {}});
        const auto file = (bench.project->folder() / "project.eyepiece").string();
        bench.project.reset();
        {
            SQLite::Database database(file, SQLite::OPEN_READWRITE);
            database.exec("UPDATE marks SET points = zeroblob(32)");
        }
        QuietJob job;
        auto problems = Project::open(bench.folder / "p")->check(job);
        QCOMPARE(problems.size(), std::size_t{1});
        QVERIFY2(problems[0].find("1 points, its class asks for 4") != std::string::npos,
                 problems[0].c_str());
        {
            SQLite::Database database(file, SQLite::OPEN_READWRITE);
            database.exec("UPDATE skeletons SET definition = '{'");
        }
        problems = Project::open(bench.folder / "p")->check(job);
        QVERIFY(!problems.empty());
        const auto project = Project::open(bench.folder / "p");
        QCOMPARE(error_of([&] { project->skeletons().all(); }).code(), ErrorCode::Storage);
    }

    // Killed at any moment, what was said to be stored is there, and the file is whole.
    void killed_while_placing_points() {
        Bench bench;
        bench.project.reset();
        for (int round = 0; round < 4; ++round) {
            QProcess editor;
            editor.start(EYEPIECE_PROJECT_EDITOR,
                         {"points", QString::fromStdString((bench.folder / "p").string())});
            QVERIFY(editor.waitForStarted());
            QByteArray said;
            while (said.count('\n') < 20 + 7 * round && editor.waitForReadyRead(20'000))
                said += editor.readAllStandardOutput();
            QVERIFY(said.count('\n') >= 20);
            ::kill(static_cast<pid_t>(editor.processId()), SIGKILL);
            editor.waitForFinished();
            said += editor.readAllStandardOutput();
            said.truncate(said.lastIndexOf('\n'));
            const int last = said.mid(said.lastIndexOf('\n') + 1).toInt();
            auto project = Project::open(bench.folder / "p", Project::Access::Editor);
            QuietJob job;
            const auto problems = project->check(job);
            QVERIFY2(problems.empty(), problems.empty() ? "" : problems[0].c_str());
            const auto stored = static_cast<int>(project->marks().total());
            QVERIFY2(stored == last + 1 || stored == last + 2, qPrintable(QString::number(stored)));
        }
    }

    void an_older_project_opens() {
        Folder folder;
        std::filesystem::create_directories(folder / "p");
        const auto file = folder / "p" / std::string("project.eyepiece");
        {
            SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            database.exec(read_text(EYEPIECE_PROJECT_TESTS "/version_1.sql"));
        }
        // To be looked at it must be converted, and that it cannot be unless it may be written.
        QCOMPARE(error_of([&] { Project::open(folder / "p", Project::Access::ReadOnly); }).code(),
                 ErrorCode::Unsupported);
        auto project = Project::open(folder / "p", Project::Access::Editor);
        const auto items = project->items().all();
        QCOMPARE(items.size(), std::size_t{2});
        QCOMPARE(items[0].objects, 2);
        QCOMPARE(items[0].marks, 0);
        QVERIFY(items[0].complete);
        QCOMPARE(project->labels().read(items[0].id, {0, 0, 64, 48}).at(35, 25) != 0, true);
        QuietJob job;
        QVERIFY(project->check(job).empty());
        // What it did before can still be undone, and marks can be made.
        const ClassId cell = project->classes().add("cell");
        Mark mark;
        mark.id = 1;
        mark.class_id = cell;
        mark.points = {at(5, 6)};
        project->marks().commit({items[1].id, "point", {mark}, {}});
        QCOMPARE(project->marks().total(), 1);
        while (project->history().undo()) {
        }
        QVERIFY(project->items().all().empty());
        while (project->history().redo()) {
        }
        QCOMPARE(project->marks().total(), 1);
        QCOMPARE(project->labels().total_objects(), 4);
        QVERIFY(project->check(job).empty());
        project.reset();
        // The old file is kept beside it, as it was.
        SQLite::Database kept(file.string() + ".version-1", SQLite::OPEN_READONLY);
        QCOMPARE(kept.execAndGet("PRAGMA user_version").getInt(), 1);
        QCOMPARE(kept.execAndGet("SELECT COUNT(*) FROM objects").getInt(), 4);
        // It has what a new one has.
        const auto tables = [](const std::filesystem::path& path) {
            SQLite::Database database(path.string(), SQLite::OPEN_READONLY);
            std::string all;
            SQLite::Statement query(database,
                                    "SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name");
            while (query.executeStep())
                all += query.getColumn(0).getString() + ";\n";
            return all;
        };
        Project::create(folder / "new");
        QCOMPARE(tables(file), tables(folder / "new" / std::string("project.eyepiece")));
    }
};

QTEST_GUILESS_MAIN(TestMarks)
#include "test_marks.moc"
