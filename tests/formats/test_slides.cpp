// SPDX-License-Identifier: GPL-3.0-or-later
// Whole slides through OpenSlide, and the averaging that maps their levels onto ours.
#include "core/base/error.h"
#include "core/formats/area_average.h"
#include "core/formats/image_reader.h"
#include "core/formats/openslide_file.h"
#include "formats/tiff_files.h"

#include <QtTest>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

Image noise(PixelType type, std::int64_t height, std::int64_t width, unsigned seed) {
    Image image = Image::create(type, 3, height, width);
    std::mt19937 random(seed);
    for (int c = 0; c < 3; ++c)
        with_pixel_type(type, [&](auto sample) {
            using T = decltype(sample);
            for (T& value : image.writable_plane_as<T>(c))
                value = static_cast<T>(random() % 251);
        });
    return image;
}

bool equal(const Image& a, const Image& b) {
    if (a.width() != b.width() || a.height() != b.height() || a.channels() != b.channels())
        return false;
    for (int c = 0; c < a.channels(); ++c)
        if (std::memcmp(a.plane(c).data(), b.plane(c).data(), a.plane_bytes()) != 0)
            return false;
    return true;
}

Image averaged(const Image& fine, const Region& region, double ratio) {
    const AreaAverage average(region, ratio, {fine.width(), fine.height()});
    Image result = Image::create(fine.type(), fine.channels(), region.height, region.width);
    for (std::int64_t y = 0; y < region.height; y += 5) { // in bands, as files are read
        const std::int64_t rows = std::min<std::int64_t>(5, region.height - y);
        const Region below = average.below(y, rows);
        average.write(fine.cropped(below), below, y, rows, result);
    }
    return result;
}

// An uncompressed slide as Aperio's scanners lay them out: tiled pages, the finest first.
void write_slide(const fs::path& path, const std::vector<Image>& levels) {
    const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(TIFFOpen(path.c_str(), "w"), TIFFClose);
    for (const Image& level : levels) {
        TiffFlavour f;
        f.samples = 3, f.photometric = PHOTOMETRIC_RGB, f.tile = 64;
        const auto width = static_cast<std::uint32_t>(level.width()),
                   height = static_cast<std::uint32_t>(level.height());
        set_tiff_fields(tiff.get(), f, width, height);
        TIFFSetField(tiff.get(), TIFFTAG_IMAGEDESCRIPTION,
                     "Aperio Image Library v1.0\r\n300x200|AppMag = 20|MPP = 0.5");
        write_tiff_pixels(tiff.get(), f, width, height, 0, [&](int, std::uint32_t y, int) {
            std::vector<std::uint8_t> row;
            for (std::int64_t x = 0; x < level.width(); ++x)
                for (int c = 0; c < 3; ++c)
                    row.push_back(static_cast<std::uint8_t>(level.value(c, x, y)));
            return row;
        });
        TIFFWriteDirectory(tiff.get());
    }
}

} // namespace

class TestSlides : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }
    static fs::path shared() {
        return fs::path(qEnvironmentVariable("EYEPIECE_SHARED_DATA").toStdString()) /
               "slides/CMU-1-Small-Region.svs";
    }

private Q_SLOTS:
    void initTestCase() { TIFFSetWarningHandler(nullptr); }

    void halvingIsTheMeanThatHalvedTakes() {
        for (const PixelType type :
             {PixelType::UInt8, PixelType::UInt16, PixelType::Int16, PixelType::Float32}) {
            const Image fine = noise(type, 37, 61, 1);
            QVERIFY(equal(averaged(fine, {0, 0, 31, 19}, 2), halved(fine)));
            QVERIFY(equal(averaged(fine, {0, 0, 61, 37}, 1), fine));
        }
    }

    void areasCountByTheirShare() {
        Image fine = Image::create(PixelType::UInt8, 1, 1, 5);
        const std::array<std::uint8_t, 5> values{10, 40, 100, 7, 250};
        std::copy(values.begin(), values.end(), fine.writable_plane_as<std::uint8_t>(0).begin());
        // 1.5 px each: (10 + 40/2) / 1.5, (40/2 + 100) / 1.5, (7 + 250/2) / 1.5, 250 (half a pixel is left),
        // and what lies beyond the edge.
        const Image coarse = averaged(fine, {0, 0, 5, 1}, 1.5);
        const std::array<double, 5> wanted{20, 80, 88, 250, 250};
        for (int x = 0; x < 5; ++x)
            QCOMPARE(coarse.value(0, x, 0), wanted[static_cast<std::size_t>(x)]);
    }

    void aPieceIsThePartOfTheWhole() {
        const Image fine = noise(PixelType::UInt8, 150, 200, 2);
        for (const double ratio : {1.0, 4.0 / 3, 2.0, 3.7}) {
            const Region all{0, 0, static_cast<std::int64_t>(std::ceil(200 / ratio)),
                             static_cast<std::int64_t>(std::ceil(150 / ratio))};
            const Image whole = averaged(fine, all, ratio);
            const Region part{all.width / 3, all.height / 4, all.width / 2, all.height / 2};
            QVERIFY(equal(averaged(fine, part, ratio), whole.cropped(part)));
        }
    }

    void levelsInAnyRatioAreMappedOntoHalves() {
        const Image fine = noise(PixelType::UInt8, 900, 1260, 3);
        // Other pixels than averaging gives, so that it shows which level was read.
        const Image third = noise(PixelType::UInt8, 300, 420, 4),
                    ninth = noise(PixelType::UInt8, 100, 140, 5);
        write_slide(file("thirds.svs"), {fine, third, ninth});
        write_slide(file("thirds.svs"), {fine, third, ninth});
        const auto source = open_image(file("thirds.svs"));
        const ImageInfo& info = source->info();
        QCOMPARE(info.format, std::string("Aperio slide"));
        QCOMPARE(info.width, 1260);
        QCOMPARE(info.height, 900);
        QCOMPARE(info.channels, 3);
        QVERIFY(info.rgb);
        QCOMPARE(info.pixel_size.x, 0.5);
        QCOMPARE(info.levels, 5); // level 4 is the first that is coarser than a ninth
        const auto all = [](int level) {
            const LevelSize size = level_size(1260, 900, level);
            return Region{0, 0, size.width, size.height};
        };
        QVERIFY(equal(source->read(all(0)), fine));
        QVERIFY(equal(source->read(all(1), 1), halved(fine)));
        QVERIFY(equal(source->read(all(2), 2), averaged(third, all(2), 4.0 / 3)));
        QVERIFY(equal(source->read(all(3), 3), averaged(third, all(3), 8.0 / 3)));
        QVERIFY(equal(source->read(all(4), 4), averaged(ninth, all(4), 16.0 / 9)));
        QVERIFY(equal(source->read(all(5), 5), halved(averaged(ninth, all(4), 16.0 / 9))));
        for (int level = 0; level < 5; ++level) { // across the tiles' borders
            const Region part = Region{21, 13, 77, 68}.intersected(all(level));
            QVERIFY(equal(source->read(part, level), source->read(all(level), level).cropped(part)));
        }
        QCOMPARE(source->read({0, 0, 9, 9}, 20).width(), 1);
        QVERIFY_EXCEPTION_THROWN(source->read({1300, 0, 9, 9}), Error);
        QVERIFY_EXCEPTION_THROWN(source->read({0, 0, 9, 9}, 0, 1), Error);
    }

    // libtiff garbles tiles that are larger than the picture: such a level is made from the one before.
    void levelsSmallerThanATileAreNotRead() {
        const Image fine = noise(PixelType::UInt8, 450, 630, 3), third = noise(PixelType::UInt8, 150, 210, 4);
        write_slide(file("small.svs"), {fine, third, noise(PixelType::UInt8, 50, 70, 5)});
        const auto source = open_image(file("small.svs"));
        QCOMPARE(source->info().levels, 3);
        const Image second = averaged(third, {0, 0, 158, 113}, 4.0 / 3);
        QVERIFY(equal(source->read({0, 0, 999, 999}, 2), second));
        QVERIFY(equal(source->read({0, 0, 999, 999}, 4), halved(halved(second))));
    }

    // Scanners cut the coarser levels to whole pixels: 403 / 4 is 100.
    void roundedLevelsStandForTheExactRatio() {
        const Image fine = noise(PixelType::UInt8, 262, 403, 6),
                    quarter = noise(PixelType::UInt8, 65, 100, 7);
        write_slide(file("rounded.svs"), {fine, quarter});
        const auto source = open_image(file("rounded.svs"));
        QCOMPARE(source->info().levels, 3);
        const Image read = source->read({0, 0, 999, 999}, 2);
        QCOMPARE(read.width(), 101);
        QCOMPARE(read.height(), 66);
        QVERIFY(equal(read.cropped({0, 0, 100, 65}), quarter));
        for (int y = 0; y < 65; ++y)
            QCOMPARE(read.value(1, 100, y), quarter.value(1, 99, y));
    }

    void aRealSlideReadsAsLibtiffDecodesIt() {
        if (!fs::exists(shared()))
            QSKIP("the shared slide is not there");
        const auto source = open_image(shared());
        const ImageInfo& info = source->info();
        QCOMPARE(info.width, 2220);
        QCOMPARE(info.height, 2967);
        QCOMPARE(info.depth, 1);
        QCOMPARE(info.format, std::string("Aperio slide"));
        QCOMPARE(info.pixel_size.x, 0.499);
        QCOMPARE(info.tile_width, 240);
        const std::vector<std::string> others = associated_images(shared());
        QVERIFY(std::find(others.begin(), others.end(), "label") != others.end());
        QVERIFY(std::find(others.begin(), others.end(), "macro") != others.end());

        const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(TIFFOpen(shared().c_str(), "r"), TIFFClose);
        std::vector<std::uint32_t> raster(2220u * 2967u);
        QVERIFY(TIFFReadRGBAImageOriented(tiff.get(), 2220, 2967, raster.data(), ORIENTATION_TOPLEFT, 1));
        const Image whole = source->read({0, 0, 2220, 2967});
        std::int64_t apart = 0;
        int furthest = 0;
        for (std::int64_t i = 0; i < 2220 * 2967; ++i)
            for (int c = 0; c < 3; ++c) {
                const int theirs = raster[static_cast<std::size_t>(i)] >> (8 * c) & 255;
                const int ours = whole.plane_as<std::uint8_t>(c)[static_cast<std::size_t>(i)];
                apart += theirs != ours;
                furthest = std::max(furthest, std::abs(theirs - ours));
            }
        qInfo("%lld of %d samples differ, by at most %d", static_cast<long long>(apart), 3 * 2220 * 2967,
              furthest);
        QCOMPARE(furthest, 0);
        for (const Region& part :
             {Region{235, 230, 20, 30}, Region{2200, 2900, 20, 67}, Region{700, 1000, 512, 512}})
            QVERIFY(equal(source->read(part), whole.cropped(part)));
        Image level = whole;
        for (int l = 1; l <= 6; ++l) {
            level = halved(level);
            QVERIFY(equal(source->read({0, 0, 9999, 9999}, l), level));
        }
    }

    void slidesThatWereCutOffAreRefusedOrSayWhere() {
        if (!fs::exists(shared()))
            QSKIP("the shared slide is not there");
        std::ifstream in(shared(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        int refused = 0, read = 0;
        for (std::size_t i = 0; i < 40; ++i) {
            const fs::path cut = file("cut.svs");
            std::ofstream(cut, std::ios::binary) << bytes.substr(0, 1 + bytes.size() * i / 40);
            try {
                const auto source = open_image(cut);
                source->read({0, 0, source->info().width, source->info().height});
                ++read;
            } catch (const Error& error) {
                QVERIFY2(QByteArray(error.what()).contains("cut.svs"), error.what());
                ++refused;
            }
        }
        QCOMPARE(read, 0); // its directories lie behind the pixels
        QCOMPARE(refused, 40);
    }

    // The header is whole, and some tiles are not what it says.
    void aBrokenTileIsAnErrorAndTheOthersAreRead() {
        if (!fs::exists(shared()))
            QSKIP("the shared slide is not there");
        std::ifstream in(shared(), std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(in), {}};
        const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(TIFFOpen(shared().c_str(), "r"), TIFFClose);
        const std::uint64_t at = TIFFGetStrileOffset(tiff.get(), 0),
                            count = TIFFGetStrileByteCount(tiff.get(), 0);
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, '\x55');
        std::ofstream(file("broken.svs"), std::ios::binary) << bytes;
        const auto source = open_image(file("broken.svs"));
        QVERIFY_EXCEPTION_THROWN(source->read({0, 0, 100, 100}), Error);
        const auto good = open_image(shared());
        QVERIFY(equal(source->read({1000, 1000, 300, 300}), good->read({1000, 1000, 300, 300})));
    }

    void plainTiffsAreNoSlides() {
        TiffFlavour f;
        f.tile = 32, f.bits = 16;
        write_tiff(file("plain.tif"), f, [](int, std::uint32_t y, int) {
            return std::vector<std::uint8_t>(122, static_cast<std::uint8_t>(y));
        });
        QCOMPARE(open_image(file("plain.tif"))->info().format, std::string("TIFF"));
        QVERIFY(associated_images(file("plain.tif")).empty());
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < 200; ++i)
            probe_image(file("plain.tif"));
        qInfo("a small TIFF is looked at in %.2f ms", static_cast<double>(timer.elapsed()) / 200);
        std::ofstream(file("text.mrxs")) << "no slide at all";
        QVERIFY_EXCEPTION_THROWN(open_image(file("text.mrxs")), Error);
    }
};

QTEST_APPLESS_MAIN(TestSlides)
#include "test_slides.moc"
