// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/active_contour.h"
#include "core/data/components.h"
#include "core/data/grab_cut.h"
#include "core/data/live_wire.h"
#include "core/data/magic_wand.h"
#include "core/data/outlines.h"
#include "core/data/sample_nuclei.h"
#include "core/data/seeded_watershed.h"
#include "core/data/superpixels.h"
#include "core/data/thresholds.h"
#include "core/formats/image_reader.h"
#include "data/made_image.h"

#include <QElapsedTimer>
#include <QtTest>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <numeric>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

struct Field {
    Image scaled; // of all channels
    LabelMap truth;
};

double overlap(const Mask& a, const Mask& b) {
    std::int64_t both = 0, either = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        both += a.pixels[i] && b.pixels[i];
        either += a.pixels[i] || b.pixels[i];
    }
    return either ? static_cast<double>(both) / static_cast<double>(either) : 1;
}

// The pixel of a mask that is nearest to a place.
std::pair<std::int64_t, std::int64_t> middle_of(const Mask& mask, Point2 near) {
    std::pair<std::int64_t, std::int64_t> best{0, 0};
    double nearest = 1e18;
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width; ++x)
            if (const double away =
                    std::hypot(static_cast<double>(x) + 0.5 - near.x, static_cast<double>(y) + 0.5 - near.y);
                mask.at(x, y) && away < nearest) {
                nearest = away;
                best = {x, y};
            }
    return best;
}

} // namespace

// How well the tools without training do on real nuclei when a careful hand uses each once: the truth says
// where it clicks. Bounds are loose, the figures are printed.
class TestSegmentationOfNuclei : public QObject {
    Q_OBJECT

    std::vector<Field> fields_;

    // Mean IoU over up to `most` nuclei a field of at least 60 px; the tool sees a window around each.
    template<class Tool>
    double mean_overlap(const char* name, Tool tool) {
        QElapsedTimer clock;
        clock.start();
        double sum = 0;
        int count = 0;
        for (const Field& field : fields_) {
            int taken = 0;
            for (const ObjectMeasures& nucleus : measure_objects(field.truth)) {
                if (nucleus.area < 60 || ++taken > 6)
                    continue;
                const std::int64_t margin =
                    std::max<std::int64_t>(12, std::max(nucleus.bounds.width, nucleus.bounds.height));
                const Region window =
                    Region{nucleus.bounds.x - margin, nucleus.bounds.y - margin,
                           nucleus.bounds.width + 2 * margin, nucleus.bounds.height + 2 * margin}
                        .intersected({0, 0, field.truth.width(), field.truth.height()});
                const Mask truth = mask_of(field.truth, nucleus.id, window);
                const Region box{nucleus.bounds.x - window.x, nucleus.bounds.y - window.y,
                                 nucleus.bounds.width, nucleus.bounds.height};
                const Point2 center{nucleus.centroid.x - static_cast<double>(window.x),
                                    nucleus.centroid.y - static_cast<double>(window.y)};
                sum += overlap(tool(field.scaled.cropped(window), truth, box, center), truth);
                ++count;
            }
        }
        const double mean = count ? sum / count : 0;
        qInfo("%-34s mean IoU %.3f of %d nuclei, %.1f ms each", name, mean, count,
              static_cast<double>(clock.elapsed()) / std::max(count, 1));
        return mean;
    }

private Q_SLOTS:
    void initTestCase() {
        const fs::path data = fs::path(qgetenv("EYEPIECE_SHARED_DATA").toStdString()) / "nuclei/dsb2018";
        if (qEnvironmentVariableIsEmpty("EYEPIECE_SHARED_DATA") || !fs::exists(data / "images"))
            QSKIP("EYEPIECE_SHARED_DATA does not hold nuclei/dsb2018");
        std::vector<fs::path> names;
        for (const auto& entry : fs::directory_iterator(data / "images"))
            names.push_back(entry.path().filename());
        std::sort(names.begin(), names.end());
        for (std::size_t i = 0; i < names.size(); i += 4) { // every fourth, so that it takes seconds
            Image image = read_image(data / "images" / names[i]);
            if (image.channels() > 3) { // the alpha channel says nothing
                Image rgb = Image::create(image.type(), 3, image.height(), image.width());
                for (int c = 0; c < 3; ++c)
                    std::ranges::copy(image.plane(c), rgb.writable_plane(c).begin());
                image = rgb;
            }
            const Image mask = read_image(data / "masks" / names[i]);
            Field field{test::scaled(image), LabelMap(mask.height(), mask.width())};
            for (std::int64_t y = 0; y < mask.height(); ++y)
                for (std::int64_t x = 0; x < mask.width(); ++x)
                    field.truth.set(x, y, static_cast<ObjectId>(mask.value(0, x, y)));
            fields_.push_back(std::move(field));
        }
        QVERIFY(fields_.size() > 20);
    }

    void grab_cut_from_the_box() {
        QVERIFY(
            mean_overlap("GrabCut, from the box", [](const Image& image, const Mask&, Region box, Point2) {
                QuietJob job;
                return grab_cut(image, box, {}, {}, job);
            }) > 0.7);
    }

    void live_wire_by_a_few_points() {
        for (const std::size_t count : {4, 8})
            QVERIFY(
                mean_overlap(
                    qPrintable(QStringLiteral("live-wire, by %1 points").arg(count)),
                    [&](const Image& image, const Mask& truth, Region, Point2 center) {
                        QuietJob job;
                        const auto costs =
                            std::make_shared<const LiveWireCosts>(image, LiveWireOptions{}, job);
                        const Polygon outline = trace_outline(truth);
                        // The points of the outline furthest to each side, as one would click them.
                        std::vector<Point2> corners(count);
                        for (std::size_t k = 0; k < count; ++k) {
                            const double angle =
                                (2 * static_cast<double>(k) / static_cast<double>(count) + 0.25) *
                                std::numbers::pi;
                            corners[k] =
                                *std::max_element(outline.begin(), outline.end(), [&](Point2 a, Point2 b) {
                                    const auto along = [&](Point2 p) {
                                        return (p.x - center.x) * std::cos(angle) +
                                               (p.y - center.y) * std::sin(angle);
                                    };
                                    return along(a) < along(b);
                                });
                        }
                        Polygon wire;
                        for (std::size_t k = 0; k < count; ++k) {
                            const auto pixel = [](Point2 p) {
                                return std::pair(static_cast<std::int64_t>(p.x),
                                                 static_cast<std::int64_t>(p.y));
                            };
                            const auto from = pixel(corners[k]), to = pixel(corners[(k + 1) % count]);
                            LiveWirePaths paths(costs, from.first, from.second);
                            for (const auto& [x, y] : paths.path_to(to.first, to.second, job))
                                wire.push_back({static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5});
                        }
                        return rasterize(wire, {0, 0, truth.width, truth.height});
                    }) > 0.6);
    }

    void wand_from_the_middle() {
        for (const double tolerance : {0.15, 0.25, 0.35})
            QVERIFY(mean_overlap(qPrintable(QStringLiteral("wand, tolerance %1").arg(tolerance)),
                                 [&](const Image& image, const Mask& truth, Region, Point2 center) {
                                     const auto [x, y] = middle_of(truth, center);
                                     return fill_holes(
                                         WandReach(smoothed(image, 1), x, y, {}, QuietJob()).mask(tolerance));
                                 }) > 0.2);
    }

    void watershed_from_a_dot() {
        QVERIFY(mean_overlap("watershed, from a dot", [](const Image& image, const Mask& truth, Region,
                                                         Point2 center) {
                    LabelMap seeds(truth.height, truth.width);
                    for (std::int64_t x = 0; x < truth.width; ++x)
                        seeds.set(x, 0, 2), seeds.set(x, truth.height - 1, 2);
                    for (std::int64_t y = 0; y < truth.height; ++y)
                        seeds.set(0, y, 2), seeds.set(truth.width - 1, y, 2);
                    const Mask ground = sure_background(image.channels() >= 3 ? luminance(image) : image);
                    for (std::int64_t y = 0; y < truth.height; ++y)
                        for (std::int64_t x = 0; x < truth.width; ++x)
                            if (ground.at(x, y))
                                seeds.set(x, y, 2);
                    const auto [cx, cy] = middle_of(truth, center);
                    for (std::int64_t y = std::max<std::int64_t>(cy - 2, 0);
                         y <= std::min(cy + 2, truth.height - 1); ++y)
                        for (std::int64_t x = std::max<std::int64_t>(cx - 2, 0);
                             x <= std::min(cx + 2, truth.width - 1); ++x)
                            seeds.set(x, y, 1);
                    const LabelMap found =
                        seeded_watershed(gradient_magnitude(image, 1.5), seeds, {}, QuietJob());
                    return mask_of(found, 1, {0, 0, truth.width, truth.height});
                }) > 0.4);
    }

    void a_rough_outline_refined() {
        // An ellipse in place of the nucleus, a tenth too large: as one draws in a hurry.
        const auto rough = [](const Mask& truth, Region box) {
            Mask mask(truth.height, truth.width);
            for (std::int64_t y = 0; y < truth.height; ++y)
                for (std::int64_t x = 0; x < truth.width; ++x) {
                    const double dx =
                        (static_cast<double>(x - box.x) + 0.5) / static_cast<double>(box.width) * 2 - 1;
                    const double dy =
                        (static_cast<double>(y - box.y) + 0.5) / static_cast<double>(box.height) * 2 - 1;
                    mask.set(x, y, dx * dx + dy * dy < 1.2);
                }
            return mask;
        };
        const double before = mean_overlap("rough ellipse", [&](const Image&, const Mask& truth, Region box,
                                                                Point2) { return rough(truth, box); });
        const double after = mean_overlap(
            "rough ellipse, refined", [&](const Image& image, const Mask& truth, Region box, Point2) {
                QuietJob job;
                return active_contour(image, rough(truth, box), {}, {.reach = 6}, job);
            });
        QVERIFY(after > before);
    }

    void superpixels_chosen_whole() {
        QVERIFY(
            mean_overlap("superpixels of 8 px, the best of them", [](const Image& image, const Mask& truth,
                                                                     Region, Point2) {
                QuietJob job;
                const LabelMap found = superpixels(image, {.size = 8}, job);
                std::vector<std::array<std::int64_t, 2>> areas(found.largest_id() + std::size_t{1}, {0, 0});
                for (std::size_t i = 0; i < truth.pixels.size(); ++i)
                    ++areas[found.ids()[i]][truth.pixels[i]];
                Mask best(truth.height, truth.width);
                for (std::size_t i = 0; i < truth.pixels.size(); ++i)
                    best.pixels[i] = areas[found.ids()[i]][1] > areas[found.ids()[i]][0];
                return best;
            }) > 0.7);
    }

    void thresholds_of_whole_fields() {
        for (const auto& [method, name] :
             {std::pair{ThresholdMethod::Otsu, "Otsu"}, std::pair{ThresholdMethod::Li, "Li"},
              std::pair{ThresholdMethod::Triangle, "triangle"},
              std::pair{ThresholdMethod::Sauvola, "Sauvola"}}) {
            double sum = 0;
            for (const Field& field : fields_) {
                QuietJob job;
                const Image gray = field.scaled.channels() >= 3 ? luminance(field.scaled) : field.scaled;
                sum += overlap(foreground(threshold_objects(gray, {.method = method}, job).objects),
                               foreground(field.truth));
            }
            const double mean = sum / static_cast<double>(fields_.size());
            qInfo("threshold, %-24s mean IoU %.3f of foreground in %zu fields", name, mean, fields_.size());
            QVERIFY(mean > 0.3);
        }
    }

    // What must be quick on a large image; times are printed, and judged only where a hand would feel them.
    void a_large_field_is_quick_enough() {
        const NucleiField made = generate_nuclei({.width = 2048, .height = 2048, .nuclei = 1500});
        const Image image = test::scaled(made.image);
        QuietJob job;
        QElapsedTimer clock;
        const auto say = [&](const char* what) {
            qInfo("2048 x 2048: %-34s %lld ms", what, static_cast<long long>(clock.restart()));
        };
        clock.start();
        const auto costs = std::make_shared<const LiveWireCosts>(image, LiveWireOptions{}, job);
        say("live-wire, costs");
        LiveWirePaths paths(costs, 1024, 1024);
        say("live-wire, a point set");
        paths.path_to(1124, 1084, job);
        say("live-wire, path of 120 px, first");
        while (paths.grow(100'000)) {
        }
        say("live-wire, all paths");
        qint64 slowest = 0;
        for (int i = 0; i < 200; ++i) {
            QElapsedTimer one;
            one.start();
            QVERIFY(!paths.path_to((i * 397) % 2048, (i * 911) % 2048, job).empty());
            slowest = std::max(slowest, one.nsecsElapsed());
        }
        qInfo("2048 x 2048: live-wire, slowest of 200 paths %.2f ms", static_cast<double>(slowest) / 1e6);
        QVERIFY(slowest < 16'000'000);
        clock.restart();
        const WandReach reach(image, 1024, 1024, {}, job);
        say("wand, reach");
        QVERIFY(reach.mask(0.2).at(1024, 1024));
        say("wand, another tolerance");
        QVERIFY(superpixels(image, {}, job).largest_id() > 1000);
        say("superpixels of 16 px");
        QVERIFY(threshold_objects(image, {}, job).objects.largest_id() > 100);
        say("threshold and objects");
        QVERIFY(gradient_magnitude(image, 1.5).width() == 2048);
        say("gradient");
    }
};

QTEST_GUILESS_MAIN(TestSegmentationOfNuclei)
#include "test_segmentation_of_nuclei.moc"
