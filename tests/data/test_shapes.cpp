// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/shapes.h"

#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;

namespace {

std::int64_t area(const Mask& mask) {
    return std::count(mask.pixels.begin(), mask.pixels.end(), std::uint8_t{1});
}

} // namespace

class TestShapes : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void a_dragged_box_has_whole_edges_and_no_less_than_a_pixel() {
        QCOMPARE(dragged_box({2.4, 3.6}, {10.2, 5.9}, {}), (Box{2, 4, 10, 6}));
        QCOMPARE(dragged_box({10.2, 5.9}, {2.4, 3.6}, {}), (Box{2, 4, 10, 6}));
        QCOMPARE(dragged_box({5.2, 5.2}, {5.2, 5.2}, {}), (Box{5, 5, 6, 6}));
        for (const Point2 to : {Point2{9.4, 6.1}, {0.2, 6.1}, {9.4, 0.3}, {0.2, 0.3}, {5.1, 19.7}}) {
            const Box square = dragged_box({5.3, 5.8}, to, {.regular = true});
            QCOMPARE(square.width(), square.height());
            const Box middle = dragged_box({5.5, 5.5}, to, {.from_centre = true});
            QVERIFY(std::abs((middle.left + middle.right) / 2 - 5.5) <= 0.5);
            QVERIFY(std::abs((middle.top + middle.bottom) / 2 - 5.5) <= 0.5);
            QVERIFY(middle.width() == std::floor(middle.width()) && middle.left == std::floor(middle.left));
            const Box both = dragged_box({5.5, 5.5}, to, {true, true});
            QCOMPARE(both.width(), both.height());
        }
    }

    void a_rectangle_paints_as_many_pixels_as_it_says() {
        const Box box = dragged_box({2.4, 3.6}, {10.2, 15.9}, {});
        QCOMPARE(area(rasterize(outline_of(box), {0, 0, 20, 20})),
                 static_cast<std::int64_t>(box.width() * box.height()));
        QCOMPARE(polygon_area(outline_of(box)), box.width() * box.height());
    }

    void a_rotated_rectangle_goes_through_its_three_points() {
        const Point2 a{10, 10}, b{22, 15}; // 13 long
        for (const Point2 c : {Point2{8, 30}, Point2{30, 2}, Point2{22, 15}}) {
            const Polygon corners = rotated_rectangle(a, b, c);
            QCOMPARE(corners.size(), std::size_t{4});
            QCOMPARE(corners[0], a);
            QCOMPARE(corners[1], b);
            for (std::size_t i = 0; i < 4; ++i) { // every corner is a right angle
                const Point2 &p = corners[(i + 3) % 4], &q = corners[i], &r = corners[(i + 1) % 4];
                QVERIFY(std::abs((p.x - q.x) * (r.x - q.x) + (p.y - q.y) * (r.y - q.y)) < 1e-9);
            }
            // c lies on the line of the opposite edge.
            const Point2 &p = corners[2], &q = corners[3];
            QVERIFY(std::abs((q.x - p.x) * (c.y - p.y) - (q.y - p.y) * (c.x - p.x)) < 1e-9);
            const double depth = std::abs(12 * (c.y - 10) - 5 * (c.x - 10)) / 13;
            QVERIFY(std::abs(polygon_area(corners) - 13 * depth) < 1e-9);
        }
        QCOMPARE(polygon_area(rotated_rectangle(a, a, b)), 0.0);
    }

    void an_ellipse_is_the_pixels_whose_centre_it_holds() {
        const Region region{-3, 4, 60, 50};
        for (const Box box : {Box{2, 6, 41, 29}, {10, 10, 30, 30}, {-20, 0, 15, 40}, {7, 9, 8, 10}}) {
            const Mask mask = rasterize_ellipse(box, region);
            for (std::int64_t y = 0; y < region.height; ++y)
                for (std::int64_t x = 0; x < region.width; ++x) {
                    const double u = (static_cast<double>(region.x + x) + 0.5 - (box.left + box.right) / 2) /
                                     (box.width() / 2);
                    const double v = (static_cast<double>(region.y + y) + 0.5 - (box.top + box.bottom) / 2) /
                                     (box.height() / 2);
                    const double at = u * u + v * v;
                    QVERIFY(mask.at(x, y) ? at < 1 + 1e-6 : at > 1 - 1e-6);
                }
        }
        QCOMPARE(area(rasterize_ellipse({7, 9, 8, 10}, {0, 0, 20, 20})), std::int64_t{1});
        QCOMPARE(area(rasterize_ellipse({7, 9, 9, 11}, {0, 0, 20, 20})), std::int64_t{4});
        QCOMPARE(area(rasterize_ellipse({7, 9, 7, 11}, {0, 0, 20, 20})), std::int64_t{0});
        const Mask disc = rasterize_ellipse({0, 0, 100, 100}, {0, 0, 100, 100});
        QVERIFY(std::abs(static_cast<double>(area(disc)) - 7854) < 40);
    }
};

QTEST_APPLESS_MAIN(TestShapes)
#include "test_shapes.moc"
