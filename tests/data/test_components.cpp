// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/components.h"
#include "core/data/outlines.h"
#include "tests/data/drawn_masks.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>
#include <set>

using namespace eyepiece;
using eyepiece::test::drawing;

namespace {

Mask random_mask(unsigned seed, std::int64_t height, std::int64_t width, double share) {
    std::mt19937 random(seed);
    std::bernoulli_distribution on(share);
    Mask mask(height, width);
    for (auto& pixel : mask.pixels)
        pixel = on(random);
    return mask;
}

void disc(LabelMap& labels, double cx, double cy, double r, ObjectId id) {
    for (std::int64_t y = 0; y < labels.height(); ++y)
        for (std::int64_t x = 0; x < labels.width(); ++x)
            if (std::hypot(static_cast<double>(x) + 0.5 - cx, static_cast<double>(y) + 0.5 - cy) < r)
                labels.set(x, y, id);
}

} // namespace

class TestComponents : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void componentsAreNumberedByTheirFirstPixel() {
        const Mask mask = drawing({"..#.#", "##..#", "....#", "#.###"});
        QCOMPARE(connected_components(mask, Connectivity::Four).largest_id(), 4u);
        const LabelMap eight = connected_components(mask, Connectivity::Eight);
        QCOMPARE(eight.largest_id(), 3u);
        QCOMPARE(eight.at(2, 0), 1u);
        QCOMPARE(eight.at(0, 1), 1u);
        QCOMPARE(eight.at(2, 3), 2u);
        QCOMPARE(eight.at(0, 3), 3u);
    }

    // Against flooding, which is slow and plain.
    void componentsOfRandomMasksAgreeWithFlooding() {
        for (unsigned seed = 0; seed < 30; ++seed) {
            const Mask mask = random_mask(seed, 23, 31, 0.3 + 0.015 * seed);
            for (const Connectivity connectivity : {Connectivity::Four, Connectivity::Eight}) {
                const LabelMap labels = connected_components(mask, connectivity);
                LabelMap wanted(mask.height, mask.width);
                ObjectId next = 0;
                for (std::int64_t y = 0; y < mask.height; ++y)
                    for (std::int64_t x = 0; x < mask.width; ++x) {
                        if (!mask.at(x, y) || wanted.at(x, y))
                            continue;
                        ++next;
                        std::vector<std::pair<std::int64_t, std::int64_t>> open{{x, y}};
                        while (!open.empty()) {
                            const auto [px, py] = open.back();
                            open.pop_back();
                            if (px < 0 || py < 0 || px >= mask.width || py >= mask.height ||
                                !mask.at(px, py) || wanted.at(px, py))
                                continue;
                            wanted.set(px, py, next);
                            for (int dy = -1; dy <= 1; ++dy)
                                for (int dx = -1; dx <= 1; ++dx)
                                    if (connectivity == Connectivity::Eight || !dx || !dy)
                                        open.emplace_back(px + dx, py + dy);
                        }
                    }
                QVERIFY(labels == wanted);
            }
        }
    }

    void partsOfOneObjectGetIdsOfTheirOwn() {
        LabelMap labels(1, 6);
        for (const auto& [x, id] : std::vector<std::pair<int, ObjectId>>{{0, 5}, {1, 9}, {3, 5}, {4, 5}})
            labels.set(x, 0, id);
        std::vector<ObjectId> origin;
        const LabelMap parts = split_parts(labels, Connectivity::Eight, &origin);
        QCOMPARE(parts.largest_id(), 3u);
        QCOMPARE(origin, (std::vector<ObjectId>{5, 9, 5}));
        std::vector<ObjectId> old;
        const LabelMap dense = relabelled(labels, &old);
        QCOMPARE(dense.at(0, 0), 1u);
        QCOMPARE(dense.at(4, 0), 1u);
        QCOMPARE(old, (std::vector<ObjectId>{5, 9}));
    }

    void traceAndRasterizeAreInverse() {
        for (unsigned seed = 0; seed < 60; ++seed) {
            const Mask mask = random_mask(seed, 17, 13, 0.2 + 0.01 * seed);
            // All rings together, with holes and parts that touch at corners.
            const auto rings = trace_outlines(mask, 100, -7);
            QVERIFY(rasterize(rings, {100, -7, mask.width, mask.height}) == mask);
            // The first part alone gives that part with its holes filled.
            const LabelMap parts = connected_components(mask, Connectivity::Four);
            if (parts.largest_id() == 0)
                continue;
            const Mask part = mask_of(parts, 1, {0, 0, mask.width, mask.height});
            const Polygon outline = trace_outline(mask);
            // Corners only: never three in a row on one line, and whole numbers.
            for (std::size_t i = 0; i < outline.size(); ++i) {
                const Point2 &a = outline[i], &b = outline[(i + 1) % outline.size()],
                             &c = outline[(i + 2) % outline.size()];
                QVERIFY((b.x - a.x) * (c.y - b.y) != (b.y - a.y) * (c.x - b.x));
            }
            const Mask again = rasterize(outline, {0, 0, mask.width, mask.height});
            // It encloses the part and its holes: background that no 8-connected way leads out of.
            Mask outside(mask.height + 2, mask.width + 2);
            for (std::int64_t y = 0; y < outside.height; ++y)
                for (std::int64_t x = 0; x < outside.width; ++x)
                    outside.set(x, y,
                                x == 0 || y == 0 || x > mask.width || y > mask.height ||
                                    !part.at(x - 1, y - 1));
            const LabelMap background = connected_components(outside, Connectivity::Eight);
            for (std::int64_t y = 0; y < mask.height; ++y)
                for (std::int64_t x = 0; x < mask.width; ++x)
                    QCOMPARE(again.at(x, y) != 0, background.at(x + 1, y + 1) != 1);
        }
        QVERIFY(trace_outline(Mask(4, 4)).empty());
        QCOMPARE(trace_outline(drawing({"##", "##"})), (Polygon{{0, 0}, {2, 0}, {2, 2}, {0, 2}}));
    }

    void polygonsThatShareEdgesNeitherOverlapNorLeaveGaps() {
        std::mt19937 random(3);
        std::uniform_real_distribution<double> place(-2, 22);
        for (int round = 0; round < 200; ++round) {
            // A fan of triangles around one point, over a square.
            const Point2 middle{place(random), place(random)};
            const Polygon square{{1, 1.5}, {20, 1}, {19.5, 18}, {0.5, 19}};
            std::vector<int> covered(22 * 22, 0);
            for (std::size_t i = 0; i < 4; ++i) {
                const Mask part = rasterize({middle, square[i], square[(i + 1) % 4]}, {0, 0, 22, 22});
                for (std::size_t p = 0; p < part.pixels.size(); ++p)
                    covered[p] += part.pixels[p];
            }
            const Mask whole = rasterize(square, {0, 0, 22, 22});
            // Even-odd over all triangles equals the square, wherever the middle lies.
            for (std::size_t p = 0; p < covered.size(); ++p)
                QCOMPARE(covered[p] % 2, static_cast<int>(whole.pixels[p]));
        }
    }

    void rasterizeKeepsThePixelCentreRule() {
        const Mask box = rasterize({{0.5, 0.5}, {2.5, 0.5}, {2.5, 1.5}, {0.5, 1.5}}, {0, 0, 4, 3});
        QVERIFY(box == drawing({"##..", "....", "...."}));
        // Even-odd: a ring within a ring is a hole.
        const std::vector<Polygon> rings{{{0, 0}, {3, 0}, {3, 3}, {0, 3}}, {{1, 1}, {2, 1}, {2, 2}, {1, 2}}};
        QVERIFY(rasterize(rings, {0, 0, 3, 3}) == drawing({"###", "#.#", "###"}));
        QCOMPARE(polygon_area(rings[0]), 9.0);
        // Far away, not finite, degenerate.
        QVERIFY(rasterize({{1e300, 1e300}, {-1e300, 0}, {0, NAN}}, {0, 0, 3, 3}).pixels.size() == 9);
        QVERIFY(rasterize(Polygon{}, {0, 0, 2, 2}) == Mask(2, 2));
        QCOMPARE(bounds_of(Polygon{{0.2, 1}, {2.5, 3}}), (Region{0, 1, 3, 2}));
        QVERIFY(bounds_of(Polygon{}).empty());
    }

    void simplifyingStaysWithinTheTolerance() {
        LabelMap labels(60, 60);
        disc(labels, 30, 30, 25, 1);
        const Polygon outline = trace_outline(foreground(labels));
        const Polygon fewer = simplified(outline, 1.0);
        QVERIFY(fewer.size() < outline.size() / 2);
        for (const Point2& point : outline) {
            double nearest = 1e9;
            for (std::size_t i = 0; i < fewer.size(); ++i) {
                const Point2 &a = fewer[i], &b = fewer[(i + 1) % fewer.size()];
                const double dx = b.x - a.x, dy = b.y - a.y;
                const double t =
                    std::clamp(((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
                nearest = std::min(nearest, std::hypot(point.x - a.x - t * dx, point.y - a.y - t * dy));
            }
            QVERIFY(nearest <= 1.0 + 1e-9);
        }
    }

    void watershedPartsTouchingDiscs() {
        LabelMap truth(100, 160);
        disc(truth, 40, 50, 22, 1);
        disc(truth, 78, 50, 22, 2);
        disc(truth, 115, 55, 20, 3);
        const Mask mask = foreground(truth);
        QCOMPARE(connected_components(mask).largest_id(), 1u);
        const LabelMap split = watershed_split(mask);
        QCOMPARE(split.largest_id(), 3u);
        QVERIFY(foreground(split) == mask); // covers it exactly
        std::int64_t wrong = 0;
        for (std::size_t i = 0; i < mask.pixels.size(); ++i)
            wrong += mask.pixels[i] && truth.ids()[i] != split.at(static_cast<std::int64_t>(i) % 160,
                                                                  static_cast<std::int64_t>(i) / 160);
        // Numbered by first pixel: the leftmost disc's top row comes at y = 28, as the second's; order 1,
        // 2, 3.
        QVERIFY2(wrong < 150, QByteArray::number(static_cast<int>(wrong)));
    }

    void watershedLeavesSingleObjectsWhole() {
        LabelMap labels(80, 80);
        for (std::int64_t y = 20; y < 50; ++y)
            for (std::int64_t x = 5; x < 70; ++x) // an ellipse
                if (std::pow((static_cast<double>(x) - 37) / 32, 2) +
                        std::pow((static_cast<double>(y) - 35) / 14, 2) <
                    1)
                    labels.set(x, y, 1);
        QCOMPARE(watershed_split(foreground(labels)).largest_id(), 1u);
        QCOMPARE(watershed_split(Mask(5, 5)).largest_id(), 0u);
        Mask full(6, 7);
        std::fill(full.pixels.begin(), full.pixels.end(), std::uint8_t{1});
        QCOMPARE(watershed_split(full).largest_id(), 1u);
        QCOMPARE(watershed_split(drawing({"#....", ".....", "...##", "...##"}), {1, 0.75, 3}).largest_id(),
                 1u);
    }

    void otsuPartsTwoHeaps() {
        Image image = Image::create(PixelType::UInt8, 1, 1, 6);
        const std::array<std::uint8_t, 6> values{10, 12, 11, 200, 210, 205};
        std::copy(values.begin(), values.end(), image.writable_plane_as<std::uint8_t>(0).begin());
        const auto threshold = otsu_threshold(image);
        QVERIFY(threshold && *threshold >= 12 && *threshold < 200);
        QCOMPARE(otsu_threshold(image.converted(PixelType::UInt16)).value(), *threshold);
        const double of_floats = otsu_threshold(image.converted(PixelType::Float32)).value();
        QVERIFY(of_floats >= 12 && of_floats < 200);
        QVERIFY(!otsu_threshold(Image::create(PixelType::UInt8, 1, 1, 1)));
        QVERIFY_EXCEPTION_THROWN(otsu_threshold(image, 1), Error);
    }

    void otsuFindsBrightAndDarkObjects() {
        LabelMap truth(90, 90);
        disc(truth, 30, 30, 12, 1);
        disc(truth, 60, 62, 15, 2);
        for (const bool dark : {false, true}) {
            Image image = Image::create(PixelType::UInt8, 3, 90, 90);
            for (int c = 0; c < 3; ++c)
                for (std::size_t i = 0; i < truth.ids().size(); ++i)
                    image.writable_plane_as<std::uint8_t>(c)[i] =
                        static_cast<std::uint8_t>(((truth.ids()[i] != 0) != dark ? 180 : 40) + i % 7);
            const OtsuResult result = otsu_segmentation(image, true);
            QCOMPARE(result.dark_objects, dark);
            QVERIFY(result.mask == foreground(truth));
        }
    }

    void holesAreFilled() {
        QVERIFY(fill_holes(drawing({".###.", ".#.#.", ".###.", "##..#"})) ==
                drawing({".###.", ".###.", ".###.", "##..#"}));
        // A gap at a corner does not let the background in.
        QVERIFY(fill_holes(drawing({"....", ".##.", "#.#.", ".#..", "...."})) ==
                drawing({"....", ".##.", "###.", ".#..", "...."}));
    }

    void measuresOfADisc() {
        LabelMap labels(100, 120);
        disc(labels, 50, 40, 20, 7);
        Image image = Image::create(PixelType::UInt16, 1, 100, 120);
        std::fill(image.writable_plane_as<std::uint16_t>(0).begin(),
                  image.writable_plane_as<std::uint16_t>(0).end(), std::uint16_t{321});
        const auto measures = measure_objects(labels, &image);
        QCOMPARE(measures.size(), std::size_t{1});
        const ObjectMeasures& m = measures[0];
        QCOMPARE(m.id, 7u);
        QVERIFY(std::abs(static_cast<double>(m.area) - M_PI * 400) < 10);
        QCOMPARE(m.bounds, (Region{30, 20, 40, 40}));
        QVERIFY(std::abs(m.centroid.x - 50) < 1e-9 && std::abs(m.centroid.y - 40) < 1e-9);
        QVERIFY(std::abs(m.major_axis - 40) < 0.3 && std::abs(m.minor_axis - 40) < 0.3);
        QVERIFY(m.eccentricity < 0.1);
        QVERIFY(std::abs(m.perimeter - 2 * M_PI * 19.5) < 12);
        QCOMPARE(m.mean, 321.0);
    }
};

QTEST_APPLESS_MAIN(TestComponents)
#include "test_components.moc"
