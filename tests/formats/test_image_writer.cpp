// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/formats/png_file.h"
#include "core/formats/tiff_writer.h"

#include <QtTest>
#include <algorithm>
#include <cstring>
#include <random>

using namespace eyepiece;

namespace {

Image noise(PixelType type, int channels, std::int64_t height, std::int64_t width) {
    Image image = Image::create(type, channels, height, width);
    std::mt19937_64 random(7);
    for (int c = 0; c < channels; ++c)
        with_pixel_type(type, [&](auto sample) {
            using T = decltype(sample);
            for (auto& value : image.writable_plane_as<T>(c))
                value = static_cast<T>(static_cast<double>(random() % 100000) *
                                       (std::is_floating_point_v<T> ? 0.37 : 1));
        });
    return image;
}

bool same(const Image& a, const Image& b) {
    if (a.type() != b.type() || a.channels() != b.channels() || a.width() != b.width() ||
        a.height() != b.height())
        return false;
    for (int c = 0; c < a.channels(); ++c)
        if (std::memcmp(a.plane(c).data(), b.plane(c).data(), a.plane_bytes()) != 0)
            return false;
    return true;
}

} // namespace

class TestImageWriter : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::filesystem::path file(const char* name) const {
        return std::filesystem::path(folder_.path().toStdString()) / name;
    }

private Q_SLOTS:
    void tiffKeepsEveryTypeBitForBit_data() {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("channels");
        for (int type = 0; type < 8; ++type)
            for (const int channels : {1, 3, 5})
                QTest::addRow("%s-%d", std::string(to_string(static_cast<PixelType>(type))).c_str(), channels)
                    << type << channels;
    }
    void tiffKeepsEveryTypeBitForBit() {
        QFETCH(int, type);
        QFETCH(int, channels);
        const Image image = noise(static_cast<PixelType>(type), channels, 67, 301);
        write_image(file("all.tif"), image, channels == 3, {0.325, 0.65, 0, "µm"});
        const auto source = open_image(file("all.tif"));
        QCOMPARE(source->info().rgb, channels == 3);
        QVERIFY(std::abs(source->info().pixel_size.x - 0.325) < 1e-6);
        QVERIFY(std::abs(source->info().pixel_size.y - 0.65) < 1e-6);
        QVERIFY(same(source->read({0, 0, 301, 67}), image));
    }

    void pngKeepsBothDepths() {
        for (const PixelType type : {PixelType::UInt8, PixelType::UInt16})
            for (const int channels : {1, 3}) {
                const Image image = noise(type, channels, 33, 70);
                write_image(file("a.png"), image, channels == 3, {0.5, 0.5, 0, "µm"});
                QVERIFY(same(read_image(file("a.png")), image));
                QVERIFY(std::abs(probe_image(file("a.png")).pixel_size.x - 0.5) < 1e-6);
                QCOMPARE(probe_image(file("a.png")).rgb, channels == 3);
            }
    }

    void bandsOfAnyHeightMakeOneTiledFile() {
        const Image image = noise(PixelType::UInt16, 2, 600, 530);
        TiffOptions options;
        options.tile = 128;
        TiffWriter writer(file("bands.tif"), PixelType::UInt16, 2, 600, 530, options);
        for (std::int64_t y = 0, band = 1; y < 600; y += band, band = band % 97 + 11)
            writer.write_rows(image.cropped({0, y, 530, std::min(band, 600 - y)})),
                band = std::min(band, 600 - y);
        QVERIFY(!std::filesystem::exists(file("bands.tif"))); // nothing half-written is ever seen
        writer.finish();
        const auto source = open_image(file("bands.tif"));
        QCOMPARE(source->info().tile_width, 128);
        QVERIFY(same(source->read({0, 0, 530, 600}), image));
        QVERIFY(same(source->read({100, 120, 200, 300}), image.cropped({100, 120, 200, 300})));
    }

    void oneBitFilesReadAsBlackAndWhite() {
        Image mask = Image::create(PixelType::UInt8, 1, 9, 21);
        auto plane = mask.writable_plane_as<std::uint8_t>(0);
        for (std::size_t i = 0; i < plane.size(); ++i)
            plane[i] = i % 3 ? 0 : 255;
        TiffOptions options;
        options.bilevel = true;
        TiffWriter writer(file("bits.tif"), PixelType::UInt8, 1, 9, 21, options);
        writer.write_rows(mask);
        writer.finish();
        QVERIFY(same(read_image(file("bits.tif")), mask));
    }

    void labelsKeepTheirIds() {
        LabelMap labels(5, 7);
        labels.set(3, 2, 65535);
        write_label_image(file("l.png"), labels);
        QCOMPARE(read_image(file("l.png")).value(0, 3, 2), 65535.0);
        labels.set(6, 4, 4'000'000'000u);
        write_label_image(file("l.tif"), labels);
        QCOMPARE(probe_image(file("l.tif")).type, PixelType::UInt32);
        QCOMPARE(read_image(file("l.tif")).value(0, 6, 4), 4e9);
        QVERIFY_EXCEPTION_THROWN(write_label_image(file("l.png"), labels), Error);
        QCOMPARE(read_image(file("l.png")).value(0, 6, 4), 0.0); // the good file is still there
    }

    void whatCannotBeWrittenIsSaid() {
        const Image image = noise(PixelType::Float32, 1, 3, 3);
        QVERIFY_EXCEPTION_THROWN(write_image(file("x.png"), image), Error);
        QVERIFY_EXCEPTION_THROWN(write_image(file("x.bmp"), image), Error);
        QVERIFY_EXCEPTION_THROWN(write_image(file("none/x.tif"), image), Error);
        QVERIFY_EXCEPTION_THROWN(write_image("/proc/x.png", noise(PixelType::UInt8, 1, 3, 3)), Error);
        TiffWriter writer(file("short.tif"), PixelType::UInt8, 1, 10, 10);
        QVERIFY_EXCEPTION_THROWN(writer.finish(), Error);
        // A full disk.
        if (std::filesystem::exists("/dev/full")) {
            std::filesystem::create_symlink("/dev/full", file("full.png"));
            // The target is replaced, never written through: so the link is gone and the file whole.
            write_image(file("full.png"), noise(PixelType::UInt8, 1, 3, 3));
            QVERIFY(std::filesystem::is_regular_file(file("full.png")));
        }
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path().toStdString()))
            QVERIFY2(entry.path().extension() != ".part" ||
                         entry.path().string().find("short") != std::string::npos,
                     entry.path().c_str());
    }
};

QTEST_APPLESS_MAIN(TestImageWriter)
#include "test_image_writer.moc"
