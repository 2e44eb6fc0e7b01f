// SPDX-License-Identifier: GPL-3.0-or-later
// PNG and JPEG that are too large to be held decoded: read by rows, in little memory.
#include "core/base/error.h"
#include "core/formats/image_reader.h"

#include <QtTest>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <png.h>
#include <random>

#include <cstdio>

#include <jpeglib.h>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

constexpr int width = 8001, height = 5003; // 40 million px
#if defined(__SANITIZE_ADDRESS__)
constexpr std::int64_t memory_allowance = 20;
#else
constexpr std::int64_t memory_allowance = 1;
#endif

std::uint8_t value_at(std::int64_t x, std::int64_t y, int channel) {
    return static_cast<std::uint8_t>(x / 16 + y / 8 * 3 + channel * 40);
}

using Row = std::vector<std::uint8_t>;

Row row_of(std::int64_t y) {
    Row row(std::size_t{3} * width);
    for (int x = 0; x < width; ++x)
        for (int c = 0; c < 3; ++c)
            row[static_cast<std::size_t>(3 * x + c)] = value_at(x, y, c);
    return row;
}

void write_rows_of_png(const fs::path& path, int interlace) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, interlace, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 1);
    png_write_info(png, info);
    for (int pass = interlace == PNG_INTERLACE_NONE ? 1 : png_set_interlace_handling(png); pass > 0; --pass)
        for (int y = 0; y < height; ++y)
            png_write_row(png, row_of(y).data());
    png_write_end(png, nullptr);
    png_destroy_write_struct(&png, &info);
    std::fclose(file);
}

void write_rows_of_jpeg(const fs::path& path) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < height; ++y) {
        Row row = row_of(y);
        JSAMPROW line = row.data();
        jpeg_write_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    std::fclose(file);
}

// All rows at once, by libjpeg alone.
std::vector<std::uint8_t> decoded_jpeg(const fs::path& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_stdio_src(&jpeg, file);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&jpeg);
    std::vector<std::uint8_t> pixels(std::size_t{3} * width * height);
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW line = pixels.data() + std::size_t{3} * width * jpeg.output_scanline;
        jpeg_read_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    std::fclose(file);
    return pixels;
}

std::int64_t memory_kib(const char* what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind(what, 0) == 0)
            return std::stoll(line.substr(std::strlen(what) + 1));
    return 0;
}

} // namespace

class TestLargeFlatImages : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

private Q_SLOTS:
    void regionsOfALargePng() {
        write_rows_of_png(file("large.png"), PNG_INTERLACE_NONE);
        std::ofstream("/proc/self/clear_refs") << "5";
        const std::int64_t before = memory_kib("VmRSS:");
        const auto source = open_image(file("large.png"));
        QCOMPARE(source->info().width, width);
        QVERIFY(source->info().rgb);
        std::mt19937 random(1);
        for (int i = 0; i < 6; ++i) { // up and down, across the borders of the bands
            const auto x = static_cast<std::int64_t>(random() % (width - 300)),
                       y = static_cast<std::int64_t>(random() % (height - 200));
            const Image part = source->read({x, y, 300, 200});
            for (const auto& [dx, dy] : {std::pair{0, 0}, {299, 0}, {0, 199}, {299, 199}, {17, 101}})
                for (int c = 0; c < 3; ++c)
                    QCOMPARE(part.value(c, dx, dy), static_cast<double>(value_at(x + dx, y + dy, c)));
        }
        QCOMPARE(source->read({width - 1, height - 1, 9, 9}).value(2, 0, 0),
                 static_cast<double>(value_at(width - 1, height - 1, 2)));
        QElapsedTimer timer;
        timer.start();
        const Image thumbnail = read_thumbnail(*source, 128);
        QCOMPARE(thumbnail.width(), 126); // 8001 halved six times
        source->read({0, 0, 99999, 99999}, 4);
        const std::int64_t more = (memory_kib("VmHWM:") - before) / 1024;
        qInfo("coarse levels after %lld ms, memory +%lld MiB; decoded it has 115", timer.elapsed(),
              static_cast<long long>(more));
        QVERIFY2(more < memory_allowance * 110, QByteArray::number(static_cast<qint64>(more)));
    }

    void itsLevelsAreMeans() {
        const auto source = open_image(file("large.png"));
        Image level = source->read({0, 0, width, height});
        for (int l = 1; l <= 5; ++l) {
            level = halved(level);
            const Image read = source->read({0, 0, 99999, 99999}, l);
            QCOMPARE(read.width(), level.width());
            QCOMPARE(read.height(), level.height());
            for (int c = 0; c < 3; ++c)
                QVERIFY(std::memcmp(read.plane(c).data(), level.plane(c).data(), level.plane_bytes()) == 0);
        }
    }

    void aTruncatedOneSaysSo() {
        fs::copy_file(file("large.png"), file("cut.png"));
        fs::resize_file(file("cut.png"), fs::file_size(file("cut.png")) / 2);
        const auto source = open_image(file("cut.png"));
        QCOMPARE(source->read({10, 10, 5, 5}).value(0, 0, 0), static_cast<double>(value_at(10, 10, 0)));
        try {
            source->read({0, height - 10, 5, 5});
            QFAIL("rows that are not there were read");
        } catch (const Error& error) {
            QVERIFY(QByteArray(error.what()).contains("cut.png"));
        }
        QVERIFY_EXCEPTION_THROWN(read_thumbnail(*source, 128), Error);
        QCOMPARE(source->read({10, 10, 5, 5}).value(0, 0, 0), static_cast<double>(value_at(10, 10, 0)));
    }

    void anotherFileInItsPlaceIsNoticed() {
        fs::copy_file(file("large.png"), file("replaced.png"));
        const auto source = open_image(file("replaced.png"));
        source->read({0, height - 10, 5, 5});
        std::ofstream(file("replaced.png"), std::ios::binary) << "nothing";
        QVERIFY_EXCEPTION_THROWN(source->read({0, 0, 5, 5}), Error); // begins anew
    }

    void anInterlacedOneIsReadWhole() {
        write_rows_of_png(file("interlaced.png"), PNG_INTERLACE_ADAM7);
        const auto source = open_image(file("interlaced.png"));
        for (const auto& [x, y] : {std::pair{0, 0}, {8000, 5002}, {1234, 4321}})
            QCOMPARE(source->read({x, y, 1, 1}).value(1, 0, 0), static_cast<double>(value_at(x, y, 1)));
    }

    void aLargeJpegReadsAsLibjpegDecodesIt() {
        write_rows_of_jpeg(file("large.jpg"));
        const auto pixels = decoded_jpeg(file("large.jpg"));
        const auto source = open_image(file("large.jpg"));
        for (const Region& part : {Region{0, 0, width, 40}, Region{4000, 2500, 700, 900},
                                   Region{7000, 4990, 1001, 13}, Region{100, 90, 64, 64}}) {
            const Image image = source->read(part);
            for (std::int64_t y = 0; y < part.height; ++y)
                for (std::int64_t x = 0; x < part.width; ++x)
                    for (int c = 0; c < 3; ++c)
                        if (image.plane_as<std::uint8_t>(c)[static_cast<std::size_t>(y * part.width + x)] !=
                            pixels[static_cast<std::size_t>(3 * ((part.y + y) * width + part.x + x) + c)])
                            QFAIL("a pixel differs");
        }
        fs::resize_file(file("large.jpg"), fs::file_size(file("large.jpg")) * 2 / 3);
        QVERIFY_EXCEPTION_THROWN(read_thumbnail(*open_image(file("large.jpg")), 128), Error);
    }
};

QTEST_APPLESS_MAIN(TestLargeFlatImages)
#include "test_large_flat_images.moc"
