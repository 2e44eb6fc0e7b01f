// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/class_objects.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <map>
#include <random>

using namespace eyepiece;

namespace {

LabelMap drawn(const std::vector<const char*>& rows) {
    LabelMap map(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(qstrlen(rows[0])));
    for (std::size_t y = 0; y < rows.size(); ++y)
        for (std::int64_t x = 0; x < map.width(); ++x)
            map.set(x, static_cast<std::int64_t>(y), static_cast<ObjectId>(rows[y][x] - '0'));
    return map;
}

void disc(LabelMap& map, double cx, double cy, double radius, ObjectId value) {
    for (std::int64_t y = 0; y < map.height(); ++y)
        for (std::int64_t x = 0; x < map.width(); ++x)
            if (std::hypot(static_cast<double>(x) - cx, static_cast<double>(y) - cy) <= radius)
                map.set(x, y, value);
}

// What is said of the objects agrees with their pixels.
void check(const ClassObjects& found, const LabelMap& values) {
    std::map<ObjectId, ClassObjects::Object> seen;
    for (std::int64_t y = 0; y < values.height(); ++y)
        for (std::int64_t x = 0; x < values.width(); ++x)
            if (const ObjectId id = found.labels.at(x, y)) {
                ClassObjects::Object& one = seen[id];
                QVERIFY(one.area == 0 || one.value == values.at(x, y)); // one class an object
                one.value = values.at(x, y);
                ++one.area;
                one.bounds = one.bounds.united({x, y, 1, 1});
            }
    QCOMPARE(seen.size(), found.objects.size());
    for (const auto& [id, one] : seen) {
        const ClassObjects::Object& said = found.objects.at(id - 1);
        QCOMPARE(said.value, one.value);
        QCOMPARE(said.area, one.area);
        QCOMPARE(said.bounds, one.bounds);
    }
}

} // namespace

class TestClassObjects : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void parts_of_each_class_are_objects() {
        const LabelMap values = drawn({"1100220", //
                                       "1100220", //
                                       "0011220", // joined by a corner
                                       "0000002"});
        QuietJob job;
        const ClassObjects found = objects_of_classes(values, {}, job);
        check(found, values);
        QCOMPARE(found.objects.size(), std::size_t{2});
        QCOMPARE(found.objects[0].value, ObjectId{1});
        QCOMPARE(found.objects[0].area, std::int64_t{6});
        QCOMPARE(found.objects[1].value, ObjectId{2});
        QCOMPARE(found.objects[1].bounds, (Region{4, 0, 3, 4}));
    }

    void small_ones_are_dropped_and_the_rest_numbered_without_gaps() {
        const LabelMap values = drawn({"1011", "0011", "0000", "2220"});
        QuietJob job;
        const ClassObjects found = objects_of_classes(values, {.least_area = 3}, job);
        check(found, values);
        QCOMPARE(found.labels, drawn({"0011", "0011", "0000", "2220"}));
    }

    void nothing_gives_nothing() {
        QuietJob job;
        QVERIFY(objects_of_classes(LabelMap(5, 4), {.split = WatershedOptions{}}, job).objects.empty());
        QVERIFY(objects_of_classes(LabelMap(), {}, job).objects.empty());
    }

    void touching_discs_are_parted_within_their_class() {
        LabelMap values(60, 90);
        disc(values, 24, 30, 12, 1);
        disc(values, 45, 30, 12, 1); // overlaps the first
        disc(values, 70, 30, 11, 2);
        QuietJob job;
        QCOMPARE(objects_of_classes(values, {}, job).objects.size(), std::size_t{2});
        const ClassObjects found = objects_of_classes(values, {.split = WatershedOptions{}}, job);
        check(found, values);
        QCOMPARE(found.objects.size(), std::size_t{3});
        QVERIFY(found.labels.at(24, 30) != found.labels.at(45, 30));
        // Nothing is lost: each pixel of a class is of one object.
        for (std::size_t i = 0; i < values.ids().size(); ++i)
            QCOMPARE(found.labels.ids()[i] != 0, values.ids()[i] != 0);
    }

    // Alone, or among others that lie apart: a part is split alike.
    void a_part_is_split_by_itself() {
        std::mt19937 random(3);
        LabelMap all(120, 160);
        for (int i = 0; i < 40; ++i)
            disc(all, static_cast<double>(random() % 160), static_cast<double>(random() % 120),
                 3 + static_cast<double>(random() % 6), 1 + random() % 2);
        QuietJob job;
        const ClassObjects together = objects_of_classes(all, {.split = WatershedOptions{}}, job);
        check(together, all);
        std::vector<ObjectId> origin;
        const LabelMap parts = split_parts(all, Connectivity::Eight, &origin);
        int split = 0;
        for (ObjectId part = 1; part <= parts.largest_id(); ++part) {
            LabelMap alone(all.height(), all.width());
            for (std::size_t i = 0; i < alone.ids().size(); ++i)
                if (parts.ids()[i] == part)
                    alone.ids()[i] = origin[part - 1];
            const ClassObjects own = objects_of_classes(alone, {.split = WatershedOptions{}}, job);
            LabelMap same(all.height(), all.width());
            for (std::size_t i = 0; i < alone.ids().size(); ++i)
                if (parts.ids()[i] == part)
                    same.ids()[i] = together.labels.ids()[i];
            QCOMPARE(relabelled(same), own.labels);
            split += own.objects.size() > 1;
        }
        QVERIFY(split > 2);
    }

    void it_can_be_cancelled() {
        LabelMap values(64, 64);
        disc(values, 30, 30, 20, 1);
        QuietJob job;
        job.cancel = true;
        try {
            objects_of_classes(values, {.split = WatershedOptions{}}, job);
            QFAIL("it went on");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Cancelled);
        }
    }
};

QTEST_APPLESS_MAIN(TestClassObjects)
#include "test_class_objects.moc"
