// SPDX-License-Identifier: GPL-3.0-or-later
// Tiled TIFFs of 100,000 x 100,000 px, with and without stored levels, and the pyramids that are made of
// images without.
#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/formats/pyramid_file.h"
#include "formats/tiff_files.h"
#include "support/disks.h"
#include "support/huge_tiff.h"

#include <QtTest>
#include <cstring>
#include <fstream>
#include <thread>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

namespace {

void paint(int kind, int x, int y, std::uint8_t* rgb) {
    rgb[0] = static_cast<std::uint8_t>(kind * 16);
    rgb[1] = static_cast<std::uint8_t>(x);
    rgb[2] = static_cast<std::uint8_t>(y);
}

double expected(const HugeTiff& tiff, int channel, std::int64_t x, std::int64_t y) {
    std::uint8_t rgb[3];
    const auto side = static_cast<std::int64_t>(tiff.tile);
    paint(huge_kind(tiff, static_cast<std::uint64_t>(x / side), static_cast<std::uint64_t>(y / side)),
          static_cast<int>(x % side), static_cast<int>(y % side), rgb);
    return rgb[channel];
}

std::int64_t memory_kib(const char* what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind(what, 0) == 0)
            return std::stoll(line.substr(std::strlen(what) + 1));
    return 0;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr std::int64_t memory_allowance = 20;
#else
constexpr std::int64_t memory_allowance = 1;
#endif

bool equal(const Image& a, const Image& b) {
    if (a.width() != b.width() || a.height() != b.height() || a.channels() != b.channels() ||
        a.type() != b.type())
        return false;
    for (int c = 0; c < a.channels(); ++c)
        if (std::memcmp(a.plane(c).data(), b.plane(c).data(), a.plane_bytes()) != 0)
            return false;
    return true;
}

Region all(const ImageInfo& info, int level) {
    const LevelSize size = level_size(info.width, info.height, level);
    return {0, 0, size.width, size.height};
}

// Counts what is read of the image behind a pyramid.
class Counting final : public ImageSource {
public:
    explicit Counting(std::shared_ptr<ImageSource> source) : source_(std::move(source)) {}
    const ImageInfo& info() const override { return source_->info(); }
    Image read(const Region& region, int level, int z, int t) override {
        ++reads;
        return source_->read(region, level, z, t);
    }
    std::atomic<int> reads{0};

private:
    std::shared_ptr<ImageSource> source_;
};

} // namespace

class TestHugeImages : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

    // An image of odd sides whose numbers do not average to themselves.
    std::shared_ptr<ImageSource> uneven(bool tiled, int samples = 1, int bits = 16) {
        TiffFlavour f;
        f.width = 1301, f.height = 907, f.bits = bits, f.samples = samples, f.tile = tiled ? 64 : 0;
        f.photometric = samples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
        if (samples == 2)
            f.extra = {EXTRASAMPLE_UNSPECIFIED};
        const fs::path path = file(std::string("uneven") + (tiled ? "t" : "s") + std::to_string(samples) +
                                   std::to_string(bits) + ".tif");
        write_tiff(path, f, [&](int, std::uint32_t y, int) {
            std::vector<std::uint8_t> row(f.width * static_cast<std::size_t>(samples * bits / 8));
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] = static_cast<std::uint8_t>((i * 37 + y * 101) * (i + 3 * y + 1) >> 3);
            return row;
        });
        return open_image(path);
    }

    static void compare_levels(ImageSource& quick, ImageSource& image) {
        Image level = image.read(all(image.info(), 0), 0, 0, 0);
        for (int l = 0; l <= 12; ++l) {
            QVERIFY2(equal(quick.read(all(image.info(), l), l, 0, 0), level), QByteArray::number(l));
            const Region part{level.width() / 3, level.height() / 4, level.width() / 2, level.height() / 2};
            if (!part.empty())
                QVERIFY(equal(quick.read(part, l, 0, 0), level.cropped(part)));
            level = halved(level);
        }
    }

private Q_SLOTS:
    void initTestCase() { TIFFSetWarningHandler(nullptr); }

    void levelsOf100000By100000AreReadByRegion_data() {
        QTest::addColumn<bool>("sub_ifds");
        QTest::newRow("SubIFDs, as OME-TIFF has them") << true;
        QTest::newRow("reduced pages") << false;
    }
    void levelsOf100000By100000AreReadByRegion() {
        QFETCH(bool, sub_ifds);
        HugeTiff tiff;
        tiff.width = 100'003, tiff.height = 100'001, tiff.levels = 9, tiff.sub_ifds = sub_ifds;
        write_huge_tiff(file("huge.tif"), tiff, paint);
        std::ofstream("/proc/self/clear_refs") << "5";
        const std::int64_t before = memory_kib("VmRSS:");
        QElapsedTimer timer;
        timer.start();
        const auto source = open_image(file("huge.tif"));
        const ImageInfo& info = source->info();
        QCOMPARE(info.width, 100'003);
        QCOMPARE(info.height, 100'001);
        QCOMPARE(info.levels, 9);
        QCOMPARE(info.depth, 1);
        const Image overview = source->read(all(info, 8), 8);
        const qint64 first = timer.restart();
        QCOMPARE(overview.width(), 391);
        for (int level = 0; level < 9; ++level) // the same kinds of tiles at each
            for (int i = 0; i < 12; ++i) {
                const Region whole = all(info, level);
                const std::int64_t x = (i * 7919 + 250) % whole.width, y = (i * 104'729 + 251) % whole.height;
                const Image part = source->read({x, y, 300, 300}, level);
                for (int c = 0; c < 3; ++c) {
                    QCOMPARE(part.value(c, 0, 0), expected(tiff, c, x, y));
                    QCOMPARE(part.value(c, part.width() - 1, part.height() - 1),
                             expected(tiff, c, x + part.width() - 1, y + part.height() - 1));
                }
            }
        const std::int64_t more = (memory_kib("VmHWM:") - before) / 1024;
        qInfo("open and overview %lld ms, 108 regions %lld ms, memory +%lld MiB", first, timer.elapsed(),
              static_cast<long long>(more));
        QVERIFY(first < 500);
        QVERIFY2(more < memory_allowance * 64, QByteArray::number(static_cast<qint64>(more)));
    }

    void levelsThatAreMissingBetweenOthersAreMeansOfAFewTiles() {
        TiffFlavour f;
        f.width = 2048, f.height = 2048, f.tile = 64;
        {
            const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(TIFFOpen(file("gaps.tif").c_str(), "w"),
                                                              TIFFClose);
            for (const std::uint32_t side : {2048u, 512u, 128u}) {
                set_tiff_fields(tiff.get(), f, side, side);
                write_tiff_pixels(tiff.get(), f, side, side, 0, [&](int, std::uint32_t y, int) {
                    std::vector<std::uint8_t> row(side);
                    for (std::uint32_t x = 0; x < side; ++x)
                        row[x] = static_cast<std::uint8_t>(x * 5 + y * 11 + side / 128 * (x ^ y));
                    return row;
                });
                TIFFWriteDirectory(tiff.get());
            }
        }
        const auto source = open_image(file("gaps.tif"));
        QCOMPARE(source->info().levels, 5);
        for (const int level : {1, 3, 5}) {
            const Image below = source->read(all(source->info(), level - 1), level - 1);
            QVERIFY(equal(source->read(all(source->info(), level), level), halved(below)));
        }
        const Region part{100, 33, 20, 70};
        QVERIFY(equal(source->read(part, 3), source->read(all(source->info(), 3), 3).cropped(part)));
    }

    void everyLevelOfAPyramidIsTheMeanOfTheOneBelow_data() {
        QTest::addColumn<bool>("tiled");
        QTest::addColumn<int>("samples");
        QTest::addColumn<int>("bits");
        QTest::newRow("strips, 16 bit") << false << 1 << 16;
        QTest::newRow("strips, RGB") << false << 3 << 8;
        QTest::newRow("tiles, 16 bit") << true << 1 << 16;
        QTest::newRow("tiles, RGB") << true << 3 << 8;
        QTest::newRow("tiles, two channels") << true << 2 << 16;
    }
    void everyLevelOfAPyramidIsTheMeanOfTheOneBelow() {
        QFETCH(bool, tiled);
        QFETCH(int, samples);
        QFETCH(int, bits);
        const auto image = std::make_shared<Counting>(uneven(tiled, samples, bits));
        const fs::path folder = file("pyramid");
        fs::remove_all(folder);
        QuietJob job;
        QVERIFY(!open_pyramid(image, folder, "abc"));
        write_pyramid(*image, folder, "abc", job);
        QVERIFY(fs::exists(folder / "pyramid.json"));
        QCOMPARE(fs::exists(folder / "0.tif"), !tiled); // a tiled image has its own
        const auto quick = open_pyramid(image, folder, "abc");
        QVERIFY(quick);
        QCOMPARE(quick->info().width, 1301);
        QCOMPARE(quick->info().rgb, samples == 3);
        QCOMPARE(quick->info().levels, 3); // 326 x 227 is the last
        image->reads = 0;
        quick->read({0, 0, 300, 200}, 1, 0, 0);
        quick->read({0, 0, 9999, 9999}, 2, 0, 0);
        quick->read({0, 0, 9999, 9999}, 6, 0, 0);
        QCOMPARE(image->reads.load(), 0);
        compare_levels(*quick, *image);
    }

    void aPyramidOfOtherContentIsNotTaken() {
        const auto image = uneven(false);
        QuietJob job;
        const fs::path folder = file("content");
        write_pyramid(*image, folder, "abc", job);
        QVERIFY(open_pyramid(image, folder, "abc"));
        QVERIFY(!open_pyramid(image, folder, "abd"));
        QVERIFY(!open_pyramid(uneven(false, 3, 8), folder, "abc"));
        std::ifstream in(folder / "pyramid.json");
        std::string text{std::istreambuf_iterator<char>(in), {}};
        const auto version = text.find("\"version\": 1");
        QVERIFY(version != std::string::npos);
        text.replace(version, 12, "\"version\": 0");
        std::ofstream(folder / "pyramid.json") << text;
        QVERIFY(!open_pyramid(image, folder, "abc"));
        write_pyramid(*image, folder, "abc", job); // in its place
        QVERIFY(open_pyramid(image, folder, "abc"));
    }

    void aDamagedPyramidIsLeftAndTheImageIsRead() {
        const auto image = uneven(false);
        QuietJob job;
        const fs::path folder = file("damaged");
        // A level that is gone, or cut off: seen when it is opened.
        write_pyramid(*image, folder, "abc", job);
        fs::remove(folder / "1.tif");
        QVERIFY(!open_pyramid(image, folder, "abc"));
        write_pyramid(*image, folder, "abc", job);
        fs::resize_file(folder / "2.tif", 100);
        QVERIFY(!open_pyramid(image, folder, "abc"));
        // Tiles that are not what they were: seen when they are read.
        write_pyramid(*image, folder, "abc", job);
        {
            std::fstream level(folder / "1.tif", std::ios::binary | std::ios::in | std::ios::out);
            level.seekp(64);
            level << std::string(fs::file_size(folder / "1.tif") / 2, '\x55');
        }
        const auto quick = open_pyramid(image, folder, "abc");
        QVERIFY(quick);
        compare_levels(*quick, *image);
        QVERIFY(!fs::exists(folder));
        // Deleted while it is open.
        write_pyramid(*image, folder, "abc", job);
        const auto open = open_pyramid(image, folder, "abc");
        fs::remove_all(folder);
        compare_levels(*open, *image);
        // A read outside is the caller's fault, and no reason to throw anything away.
        write_pyramid(*image, folder, "abc", job);
        const auto good = open_pyramid(image, folder, "abc");
        QVERIFY_EXCEPTION_THROWN(good->read({5000, 0, 9, 9}, 1, 0, 0), Error);
        QVERIFY(fs::exists(folder / "pyramid.json"));
    }

    void makingOneIsCancelledWithinHalfASecond() {
        HugeTiff tiff;
        tiff.width = tiff.height = 30'000;
        write_huge_tiff(file("cancel.tif"), tiff, paint);
        const auto image = open_image(file("cancel.tif"));
        QuietJob job;
        QElapsedTimer timer;
        std::atomic<qint64> cancelled_at{0};
        std::jthread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            cancelled_at = timer.elapsed();
            job.cancel = true;
        });
        timer.start();
        const fs::path folder = file("cancelled");
        try {
            write_pyramid(*image, folder, "abc", job);
            QFAIL("it was not cancelled");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Cancelled);
        }
        QVERIFY2(timer.elapsed() - cancelled_at < 500, QByteArray::number(timer.elapsed() - cancelled_at));
        for (const auto& entry : fs::directory_iterator(fs::path(folder_.path().toStdString())))
            QVERIFY(entry.path().filename().string().find("cancelled") == std::string::npos);
    }

    void aFullDiskIsSaidAndLeavesNothing() {
        const fs::path disk = file("disk");
        fs::create_directories(disk);
        const auto mounted = Mounted::small_disk(disk, 4 << 20);
        if (!mounted.ok())
            QSKIP("a small disk cannot be mounted here");
        const auto image = uneven(false);
        QuietJob job;
        try {
            write_pyramid(*image, disk / "pyramid", "abc", job);
            QFAIL("it was written to a disk without room");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Storage);
            QVERIFY(QByteArray(error.what()).contains("MB"));
        }
        QVERIFY(fs::is_empty(disk));
        QVERIFY(!open_pyramid(image, disk / "pyramid", "abc"));
    }
};

QTEST_APPLESS_MAIN(TestHugeImages)
#include "test_huge_images.moc"
