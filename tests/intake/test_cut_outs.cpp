// SPDX-License-Identifier: GPL-3.0-or-later
// Labelled objects in small, cut out of their images.
#include "core/data/contrast.h"
#include "core/formats/image_writer.h"
#include "core/intake/cut_outs.h"
#include "core/intake/facts.h"
#include "core/intake/importer.h"
#include "tests/project/fixture.h"

#include <QElapsedTimer>
#include <numeric>
#include <random>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr std::int64_t longer_side = 128;

struct Bench {
    Folder folder;
    std::unique_ptr<Project> project = Project::create(folder / "p");
    ClassId nucleus = project->classes().add("nucleus");
    QuietJob job;
    CutOuts cut_outs{folder / "p", longer_side};

    ItemId add(const std::string& name, const Image& image, bool rgb = false) {
        write_image(folder / name, image, rgb);
        const ItemId id = project->items().add({folder / name}).added.at(0);
        read_facts(*project, {}, job);
        return id;
    }
    CutOut get(ItemId item, ObjectId object) { return cut_outs.get(item, object, job); }
};

Image noise(PixelType type, int channels, std::int64_t height, std::int64_t width) {
    std::mt19937 random(7);
    Image image = Image::create(type, channels, height, width);
    for (int channel = 0; channel < channels; ++channel)
        if (type == PixelType::UInt8)
            for (auto& value : image.writable_plane_as<std::uint8_t>(channel))
                value = static_cast<std::uint8_t>(random() % 256);
        else
            for (auto& value : image.writable_plane_as<std::uint16_t>(channel))
                value = static_cast<std::uint16_t>(random() % 4096);
    return image;
}

std::int64_t area(const Mask& mask) {
    return std::accumulate(mask.pixels.begin(), mask.pixels.end(), std::int64_t{0});
}

Mask inside(const CutOut& cut) {
    return rasterize(cut.outlines, {0, 0, cut.picture.width(), cut.picture.height()});
}

} // namespace

class TestCutOuts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void a_small_object_keeps_the_pixels_of_its_image() {
        Bench bench;
        const Image image = noise(PixelType::UInt8, 3, 64, 64);
        const ItemId item = bench.add("a.png", image, true);
        bench.project->labels().commit(rectangle(item, {20, 30, 6, 3}, 5, bench.nucleus));
        const CutOut cut = bench.get(item, 5);
        const Image expected = image.cropped({16, 26, 14, 11}); // four px about it
        QCOMPARE(cut.picture.width(), std::int64_t{14});
        QCOMPARE(cut.picture.height(), std::int64_t{11});
        for (int channel = 0; channel < 3; ++channel)
            QVERIFY(std::ranges::equal(cut.picture.plane_as<std::uint8_t>(channel),
                                       expected.plane_as<std::uint8_t>(channel)));
        QCOMPARE(cut.outlines.size(), std::size_t{1});
        QCOMPARE(cut.outlines[0], (Polygon{{4, 4}, {10, 4}, {10, 7}, {4, 7}}));
        QCOMPARE(cut.color, bench.project->classes().find(bench.nucleus)->color);
    }

    void parts_holes_and_neighbours_are_told_apart() {
        Bench bench;
        const ItemId item = bench.add("a.png", noise(PixelType::UInt8, 1, 64, 64));
        LabelEdit edit = rectangle(item, {10, 10, 20, 20}, 1, bench.nucleus);
        for (std::int64_t y = 5; y < 12; ++y)
            for (std::int64_t x = 5; x < 12; ++x)
                edit.pixels.set(x, y, 0);
        edit.pixels.set(19, 19, 2); // another object in its corner
        edit.objects.push_back(edit.objects[0]);
        edit.objects.back().id = 2;
        bench.project->labels().commit(edit);
        const CutOut cut = bench.get(item, 1);
        QCOMPARE(cut.outlines.size(), std::size_t{2}); // its edge, and that of its hole
        const Mask mask = inside(cut);
        QCOMPARE(area(mask), std::int64_t{20 * 20 - 7 * 7 - 1});
        QVERIFY(mask.at(5, 5) && !mask.at(5 + 8, 5 + 8) && !mask.at(5 + 19, 5 + 19)); // 5 px about it
    }

    void at_the_border_of_the_image_it_ends_there() {
        Bench bench;
        const ItemId item = bench.add("a.png", noise(PixelType::UInt8, 1, 50, 40));
        bench.project->labels().commit(rectangle(item, {36, 0, 4, 50}, 1, bench.nucleus));
        const CutOut cut = bench.get(item, 1);
        QCOMPARE(cut.picture.width(), std::int64_t{16}); // 12 px to the left, none to the right
        QCOMPARE(cut.picture.height(), std::int64_t{50});
        QCOMPARE(area(inside(cut)), std::int64_t{4 * 50});
    }

    void a_large_object_is_made_to_fit() {
        Bench bench;
        const ItemId item = bench.add("a.png", noise(PixelType::UInt8, 1, 1500, 2001));
        bench.project->labels().commit(rectangle(item, {101, 203, 1502, 1003}, 1, bench.nucleus));
        const CutOut cut = bench.get(item, 1);
        QVERIFY(std::max(cut.picture.width(), cut.picture.height()) <= longer_side + 1);
        QVERIFY(std::max(cut.picture.width(), cut.picture.height()) > longer_side / 2);
        const double scale = 16, expected = 1502.0 * 1003.0 / (scale * scale);
        const double found = static_cast<double>(area(inside(cut)));
        QVERIFY2(std::abs(found - expected) < 0.03 * expected, qPrintable(QString::number(found)));
    }

    // What is dark in one cut-out is dark in the next.
    void objects_of_one_image_share_its_contrast() {
        Bench bench;
        Image image = noise(PixelType::UInt16, 1, 100, 100);
        auto plane = image.writable_plane_as<std::uint16_t>(0);
        plane[12 * 100 + 12] = plane[72 * 100 + 72] = 1777;
        for (std::size_t x = 60; x < 100; ++x) // far brighter about the second one
            plane[80 * 100 + x] = 4095;
        const ItemId item = bench.add("a.tif", image);
        bench.project->labels().commit(rectangle(item, {10, 10, 10, 10}, 1, bench.nucleus));
        bench.project->labels().commit(rectangle(item, {70, 70, 10, 10}, 2, bench.nucleus));
        const CutOut first = bench.get(item, 1), second = bench.get(item, 2);
        const double shade = first.picture.value(0, 2 + 4, 2 + 4);
        QCOMPARE(second.picture.value(0, 2 + 4, 2 + 4), shade);
        QVERIFY(shade > 60 && shade < 180); // stretched: 1777 of 65535 would be black
    }

    void what_is_not_there_is_said() {
        Bench bench;
        const ItemId item = bench.add("a.png", noise(PixelType::UInt8, 1, 50, 40));
        bench.project->labels().commit(rectangle(item, {10, 10, 4, 4}, 1, bench.nucleus));
        QCOMPARE(error_of([&] { bench.get(item, 2); }).code(), ErrorCode::NotFound);
        QCOMPARE(error_of([&] { bench.get(item + 1, 1); }).code(), ErrorCode::NotFound);
        bench.job.cancel = true;
        QCOMPARE(error_of([&] { bench.get(item, 1); }).code(), ErrorCode::Cancelled);
        bench.job.cancel = false;
        std::filesystem::remove(bench.folder / "a.png");
        CutOuts anew(bench.folder / "p", longer_side);
        const Error error = error_of([&] { anew.get(item, 1, bench.job); });
        QVERIFY2(std::string(error.what()).find("a.png") != std::string::npos, error.what());
    }

    // As the pointer wanders over a plot: objects of one image after the other.
    void dsb2018() {
        const std::filesystem::path data =
            std::filesystem::path(qEnvironmentVariable("EYEPIECE_SHARED_DATA").toStdString()) /
            "nuclei/dsb2018";
        if (!std::filesystem::exists(data))
            QSKIP("The shared data are not here.");
        Bench bench;
        import_files(*bench.project, {data}, ImportOptions(), bench.job);
        std::vector<std::pair<ItemId, LabelObject>> objects;
        for (const Item& item : bench.project->items().all())
            for (const LabelObject& object : bench.project->labels().objects(item.id))
                objects.emplace_back(item.id, object);
        QVERIFY(objects.size() > 4000);
        std::shuffle(objects.begin(), objects.end(), std::mt19937(1));
        objects.resize(300);
        std::vector<qint64> took;
        QElapsedTimer timer;
        for (const auto& [item, object] : objects) {
            timer.restart();
            const CutOut cut = bench.get(item, object.id);
            took.push_back(timer.nsecsElapsed());
            const bool whole = std::max(object.bounds.width, object.bounds.height) * 3 / 2 < longer_side;
            if (whole) // at the image's own pixels: to the pixel
                QCOMPARE(area(inside(cut)), object.area);
        }
        std::sort(took.begin(), took.end());
        const auto ms = [&](double share) {
            return static_cast<double>(took[static_cast<std::size_t>(share * 299)]) / 1e6;
        };
        qInfo("%zu cut-outs of 109 images in any order: median %.1f ms, 95 %% within %.1f ms", took.size(),
              ms(0.5), ms(0.95));
        QVERIFY2(ms(0.5) < 100, qPrintable(QString::number(ms(0.5))));
    }
};

QTEST_GUILESS_MAIN(TestCutOuts)
#include "test_cut_outs.moc"
