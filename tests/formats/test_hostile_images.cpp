// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/formats/label_readers.h"
#include "core/formats/tiff_writer.h"
#include "formats/tiff_files.h"

#include <QElapsedTimer>
#include <QtTest>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <set>
#include <sys/stat.h>

#include <cstdio>

#include <jpeglib.h>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void spill(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::int64_t memory_kib(const char* what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind(what, 0) == 0)
            return std::stoll(line.substr(std::strlen(what) + 1));
    return 0;
}
void reset_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

// The address sanitizer keeps memory of its own, which would be judged along.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::int64_t memory_allowance = 20;
#else
constexpr std::int64_t memory_allowance = 1;
#endif

enum class Outcome { Read, Refused };

// Everything a user's browsing does with a file. Only an Error with the file's name may come out.
Outcome open_and_read(const fs::path& path) {
    try {
        const auto source = open_image(path);
        const ImageInfo& info = source->info();
        for (int z = 0; z < std::min(info.depth, 3); ++z)
            source->read(
                {0, 0, std::min<std::int64_t>(info.width, 512), std::min<std::int64_t>(info.height, 512)}, 0,
                z);
        source->read({std::max<std::int64_t>(0, info.width - 64), std::max<std::int64_t>(0, info.height - 64),
                      64, 64});
        read_thumbnail(*source, 128);
        return Outcome::Read;
    } catch (const Error& error) {
        if (std::string(error.what()).find(path.filename().string()) == std::string::npos)
            qFatal("an error does not name its file: %s", error.what());
        return Outcome::Refused;
    }
}

std::string jpeg_bytes(int width, int height, bool progressive) {
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &buffer, &size);
    jpeg.image_width = static_cast<JDIMENSION>(width);
    jpeg.image_height = static_cast<JDIMENSION>(height);
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    std::vector<JSAMPLE> row(static_cast<std::size_t>(width) * 3);
    while (jpeg.next_scanline < jpeg.image_height) {
        for (std::size_t x = 0; x < row.size(); ++x)
            row[x] = static_cast<JSAMPLE>(x * 3 + jpeg.next_scanline * 5 + (x * jpeg.next_scanline) % 23);
        JSAMPROW line = row.data();
        jpeg_write_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_compress(&jpeg);
    std::string bytes(reinterpret_cast<char*>(buffer), size);
    jpeg_destroy_compress(&jpeg);
    std::free(buffer);
    return bytes;
}

void put32(std::string& bytes, std::size_t at, std::uint32_t value, bool big) {
    for (std::size_t i = 0; i < 4; ++i)
        bytes[at + i] = static_cast<char>(value >> (big ? 24 - 8 * i : 8 * i));
}

std::uint32_t crc32(const std::string& bytes) {
    std::uint32_t crc = ~0u;
    for (const unsigned char c : bytes) {
        crc ^= c;
        for (int i = 0; i < 8; ++i)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

} // namespace

class TestHostileImages : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::vector<std::pair<std::string, std::string>> seeds_; // name, bytes of a good file
    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

private Q_SLOTS:
    void initTestCase() {
        TIFFSetWarningHandler(nullptr);
        Image noise = Image::create(PixelType::UInt16, 1, 40, 50);
        std::mt19937 random(2);
        for (auto& value : noise.writable_plane_as<std::uint16_t>(0))
            value = static_cast<std::uint16_t>(random() % 3000);
        Image color = Image::create(PixelType::UInt8, 3, 40, 50);
        for (int c = 0; c < 3; ++c)
            for (auto& value : color.writable_plane_as<std::uint8_t>(c))
                value = static_cast<std::uint8_t>(random());
        const auto keep = [&](const std::string& name) { seeds_.emplace_back(name, slurp(file(name))); };
        write_image(file("gray16.png"), noise);
        keep("gray16.png");
        write_image(file("rgb.png"), color, true);
        keep("rgb.png");
        seeds_.emplace_back("baseline.jpg", jpeg_bytes(70, 50, false));
        seeds_.emplace_back("progressive.jpg", jpeg_bytes(70, 50, true));
        for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                      COMPRESSION_PACKBITS, COMPRESSION_JPEG})
            for (const char* mode : {"w", "w8"}) {
                TiffFlavour f;
                f.width = 64, f.height = 48, f.compression = compression, f.mode = mode;
                f.tile = compression == COMPRESSION_PACKBITS ? 0 : 16;
                f.pages = compression == COMPRESSION_LZW ? 3 : 1;
                f.rows_per_strip = 16;
                const std::string name = "c" + std::to_string(compression) + mode + ".tif";
                write_tiff(file(name), f, [&](int page, std::uint32_t y, int) {
                    std::vector<std::uint8_t> row(f.width);
                    for (std::uint32_t x = 0; x < f.width; ++x)
                        row[x] = static_cast<std::uint8_t>(x * y + static_cast<std::uint32_t>(page) + x * 3);
                    return row;
                });
                keep(name);
            }
        for (const auto& [name, bytes] : seeds_) {
            spill(file(name), bytes);
            QVERIFY2(open_and_read(file(name)) == Outcome::Read, name.c_str());
        }
    }

    void truncatedFilesAreRefusedAtEveryLength() {
        for (const auto& [name, bytes] : seeds_) {
            const std::size_t step = std::max<std::size_t>(1, bytes.size() / 200);
            // The last link of a TIFF says only that no page follows: without it no pixel is lost.
            const std::size_t whole = bytes.size() - (name.ends_with(".tif") ? 8 : 0);
            for (std::size_t length = 0; length < whole;
                 length += length + 8 < bytes.size() && length > 40 ? step : 1) {
                spill(file(name), bytes.substr(0, length));
                QVERIFY2(open_and_read(file(name)) == Outcome::Refused,
                         qPrintable(
                             QString("%1 cut at %2 of %3").arg(name.c_str()).arg(length).arg(bytes.size())));
            }
        }
    }

    void flippedBytesNeverCrashHangOrEatMemory() {
        reset_peak();
        const std::int64_t before = memory_kib("VmRSS:");
        QElapsedTimer total;
        total.start();
        qint64 slowest = 0;
        int refused = 0, read = 0;
        for (const auto& [name, bytes] : seeds_) {
            std::mt19937 random(99);
            for (int round = 0; round < 250; ++round) {
                std::string changed = bytes;
                // Headers and directories are where most harm can be done.
                const bool tail = random() % 2;
                const std::size_t span = std::min<std::size_t>(bytes.size(), 220);
                for (unsigned i = 0; i <= random() % 6; ++i) {
                    const std::size_t at = random() % 3
                                               ? (tail ? bytes.size() - 1 - random() % span : random() % span)
                                               : random() % bytes.size();
                    changed[at] = static_cast<char>(random() % 4 ? random() : (random() % 2 ? 255 : 0));
                }
                spill(file(name), changed);
                QElapsedTimer timer;
                timer.start();
                (open_and_read(file(name)) == Outcome::Read ? read : refused)++;
                slowest = std::max(slowest, timer.elapsed());
            }
        }
        const std::int64_t grown = memory_kib("VmHWM:") - before;
        qInfo("%d refused, %d read, slowest %lld ms, peak +%lld MiB", refused, read, slowest,
              static_cast<long long>(grown / 1024));
        QVERIFY(refused > 500);
        QVERIFY2(slowest < 3000, QByteArray::number(slowest));
        QVERIFY2(grown < memory_allowance * 700 * 1024, QByteArray::number(static_cast<qint64>(grown)));
        QVERIFY(total.elapsed() < 60'000);
    }

    void absurdSizesAreRefusedFromTheHeader() {
        reset_peak();
        const std::int64_t before = memory_kib("VmRSS:");
        std::string png = seeds_[0].second;
        for (const std::uint32_t side : {2'000'000'000u, 100'000u, 30'000u}) {
            put32(png, 16, side, true);
            put32(png, 20, side, true);
            put32(png, 29, crc32(png.substr(12, 17)), true);
            spill(file("huge.png"), png);
            QVERIFY_EXCEPTION_THROWN(probe_image(file("huge.png")), Error);
        }
        std::string jpeg = seeds_[2].second;
        const std::size_t frame = jpeg.find("\xff\xc0");
        QVERIFY(frame != std::string::npos);
        for (const std::size_t i : {5u, 6u, 7u, 8u})
            jpeg[frame + i] = '\xfe';
        spill(file("huge.jpg"), jpeg);
        QVERIFY(open_and_read(file("huge.jpg")) == Outcome::Refused);
        for (const std::uint32_t side : {0x7fffffffu, 0xffffffffu, 3'000'000u, 60'000u}) {
            TiffFlavour f;
            f.width = f.height = 8;
            write_tiff(file("small.tif"), f,
                       [](int, std::uint32_t, int) { return std::vector<std::uint8_t>(8, 1); });
            std::string tiff = slurp(file("small.tif"));
            for (std::size_t at = 8; at + 12 < tiff.size(); ++at) { // the width's and height's entries
                const std::string entry = tiff.substr(at, 2);
                if ((entry == std::string("\0\1", 2) || entry == std::string("\1\1", 2)) &&
                    tiff[at + 4] == 1 && tiff[at + 8] == 8) {
                    tiff[at + 2] = 4; // a 32-bit number
                    put32(tiff, at + 8, side, false);
                }
            }
            spill(file("huge.tif"), tiff);
            QVERIFY(open_and_read(file("huge.tif")) == Outcome::Refused);
        }
        QVERIFY(memory_kib("VmHWM:") - before < memory_allowance * 100 * 1024);
    }

    void directoriesThatLeadInCircles() {
        TiffFlavour f;
        f.pages = 3;
        write_tiff(file("loop.tif"), f,
                   [](int, std::uint32_t, int) { return std::vector<std::uint8_t>(61, 1); });
        std::string bytes = slurp(file("loop.tif"));
        const auto number = [&](std::size_t at) {
            std::uint32_t value = 0;
            for (std::size_t i = 0; i < 4; ++i)
                value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
            return value;
        };
        const std::uint32_t first = number(4);
        std::uint32_t directory = first, last_link = 4;
        while (directory) {
            const std::uint32_t entries = static_cast<unsigned char>(bytes[directory]);
            last_link = directory + 2 + entries * 12;
            directory = number(last_link);
        }
        put32(bytes, last_link, first, false);
        spill(file("loop.tif"), bytes);
        QElapsedTimer timer;
        timer.start();
        QVERIFY_EXCEPTION_THROWN(open_image(file("loop.tif")), Error);
        QVERIFY(timer.elapsed() < 2000);
    }

    void whatIsNoImageAtAll() {
        const fs::path folder = file("folder.png");
        fs::create_directory(folder);
        spill(file("empty.tif"), "");
        spill(file("text.png"), "this is a text, not an image");
        spill(file("text.tif"), "II this is a text, not an image");
        spill(file("one.jpg"), "\xff");
        spill(file("gif.png"), "GIF89a..............");
        ::mkfifo(file("pipe.png").c_str(), 0600);
        std::error_code ignored;
        fs::create_symlink(file("circle.png"), file("circle.png"), ignored);
        std::set<ErrorCode> codes;
        for (const char* name : {"folder.png", "empty.tif", "text.png", "text.tif", "one.jpg", "gif.png",
                                 "pipe.png", "circle.png", "missing.png"})
            try {
                open_image(file(name));
                QFAIL(name);
            } catch (const Error& error) {
                QVERIFY2(QString(error.what()).contains(name), error.what());
                codes.insert(error.code());
            }
        QVERIFY(codes.count(ErrorCode::NotFound) && codes.count(ErrorCode::BadInput) &&
                codes.count(ErrorCode::Unsupported));
        // The content counts, not the name.
        spill(file("png.tif"), seeds_[0].second);
        QCOMPARE(probe_image(file("png.tif")).format, std::string("PNG"));
    }

    void aTiffOf10000By10000NeedsLittleMemory() {
        for (const std::int64_t tile : {256, 0}) {
            const fs::path path = file("large.tif");
            {
                TiffOptions options;
                options.tile = tile;
                TiffWriter writer(path, PixelType::UInt16, 1, 10'000, 10'000, options);
                Image band = Image::create(PixelType::UInt16, 1, 500, 10'000);
                for (std::int64_t top = 0; top < 10'000; top += 500) {
                    auto plane = band.writable_plane_as<std::uint16_t>(0);
                    for (std::int64_t y = 0; y < 500; ++y)
                        for (std::int64_t x = 0; x < 10'000; ++x)
                            plane[static_cast<std::size_t>(y * 10'000 + x)] =
                                static_cast<std::uint16_t>((x / 8) * 3 + (top + y) / 16);
                    writer.write_rows(band);
                }
                writer.finish();
            }
            reset_peak();
            const std::int64_t before = memory_kib("VmRSS:");
            QElapsedTimer timer;
            timer.start();
            const auto source = open_image(path);
            QVERIFY(timer.elapsed() < 500);
            QCOMPARE(source->info().width, 10'000);
            for (int i = 0; i < 40; ++i) {
                const std::int64_t x = i * 211 % 8000, y = i * 977 % 8900;
                const Image view = source->read({x, y, 1920, 1080});
                QCOMPARE(view.value(0, 100, 50), static_cast<double>((x + 100) / 8 * 3 + (y + 50) / 16));
            }
            const std::int64_t regions = memory_kib("VmHWM:") - before;
            timer.restart();
            const Image whole = source->read({0, 0, 625, 625}, 4); // everything, once
            const qint64 first = timer.restart();
            source->read({0, 0, 1250, 1250}, 3);
            source->read({1000, 1000, 1920, 1080}, 1);
            const qint64 again = timer.elapsed();
            const std::int64_t overviews = memory_kib("VmHWM:") - before;
            qInfo("%s: regions +%lld MiB, with overviews +%lld MiB, first overview %lld ms, then %lld ms",
                  tile ? "tiles" : "strips", static_cast<long long>(regions / 1024),
                  static_cast<long long>(overviews / 1024), first, again);
            QVERIFY(whole.value(0, 312, 312) > 0);
            QVERIFY2(regions < memory_allowance * 110 * 1024,
                     QByteArray::number(static_cast<qint64>(regions)));
            QVERIFY2(overviews < memory_allowance * 260 * 1024,
                     QByteArray::number(static_cast<qint64>(overviews)));
            QVERIFY(again < 100);
        }
    }

    void hostileLabelImages() {
        for (const auto& [name, bytes] : seeds_) {
            std::mt19937 random(5);
            for (int round = 0; round < 20; ++round) {
                std::string changed = bytes;
                for (int i = 0; i < 4; ++i)
                    changed[random() % changed.size()] = static_cast<char>(random());
                spill(file(name), changed);
                try {
                    read_label_image(file(name));
                } catch (const Error& error) {
                    QVERIFY(QString(error.what()).contains(name.c_str()));
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestHostileImages)
#include "test_hostile_images.moc"
