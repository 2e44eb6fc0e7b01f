// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/project.h"
#include "widgets/canvas/label_acceptance.h"
#include "widgets/canvas/label_document.h"

#include <QTemporaryDir>
#include <QTest>
#include <fstream>

using namespace eyepiece;

namespace {

constexpr std::int64_t width = 300, height = 280; // over several tiles

void fill(LabelMap& map, const Region& where, ObjectId id) {
    for (std::int64_t y = where.y; y < where.bottom(); ++y)
        for (std::int64_t x = where.x; x < where.right(); ++x)
            map.set(x, y, id);
}

LabelObject object(ObjectId id, ClassId class_id, const Region& bounds) {
    LabelObject made;
    made.id = id;
    made.class_id = class_id;
    made.area = bounds.width * bounds.height;
    made.bounds = bounds;
    return made;
}

} // namespace

// Objects of classified pixels meet the strokes that they were learnt from.
class TestLabelGrowth : public QObject {
    Q_OBJECT

    // Strokes: 1 wholly in the first object, 2 of another class in it, 3 mostly outside of the second, 4 and
    // 5 in the third, of which 5 is larger.
    static LabelMap strokes() {
        LabelMap map(height, width);
        fill(map, {250, 60, 12, 6}, 1);
        fill(map, {250, 80, 12, 6}, 2);
        fill(map, {20, 150, 40, 4}, 3);
        fill(map, {150, 200, 4, 4}, 4);
        fill(map, {160, 200, 6, 6}, 5);
        return map;
    }
    static std::vector<LabelObject> stroke_objects() {
        return {object(1, 1, {250, 60, 12, 6}), object(2, 2, {250, 80, 12, 6}),
                object(3, 1, {20, 150, 40, 4}), object(4, 1, {150, 200, 4, 4}),
                object(5, 1, {160, 200, 6, 6})};
    }
    static constexpr Region places[] = {{240, 50, 40, 60}, {50, 140, 30, 30}, {140, 190, 40, 40}};
    static LabelMap predicted() {
        LabelMap map(height, width);
        for (ObjectId id = 1; id <= 3; ++id)
            fill(map, places[id - 1], id);
        return map;
    }
    static std::vector<LabelObject> predicted_objects() {
        return {object(1, 1, places[0]), object(2, 1, places[1]), object(3, 1, places[2])};
    }
    static LabelMap wanted(bool grow) {
        LabelMap map = predicted();
        for (ObjectId& id : map.ids())
            id = id == 0 ? 0 : grow ? (id == 1 ? 1 : id == 2 ? 6 : 5) : id + 5;
        const LabelMap drawn = strokes();
        for (std::size_t i = 0; i < map.ids().size(); ++i)
            if (drawn.ids()[i] != 0)
                map.ids()[i] = drawn.ids()[i]; // no stroke is painted over
        return map;
    }
    static LabelDocument drawn() {
        LabelDocument document(1, height, width);
        LabelTiles tiles(strokes());
        document.load(tiles.extent(), tiles);
        std::map<ObjectId, LabelObject> objects;
        for (const LabelObject& each : stroke_objects())
            objects[each.id] = each;
        document.load_objects(objects, 6);
        return document;
    }

private Q_SLOTS:
    void an_object_becomes_part_of_the_stroke_that_it_covers() {
        for (const bool grow : {false, true}) {
            LabelDocument document = drawn();
            document.begin("accept");
            document.add_objects(LabelTiles(predicted()), 0, 0, predicted_objects(), grow);
            QCOMPARE(document.tiles()->read(document.tiles()->extent()), wanted(grow));
            QCOMPARE(document.objects().size(), std::size_t(grow ? 6 : 8));
            const FinishedEdit edit = document.finish();
            QVERIFY(!edit.empty());
            // The books agree with the pixels.
            const LabelMap pixels = wanted(grow);
            for (const auto& [id, each] : document.objects())
                QCOMPARE(each.area, std::count(pixels.ids().begin(), pixels.ids().end(), id));
            QCOMPARE(document.object(5)->bounds, grow ? places[2] : (Region{160, 200, 6, 6}));
        }
    }

    void taking_it_back_leaves_the_strokes() {
        LabelDocument document = drawn();
        document.begin("accept");
        document.add_objects(LabelTiles(predicted()), 0, 0, predicted_objects(), true);
        document.revert();
        QCOMPARE(document.tiles()->read(document.tiles()->extent()), strokes());
        QCOMPARE(document.objects().size(), std::size_t{5});
        QCOMPARE(document.object(1)->area, std::int64_t{72});
    }

    void very_many_are_accepted_alike_and_undone() {
        const QTemporaryDir folder;
        const std::filesystem::path place = folder.path().toStdString();
        std::ofstream(place / "image.tif") << "not looked at";
        const auto project = Project::create(place / "project", "test");
        const ItemId item = project->items().add({place / "image.tif"}).added.at(0);
        project->items().set_facts(item, {"0123", width, height, 1});
        project->classes().add("nucleus");
        project->classes().add("mitotic");
        project->labels().commit({item, "brush", {0, 0, width, height}, strokes(), stroke_objects()});
        Acceptance work;
        work.item = item;
        work.extent = {0, 0, width, height};
        work.bounds = {0, 0, width, height};
        work.predicted = std::make_shared<LabelTiles>(predicted());
        work.taken = predicted_objects();
        work.grow = true;
        project->labels().commit(work.edits(*project), "accept");
        QCOMPARE(project->labels().read(item, {0, 0, width, height}), wanted(true));
        QCOMPARE(project->labels().objects(item).size(), std::size_t{6});
        QVERIFY(project->history().undo());
        QCOMPARE(project->labels().read(item, {0, 0, width, height}), strokes());
        QCOMPARE(project->labels().object(item, 5)->area, std::int64_t{36});
    }
};

QTEST_APPLESS_MAIN(TestLabelGrowth)
#include "test_label_growth.moc"
