// SPDX-License-Identifier: GPL-3.0-or-later
// What the network is shown, and the user who clicks for training and measuring.
#include "core/base/error.h"
#include "plugins/prompt/engine/crop.h"
#include "plugins/prompt/engine/object_training.h"
#include "plugins/prompt/engine/scripted_user.h"
#include "plugins/prompt/engine/training_crops.h"

#include <QtTest>

#include <cmath>

using namespace eyepiece;
using namespace eyepiece::prompt;

namespace {

Image ramp(std::int64_t height, std::int64_t width, int channels = 1) {
    Image image = Image::create(PixelType::UInt16, channels, height, width);
    for (int c = 0; c < channels; ++c) {
        const auto plane = image.writable_plane_as<std::uint16_t>(c);
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x)
                plane[static_cast<std::size_t>(y * width + x)] =
                    static_cast<std::uint16_t>(100 + 10 * (c + 1) * x);
    }
    return image;
}

std::vector<float> planes_of(const CropImage& image, const CropFrame& frame) {
    std::vector<float> planes(image_planes * crop_pixels);
    image.read(frame, planes);
    return planes;
}

Mask disk(int side, double x, double y, double radius) {
    Mask mask(side, side);
    for (int py = 0; py < side; ++py)
        for (int px = 0; px < side; ++px)
            mask.set(px, py, std::hypot(px + 0.5 - x, py + 0.5 - y) <= radius);
    return mask;
}

} // namespace

class TestCrops : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // A ramp stays a ramp at every zoom: the crop is where it says, whatever level it was read from.
    void a_crop_lies_where_it_says_at_every_zoom() {
        const CropImage image(source_of(ramp(300, 300)));
        for (const double side : {24.0, 64.0, 150.0, 290.0}) {
            const std::vector<float> planes = planes_of(image, {3.3, 4.1, side});
            // Standardised: a ramp's ends lie at plus and minus the root of three.
            for (const std::size_t row : {std::size_t{0}, std::size_t{31}, std::size_t{63}}) {
                const float* values = planes.data() + row * crop_side;
                for (int x = 0; x < crop_side; ++x) {
                    const double wanted = (x + 0.5 - crop_side / 2.0) / crop_side * 2 * std::sqrt(3.0);
                    QVERIFY2(std::abs(values[x] - wanted) < 0.08,
                             qPrintable(QStringLiteral("side %1, x %2: %3 for %4")
                                            .arg(side)
                                            .arg(x)
                                            .arg(values[x])
                                            .arg(wanted)));
                }
            }
        }
    }

    void any_number_of_channels_becomes_three_planes() {
        for (const int channels : {1, 2, 3, 5}) {
            const CropImage image(source_of(ramp(80, 90, channels)));
            const std::vector<float> planes = planes_of(image, {5, 5, 60});
            double squares = 0;
            for (const float value : planes) {
                QVERIFY(std::isfinite(value));
                squares += static_cast<double>(value) * value;
            }
            QVERIFY(squares > 0.5 * static_cast<double>(crop_pixels)); // at least one plane shows it
        }
    }

    void tiny_flat_and_far_images_are_read_without_harm() {
        for (const auto& [height, width] : {std::pair{1, 1}, std::pair{1, 300}, std::pair{2000, 3}}) {
            const CropImage image(source_of(ramp(height, width)));
            for (const CropFrame& frame :
                 {CropFrame{0, 0, 24}, CropFrame{-500, -900, 64}, CropFrame{90'000, 5, 4096}})
                for (const float value : planes_of(image, frame))
                    QVERIFY(std::isfinite(value));
        }
        Image flat = Image::create(PixelType::UInt8, 1, 40, 40);
        for (auto& value : flat.writable_plane_as<std::uint8_t>(0))
            value = 7;
        for (const float value : planes_of(CropImage(source_of(flat)), {0, 0, 40}))
            QCOMPARE(value, 0.0F);
        QVERIFY_THROWS_EXCEPTION(Error, CropImage(source_of(flat), 1, 0));
    }

    void prompts_are_drawn_where_they_are_in_the_image() {
        const CropFrame frame{100, 200, 128}; // two px of the image to one
        Prompt prompt;
        prompt.clicks = {{{120, 240}, true}, {{200, 300}, false}, {{5000, 5000}, true}};
        prompt.box = Region{110, 210, 40, 20};
        // Two halves, dark and bright: the click lies in the dark one.
        std::vector<float> picture(image_planes * crop_pixels, -1);
        for (std::size_t i = 0; i < picture.size(); ++i)
            if (i % crop_side >= 32)
                picture[i] = 1;
        std::vector<float> planes(prompt_planes * crop_pixels, -1);
        write_prompt(prompt, frame, picture, {}, planes);
        const auto at = [&](std::size_t plane, int x, int y) {
            return planes[plane * crop_pixels + static_cast<std::size_t>(y * crop_side + x)];
        };
        QCOMPARE(at(0, 10, 20), 1.0F);
        QCOMPARE(at(0, 12, 20), 1.0F);
        QCOMPARE(at(0, 14, 20), 0.0F);
        QCOMPARE(at(1, 50, 50), 1.0F);
        QCOMPARE(at(0, 50, 50), 0.0F);
        QCOMPARE(at(2, 10, 20), 0.0F);
        QCOMPARE(at(3, 5, 5), 1.0F);
        QCOMPARE(at(3, 24, 14), 1.0F);
        QCOMPARE(at(3, 25, 14), 0.0F);
        QCOMPARE(at(3, 24, 15), 0.0F);
        // Near is what no edge parts from the click.
        QCOMPARE(at(4, 10, 20), 1.0F);
        QVERIFY(at(4, 31, 20) > 1.5F * at(4, 33, 20));
        QVERIFY(at(4, 31, 60) > at(4, 33, 20));
        QCOMPARE(at(5, 50, 50), 1.0F);
    }

    void the_first_click_is_on_the_object_and_a_correction_on_the_larger_error() {
        const Mask object = disk(64, 30, 34, 12);
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            Random random(seed);
            const auto first = first_click(object, 0.6, random);
            QVERIFY(first && std::hypot(first->x - 30, first->y - 34) < 0.6 * 12 + 1);
            const auto more = correcting_click(object, disk(64, 30, 34, 18), 0.6, random);
            QVERIFY(more && !more->object);
            const double away = std::hypot(more->at.x - 30, more->at.y - 34);
            QVERIFY(away > 12 && away < 18);
            const auto less = correcting_click(object, disk(64, 27, 34, 6), 0.6, random);
            QVERIFY(less && less->object);
            QVERIFY(std::hypot(less->at.x - 30, less->at.y - 34) < 12);
        }
        Random random(1);
        QVERIFY(!correcting_click(object, object, 0.6, random));
        QVERIFY(!first_click(Mask(8, 8), 0.6, random));
        QCOMPARE(intersection_over_union(object, object), 1.0);
        QCOMPARE(intersection_over_union(object, Mask(64, 64)), 0.0);
    }

    void training_crops_are_functions_of_their_seed_and_show_what_they_say() {
        const std::vector<TrainingField> scenes = drawn_scenes(8, 3);
        QVERIFY(scenes.size() >= 6);
        int clicks = 0, boxes = 0, empty = 0;
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const TrainingField& field = scenes[seed % scenes.size()];
            const TrainingCrop crop = draw_crop(field, seed), again = draw_crop(field, seed);
            QVERIFY(crop.planes == again.planes && crop.object == again.object);
            for (const float value : crop.planes)
                QVERIFY(std::isfinite(value));
            boxes += crop.prompt.box.has_value();
            empty += crop.background;
            // A click on an object is on it, mirrored and turned as the picture is.
            for (const Click& click : crop.prompt.clicks)
                if (!crop.background) {
                    ++clicks;
                    const auto x = static_cast<std::int64_t>(click.at.x),
                               y = static_cast<std::int64_t>(click.at.y);
                    QVERIFY(x >= 0 && y >= 0 && x < crop_side && y < crop_side);
                    QVERIFY(crop.object.at(x, y));
                }
        }
        QVERIFY2(clicks > 100 && boxes > 10 && empty > 5,
                 qPrintable(QStringLiteral("%1 %2 %3").arg(clicks).arg(boxes).arg(empty)));
    }

    void training_repeats_itself_and_stops() {
        const std::vector<TrainingField> scenes = drawn_scenes(10, 4);
        const FieldGroup groups[] = {{scenes, 1}};
        ObjectTrainingOptions options;
        options.steps = 12;
        options.batch = 8;
        const ComputeDevice device = select_device("cpu", 1);
        QuietJob job;
        ObjectNetwork first(5), second(5);
        const auto told = train(first, groups, options, device, job),
                   again = train(second, groups, options, device, job);
        QCOMPARE(told.loss, again.loss);
        for (std::size_t i = 0; i < first.model().parameters().size(); ++i)
            QVERIFY(torch::equal(first.model().parameters()[i], second.model().parameters()[i]));
        QVERIFY_THROWS_EXCEPTION(Error, train(first, std::span<const FieldGroup>{}, options, device, job));
        job.cancel = true;
        QVERIFY_THROWS_EXCEPTION(Error, train(first, groups, options, device, job));
    }
};

QTEST_GUILESS_MAIN(TestCrops)
#include "test_crops.moc"
