// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/learning/random.h"
#include "core/learning/segmentation_metrics.h"

#include <QTest>
#include <algorithm>
#include <array>
#include <map>
#include <set>

using namespace eyepiece;

namespace {

LabelMap map_of(std::int64_t width, std::initializer_list<ObjectId> ids) {
    LabelMap map(static_cast<std::int64_t>(ids.size()) / width, width);
    std::copy(ids.begin(), ids.end(), map.ids().begin());
    return map;
}

// The definition, by sets of pixels and every pair.
double slow_average_precision(const LabelMap& truth, const LabelMap& predicted, double threshold) {
    std::map<ObjectId, std::set<std::size_t>> t, p;
    for (std::size_t i = 0; i < truth.ids().size(); ++i) {
        if (truth.ids()[i])
            t[truth.ids()[i]].insert(i);
        if (predicted.ids()[i])
            p[predicted.ids()[i]].insert(i);
    }
    int hits = 0;
    for (const auto& [a, pixels] : t)
        for (const auto& [b, others] : p) {
            std::size_t both = 0;
            for (const std::size_t i : pixels)
                both += others.count(i);
            hits += static_cast<double>(both) / static_cast<double>(pixels.size() + others.size() - both) >=
                    threshold;
        }
    const auto all = static_cast<double>(t.size() + p.size()) - hits;
    return all > 0 ? hits / all : 1;
}

} // namespace

class TestSegmentationMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void countsPixels();
    void ignoresUnknownPixels();
    void saysOneWhenThereIsNothing();
    void matchesObjects();
    void matchesAsTheDefinitionSays();
};

void TestSegmentationMetrics::countsPixels() {
    Confusion confusion(3);
    const std::array<std::uint8_t, 8> truth{0, 0, 0, 1, 1, 1, 2, 2}, found{0, 0, 1, 1, 1, 0, 2, 1};
    confusion.add(truth, found);
    QCOMPARE(confusion.at(0, 1), 1);
    QCOMPARE(confusion.iou(0), 2.0 / 4);
    QCOMPARE(confusion.iou(1), 2.0 / 5);
    QCOMPARE(confusion.iou(2), 1.0 / 2);
    QCOMPARE(confusion.dice(1), 4.0 / 7);
    QCOMPARE(confusion.accuracy(1), 2.0 / 3);
    QCOMPARE(confusion.pixel_accuracy(), 5.0 / 8);
    QCOMPARE(confusion.mean_foreground_iou(), (2.0 / 5 + 1.0 / 2) / 2);
    Confusion sum(3);
    sum += confusion;
    sum += confusion;
    QCOMPARE(sum.total(), 16);
    QCOMPARE(sum.iou(1), confusion.iou(1));
    QVERIFY(confusion.to_json() == (Json{{2, 1, 0}, {1, 2, 0}, {0, 1, 1}}));
}

void TestSegmentationMetrics::ignoresUnknownPixels() {
    Confusion confusion(2);
    const std::array<std::uint8_t, 4> truth{0, 255, 1, 255}, found{0, 1, 1, 0};
    confusion.add(truth, found);
    QCOMPARE(confusion.total(), 2);
    QCOMPARE(confusion.iou(1), 1.0);
}

void TestSegmentationMetrics::saysOneWhenThereIsNothing() {
    Confusion confusion(2);
    const std::array<std::uint8_t, 2> ground{0, 0};
    confusion.add(ground, ground);
    QCOMPARE(confusion.mean_foreground_iou(), 1.0);
    const LabelMap empty(4, 4);
    const std::array thresholds{0.5};
    QCOMPARE(match_objects(empty, empty, thresholds).at(0).average_precision(), 1.0);
}

void TestSegmentationMetrics::matchesObjects() {
    // Object 1 is found with IoU 3/4; object 2 is missed; object 7 is not there.
    const LabelMap truth = map_of(4, {1, 1, 0, 2, 1, 1, 0, 2});
    const LabelMap found = map_of(4, {5, 5, 7, 0, 5, 0, 7, 0});
    const std::array thresholds{0.5, 0.75, 0.8};
    const auto matches = match_objects(truth, found, thresholds);
    QCOMPARE(matches[0].true_positives, 1);
    QCOMPARE(matches[0].false_positives, 1);
    QCOMPARE(matches[0].false_negatives, 1);
    QCOMPARE(matches[0].average_precision(), 1.0 / 3);
    QCOMPARE(matches[1].true_positives, 1);
    QCOMPARE(matches[2].true_positives, 0);
    const std::array<std::uint8_t, 8> ignored{0, 0, 1, 0, 0, 0, 1, 0};
    QCOMPARE(match_objects(truth, found, thresholds, ignored)[0].average_precision(), 1.0 / 2);
    const std::array low{0.4};
    QVERIFY_EXCEPTION_THROWN(match_objects(truth, found, low), Error);
}

void TestSegmentationMetrics::matchesAsTheDefinitionSays() {
    Random random(3);
    for (int round = 0; round < 60; ++round) {
        LabelMap truth(24, 24), found(24, 24);
        for (int k = 1; k <= 12; ++k) {
            const auto x = random.below(20), y = random.below(20), w = 2 + random.below(5),
                       h = 2 + random.below(5);
            const auto dx = random.below(2), dy = random.below(2);
            for (std::int64_t v = y; v < std::min<std::int64_t>(24, y + h); ++v)
                for (std::int64_t u = x; u < std::min<std::int64_t>(24, x + w); ++u) {
                    truth.set(u, v, static_cast<ObjectId>(k));
                    if (u + dx < 24 && v + dy < 24)
                        found.set(u + dx, v + dy, static_cast<ObjectId>(40 - k));
                }
        }
        const std::array thresholds{0.55, 0.65, 0.75, 0.85};
        const auto matches = match_objects(truth, found, thresholds);
        for (std::size_t i = 0; i < thresholds.size(); ++i)
            QCOMPARE(matches[i].average_precision(), slow_average_precision(truth, found, thresholds[i]));
    }
}

QTEST_GUILESS_MAIN(TestSegmentationMetrics)
#include "test_segmentation_metrics.moc"
