// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "formats/tiff_files.h"

#include <QtTest>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

// The value that the tests store: of a page, a sample and a place; different for each, within `bits`.
std::uint32_t stored(int page, int sample, std::int64_t x, std::int64_t y, int bits) {
    const auto value = static_cast<std::uint32_t>(x * 3 + y * 7 + sample * 31 + page * 11 + (x * y) % 5);
    return bits >= 32 ? value * 100'003u : value & ((1u << bits) - 1);
}

// One row as the file holds it, in host byte order: packed bits, integers or floats.
std::vector<std::uint8_t> row_bytes(const TiffFlavour& f, int page, std::uint32_t y, int plane,
                                    std::uint32_t width) {
    const bool separate = f.planar == PLANARCONFIG_SEPARATE;
    const int samples = separate ? 1 : f.samples;
    std::vector<std::uint8_t> bytes((width * static_cast<std::size_t>(samples * f.bits) + 7) / 8, 0);
    std::size_t at = 0; // in bits
    for (std::uint32_t x = 0; x < width; ++x)
        for (int s = 0; s < samples; ++s, at += static_cast<std::size_t>(f.bits)) {
            const std::uint32_t value = stored(page, separate ? plane : s, x, y, f.bits);
            if (f.format == SAMPLEFORMAT_IEEEFP) {
                const auto real = static_cast<double>(value) * 0.25;
                const auto single = static_cast<float>(real);
                if (f.bits == 64)
                    std::memcpy(bytes.data() + at / 8, &real, 8);
                else
                    std::memcpy(bytes.data() + at / 8, &single, 4);
            } else if (f.bits == 64) {
                const std::uint64_t wide = value;
                std::memcpy(bytes.data() + at / 8, &wide, 8);
            } else if (f.bits % 8 == 0) {
                std::memcpy(bytes.data() + at / 8, &value, static_cast<std::size_t>(f.bits / 8));
            } else {
                for (int b = 0; b < f.bits; ++b)
                    if (value >> (f.bits - 1 - b) & 1)
                        bytes[(at + static_cast<std::size_t>(b)) / 8] |=
                            static_cast<std::uint8_t>(0x80 >> ((at + static_cast<std::size_t>(b)) % 8));
            }
        }
    return bytes;
}

double expected(const TiffFlavour& f, int page, int channel, std::int64_t x, std::int64_t y) {
    const std::uint32_t value =
        stored(page, f.photometric == PHOTOMETRIC_PALETTE ? 0 : channel, x, y, f.bits);
    if (f.photometric == PHOTOMETRIC_PALETTE)
        return channel == 0 ? value : channel == 1 ? 255 - value : value / 2;
    if (f.format == SAMPLEFORMAT_IEEEFP)
        return f.bits == 64 ? value * 0.25 : static_cast<double>(static_cast<float>(value * 0.25));
    if (f.format == SAMPLEFORMAT_INT)
        return f.bits == 8    ? static_cast<std::int8_t>(value)
               : f.bits == 16 ? static_cast<std::int16_t>(value)
                              : static_cast<std::int32_t>(value);
    const double most = std::pow(2.0, f.bits) - 1;
    double result = value;
    if (f.bits < 8)
        result = std::floor(value * 255 / most);
    if (f.photometric == PHOTOMETRIC_MINISWHITE)
        result = (f.bits < 8 ? 255 : most) - result;
    return result;
}

} // namespace

class TestTiffReader : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

    static TiffRow rows_of(const TiffFlavour& f) {
        return [f](int page, std::uint32_t y, int plane) { return row_bytes(f, page, y, plane, f.width); };
    }

private Q_SLOTS:
    void initTestCase() { TIFFSetWarningHandler(nullptr); }

    void everyFlavour_data() {
        QTest::addColumn<int>("index");
        const auto list = flavours();
        for (std::size_t i = 0; i < list.size(); ++i)
            QTest::addRow("%s", list[i].first.c_str()) << static_cast<int>(i);
    }

    static std::vector<std::pair<std::string, TiffFlavour>> flavours() {
        std::vector<std::pair<std::string, TiffFlavour>> list;
        const auto add = [&](const std::string& name, auto change) {
            TiffFlavour f;
            change(f);
            list.emplace_back(name, f);
        };
        for (const int bits : {1, 2, 4, 7, 8, 10, 12, 14, 16, 32, 64})
            add("uint" + std::to_string(bits), [&](auto& f) { f.bits = bits; });
        for (const int bits : {8, 16, 32, 64})
            add("int" + std::to_string(bits), [&](auto& f) {
                f.bits = bits;
                f.format = SAMPLEFORMAT_INT;
            });
        for (const int bits : {32, 64})
            add("float" + std::to_string(bits), [&](auto& f) {
                f.bits = bits;
                f.format = SAMPLEFORMAT_IEEEFP;
            });
        for (const int bits : {1, 4, 8, 12, 16, 32})
            add("min-is-white" + std::to_string(bits), [&](auto& f) {
                f.bits = bits;
                f.photometric = PHOTOMETRIC_MINISWHITE;
            });
        add("palette", [](auto& f) { f.photometric = PHOTOMETRIC_PALETTE; });
        add("palette-tiled", [](auto& f) {
            f.photometric = PHOTOMETRIC_PALETTE;
            f.tile = 16;
        });
        for (const int compression :
             {COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS, COMPRESSION_DEFLATE})
            for (const int tile : {0, 32})
                add("compression" + std::to_string(compression) + (tile ? "-tiled" : ""), [&](auto& f) {
                    f.bits = 16;
                    f.compression = compression;
                    f.tile = static_cast<std::uint32_t>(tile);
                });
        for (const char* mode : {"wb", "w8", "wb8"})
            for (const int bits : {8, 12, 16, 32})
                add(std::string(mode) + std::to_string(bits), [&](auto& f) {
                    f.mode = mode;
                    f.bits = bits;
                });
        add("big-endian-float-tiled", [](auto& f) {
            f.mode = "wb";
            f.bits = 32;
            f.format = SAMPLEFORMAT_IEEEFP;
            f.tile = 16;
        });
        for (const int planar : {PLANARCONFIG_CONTIG, PLANARCONFIG_SEPARATE})
            for (const int tile : {0, 16}) {
                const std::string end =
                    std::string(planar == PLANARCONFIG_CONTIG ? "-contiguous" : "-planar") +
                    (tile ? "-tiled" : "");
                const auto shape = [=](auto& f) {
                    f.planar = planar;
                    f.tile = static_cast<std::uint32_t>(tile);
                };
                add("rgb8" + end, [&](auto& f) {
                    shape(f);
                    f.samples = 3;
                    f.photometric = PHOTOMETRIC_RGB;
                });
                add("rgb16-deflate" + end, [&](auto& f) {
                    shape(f);
                    f.samples = 3;
                    f.bits = 16;
                    f.photometric = PHOTOMETRIC_RGB;
                    f.compression = COMPRESSION_ADOBE_DEFLATE;
                });
                add("rgba" + end, [&](auto& f) {
                    shape(f);
                    f.samples = 4;
                    f.photometric = PHOTOMETRIC_RGB;
                    f.extra = {EXTRASAMPLE_UNASSALPHA};
                });
                add("gray-alpha" + end, [&](auto& f) {
                    shape(f);
                    f.samples = 2;
                    f.extra = {EXTRASAMPLE_ASSOCALPHA};
                });
                add("five-channels16" + end, [&](auto& f) {
                    shape(f);
                    f.samples = 5;
                    f.bits = 16;
                    f.extra = {0, 0, 0, 0};
                });
            }
        add("one-strip-deflate", [](auto& f) {
            f.rows_per_strip = 47;
            f.compression = COMPRESSION_ADOBE_DEFLATE;
        });
        add("one-row-strips", [](auto& f) {
            f.rows_per_strip = 1;
            f.compression = COMPRESSION_LZW;
        });
        return list;
    }

    void everyFlavour() {
        QFETCH(int, index);
        const TiffFlavour f = flavours()[static_cast<std::size_t>(index)].second;
        write_tiff(file("f.tif"), f, rows_of(f));
        const auto source = open_image(file("f.tif"));
        const ImageInfo& info = source->info();
        QCOMPARE(info.width, std::int64_t{f.width});
        QCOMPARE(info.height, std::int64_t{f.height});
        const bool palette = f.photometric == PHOTOMETRIC_PALETTE,
                   color = palette || f.photometric == PHOTOMETRIC_RGB;
        QCOMPARE(info.rgb, color);
        const int alpha = !f.extra.empty() && f.extra[0] != 0;
        QCOMPARE(info.channels, palette ? 3 : f.samples - alpha);
        QCOMPARE(info.depth, 1);
        const std::string_view type = to_string(info.type);
        if (f.bits >= 8 && f.bits % 8 == 0 && f.bits < 64)
            QVERIFY(type.ends_with(std::to_string(f.bits)));
        for (const Region& region : {Region{0, 0, f.width, f.height}, Region{13, 5, 40, 30},
                                     Region{60, 46, 1, 1}, Region{-5, 40, 20, 100}}) {
            const Image image = source->read(region);
            const Region inside = region.intersected({0, 0, f.width, f.height});
            QCOMPARE(image.width(), inside.width);
            QCOMPARE(image.height(), inside.height);
            for (int c = 0; c < image.channels(); ++c)
                for (std::int64_t y = 0; y < inside.height; ++y)
                    for (std::int64_t x = 0; x < inside.width; ++x)
                        if (image.value(c, x, y) != expected(f, 0, c, inside.x + x, inside.y + y))
                            QFAIL(qPrintable(QString("channel %1 at %2, %3: %4 instead of %5")
                                                 .arg(c)
                                                 .arg(inside.x + x)
                                                 .arg(inside.y + y)
                                                 .arg(image.value(c, x, y))
                                                 .arg(expected(f, 0, c, inside.x + x, inside.y + y))));
        }
    }

    void jpegCompressionInGrayRgbAndYCbCr() {
        for (const int photometric : {PHOTOMETRIC_MINISBLACK, PHOTOMETRIC_RGB, PHOTOMETRIC_YCBCR})
            for (const std::uint32_t tile : {0u, 32u}) {
                TiffFlavour f;
                f.width = 96, f.height = 80, f.tile = tile, f.rows_per_strip = 16;
                f.photometric = photometric;
                f.samples = photometric == PHOTOMETRIC_MINISBLACK ? 1 : 3;
                f.compression = COMPRESSION_JPEG;
                const auto smooth = [&](int s, double x, double y) {
                    return 40 + s * 60 + x * 0.8 + y * 0.5;
                };
                write_tiff(file("jpeg.tif"), f, [&](int, std::uint32_t y, int) {
                    std::vector<std::uint8_t> row;
                    for (std::uint32_t x = 0; x < f.width; ++x)
                        for (int s = 0; s < f.samples; ++s)
                            row.push_back(static_cast<std::uint8_t>(smooth(s, x, y)));
                    return row;
                });
                const auto source = open_image(file("jpeg.tif"));
                QCOMPARE(source->info().rgb, f.samples == 3);
                const Image image = source->read({10, 20, 60, 50});
                for (int c = 0; c < f.samples; ++c)
                    for (std::int64_t y = 0; y < 50; ++y)
                        for (std::int64_t x = 0; x < 60; ++x)
                            QVERIFY(std::abs(image.value(c, x, y) - smooth(c, static_cast<double>(x) + 10,
                                                                           static_cast<double>(y) + 20)) <
                                    12);
            }
    }

    void coloursOfPrintBecomeRgb() {
        TiffFlavour f;
        f.samples = 4, f.photometric = PHOTOMETRIC_SEPARATED;
        for (const std::uint32_t tile : {0u, 16u}) {
            f.tile = tile;
            write_tiff(file("cmyk.tif"), f, [&](int, std::uint32_t y, int) {
                std::vector<std::uint8_t> row;
                for (std::uint32_t x = 0; x < f.width; ++x)
                    row.insert(row.end(),
                               {static_cast<std::uint8_t>(x * 4), static_cast<std::uint8_t>(y * 5), 0, 0});
                return row;
            });
            const Image image = open_image(file("cmyk.tif"))->read({0, 0, 61, 47});
            QCOMPARE(image.channels(), 3);
            for (std::int64_t y = 0; y < 47; ++y)
                for (std::int64_t x = 0; x < 61; ++x) {
                    QVERIFY(std::abs(image.value(0, x, y) - (255 - x * 4)) <= 1);
                    QVERIFY(std::abs(image.value(1, x, y) - (255 - y * 5)) <= 1);
                    QCOMPARE(image.value(2, x, y), 255.0);
                }
        }
    }

    void pagesAreDepthWhenNothingSaysOtherwise() {
        TiffFlavour f;
        f.pages = 4, f.bits = 16;
        write_tiff(file("pages.tif"), f, rows_of(f));
        const auto source = open_image(file("pages.tif"));
        QCOMPARE(source->info().depth, 4);
        for (const int z : {3, 0, 2})
            QCOMPARE(source->read({5, 6, 1, 1}, 0, z).value(0, 0, 0), expected(f, z, 0, 5, 6));
        QVERIFY_EXCEPTION_THROWN(source->read({0, 0, 1, 1}, 0, 4), Error);
        QVERIFY_EXCEPTION_THROWN(source->read({0, 0, 1, 1}, 0, 0, 1), Error);
        QVERIFY_EXCEPTION_THROWN(source->read({61, 0, 1, 1}), Error);
    }

    void imageJHyperstacks() {
        TiffFlavour f;
        f.pages = 12, f.bits = 16, f.mode = "wb";
        f.description = "ImageJ=1.53t\nimages=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\nmode="
                        "composite\nunit=micron\nspacing=0.5\n";
        write_tiff(file("hyper.tif"), f, rows_of(f));
        const auto source = open_image(file("hyper.tif"));
        QCOMPARE(source->info().channels, 2);
        QCOMPARE(source->info().depth, 3);
        QCOMPARE(source->info().frames, 2);
        for (int t = 0; t < 2; ++t)
            for (int z = 0; z < 3; ++z) {
                const Image image = source->read({0, 0, 61, 47}, 0, z, t);
                for (int c = 0; c < 2; ++c)
                    QCOMPARE(image.value(c, 20, 30), expected(f, (t * 3 + z) * 2 + c, 0, 20, 30));
            }
    }

    void imageJStacksWithoutPagesOfTheirOwn() {
        TiffFlavour f;
        f.bits = 16, f.mode = "wb", f.rows_per_strip = f.height;
        f.description = "ImageJ=1.53t\nimages=3\nslices=3\n";
        write_tiff(file("big.tif"), f, rows_of(f));
        // The planes follow the first one's bytes, where the only directory has been until now: move it
        // behind.
        std::string bytes;
        {
            std::ifstream in(file("big.tif"), std::ios::binary);
            bytes.assign(std::istreambuf_iterator<char>(in), {});
        }
        const std::size_t plane = f.width * f.height * 2, start = 8;
        std::string moved = bytes.substr(0, start + plane);
        for (int page = 1; page < 3; ++page)
            for (std::uint32_t y = 0; y < f.height; ++y)
                for (std::uint32_t x = 0; x < f.width; ++x) {
                    const std::uint32_t value = stored(page, 0, x, y, 16);
                    moved += static_cast<char>(value >> 8);
                    moved += static_cast<char>(value & 255);
                }
        const auto shift = static_cast<std::uint32_t>(2 * plane);
        std::string tail = bytes.substr(start + plane);
        const auto number = [](std::string& text, std::size_t at, std::uint32_t add) {
            std::uint32_t value = 0;
            for (int i = 0; i < 4; ++i)
                value = value << 8 | static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
            value += add;
            for (int i = 0; i < 4; ++i)
                text[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
            return value;
        };
        const std::uint32_t directory = number(moved, 4, shift);
        const std::size_t at = directory - shift - (start + plane); // of the directory within the tail
        const int entries =
            static_cast<unsigned char>(tail[at]) << 8 | static_cast<unsigned char>(tail[at + 1]);
        for (int i = 0; i < entries; ++i) { // only the description lies outside of its entry
            const std::size_t entry = at + 2 + static_cast<std::size_t>(i) * 12;
            const int tag =
                static_cast<unsigned char>(tail[entry]) << 8 | static_cast<unsigned char>(tail[entry + 1]);
            if (tag == TIFFTAG_IMAGEDESCRIPTION)
                number(tail, entry + 8, shift);
        }
        {
            std::ofstream out(file("big.tif"), std::ios::binary);
            out << moved << tail;
        }
        const auto source = open_image(file("big.tif"));
        QCOMPARE(source->info().depth, 3);
        for (int z = 0; z < 3; ++z)
            QCOMPARE(source->read({7, 8, 20, 20}, 0, z).value(0, 3, 4), expected(f, z, 0, 10, 12));
        QCOMPARE(source->read({0, 0, 99, 99}, 2, 2).width(), 16);
    }

    void omeAxesChannelsAndSizes() {
        TiffFlavour f;
        f.pages = 12, f.bits = 16;
        f.description =
            R"(<?xml version="1.0"?><OME xmlns="urn:ome"><Image ID="Image:0">
            <Pixels DimensionOrder="XYCTZ" SizeX="61" SizeY="47" SizeC="2" SizeZ="3" SizeT="2" Type="uint16"
            PhysicalSizeX="100" PhysicalSizeXUnit="nm" PhysicalSizeY="0.2" PhysicalSizeZ="1.5">
            <Channel ID="Channel:0:0" Name="DAPI" Color="65535"/><Channel ID="Channel:0:1" Name="GFP" Color="16711935"/>
            <TiffData/></Pixels></Image></OME>)";
        write_tiff(file("ome.tif"), f, rows_of(f));
        const auto source = open_image(file("ome.tif"));
        const ImageInfo& info = source->info();
        QCOMPARE(info.format, std::string("OME-TIFF"));
        QCOMPARE(info.channels, 2);
        QCOMPARE(info.depth, 3);
        QCOMPARE(info.frames, 2);
        QCOMPARE(info.channel_names, (std::vector<std::string>{"DAPI", "GFP"}));
        QCOMPARE(info.channel_colors.at(0), (std::array<std::uint8_t, 3>{0, 0, 255}));
        QCOMPARE(info.channel_colors.at(1), (std::array<std::uint8_t, 3>{0, 255, 0}));
        QVERIFY(std::abs(info.pixel_size.x - 0.1) < 1e-12 && info.pixel_size.y == 0.2 &&
                info.pixel_size.z == 1.5);
        for (int t = 0; t < 2; ++t)
            for (int z = 0; z < 3; ++z)
                for (int c = 0; c < 2; ++c) // XYCTZ: c fastest, then t, then z
                    QCOMPARE(source->read({1, 2, 5, 5}, 0, z, t).value(c, 2, 2),
                             expected(f, (z * 2 + t) * 2 + c, 0, 3, 4));
    }

    void omePlanesInOtherFilesAreNamed() {
        TiffFlavour f;
        f.pages = 1;
        f.description =
            R"(<OME><Image><Pixels DimensionOrder="XYZCT" SizeX="61" SizeY="47" SizeC="1" SizeZ="2" SizeT="1">
            <TiffData IFD="0" FirstZ="0"><UUID FileName="part.tif">a</UUID></TiffData>
            <TiffData IFD="0" FirstZ="1"><UUID FileName="other.tif">b</UUID></TiffData></Pixels></Image></OME>)";
        write_tiff(file("part.tif"), f, rows_of(f));
        const auto source = open_image(file("part.tif"));
        QCOMPARE(source->read({3, 4, 1, 1}).value(0, 0, 0), expected(f, 0, 0, 3, 4));
        try {
            source->read({3, 4, 1, 1}, 0, 1);
            QFAIL("a plane that is not there was read");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Unsupported);
        }
    }

    void nonsenseInDescriptionsIsNoHarm() {
        for (const char* text :
             {"<OME><Image><Pixels SizeX='61' SizeY='47' SizeC='999999999' SizeZ='999999999' "
              "SizeT='99999'/></Image></OME>",
              "<OME",
              "<OME><Image><Pixels SizeX='61' SizeY='47' SizeC='0' DimensionOrder='ZZZZZ'/></Image></OME>",
              "<OME><Image><Pixels SizeX='61' SizeY='47' DimensionOrder='XYQQQ'/></Image></OME>",
              "<OME><Image><Pixels SizeX='61' SizeY='47' SizeZ='2'><TiffData IFD='-5' "
              "PlaneCount='99999999999'/><TiffData IFD='0' FirstZ='-1'/></Pixels></Image></OME>",
              "ImageJ=1\nimages=99999999999\n", "ImageJ=1\nimages=7\nchannels=3\nslices=-1\n",
              "ImageJ=1\nimages=2\nframes=2\n", "{\"shape\": [9999999999, 3], \"axes\": \"CY\"}",
              "{\"shape\": 3, \"axes\": 4}", "{\"axes\": \"ZYX\", \"shape\": [2, 47, 61]}", "{{{{"}) {
            TiffFlavour f;
            f.pages = 2;
            f.description = text;
            write_tiff(file("odd.tif"), f, rows_of(f));
            QCOMPARE(open_image(file("odd.tif"))->read({3, 4, 1, 1}).value(0, 0, 0), expected(f, 0, 0, 3, 4));
        }
    }

    void tifffileAxes() {
        TiffFlavour f;
        f.pages = 6;
        f.description = "{\"shape\": [2, 3, 47, 61], \"axes\": \"TCYX\"}";
        write_tiff(file("axes.tif"), f, rows_of(f));
        const auto source = open_image(file("axes.tif"));
        QCOMPARE(source->info().channels, 3);
        QCOMPARE(source->info().frames, 2);
        QCOMPARE(source->read({3, 4, 1, 1}, 0, 0, 1).value(2, 0, 0), expected(f, 5, 0, 3, 4));
    }

    void computedLevelsAreMeansOfWhatLiesBelow() {
        TiffFlavour f;
        f.width = 301, f.height = 203, f.bits = 16, f.tile = 64;
        write_tiff(file("levels.tif"), f, rows_of(f));
        const auto source = open_image(file("levels.tif"));
        Image level = source->read({0, 0, 301, 203});
        for (int l = 1; l <= 9; ++l) {
            level = halved(level);
            const Image read = source->read({0, 0, 999, 999}, l);
            QCOMPARE(read.width(), level.width());
            QVERIFY(std::memcmp(read.plane(0).data(), level.plane(0).data(), level.bytes()) == 0);
            const Region part{level.width() / 3, level.height() / 4, level.width() / 2, level.height() / 2};
            if (!part.empty())
                QVERIFY(std::memcmp(source->read(part, l).plane(0).data(),
                                    level.cropped(part).plane(0).data(), level.cropped(part).bytes()) == 0);
        }
        QCOMPARE(source->read({0, 0, 1, 1}, 20).width(), 1);
    }

    void storedLevelsAreUsed() {
        // Level 1 in a SubIFD holds other numbers than averaging gives, so it shows who was asked.
        TiffFlavour f;
        f.width = 200, f.height = 120, f.tile = 32;
        {
            const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(TIFFOpen(file("sub.tif").c_str(), "w"),
                                                              TIFFClose);
            set_tiff_fields(tiff.get(), f, 200, 120);
            std::uint64_t places[1] = {0};
            TIFFSetField(tiff.get(), TIFFTAG_SUBIFD, 1, places);
            write_tiff_pixels(tiff.get(), f, 200, 120, 0, rows_of(f));
            TIFFWriteDirectory(tiff.get());
            set_tiff_fields(tiff.get(), f, 100, 60);
            TIFFSetField(tiff.get(), TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
            write_tiff_pixels(tiff.get(), f, 100, 60, 9, [&](int page, std::uint32_t y, int plane) {
                return row_bytes(f, page, y, plane, 100);
            });
            TIFFWriteDirectory(tiff.get());
        }
        const auto source = open_image(file("sub.tif"));
        QCOMPARE(source->info().levels, 2);
        QCOMPARE(source->info().depth, 1);
        const Image level = source->read({0, 0, 100, 60}, 1);
        QCOMPARE(level.value(0, 11, 12), expected(f, 9, 0, 11, 12));
        const Image next = source->read({0, 0, 50, 30}, 2), wanted = halved(level);
        QVERIFY(std::memcmp(next.plane(0).data(), wanted.plane(0).data(), wanted.bytes()) == 0);
        // Whole pages, as slides have them, a pixel smaller by rounding down.
        TiffFlavour slide = f;
        slide.width = 201, slide.height = 121;
        {
            const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(TIFFOpen(file("slide.tif").c_str(), "w"),
                                                              TIFFClose);
            for (const std::uint32_t width : {201u, 50u, 77u}) {
                const std::uint32_t height = width == 201 ? 121 : width == 50 ? 30 : 20;
                set_tiff_fields(tiff.get(), slide, width, height);
                write_tiff_pixels(tiff.get(), slide, width, height, static_cast<int>(width),
                                  [&](int page, std::uint32_t y, int plane) {
                                      return row_bytes(slide, page, y, plane, width);
                                  });
                TIFFWriteDirectory(tiff.get());
            }
        }
        const auto pages = open_image(file("slide.tif"));
        QCOMPARE(pages->info().levels,
                 3); // 0 and 2, and 1 between them; the third page is a label, not a level
        QCOMPARE(pages->info().depth, 1);
        const Image coarse = pages->read({0, 0, 51, 31}, 2);
        QCOMPARE(coarse.width(), 51);
        QCOMPARE(coarse.value(0, 20, 10), expected(slide, 50, 0, 20, 10));
        QCOMPARE(coarse.value(0, 50, 30), expected(slide, 50, 0, 49, 29));
    }

    void manyThreadsReadOneSource() {
        TiffFlavour f;
        f.width = 400, f.height = 300, f.bits = 16, f.tile = 32, f.compression = COMPRESSION_ADOBE_DEFLATE;
        write_tiff(file("threads.tif"), f, rows_of(f));
        const auto source = open_image(file("threads.tif"));
        std::atomic<int> wrong{0};
        std::vector<std::thread> threads;
        for (unsigned seed = 0; seed < 4; ++seed)
            threads.emplace_back([&, seed] {
                std::mt19937 random(seed);
                for (int i = 0; i < 200; ++i) {
                    const auto x = static_cast<std::int64_t>(random() % 380),
                               y = static_cast<std::int64_t>(random() % 280);
                    wrong += source->read({x, y, 20, 20}).value(0, 7, 8) != expected(f, 0, 0, x + 7, y + 8);
                    source->read({x / 4, y / 4, 10, 10}, 2);
                }
            });
        for (auto& thread : threads)
            thread.join();
        QCOMPARE(wrong.load(), 0);
    }

    void largeCompressedStripsAreReadByRows() {
        // One strip of 18 MB, above what is decoded at once.
        TiffFlavour f;
        f.width = 3000, f.height = 3000, f.bits = 16, f.rows_per_strip = 3000,
        f.compression = COMPRESSION_ADOBE_DEFLATE;
        write_tiff(file("strip.tif"), f, rows_of(f));
        const auto source = open_image(file("strip.tif"));
        for (const std::int64_t y : {2990, 0, 1500, 100, 1399})
            for (const std::int64_t x : {0, 2900}) {
                const Image image = source->read({x, y, 100, 10});
                QCOMPARE(image.value(0, 50, 5), expected(f, 0, 0, x + 50, y + 5));
                QCOMPARE(image.value(0, 0, 0), expected(f, 0, 0, x, y));
            }
        QCOMPARE(source->read({0, 0, 3000, 3000}, 3).width(), 375);
        QCOMPARE(read_thumbnail(*source, 256).width(), 188);
    }
};

QTEST_APPLESS_MAIN(TestTiffReader)
#include "test_tiff_reader.moc"
