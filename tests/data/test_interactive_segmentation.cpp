// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/active_contour.h"
#include "core/data/components.h"
#include "core/data/grab_cut.h"
#include "core/data/live_wire.h"
#include "core/data/magic_wand.h"
#include "core/data/seeded_watershed.h"
#include "core/data/superpixels.h"
#include "core/data/thresholds.h"
#include "data/made_image.h"

#include <QtTest>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr std::int64_t height = 60, width = 80;

std::int64_t area(const Mask& mask) {
    return std::accumulate(mask.pixels.begin(), mask.pixels.end(), std::int64_t{0});
}

double overlap(const Mask& a, const Mask& b) { // intersection over union
    std::int64_t both = 0, either = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        both += a.pixels[i] && b.pixels[i];
        either += a.pixels[i] || b.pixels[i];
    }
    return either ? static_cast<double>(both) / static_cast<double>(either) : 1;
}

Mask disc(double cx, double cy, double r) {
    Mask mask(height, width);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            mask.set(x, y, in_disc(x, y, cx, cy, r));
    return mask;
}

// A disc of radius 14 around (40, 30), twice as bright as the noise is wide.
std::vector<int> disc_values() {
    std::vector<int> values = made_values(height, width, 9);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
            int& value = values[static_cast<std::size_t>(y * width + x)];
            value = value % 48 + (in_disc(x, y, 40, 30, 14) ? 120 : 20);
        }
    return values;
}

// The same picture as 8 bits, 16 bits and floats far from 0, scaled: what every method must see alike.
std::vector<Image> the_same_thrice() {
    const std::vector<int> values = disc_values();
    return {scaled(image_of<std::uint8_t>(values, height, width)),
            scaled(image_of<std::uint16_t>(values, height, width, 200, 3000)),
            scaled(image_of<float>(values, height, width, 1.0 / 1024, -7))};
}

template<class F>
ErrorCode code_of(F call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::Internal;
}

} // namespace

class TestInteractiveSegmentation : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void scaled_channels_are_alike_whatever_the_type() {
        const auto images = the_same_thrice();
        for (const Image& image : images)
            for (std::size_t i = 0; i < images[0].plane_as<float>(0).size(); ++i)
                QVERIFY(std::abs(image.plane_as<float>(0)[i] - images[0].plane_as<float>(0)[i]) < 1e-4f);
        Image odd = image_of<float>({1, 2, 3, 4}, 2, 2);
        odd.writable_plane_as<float>(0)[1] = std::numeric_limits<float>::quiet_NaN();
        const Image made = scaled_channels(odd, std::vector<ChannelRange>{{0, {1, 3}}});
        QCOMPARE(made.plane_as<float>(0)[1], 0.f);
        QCOMPARE(made.plane_as<float>(0)[3], 1.5f); // not clipped
        QCOMPARE(code_of([&] {
                     scaled_channels(odd, std::vector<ChannelRange>{{1, {0, 1}}});
                 }),
                 ErrorCode::BadInput);
        QCOMPARE(code_of([&] { scaled_channels(odd, {}); }), ErrorCode::BadInput);
    }

    void a_gradient_is_that_of_a_ramp() {
        const Image ramp = drawn(10, 12, [](auto x, auto y) { return 3.0 * x + 4.0 * y; });
        const Image steep = gradient_magnitude(ramp, 0);
        for (std::int64_t y = 1; y < 9; ++y)
            for (std::int64_t x = 1; x < 11; ++x)
                QCOMPARE(steep.value(0, x, y), 5.0);
    }

    // ---- magic wand

    void the_wand_takes_what_a_flood_within_the_tolerance_reaches() {
        const Image image = drawn(1, 8, [](auto x, auto) {
            constexpr std::array values{0.5, 0.55, 0.7, 0.5, 0.5, 0.9, 0.5, 0.4};
            return values[static_cast<std::size_t>(x)];
        });
        const WandReach reach(image, 0, 0, {}, QuietJob());
        const auto taken = [&](double tolerance) { return area(reach.mask(tolerance)); };
        QCOMPARE(taken(0), 1);
        QCOMPARE(taken(0.051), 2);
        QCOMPARE(taken(0.201), 5); // over the 0.7, and on to what is like the seed
        QCOMPARE(taken(0.399), 5);
        QCOMPARE(taken(0.401), 8);
        QCOMPARE(reach.mask(0.401).at(7, 0), 1);
        const std::vector<std::uint8_t> wall{0, 0, 0, 1, 0, 0, 0, 0};
        QCOMPARE(area(WandReach(image, 0, 0, wall, QuietJob()).mask(1)), 3);
        QCOMPARE(code_of([&] { WandReach(image, 8, 0, {}, QuietJob()); }), ErrorCode::BadInput);
    }

    void the_wand_agrees_with_a_plain_flood_at_every_tolerance() {
        const Image image = scaled(image_of<std::uint8_t>(disc_values(), height, width));
        const auto values = image.plane_as<float>(0);
        const std::int64_t sx = 40, sy = 30;
        const WandReach reach(image, sx, sy, {}, QuietJob());
        for (const double tolerance : {0.02, 0.1, 0.15, 0.25, 0.4, 0.8}) {
            Mask near(height, width);
            for (std::size_t i = 0; i < values.size(); ++i)
                near.pixels[i] =
                    std::abs(values[i] - values[static_cast<std::size_t>(sy * width + sx)]) <=
                    static_cast<float>(std::floor(tolerance / WandReach::step) * WandReach::step);
            const LabelMap parts = connected_components(near, Connectivity::Four);
            QVERIFY(reach.mask(tolerance) == mask_of(parts, parts.at(sx, sy), {0, 0, width, height}));
        }
    }

    void the_wand_sees_the_same_in_every_type() {
        const auto images = the_same_thrice();
        const Mask first = WandReach(smoothed(images[0], 1), 40, 30, {}, QuietJob()).mask(0.35);
        QVERIFY(overlap(first, disc(40, 30, 14)) > 0.85);
        for (const Image& image : images)
            QVERIFY(overlap(WandReach(smoothed(image, 1), 40, 30, {}, QuietJob()).mask(0.35), first) > 0.99);
    }

    // ---- live-wire

    void ways_are_as_cheap_as_slow_and_plain_relaxation_finds_them() {
        const Image image =
            drawn(9, 11, [](auto x, auto y) { return in_disc(x, y, 5, 4, 3) ? 1.0 : 0.1 * (x % 3); });
        const auto costs = std::make_shared<const LiveWireCosts>(image, LiveWireOptions{0.5}, QuietJob());
        constexpr std::int64_t w = 11, h = 9;
        constexpr std::array<std::array<int, 2>, 8> steps{
            {{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}};
        std::vector<int> wanted(w * h, 1 << 28);
        wanted[2 * w + 1] = 0;
        for (bool better = true; better;) {
            better = false;
            for (std::int64_t y = 0; y < h; ++y)
                for (std::int64_t x = 0; x < w; ++x)
                    for (int d = 0; d < 8; ++d) {
                        const auto& by = steps[static_cast<std::size_t>(d)];
                        const std::int64_t nx = x + by[0], ny = y + by[1];
                        if (nx < 0 || ny < 0 || nx >= w || ny >= h)
                            continue;
                        const auto from = static_cast<std::size_t>(y * w + x),
                                   to = static_cast<std::size_t>(ny * w + nx);
                        const int cost = costs->step_cost(from, to, d);
                        QVERIFY(cost >= 1 && cost <= 362);
                        if (wanted[from] + cost < wanted[to]) {
                            wanted[to] = wanted[from] + cost;
                            better = true;
                        }
                    }
        }
        LiveWirePaths paths(costs, 1, 2);
        QuietJob job;
        for (std::int64_t y = h - 1; y >= 0; --y)
            for (std::int64_t x = 0; x < w; ++x) {
                const auto path = paths.path_to(x, y, job);
                QCOMPARE(paths.cost_of(x, y), wanted[static_cast<std::size_t>(y * w + x)]);
                QCOMPARE(path.front(), std::pair(std::int64_t{1}, std::int64_t{2}));
                QCOMPARE(path.back(), std::pair(x, y));
                for (std::size_t i = 1; i < path.size(); ++i)
                    QVERIFY(std::abs(path[i].first - path[i - 1].first) <= 1 &&
                            std::abs(path[i].second - path[i - 1].second) <= 1);
            }
    }

    void a_wire_follows_the_edge_and_not_the_straight_line() {
        for (const Image& image : the_same_thrice()) {
            const auto costs = std::make_shared<const LiveWireCosts>(image, LiveWireOptions{}, QuietJob());
            const auto [x, y] = snapped_to_edge(*costs, 24, 30, 4);
            QVERIFY(
                std::abs(std::hypot(static_cast<double>(x) + 0.5 - 40, static_cast<double>(y) + 0.5 - 30) -
                         14) <= 2);
            LiveWirePaths paths(costs, x, y);
            QuietJob job;
            const auto path = paths.path_to(54, 30, job); // straight: through the disc's middle
            for (const auto& [px, py] : path) {
                const double away =
                    std::hypot(static_cast<double>(px) + 0.5 - 40, static_cast<double>(py) + 0.5 - 30);
                QVERIFY2(std::abs(away - 14) < 3.5, qPrintable(QString::number(away)));
            }
            while (paths.grow(100'000)) {
            }
            QVERIFY(paths.reached(0, 0) && paths.reached(width - 1, height - 1));
            QVERIFY(paths.path_to(54, 30, job) == path);
        }
    }

    // ---- GrabCut

    void grab_cut_finds_the_object_in_its_box_and_obeys_marks() {
        const auto images = the_same_thrice();
        QuietJob job;
        const Mask found = grab_cut(images[0], {20, 10, 40, 40}, {}, {}, job);
        QVERIFY(overlap(found, disc(40, 30, 14)) > 0.9);
        QVERIFY(found == grab_cut(images[0], {20, 10, 40, 40}, {}, {}, job)); // the same seed, the same mask
        for (const Image& image : images)
            QVERIFY(overlap(grab_cut(image, {20, 10, 40, 40}, {}, {}, job), found) > 0.97);
        std::vector<SeedMark> marks(width * height, SeedMark::None);
        for (std::int64_t y = 28; y < 32; ++y)
            for (std::int64_t x = 34; x < 38; ++x)
                marks[static_cast<std::size_t>(y * width + x)] = SeedMark::Background;
        marks[5 * width + 5] = SeedMark::Object;
        const Mask marked = grab_cut(images[0], {20, 10, 40, 40}, marks, {}, job);
        QCOMPARE(marked.at(35, 30), 0);
        QCOMPARE(marked.at(5, 5), 1); // also outside of the box
        QVERIFY(overlap(marked, found) > 0.8);
    }

    void grab_cut_looks_at_all_channels() {
        // The disc shows in the difference of channels only; four channels, of which two say nothing.
        Image image = Image::create(PixelType::Float32, 4, height, width);
        const std::vector<int> noise = made_values(height, width, 3);
        for (int c = 0; c < 4; ++c) {
            auto plane = image.writable_plane_as<float>(c);
            for (std::int64_t y = 0; y < height; ++y)
                for (std::int64_t x = 0; x < width; ++x) {
                    const auto i = static_cast<std::size_t>(y * width + x);
                    const float lift = in_disc(x, y, 40, 30, 14) ? 0.6f : 0.f;
                    plane[i] = static_cast<float>(
                                   noise[(i + static_cast<std::size_t>(c) * 977) % noise.size()] % 48) /
                                   200 +
                               (c == 1   ? lift
                                : c == 2 ? 0.6f - lift
                                         : 0.f);
                }
        }
        QuietJob job;
        QVERIFY(overlap(grab_cut(image, {20, 10, 40, 40}, {}, {}, job), disc(40, 30, 14)) > 0.9);
    }

    void grab_cut_refuses_what_it_cannot_do_and_stops() {
        const Image image = the_same_thrice()[0];
        QuietJob job;
        const auto code = [&](Region box, std::span<const SeedMark> marks = {}) {
            return code_of([&] { grab_cut(image, box, marks, {}, job); });
        };
        QCOMPARE(code({-10, -10, 5, 5}), ErrorCode::BadInput);
        QCOMPARE(code({0, 0, width, height}), ErrorCode::BadInput);
        const std::vector<SeedMark> all(width * height, SeedMark::Background);
        QCOMPARE(code({5, 5, 9, 9}, all), ErrorCode::BadInput);
        job.cancel = true;
        QCOMPARE(code({20, 10, 40, 40}), ErrorCode::Cancelled);
    }

    // ---- watershed

    void floods_meet_on_the_ridge_and_go_around_what_is_blocked() {
        const Image relief = drawn(3, 9, [](auto x, auto) { return x == 4 ? 9 : 1; });
        LabelMap seeds(3, 9);
        seeds.set(1, 1, 7);
        seeds.set(7, 1, 3);
        const LabelMap found = seeded_watershed(relief, seeds, {}, QuietJob());
        for (std::int64_t y = 0; y < 3; ++y)
            for (std::int64_t x = 0; x < 9; ++x)
                if (x != 4)
                    QCOMPARE(found.at(x, y), x < 4 ? 7u : 3u);
        std::vector<std::uint8_t> blocked(27, 0);
        for (std::size_t y = 0; y < 3; ++y)
            blocked[y * 9 + 6] = 1;
        const LabelMap walled = seeded_watershed(relief, seeds, blocked, QuietJob());
        QCOMPARE(walled.at(6, 1), 0u);
        QCOMPARE(walled.at(5, 1), 7u);
        QCOMPARE(code_of([&] { seeded_watershed(relief, LabelMap(3, 8), {}, QuietJob()); }),
                 ErrorCode::BadInput);
    }

    void a_watershed_from_a_dot_takes_the_disc() {
        for (const Image& image : the_same_thrice()) {
            LabelMap seeds(height, width);
            for (std::int64_t x = 0; x < width; ++x)
                seeds.set(x, 0, 2), seeds.set(x, height - 1, 2);
            seeds.set(40, 30, 1);
            const LabelMap found = seeded_watershed(gradient_magnitude(image, 2), seeds, {}, QuietJob());
            QVERIFY(overlap(mask_of(found, 1, {0, 0, width, height}), disc(40, 30, 14)) > 0.85);
        }
    }

    // ---- active contour

    void a_rough_outline_moves_to_the_edge_but_no_further_than_allowed() {
        QuietJob job;
        for (const Image& image : the_same_thrice()) {
            const Mask start = disc(43, 32, 11);
            const Mask found = active_contour(image, start, {}, {.reach = 12}, job);
            QVERIFY(overlap(start, disc(40, 30, 14)) < 0.7);
            QVERIFY(overlap(found, disc(40, 30, 14)) > 0.93);
            const Mask held = active_contour(image, start, {}, {.reach = 1}, job);
            QVERIFY(held != start);
            const Mask most = disc(43, 32, 12.1), least = disc(43, 32, 9.9);
            for (std::size_t i = 0; i < held.pixels.size(); ++i)
                QVERIFY((!held.pixels[i] || most.pixels[i]) && (held.pixels[i] || !least.pixels[i]));
        }
    }

    void an_outline_keeps_off_other_objects() {
        const Image image = the_same_thrice()[0];
        std::vector<std::uint8_t> blocked(width * height, 0);
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 44; x < width; ++x)
                blocked[static_cast<std::size_t>(y * width + x)] = 1;
        QuietJob job;
        const Mask found = active_contour(image, disc(38, 30, 9), blocked, {.reach = 12}, job);
        for (std::size_t i = 0; i < found.pixels.size(); ++i)
            QVERIFY(!(found.pixels[i] && blocked[i]));
        QVERIFY(area(found) > area(disc(38, 30, 9)));
        QCOMPARE(code_of([&] { active_contour(image, Mask(height, width), {}, {}, job); }),
                 ErrorCode::BadInput);
        job.cancel = true;
        QCOMPARE(code_of([&] { active_contour(image, disc(38, 30, 9), {}, {}, job); }), ErrorCode::Cancelled);
    }

    // ---- superpixels

    void superpixels_cover_the_image_hang_together_and_keep_to_edges() {
        const auto images = the_same_thrice();
        QuietJob job;
        for (const Image& image : images) {
            const LabelMap found = superpixels(image, {.size = 8}, job);
            const ObjectId count = found.largest_id();
            QVERIFY(count > 40 && count < 120); // 75 places of the grid
            QVERIFY(std::find(found.ids().begin(), found.ids().end(), 0u) == found.ids().end());
            QCOMPARE(split_parts(found, Connectivity::Four).largest_id(), count);
            QVERIFY(relabelled(found) == found);
            // The best that whole superpixels can do for the disc.
            std::vector<std::array<std::int64_t, 2>> areas(count + 1, {0, 0});
            const Mask truth = disc(40, 30, 14);
            for (std::size_t i = 0; i < truth.pixels.size(); ++i)
                ++areas[found.ids()[i]][truth.pixels[i]];
            Mask best(height, width);
            for (std::size_t i = 0; i < truth.pixels.size(); ++i)
                best.pixels[i] = areas[found.ids()[i]][1] > areas[found.ids()[i]][0];
            QVERIFY(overlap(best, truth) > 0.93);
        }
        QVERIFY(superpixels(images[0], {.size = 8}, job) == superpixels(images[0], {.size = 8}, job));
        QCOMPARE(code_of([&] { superpixels(images[0], {.size = 1}, job); }), ErrorCode::BadInput);
        QCOMPARE(superpixels(images[0], {.size = 500}, job).largest_id(), 1u);
        job.cancel = true;
        QCOMPARE(code_of([&] { superpixels(images[0], {}, job); }), ErrorCode::Cancelled);
    }

    // ---- thresholds

    void objects_by_threshold_are_the_disc_whatever_the_method_type_or_tone() {
        QuietJob job;
        for (const Image& image : the_same_thrice())
            for (const bool negative : {false, true})
                for (const ThresholdMethod method : {ThresholdMethod::Otsu, ThresholdMethod::Li,
                                                     ThresholdMethod::Triangle, ThresholdMethod::Sauvola}) {
                    Image shown = image;
                    if (negative)
                        for (float& value : shown.writable_plane_as<float>(0))
                            value = 1 - value;
                    const auto found = threshold_objects(
                        shown,
                        {.method = method, .window = 61, .smoothing = 2, .least_area = 200, .split = false},
                        job);
                    QCOMPARE(found.dark, negative);
                    QCOMPARE(found.objects.largest_id(), 1u);
                    const double agreement = overlap(foreground(found.objects), disc(40, 30, 14));
                    QVERIFY2(
                        agreement > (method == ThresholdMethod::Triangle ? 0.6 : 0.75),
                        qPrintable(
                            QStringLiteral("method %1: %2").arg(static_cast<int>(method)).arg(agreement)));
                }
    }

    void sure_background_is_far_from_the_disc_in_either_tone() {
        Image image = the_same_thrice()[1];
        for (int tone = 0; tone < 2; ++tone) {
            const Mask ground = sure_background(image);
            const Mask inner = disc(40, 30, 13);
            std::int64_t on = 0;
            for (std::size_t i = 0; i < ground.pixels.size(); ++i) {
                QVERIFY(!(ground.pixels[i] && inner.pixels[i]));
                on += ground.pixels[i];
            }
            QVERIFY(on > height * width / 2);
            for (float& value : image.writable_plane_as<float>(0))
                value = 1 - value;
        }
        QCOMPARE(area(sure_background(drawn(9, 9, [](auto, auto) { return 0.5; }))), 0);
    }

    void offset_least_area_holes_and_splitting_do_what_they_say() {
        QuietJob job;
        const auto dumbbell = drawn(height, width, [](auto x, auto y) {
            const bool hole = in_disc(x, y, 25, 30, 3);
            return (in_disc(x, y, 25, 30, 10) || in_disc(x, y, 43, 30, 10)) && !hole ? 0.8
                   : in_disc(x, y, 70, 10, 2)                                        ? 0.8
                                                                                     : 0.1;
        });
        const ThresholdOptions options{.tone = ObjectTone::Bright, .smoothing = 0, .least_area = 0};
        const auto count = [&](const ThresholdOptions& with) {
            return threshold_objects(dumbbell, with, job).objects.largest_id();
        };
        QCOMPARE(count(options), 3u);
        ThresholdOptions other = options;
        other.split = false;
        QCOMPARE(count(other), 2u);
        other.least_area = 30;
        QCOMPARE(count(other), 1u);
        const auto filled = area(foreground(threshold_objects(dumbbell, other, job).objects));
        other.fill_holes = false;
        const auto open = area(foreground(threshold_objects(dumbbell, other, job).objects));
        QCOMPARE(filled - open, area(disc(25, 30, 3)));
        other.offset = 0.9;
        QCOMPARE(count(other), 0u);
        other.offset = 1.1;
        QCOMPARE(code_of([&] { count(other); }), ErrorCode::BadInput);
        const Image even = drawn(9, 9, [](auto, auto) { return 0.5; });
        QCOMPARE(threshold_objects(even, {}, job).objects.largest_id(), 0u);
        QVERIFY(!li_threshold(even) && !triangle_threshold(even));
        QCOMPARE(code_of([&] { sauvola_threshold(even, {.window = 4}); }), ErrorCode::BadInput);
    }
};

QTEST_GUILESS_MAIN(TestInteractiveSegmentation)
#include "test_interactive_segmentation.moc"
