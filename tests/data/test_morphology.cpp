// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/morphology.h"
#include "core/data/shapes.h"
#include "tests/data/drawn_masks.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <string>

using namespace eyepiece;
using eyepiece::test::drawing;

namespace {

// One character a pixel: '.' nothing, else the digit is the object.
LabelMap map_of(const std::vector<std::string>& rows) {
    LabelMap map(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size()));
    for (std::size_t y = 0; y < rows.size(); ++y)
        for (std::size_t x = 0; x < rows[y].size(); ++x)
            map.set(static_cast<std::int64_t>(x), static_cast<std::int64_t>(y),
                    rows[y][x] == '.' ? 0u : static_cast<ObjectId>(rows[y][x] - '0'));
    return map;
}

std::string shown(const Mask& mask) {
    std::string text = "\n";
    for (std::int64_t y = 0; y < mask.height; ++y) {
        for (std::int64_t x = 0; x < mask.width; ++x)
            text += mask.at(x, y) ? '#' : '.';
        text += '\n';
    }
    return text;
}

Mask random_mask(unsigned seed, std::int64_t height, std::int64_t width, double share) {
    std::mt19937 random(seed);
    std::bernoulli_distribution on(share);
    Mask mask(height, width);
    for (auto& pixel : mask.pixels)
        pixel = on(random);
    return mask;
}

std::int64_t area(const Mask& mask) {
    return std::count(mask.pixels.begin(), mask.pixels.end(), std::uint8_t{1});
}

bool holds(const Mask& outer, const Mask& inner) {
    for (std::size_t i = 0; i < inner.pixels.size(); ++i)
        if (inner.pixels[i] && !outer.pixels[i])
            return false;
    return true;
}

std::vector<std::int64_t> areas(const LabelMap& parts) {
    std::vector<std::int64_t> sizes(parts.largest_id(), 0);
    for (const ObjectId id : parts.ids())
        if (id)
            ++sizes[id - 1];
    return sizes;
}

} // namespace

class TestMorphology : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void growing_and_shrinking_reach_as_far_as_they_say() {
        const Mask dot =
            drawing({".......", ".......", ".......", "...#...", ".......", ".......", "......."});
        QCOMPARE(shown(grown(dot, 1)), shown(drawing({".......", ".......", "...#...", "..###..", "...#...",
                                                      ".......", "......."})));
        QCOMPARE(shown(grown(dot, 1.5)), shown(drawing({".......", ".......", "..###..", "..###..", "..###..",
                                                        ".......", "......."})));
        QCOMPARE(shown(grown(dot, 2)), shown(drawing({".......", "...#...", "..###..", ".#####.", "..###..",
                                                      "...#...", "......."})));
        QCOMPARE(shown(shrunk(grown(dot, 2), 1)), shown(grown(dot, 1)));
        QCOMPARE(grown(dot, 0), dot);
        QCOMPARE(shrunk(dot, 0), dot);
        QCOMPARE(area(shrunk(dot, 1)), std::int64_t{0});
        QCOMPARE(area(grown(Mask(5, 5), 3)), std::int64_t{0});
    }

    // Beyond the frame an object goes on: it does not shrink from there.
    void the_edge_of_the_frame_is_not_a_border_of_the_object() {
        const Mask band = drawing({"#####", "#####", "#####", "....."});
        QCOMPARE(shown(shrunk(band, 1)), shown(drawing({"#####", "#####", ".....", "....."})));
        Mask full(4, 6);
        std::fill(full.pixels.begin(), full.pixels.end(), std::uint8_t{1});
        QCOMPARE(shrunk(full, 2), full);
        QCOMPARE(smoothed(full, 2), full);
    }

    void every_pixel_of_random_masks_agrees_with_looking_at_all_others() {
        for (unsigned seed = 0; seed < 6; ++seed)
            for (const double radius : {1.0, 1.5, 2.3, 4.0}) {
                const Mask mask = random_mask(seed, 17, 23, 0.1 + 0.14 * seed);
                const Mask more = grown(mask, radius), less = shrunk(mask, radius);
                for (std::int64_t y = 0; y < mask.height; ++y)
                    for (std::int64_t x = 0; x < mask.width; ++x) {
                        bool near_on = false, near_off = false;
                        for (std::int64_t v = 0; v < mask.height; ++v)
                            for (std::int64_t u = 0; u < mask.width; ++u)
                                if (static_cast<double>((u - x) * (u - x) + (v - y) * (v - y)) <=
                                    radius * radius)
                                    (mask.at(u, v) ? near_on : near_off) = true;
                        QCOMPARE(more.at(x, y) != 0, near_on);
                        QCOMPARE(less.at(x, y) != 0, mask.at(x, y) && !near_off);
                    }
            }
    }

    void growing_then_shrinking_gives_a_convex_shape_back_and_loses_nothing_of_any() {
        const Region frame{0, 0, 90, 80};
        for (const double radius : {1.0, 2.0, 3.0, 5.5}) {
            const Mask box = rasterize(outline_of({20, 25, 61, 44}), frame);
            QCOMPARE(shrunk(grown(box, radius), radius), box);
            for (unsigned seed = 0; seed < 5; ++seed) {
                Mask mask(80, 90);
                const Mask middle = random_mask(seed, 40, 50, 0.5);
                for (std::int64_t y = 0; y < 40; ++y)
                    for (std::int64_t x = 0; x < 50; ++x)
                        mask.set(20 + x, 20 + y, middle.at(x, y));
                QVERIFY(holds(shrunk(grown(mask, radius), radius), mask));
                QVERIFY(holds(mask, grown(shrunk(mask, radius), radius)));
            }
        }
    }

    void smoothing_keeps_straight_edges_and_takes_spurs_and_notches() {
        Mask rough(60, 90);
        const auto box = [&](int left, int top, int right, int bottom, bool on) {
            for (int y = top; y < bottom; ++y)
                for (int x = left; x < right; ++x)
                    rough.set(x, y, on);
        };
        box(20, 15, 70, 45, true);
        const Mask plain = rough;
        box(40, 8, 42, 15, true);   // a spur of 2 px
        box(55, 38, 57, 45, false); // a notch of 2 px
        rough.set(30, 30, false);   // a hole of 1 px
        const Mask smooth = smoothed(rough, 3);
        QCOMPARE(smooth.at(41, 10), std::uint8_t{0});
        QCOMPARE(smooth.at(56, 42), std::uint8_t{1});
        QCOMPARE(smooth.at(30, 30), std::uint8_t{1});
        QCOMPARE(smooth.at(20, 15), std::uint8_t{0}); // the corner is round
        for (int x = 30; x < 60; ++x)                 // and the edges are where they were
            if (std::abs(x - 41) > 9) {
                QCOMPARE(smooth.at(x, 15), std::uint8_t{1});
                QCOMPARE(smooth.at(x, 14), std::uint8_t{0});
            }
        // A right corner loses 0.9 sigma² where the product of two Gaussian integrals is below one half.
        QVERIFY(std::abs(static_cast<double>(area(plain) - area(smooth)) - 4 * 0.9 * 9) < 12);
        QCOMPARE(smoothed(rough, 0), rough);
        const Mask disc = rasterize_ellipse({20, 10, 60, 50}, {0, 0, 90, 60});
        QVERIFY(std::abs(static_cast<double>(area(smoothed(disc, 2)) - area(disc))) < 0.03 * 1257);
    }

    void the_largest_part_is_kept_and_the_first_of_equals() {
        QCOMPARE(shown(largest_part(drawing({"##..#", "#...#", "....#", "#...#"}))),
                 shown(drawing({"....#", "....#", "....#", "....#"})));
        QCOMPARE(shown(largest_part(drawing({"#.#", "#.#"}))), shown(drawing({"#..", "#.."})));
        const Mask steps = drawing({"#..", ".#.", "..#"});
        QCOMPARE(largest_part(steps), steps);
        QCOMPARE(area(largest_part(steps, Connectivity::Four)), std::int64_t{1});
        QCOMPARE(area(largest_part(Mask(3, 3))), std::int64_t{0});
    }

    void an_object_grows_into_what_is_empty_and_leaves_its_neighbours_alone() {
        const LabelMap map = map_of({".......", ".11.22.", ".11.22.", "......."});
        const std::vector<ObjectId> one{1};
        QCOMPARE(shown(grown_among(map, 1, one, 1, true)),
                 shown(drawing({".##....", "####...", "####...", ".##...."})));
        // The other is grown over only when that is asked for.
        const Mask over = grown_among(map, 1, one, 2, false);
        QCOMPARE(over.at(4, 1), std::uint8_t{1});
        const Mask beside = grown_among(map, 1, one, 2, true);
        for (std::size_t i = 0; i < beside.pixels.size(); ++i)
            QVERIFY(!(beside.pixels[i] && map.ids()[i] == 2));
    }

    void an_object_does_not_reach_across_a_neighbour() {
        const LabelMap map = map_of({"1.2....", "1.2....", "1.2....", "1.2...."});
        const std::vector<ObjectId> one{1};
        QCOMPARE(shown(grown_among(map, 1, one, 5, true)),
                 shown(drawing({"##.....", "##.....", "##.....", "##....."})));
    }

    // All objects of a random map grow: no pixel goes to two, none of what they had is lost, and each pixel
    // within reach goes to the nearest.
    void objects_that_grow_together_share_what_lies_between() {
        std::mt19937 random(7);
        for (int round = 0; round < 8; ++round) {
            LabelMap map(24, 30);
            std::uniform_int_distribution<int> x(0, 29), y(0, 23);
            for (ObjectId id = 1; id <= 5; ++id)
                map.set(x(random), y(random), id);
            std::set<ObjectId> there(map.ids().begin(), map.ids().end());
            there.erase(0);
            const std::vector<ObjectId> growing(there.begin(), there.end());
            LabelMap taken(24, 30);
            for (const ObjectId id : growing) {
                const Mask mask = grown_among(map, id, growing, 6, round % 2 == 0);
                for (std::size_t i = 0; i < mask.pixels.size(); ++i)
                    if (mask.pixels[i]) {
                        QCOMPARE(taken.ids()[i], 0u);
                        taken.ids()[i] = id;
                    }
            }
            const auto squared = [&](std::int64_t px, std::int64_t py, ObjectId id) {
                std::int64_t best = INT64_MAX;
                for (std::int64_t v = 0; v < 24; ++v)
                    for (std::int64_t u = 0; u < 30; ++u)
                        if (map.at(u, v) == id)
                            best = std::min(best, (u - px) * (u - px) + (v - py) * (v - py));
                return best;
            };
            for (std::int64_t py = 0; py < 24; ++py)
                for (std::int64_t px = 0; px < 30; ++px) {
                    ObjectId nearest = 0;
                    std::int64_t best = 37; // beyond 6 px
                    for (const ObjectId id : growing)
                        if (const std::int64_t d = squared(px, py, id); d < best) {
                            best = d;
                            nearest = id;
                        }
                    QCOMPARE(taken.at(px, py), nearest);
                }
        }
    }

    // An object's bounds and the room around them are enough: the whole map gives the same.
    void an_object_is_reshaped_within_its_own_window() {
        std::mt19937 random(11);
        for (int round = 0; round < 12; ++round) {
            LabelMap map(60, 70);
            std::uniform_int_distribution<int> x(0, 69), y(0, 59), size(2, 9);
            for (ObjectId id = 1; id <= 9; ++id) {
                const double cx = x(random), cy = y(random), r = size(random);
                const Mask disc = rasterize_ellipse({cx - r, cy - r, cx + r, cy + r}, {0, 0, 70, 60});
                for (std::size_t i = 0; i < disc.pixels.size(); ++i)
                    if (disc.pixels[i])
                        map.ids()[i] = id;
            }
            const std::vector<ObjectId> growing{2, 3, 5, 7};
            const double radius = 1 + round % 4;
            for (const ObjectMeasures& object : measure_objects(map))
                for (const Reshaping how : {Reshaping::Grow, Reshaping::Shrink, Reshaping::Smooth,
                                            Reshaping::FillHoles, Reshaping::KeepLargest}) {
                    if (how == Reshaping::Grow &&
                        std::find(growing.begin(), growing.end(), object.id) == growing.end())
                        continue;
                    const std::int64_t room = room_for(how, radius);
                    const Region& b = object.bounds;
                    const Region window =
                        Region{b.x - room, b.y - room, b.width + 2 * room, b.height + 2 * room}.intersected(
                            {0, 0, 70, 60});
                    const Mask whole = reshaped(map, object.id, how, radius, growing, round % 2 == 0);
                    const Mask part =
                        reshaped(map.cropped(window), object.id, how, radius, growing, round % 2 == 0);
                    for (std::int64_t py = 0; py < 60; ++py)
                        for (std::int64_t px = 0; px < 70; ++px) {
                            const bool inside = px >= window.x && px < window.right() && py >= window.y &&
                                                py < window.bottom();
                            QCOMPARE(whole.at(px, py) != 0,
                                     inside && part.at(px - window.x, py - window.y) != 0);
                            if (how != Reshaping::Grow && whole.at(px, py))
                                QVERIFY(map.at(px, py) == 0 || map.at(px, py) == object.id);
                        }
                }
        }
    }

    void a_line_cuts_without_losing_a_pixel() {
        const Mask box = rasterize(outline_of({5, 5, 25, 15}), {0, 0, 30, 20});
        const LabelMap halves = cut_apart(box, std::vector<Point2>{{15, 0}, {15, 20}});
        QCOMPARE(areas(halves), (std::vector<std::int64_t>{100, 100}));
        for (std::int64_t y = 0; y < 20; ++y)
            for (std::int64_t x = 0; x < 30; ++x)
                QCOMPARE(halves.at(x, y), box.at(x, y) ? (x < 15 ? 1u : 2u) : 0u);
        QCOMPARE(areas(cut_apart(box, std::vector<Point2>{{0, 10}, {30, 10}})),
                 (std::vector<std::int64_t>{100, 100}));
        // Through the centres of pixels: they are on one side or the other.
        const std::vector<std::int64_t> uneven =
            areas(cut_apart(box, std::vector<Point2>{{15.5, 0}, {15.5, 20}}));
        QVERIFY(
            (uneven == std::vector<std::int64_t>{110, 90} || uneven == std::vector<std::int64_t>{100, 100}));
        // Two lines in one go, and a slanted one.
        QCOMPARE(areas(cut_apart(box, std::vector<Point2>{{10, 0}, {10, 19}, {20, 19}, {20, 0}})),
                 (std::vector<std::int64_t>{50, 100, 50}));
        const std::vector<std::int64_t> slanted =
            areas(cut_apart(box, std::vector<Point2>{{8, 0}, {22, 20}}));
        QCOMPARE(slanted.size(), std::size_t{2});
        QCOMPARE(slanted[0] + slanted[1], std::int64_t{200});
        QVERIFY(std::abs(slanted[0] - 100) <= 2);
    }

    void a_line_that_does_not_go_all_the_way_through_cuts_nothing() {
        const Mask box = rasterize(outline_of({5, 5, 25, 15}), {0, 0, 30, 20});
        for (const std::vector<Point2>& line :
             {std::vector<Point2>{{15, 0}, {15, 14}}, {{15, 8}, {15, 12}}, {{0, 2}, {30, 2}}, {{15, 8}}, {}})
            QCOMPARE(areas(cut_apart(box, line)), (std::vector<std::int64_t>{200}));
        // There and back: what is crossed twice is crossed not at all.
        QCOMPARE(areas(cut_apart(box, std::vector<Point2>{{12, 0}, {15, 12}, {18, 0}})).size(),
                 std::size_t{2});
    }

    void lines_that_bend_on_any_place_hold_tight() {
        const Mask box = rasterize(outline_of({0, 0, 40, 30}), {0, 0, 40, 30});
        std::mt19937 random(3);
        for (int round = 0; round < 60; ++round) {
            // From top to bottom by points that often lie on corners or centres of pixels.
            std::vector<Point2> line{{20, -2}};
            std::uniform_int_distribution<int> x(8, 64);
            for (int y = 2; y < 58; y += 3)
                line.push_back({x(random) / 2.0, y / 2.0});
            line.push_back({20, 32});
            const LabelMap parts = cut_apart(box, line);
            QVERIFY(parts.at(0, 15) != 0 && parts.at(39, 15) != 0);
            QVERIFY(parts.at(0, 15) != parts.at(39, 15));
            std::int64_t sum = 0;
            for (const std::int64_t each : areas(parts))
                sum += each;
            QCOMPARE(sum, std::int64_t{1200});
        }
    }

    void crumbs_stay_with_what_they_touch_and_parts_far_away_are_kept() {
        const Mask box = rasterize(outline_of({0, 0, 60, 40}), {0, 0, 60, 40});
        // Cuts off the corner pixel alone: a crumb of a large object.
        QCOMPARE(areas(cut_apart(box, std::vector<Point2>{{-1, 2.2}, {2.2, -1}})),
                 (std::vector<std::int64_t>{2400}));
        const Mask small = rasterize(outline_of({0, 0, 4, 4}), {0, 0, 4, 4}); // a pixel of it is no crumb
        QCOMPARE(areas(cut_apart(small, std::vector<Point2>{{-1, 2.2}, {2.2, -1}})).size(), std::size_t{2});
        const Mask apart = drawing({"##....#", "##.....", "##....."});
        QCOMPARE(areas(cut_apart(apart, std::vector<Point2>{{-1, 1}, {4, 1}})),
                 (std::vector<std::int64_t>{2, 1, 4}));
    }

    void objects_in_a_mask_are_counted_by_pixel() {
        const LabelMap map = map_of({"11.22", "11.22", "..3.."});
        QCOMPARE(covered_areas(map, drawing({"#####", ".....", "....."})),
                 (std::vector<CoveredArea>{{1, 2}, {2, 2}}));
        QCOMPARE(covered_areas(map, drawing({".....", "...##", "#####"})),
                 (std::vector<CoveredArea>{{2, 2}, {3, 1}}));
        QVERIFY(covered_areas(map, Mask(3, 5)).empty());
    }
};

QTEST_APPLESS_MAIN(TestMorphology)
#include "test_morphology.moc"
