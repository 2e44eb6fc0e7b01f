// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/project/fixture.h"

#include <algorithm>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

struct Bench {
    Folder folder;
    std::unique_ptr<Project> project = Project::create(folder / "p");
    ClassId nucleus = project->classes().add("nucleus");
    ItemId item = project->items().add({folder / "a.tif"}).added.at(0);
    LabelStore& labels = project->labels();
};

} // namespace

class TestLabels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void stroke_and_objects() {
        Bench bench;
        std::vector<LabelsChanged> told;
        const auto listening = bench.project->changes().listen([&](const ProjectChange& change) {
            if (const auto* labels = std::get_if<LabelsChanged>(&change))
                told.push_back(*labels);
        });
        const auto revision = bench.labels.revision();
        bench.labels.commit(rectangle(bench.item, {250, 250, 20, 10}, 1, bench.nucleus)); // over four tiles
        QCOMPARE(told.size(), std::size_t{1});
        QCOMPARE(told[0].item, bench.item);
        QCOMPARE(told[0].region.united({250, 250, 20, 10}), told[0].region);
        QCOMPARE(bench.labels.revision(), revision + 1);
        const auto object = bench.labels.object(bench.item, 1);
        QVERIFY(object);
        QCOMPARE(object->area, 200);
        QVERIFY((object->bounds == Region{250, 250, 20, 10}));
        QCOMPARE(object->tool, std::string("brush"));
        QCOMPARE(object->created.size(), std::string("2026-01-01T00:00:00Z").size());
        QCOMPARE(bench.labels.next_object_id(bench.item), ObjectId{2});
        QVERIFY((bench.labels.labelled_bounds(bench.item) == Region{250, 250, 20, 10}));
        QCOMPARE(bench.project->history().next_undo()->title, std::string("brush on a.tif"));
        QCOMPARE(bench.project->history().next_undo()->item, bench.item);
        // The eraser takes the left half, then the rest.
        bench.labels.commit(rectangle(bench.item, {250, 250, 10, 10}, 0, 0, "eraser"));
        QVERIFY((bench.labels.object(bench.item, 1)->bounds == Region{260, 250, 10, 10}));
        QCOMPARE(bench.labels.object(bench.item, 1)->edits, 1);
        bench.labels.commit(rectangle(bench.item, {0, 0, 500, 500}, 0, 0, "eraser"));
        QVERIFY(bench.labels.objects(bench.item).empty());
        QVERIFY(bench.labels.labelled_bounds(bench.item).empty());
        QCOMPARE(bench.labels.next_object_id(bench.item), ObjectId{2}); // ids are not used again
        bench.project->history().undo();
        QCOMPARE(bench.labels.total_objects(), 1);
        QCOMPARE(bench.labels.revision(), revision + 4);
    }

    // An object of a stack has pixels in many planes, which are its own in the books and in undo.
    void planes_of_a_stack_are_apart() {
        Bench bench;
        QVERIFY(bench.labels.labelled_planes(bench.item).empty());
        const auto in_plane = [&](const Region& region, ObjectId id, int plane, bool declared) {
            LabelEdit edit = rectangle(bench.item, region, id, bench.nucleus);
            edit.plane = plane;
            if (!declared)
                edit.objects.clear();
            return edit;
        };
        // One step for three planes, the object said once.
        bench.labels.commit({in_plane({250, 250, 20, 10}, 1, 0, true),
                             in_plane({240, 250, 20, 10}, 1, 3, false),
                             in_plane({0, 300, 5, 5}, 1, 4000, false)},
                            "ball on a.tif");
        QCOMPARE(bench.labels.labelled_planes(bench.item), (std::vector<int>{0, 3, 4000}));
        QCOMPARE(bench.labels.object(bench.item, 1)->area, 425);
        QVERIFY((bench.labels.object(bench.item, 1)->bounds == Region{0, 250, 270, 55}));
        const Region all{0, 0, 400, 400};
        QCOMPARE(bench.labels.read(bench.item, all, 1), LabelMap(400, 400));
        QCOMPARE(bench.labels.read(bench.item, all).at(269, 259), ObjectId{1});
        QCOMPARE(bench.labels.read(bench.item, all, 3).at(269, 259), ObjectId{0});
        QCOMPARE(bench.labels.read(bench.item, all, 3).at(240, 250), ObjectId{1});
        QCOMPARE(bench.labels.read(bench.item, all, 4000).at(4, 304), ObjectId{1});
        QuietJob job;
        QVERIFY(bench.project->check(job).empty());
        // What lies in another plane stays, and the bounds shrink to what is left of all of them.
        bench.labels.commit(in_plane({0, 0, 400, 400}, 0, 4000, false));
        QCOMPARE(bench.labels.labelled_planes(bench.item), (std::vector<int>{0, 3}));
        QVERIFY((bench.labels.object(bench.item, 1)->bounds == Region{240, 250, 30, 10}));
        QVERIFY(bench.project->history().undo());
        QCOMPARE(bench.labels.read(bench.item, all, 4000).at(4, 304), ObjectId{1});
        QVERIFY(bench.project->history().undo());
        QVERIFY(bench.labels.labelled_planes(bench.item).empty());
        QVERIFY(bench.labels.objects(bench.item).empty());
        QVERIFY(bench.project->history().redo());
        QCOMPARE(bench.labels.object(bench.item, 1)->area, 425);
        QVERIFY(bench.project->check(job).empty());
        // A class that goes takes its pixels along in every plane.
        bench.project->classes().remove(bench.nucleus);
        QVERIFY(bench.labels.labelled_planes(bench.item).empty());
        LabelEdit nowhere = rectangle(bench.item, {0, 0, 4, 4}, 2, 0);
        nowhere.plane = -1;
        QVERIFY_EXCEPTION_THROWN(bench.labels.commit(nowhere), Error);
    }

    void reading_outside_is_unlabelled() {
        Bench bench;
        bench.labels.commit(rectangle(bench.item, {0, 0, 4, 4}, 1, bench.nucleus));
        const LabelMap labels = bench.labels.read(bench.item, {-2, -2, 4, 4});
        QCOMPARE(labels.at(1, 1), ObjectId{0});
        QCOMPARE(labels.at(2, 2), ObjectId{1});
        QCOMPARE(bench.labels.read(bench.item, {-10, -10, 5, 5}).at(4, 4), ObjectId{0});
        QVERIFY(bench.labels.read(bench.item, {}).empty());
    }

    void polygon_is_dropped_when_pixels_change() {
        Bench bench;
        LabelEdit edit = rectangle(bench.item, {0, 0, 10, 10}, 1, bench.nucleus, "polygon");
        edit.objects[0].polygon = {{0, 0}, {10, 0}, {10, 10}, {0, 10}};
        edit.objects[0].author = "Ada";
        edit.objects[0].score = 0.5;
        edit.objects[0].run = "0001-unet";
        bench.labels.commit(edit);
        auto object = *bench.labels.object(bench.item, 1);
        QCOMPARE(object.polygon.size(), std::size_t{4});
        QCOMPARE(object.polygon[2].x, 10.0);
        QCOMPARE(object.author, std::string("Ada"));
        QCOMPARE(object.run, std::string("0001-unet"));
        QCOMPARE(object.score, 0.5);
        // A change of class alone keeps it.
        LabelEdit recolor;
        recolor.item = bench.item;
        recolor.tool = "class";
        object.class_id = 0;
        recolor.objects = {object};
        bench.labels.commit(recolor);
        QCOMPARE(bench.labels.object(bench.item, 1)->polygon.size(), std::size_t{4});
        QCOMPARE(bench.labels.object(bench.item, 1)->class_id, 0);
        QCOMPARE(bench.labels.object(bench.item, 1)->edits, 0);
        bench.labels.commit(rectangle(bench.item, {5, 5, 2, 2}, 2, bench.nucleus));
        QVERIFY(bench.labels.object(bench.item, 1)->polygon.empty());
        QCOMPARE(bench.labels.object(bench.item, 1)->area, 96);
        bench.project->history().undo();
        QCOMPARE(bench.labels.object(bench.item, 1)->polygon.size(), std::size_t{4});
    }

    void bad_edits_change_nothing() {
        Bench bench;
        bench.project->items().set_facts(bench.item, {"00", 100, 50, 1});
        bench.labels.commit(rectangle(bench.item, {0, 0, 4, 4}, 1, bench.nucleus));
        const auto depth = bench.project->history().depth();
        const auto refused = [&](const LabelEdit& edit, ErrorCode code = ErrorCode::BadInput) {
            const Error error = error_of([&] { bench.labels.commit(edit); });
            QVERIFY2(error.code() == code, error.what());
        };
        refused(rectangle(bench.item, {90, 0, 20, 20}, 2, bench.nucleus)); // beyond the image
        refused(rectangle(bench.item, {-1, 0, 4, 4}, 2, bench.nucleus));
        refused(rectangle(bench.item, {0, 0, 4, 4}, 2, 77)); // no such class
        refused(rectangle(bench.item + 1, {0, 0, 4, 4}, 2, 0), ErrorCode::NotFound);
        auto edit = rectangle(bench.item, {0, 0, 4, 4}, 2, bench.nucleus);
        edit.objects.clear(); // pixels of an object that nobody knows
        refused(edit);
        edit = rectangle(bench.item, {0, 0, 4, 4}, 2, bench.nucleus);
        edit.pixels = LabelMap(3, 4);
        refused(edit);
        edit = rectangle(bench.item, {0, 0, 4, 4}, 2, bench.nucleus);
        edit.objects[0].id = 0;
        refused(edit);
        // The good half of a bad pair is not stored either.
        const auto pair = {rectangle(bench.item, {10, 10, 4, 4}, 2, bench.nucleus),
                           rectangle(bench.item, {0, 0, 4, 4}, 3, 77)};
        QCOMPARE(error_of([&] { bench.labels.commit(pair, "pair"); }).code(), ErrorCode::BadInput);
        QCOMPARE(bench.labels.total_objects(), 1);
        QCOMPARE(bench.project->history().depth(), depth);
    }

    void together_and_groups() {
        Bench bench;
        auto& history = bench.project->history();
        const auto depth = history.depth();
        history.together("both", [&] {
            bench.labels.commit(rectangle(bench.item, {0, 0, 4, 4}, 1, bench.nucleus));
            bench.project->items().set_complete(bench.item, true);
        });
        QCOMPARE(history.depth(), depth + 1);
        QCOMPARE(history.next_undo()->title, std::string("both"));
        history.undo();
        QVERIFY(!bench.project->items().at(bench.item).complete);
        QCOMPARE(bench.labels.total_objects(), 0);
        // A part that fails is left out when its caller goes on without it.
        history.together("part", [&] {
            bench.labels.commit(rectangle(bench.item, {0, 0, 4, 4}, 1, bench.nucleus));
            error_of([&] { bench.labels.commit(rectangle(bench.item, {8, 8, 4, 4}, 2, 99)); });
        });
        QCOMPARE(bench.labels.total_objects(), 1);
        QCOMPARE(bench.labels.read(bench.item, {8, 8, 1, 1}).at(0, 0), ObjectId{0});
        // All of it is taken back when it fails itself.
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, history.together("bad", [&] {
            bench.labels.commit(rectangle(bench.item, {0, 0, 9, 9}, 5, bench.nucleus));
            throw std::runtime_error("stop");
        }));
        QCOMPARE(bench.labels.objects(bench.item).size(), std::size_t{1});
        {
            const auto group = history.group("import");
            bench.labels.commit(rectangle(bench.item, {20, 0, 4, 4}, 6, bench.nucleus));
            bench.project->classes().add("other");
        }
        QCOMPARE(history.next_undo()->title, std::string("import"));
        history.undo();
        QVERIFY(!bench.project->classes().find("other"));
        QCOMPARE(bench.labels.total_objects(), 1);
        history.redo();
        QVERIFY(bench.project->classes().find("other"));
        const auto before = history.depth();
        {
            auto group = history.group("cancelled import");
            bench.labels.commit(rectangle(bench.item, {30, 0, 4, 4}, 9, bench.nucleus));
            bench.labels.commit(rectangle(bench.item, {35, 0, 4, 4}, 10, bench.nucleus));
            group.take_back();
        }
        QCOMPARE(history.depth(), before);
        QVERIFY(!history.next_redo());
        QCOMPARE(bench.labels.total_objects(), 2);
    }

    void removing_a_class_takes_its_objects() {
        Bench bench;
        const ClassId debris = bench.project->classes().add("debris");
        bench.labels.commit(rectangle(bench.item, {0, 0, 600, 600}, 1, debris));
        bench.labels.commit(rectangle(bench.item, {100, 100, 10, 10}, 2, bench.nucleus));
        QCOMPARE(error_of([&] { bench.project->classes().remove(0); }).code(), ErrorCode::BadInput);
        QCOMPARE(error_of([&] { bench.project->classes().add("debris"); }).code(), ErrorCode::Conflict);
        bench.project->classes().remove(debris);
        QCOMPARE(bench.labels.read(bench.item, {0, 0, 1, 1}).at(0, 0), ObjectId{0});
        QCOMPARE(bench.labels.read(bench.item, {100, 100, 1, 1}).at(0, 0), ObjectId{2});
        QCOMPARE(bench.labels.objects(bench.item).size(), std::size_t{1});
        bench.project->history().undo();
        QCOMPARE(bench.labels.read(bench.item, {0, 0, 1, 1}).at(0, 0), ObjectId{1});
        QVERIFY(bench.project->classes().find("debris"));
    }

    void many_objects_get_another_class_in_one_step() {
        Bench bench;
        const ItemId other = bench.project->items().add({bench.folder / "b.tif"}).added.at(0);
        const ClassId debris = bench.project->classes().add("debris");
        LabelEdit edit = rectangle(bench.item, {0, 0, 10, 10}, 1, bench.nucleus, "polygon");
        edit.objects[0].polygon = {{0, 0}, {10, 0}, {10, 10}, {0, 10}};
        edit.objects[0].author = "Ada";
        bench.labels.commit(edit);
        bench.labels.commit(rectangle(bench.item, {20, 0, 5, 5}, 2, bench.nucleus));
        bench.labels.commit(rectangle(other, {0, 0, 5, 5}, 1, bench.nucleus));
        const auto depth = bench.project->history().depth();
        const auto revision = bench.labels.revision();
        std::vector<ItemId> told;
        const auto listening = bench.project->changes().listen([&](const ProjectChange& change) {
            if (const auto* labels = std::get_if<LabelsChanged>(&change))
                told.push_back(labels->item);
        });
        const std::vector<ObjectKey> chosen{
            {bench.item, 1}, {other, 1}, {bench.item, 99}}; // the last is gone
        QCOMPARE(bench.labels.set_class(chosen, debris), std::int64_t{2});
        QCOMPARE(bench.labels.object(bench.item, 1)->class_id, debris);
        QCOMPARE(bench.labels.object(other, 1)->class_id, debris);
        QCOMPARE(bench.labels.object(bench.item, 2)->class_id, bench.nucleus);
        QCOMPARE(bench.labels.object(bench.item, 1)->author, std::string("Ada"));
        QCOMPARE(bench.labels.object(bench.item, 1)->polygon.size(), std::size_t{4});
        QCOMPARE(bench.labels.object(bench.item, 1)->area, 100);
        std::sort(told.begin(), told.end());
        QCOMPARE(told, (std::vector<ItemId>{bench.item, other}));
        QCOMPARE(bench.project->history().depth(), depth + 1);
        QCOMPARE(bench.labels.revision(), revision + 1);
        QCOMPARE(bench.project->history().next_undo()->title, std::string("class of 3 objects"));
        QCOMPARE(bench.labels.set_class(chosen, debris), std::int64_t{2}); // again: nothing to undo
        QCOMPARE(bench.project->history().depth(), depth + 1);
        QCOMPARE(error_of([&] { bench.labels.set_class(chosen, 77); }).code(), ErrorCode::BadInput);
        bench.project->history().undo();
        QCOMPARE(bench.labels.object(bench.item, 1)->class_id, bench.nucleus);
        QCOMPARE(bench.labels.object(other, 1)->class_id, bench.nucleus);
    }

    // Figures, printed; the limits are generous because the machine may be busy.
    void speed() {
        Bench bench;
        constexpr std::int64_t side = 10'000;
        LabelEdit edit;
        edit.item = bench.item;
        edit.tool = "import";
        edit.region = {0, 0, side, side};
        edit.pixels = LabelMap(side, side);
        ObjectId next = 1;
        for (std::int64_t y = 0; y + 40 <= side; y += 50)
            for (std::int64_t x = 0; x + 40 <= side; x += 50, ++next) {
                for (std::int64_t dy = 0; dy < 40; ++dy)
                    std::fill_n(edit.pixels.row(y + dy).begin() + x, 40, next);
                LabelObject object;
                object.id = next;
                object.class_id = bench.nucleus;
                edit.objects.push_back(object);
            }
        QElapsedTimer timer;
        timer.start();
        bench.labels.commit(edit);
        const auto whole = timer.elapsed();
        timer.restart();
        QVERIFY(bench.labels.read(bench.item, edit.region) == edit.pixels);
        const auto read = timer.elapsed();
        std::vector<double> strokes, undos;
        for (int i = 0; i < 20; ++i) {
            const Region place{i * 300 + 200, 4000, 112, 112}; // a brush over up to four tiles
            LabelEdit stroke = rectangle(bench.item, place, next + static_cast<ObjectId>(i), bench.nucleus);
            timer.restart();
            bench.labels.commit(stroke);
            strokes.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
        }
        for (int i = 0; i < 20; ++i) {
            timer.restart();
            bench.project->history().undo();
            undos.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
        }
        std::sort(strokes.begin(), strokes.end());
        std::sort(undos.begin(), undos.end());
        qInfo("40,000 objects on 10,000 x 10,000: stored in %lld ms, read in %lld ms; a stroke %.1f ms, its "
              "undo %.1f ms (medians)",
              whole, read, strokes[10], undos[10]);
        QVERIFY(strokes[10] < 100);
        QVERIFY(bench.labels.read(bench.item, edit.region) == edit.pixels);
    }
};

QTEST_GUILESS_MAIN(TestLabels)
#include "test_labels.moc"
