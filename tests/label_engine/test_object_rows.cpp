// SPDX-License-Identifier: GPL-3.0-or-later
// Connected objects found row by row, beside those found with the whole image in memory.
#include "core/base/error.h"
#include "core/data/components.h"
#include "core/learning/random.h"
#include "plugins/label/engine/object_rows.h"

#include <QtTest>

#include <algorithm>

using namespace eyepiece;
using namespace eyepiece::label;

class TestObjectRows : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    struct Found {
        LabelMap ids;
        std::vector<ClassObject> objects;
    };
    Found found(const LabelMap& kinds) const {
        ObjectRows rows(kinds.width(), folder_.path().toStdString());
        for (std::int64_t y = 0; y < kinds.height(); ++y) {
            const auto row = kinds.row(y);
            rows.add(std::vector<std::uint8_t>(row.begin(), row.end()));
        }
        Found result{LabelMap(kinds.height(), kinds.width()), rows.finish()};
        for (std::int64_t y = 0; y < kinds.height(); ++y)
            rows.next(result.ids.row(y));
        return result;
    }
    static LabelMap drawn(const std::vector<std::string>& rows) {
        LabelMap map(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size()));
        for (std::size_t at = 0; at < map.ids().size(); ++at)
            map.ids()[at] = static_cast<ObjectId>(rows[at / rows[0].size()][at % rows[0].size()] - '0');
        return map;
    }

private Q_SLOTS:
    void small_ones() {
        // Two arms that meet below; a corner that touches; a neighbour of another kind; a lone pixel.
        const Found one = found(drawn({"1010022", "1010020", "1112200", "0000010", "3000001"}));
        QVERIFY(one.ids == drawn({"1010022", "1010020", "1112200", "0000030", "4000003"}));
        QCOMPARE(one.objects.size(), std::size_t{4});
        QCOMPARE(one.objects[0].area, std::int64_t{7});
        QVERIFY(one.objects[0].bounds == (Region{0, 0, 3, 3}));
        QCOMPARE(int{one.objects[1].kind}, 2);
        QVERIFY(one.objects[1].bounds == (Region{3, 0, 4, 3}));
        QVERIFY(one.objects[2].bounds == (Region{5, 3, 2, 2}));
        QCOMPARE(one.objects[3].id, ObjectId{4});
        QCOMPARE(int{one.objects[3].kind}, 3);
        QVERIFY(found(drawn({"000", "000"})).objects.empty());
    }

    void as_in_memory() {
        for (const int kinds : {1, 2, 4})
            for (std::uint64_t seed = 1; seed <= 8; ++seed) {
                Random random(seed);
                LabelMap map(97, 131);
                for (ObjectId& id : map.ids())
                    id = random.below(10) < 5 ? 0 : static_cast<ObjectId>(1 + random.below(kinds));
                std::vector<ObjectId> origin;
                const LabelMap parts = split_parts(map, Connectivity::Eight, &origin);
                std::vector<ObjectId> old_ids;
                const LabelMap expected = relabelled(parts, &old_ids);
                const Found one = found(map);
                QVERIFY(one.ids == expected);
                const auto measures = measure_objects(expected);
                QCOMPARE(one.objects.size(), measures.size());
                for (std::size_t at = 0; at < measures.size(); ++at) {
                    QCOMPARE(one.objects[at].id, measures[at].id);
                    QCOMPARE(one.objects[at].area, measures[at].area);
                    QVERIFY(one.objects[at].bounds == measures[at].bounds);
                    QCOMPARE(ObjectId{one.objects[at].kind}, origin[old_ids[at] - 1]);
                }
            }
    }

    void more_objects_than_16_bits_hold() {
        LabelMap map(600, 600);
        for (std::int64_t y = 0; y < 600; y += 2)
            for (std::int64_t x = 0; x < 600; x += 2)
                map.set(x, y, 1);
        ObjectRows rows(600, folder_.path().toStdString());
        for (std::int64_t y = 0; y < 600; ++y)
            rows.add(std::vector<std::uint8_t>(map.row(y).begin(), map.row(y).end()));
        QCOMPARE(rows.finish().size(), std::size_t{90'000});
        QVERIFY(rows.more_than_16_bits());
    }

    void nothing_is_left_behind() {
        QVERIFY(QDir(folder_.path()).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
        QVERIFY_EXCEPTION_THROWN(ObjectRows(3, "/nowhere/at/all"), Error);
    }
};

QTEST_GUILESS_MAIN(TestObjectRows)
#include "test_object_rows.moc"
