// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parameters.h"
#include "core/data/label_agreement.h"

#include <QtTest>
#include <cmath>
#include <fstream>

using namespace eyepiece;

namespace {

LabelMap map_of(std::int64_t width, const std::vector<ObjectId>& ids) {
    LabelMap map(static_cast<std::int64_t>(ids.size()) / width, width);
    std::copy(ids.begin(), ids.end(), map.ids().begin());
    return map;
}

// The objects of a map whose class is said for each id.
LabelledObjects objects_of(const LabelMap& map, const std::map<ObjectId, ClassId>& classes) {
    LabelledObjects objects;
    for (const auto& [id, class_id] : classes)
        objects[id].class_id = class_id;
    for (const ObjectId id : map.ids())
        if (const auto at = objects.find(id); at != objects.end())
            ++at->second.area;
    return objects;
}

struct Pair {
    LabelMap first, second;
    LabelledObjects of_first, of_second;
    std::vector<ObjectPair> into(LabelAgreement& agreement) const {
        agreement.add(first, second, of_first, of_second);
        return agreement.finish_image(of_first, of_second);
    }
};

Pair pair_of(std::int64_t width, const std::vector<ObjectId>& first, const std::map<ObjectId, ClassId>& a,
             const std::vector<ObjectId>& second, const std::map<ObjectId, ClassId>& b) {
    Pair pair{map_of(width, first), map_of(width, second), {}, {}};
    pair.of_first = objects_of(pair.first, a);
    pair.of_second = objects_of(pair.second, b);
    return pair;
}

} // namespace

class TestLabelAgreement : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // Ten pixels: four of class 1 to both, one to the first only, two to the second only.
    void exact() {
        LabelAgreement agreement;
        const auto pairs =
            pair_of(10, {7, 7, 7, 7, 7, 0, 0, 0, 0, 0}, {{7, 1}}, {3, 3, 3, 3, 0, 3, 3, 0, 0, 0}, {{3, 1}})
                .into(agreement);
        QCOMPARE(agreement.pixels(), 10);
        QCOMPARE(agreement.agreeing(), 7);
        QCOMPARE(agreement.dice(1), 8.0 / 11);
        QCOMPARE(agreement.dice(0), 6.0 / 9);
        QCOMPARE(agreement.dice(5), 1.0);
        // Chance: 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
        QVERIFY(std::abs(agreement.kappa() - (0.7 - 0.5) / 0.5) < 1e-12);
        QCOMPARE(pairs.size(), std::size_t{1});
        QVERIFY((pairs[0] == ObjectPair{7, 3, 4.0 / 7}));
        QCOMPARE(agreement.matched(), 1);
        QCOMPARE(agreement.f1(), 1.0);
        QVERIFY((agreement.classes() == std::vector<ClassId>{0, 1}));
    }

    void perfect_and_hopeless() {
        LabelAgreement same, none, empty, blank;
        pair_of(2, {1, 1, 0, 2}, {{1, 1}, {2, 2}}, {9, 9, 0, 8}, {{9, 1}, {8, 2}}).into(same);
        QCOMPARE(same.kappa(), 1.0);
        QCOMPARE(same.f1(), 1.0);
        QCOMPARE(same.dice(2), 1.0);
        pair_of(2, {1, 1, 0, 0}, {{1, 1}}, {0, 0, 1, 1}, {{1, 1}}).into(none);
        QCOMPARE(none.kappa(), -1.0);
        QCOMPARE(none.dice(1), 0.0);
        QCOMPARE(none.f1(), 0.0);
        QCOMPARE(none.only_first(), 1);
        QCOMPARE(none.only_second(), 1);
        pair_of(2, {0, 0}, {}, {0, 0}, {}).into(blank); // nothing can be told
        QVERIFY(std::isnan(blank.kappa()));
        QVERIFY(std::isnan(empty.kappa()));
        QCOMPARE(blank.f1(), 1.0);
    }

    void objects_are_the_same_by_class_and_half_their_union() {
        // Of one class and an IoU of exactly a half; the same pixels of another class; less than a half.
        LabelAgreement agreement;
        const auto pairs = pair_of(9, {1, 1, 0, 2, 2, 0, 3, 3, 3}, {{1, 1}, {2, 1}, {3, 1}},
                                   {1, 0, 0, 2, 2, 0, 3, 0, 0}, {{1, 1}, {2, 2}, {3, 1}})
                               .into(agreement);
        QVERIFY((pairs == std::vector<ObjectPair>{{1, 1, 0.5}}));
        QCOMPARE(agreement.only_first(), 2);
        QCOMPARE(agreement.only_second(), 2);
        QCOMPARE(agreement.f1(), 2.0 / 6);
        // Two halves, each half of one: only one of them is it.
        LabelAgreement split;
        const auto halves = pair_of(4, {1, 1, 1, 1}, {{1, 1}}, {5, 5, 4, 4}, {{4, 1}, {5, 1}}).into(split);
        QVERIFY((halves == std::vector<ObjectPair>{{1, 4, 0.5}}));
        QCOMPARE(split.only_second(), 1);
        // A stroke of background is no object.
        LabelAgreement strokes;
        pair_of(2, {1, 0}, {{1, 0}}, {0, 0}, {}).into(strokes);
        QCOMPARE(strokes.only_first(), 0);
        QCOMPARE(strokes.agreeing(), 2);
    }

    // In blocks as at once, and images summed as one.
    void sums() {
        const Pair whole = pair_of(6, {1, 1, 1, 2, 2, 0, 1, 1, 0, 2, 2, 0}, {{1, 1}, {2, 2}},
                                   {4, 4, 0, 5, 5, 5, 4, 4, 4, 0, 5, 5}, {{4, 1}, {5, 2}});
        LabelAgreement at_once, blocks, other;
        const auto pairs = whole.into(at_once);
        for (std::int64_t x = 0; x < 6; x += 2)
            blocks.add(whole.first.cropped({x, 0, 2, 2}), whole.second.cropped({x, 0, 2, 2}), whole.of_first,
                       whole.of_second);
        QVERIFY(blocks.finish_image(whole.of_first, whole.of_second) == pairs);
        QCOMPARE(blocks.kappa(), at_once.kappa());
        QCOMPARE(pairs.size(), std::size_t{2});
        whole.into(other);
        other += at_once;
        QCOMPARE(other.pixels(), 24);
        QCOMPARE(other.matched(), 4);
        QVERIFY(std::abs(other.kappa() - at_once.kappa()) < 1e-12);
        QVERIFY_THROWS_EXCEPTION(Error, at_once.add(LabelMap(2, 2), LabelMap(2, 3), {}, {}));
    }

    void as_scikit_learn_has_it() {
        std::ifstream file(EYEPIECE_SOURCE "/tests/data/agreement_peers.json");
        const Json cases = Json::parse(file);
        QVERIFY(cases.size() >= 4);
        for (const Json& peer : cases) {
            const auto classes = peer.at("classes").get<std::uint64_t>();
            std::uint64_t state = peer.at("seed").get<std::uint64_t>();
            const auto draw = [&] {
                state = state * 6364136223846793005u + 1442695040888963407u;
                return state >> 40;
            };
            std::vector<ObjectId> first, second; // the id is the class
            for (int i = 0; i < peer.at("pixels").get<int>(); ++i) {
                const auto one = static_cast<ObjectId>(draw() % classes);
                const auto other = static_cast<ObjectId>(draw() % classes);
                first.push_back(one);
                second.push_back(draw() % 256 < peer.at("differing").get<std::uint64_t>() ? other : one);
            }
            std::map<ObjectId, ClassId> of;
            for (ObjectId id = 1; id < classes; ++id)
                of[id] = static_cast<ClassId>(id);
            LabelAgreement agreement;
            pair_of(30, first, of, second, of).into(agreement);
            QVERIFY(std::abs(agreement.kappa() - peer.at("kappa").get<double>()) < 1e-12);
            for (std::size_t c = 0; c < classes; ++c)
                QVERIFY(std::abs(agreement.dice(static_cast<ClassId>(c)) -
                                 peer.at("dice").at(c).get<double>()) < 1e-12);
        }
    }
};

QTEST_GUILESS_MAIN(TestLabelAgreement)
#include "test_label_agreement.moc"
