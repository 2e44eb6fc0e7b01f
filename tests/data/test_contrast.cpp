// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/color_map.h"
#include "core/data/contrast.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

using namespace eyepiece;

namespace {

template<class T>
Image ramp(std::int64_t width, std::int64_t height, double low, double step, int channels = 1) {
    Image image = Image::create(pixel_type_of<T>(), channels, height, width);
    for (int c = 0; c < channels; ++c) {
        auto plane = image.writable_plane_as<T>(c);
        for (std::size_t i = 0; i < plane.size(); ++i)
            plane[i] = static_cast<T>(low + step * static_cast<double>(i));
    }
    return image;
}

int red(std::uint32_t bgra) {
    return static_cast<int>(bgra >> 16 & 255);
}
int green(std::uint32_t bgra) {
    return static_cast<int>(bgra >> 8 & 255);
}
int blue(std::uint32_t bgra) {
    return static_cast<int>(bgra & 255);
}

} // namespace

class TestContrast : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void mapsRunFromTheirFirstToTheirLastColour() {
        std::set<std::string> names;
        for (const std::string& name : color_map_names()) {
            QVERIFY2(names.insert(name).second, name.c_str());
            const ColorMap map = color_map(name);
            QCOMPARE(map.name, name);
            QVERIFY(map.colors.front() != map.colors.back());
            for (std::size_t i = 1; i < 256; ++i) // no jumps
                for (std::size_t c = 0; c < 3; ++c)
                    QVERIFY2(std::abs(map.colors[i][c] - map.colors[i - 1][c]) <= 8, name.c_str());
        }
        QCOMPARE(color_map("gray").colors[77], (std::array<std::uint8_t, 3>{77, 77, 77}));
        QCOMPARE(color_map("magenta").colors[255], (std::array<std::uint8_t, 3>{255, 0, 255}));
        // matplotlib's viridis ends in #440154 and #fde725.
        const ColorMap viridis = color_map("viridis");
        QVERIFY(std::abs(viridis.colors[0][0] - 0x44) <= 2 && std::abs(viridis.colors[0][2] - 0x54) <= 2);
        QVERIFY(std::abs(viridis.colors[255][0] - 0xfd) <= 2 && std::abs(viridis.colors[255][1] - 0xe7) <= 2);
        QCOMPARE(color_map("#102030").colors[255], (std::array<std::uint8_t, 3>{0x10, 0x20, 0x30}));
        const ColorMap diverging = color_map("blue-white-red");
        QVERIFY(diverging.colors[127][0] > 250 && diverging.colors[127][2] > 250);
        QVERIFY(diverging.colors[0][2] > diverging.colors[0][0] &&
                diverging.colors[255][0] > diverging.colors[255][2]);
        QVERIFY_EXCEPTION_THROWN(color_map("no-such"), Error);
        QVERIFY_EXCEPTION_THROWN(color_map("#12345x"), Error);
    }

    void percentilesCutTheTails() {
        Image image = ramp<std::uint16_t>(100, 100, 0, 1); // 0..9999
        const ValueRange range = percentile_range(image, 0, 1, 99);
        QVERIFY(std::abs(range.low - 100) <= 1);
        QVERIFY(std::abs(range.high - 9899) <= 1);
        QCOMPARE(value_range(image, 0).low, 0.0);
        QCOMPARE(value_range(image, 0).high, 9999.0);
    }

    void percentilesOfFewBrightPixelsShowThem() {
        Image image = ramp<std::uint16_t>(100, 100, 7, 0);
        image.writable_plane_as<std::uint16_t>(0)[5050] = 4000;
        const ValueRange range = percentile_range(image, 0);
        QCOMPARE(range.low, 7.0);
        QCOMPARE(range.high, 4000.0);
        const ValueRange flat = percentile_range(ramp<float>(10, 10, 3, 0), 0);
        QVERIFY(flat.low < flat.high);
    }

    void notFiniteValuesDoNotCount() {
        Image image = ramp<float>(20, 20, 0, 1);
        image.writable_plane_as<float>(0)[3] = std::numeric_limits<float>::quiet_NaN();
        image.writable_plane_as<float>(0)[4] = std::numeric_limits<float>::infinity();
        QCOMPARE(value_range(image, 0).high, 399.0);
        QCOMPARE(histogram(image, 0).total, 398);
        // They still show as something.
        std::vector<std::uint32_t> out(400);
        ContrastRenderer(PixelType::Float32, {{0, 399, 1, "gray", true}}).render(image, out);
        QCOMPARE(out[3], 0xff000000u);
        QCOMPARE(out[4], 0xffffffffu);
    }

    void histogramCountsEveryPixelOfASmallImage() {
        const Histogram result = histogram(ramp<std::uint8_t>(16, 16, 0, 1), 0, 16);
        QCOMPARE(result.total, 256);
        QCOMPARE(result.counts.size(), std::size_t{16});
        for (const auto count : result.counts)
            QVERIFY(count >= 15 && count <= 17);
    }

    void everyTypeRunsFromLowToHigh_data() {
        QTest::addColumn<int>("type");
        for (int type = 0; type < 8; ++type)
            QTest::addRow("%s", std::string(to_string(static_cast<PixelType>(type))).c_str()) << type;
    }
    void everyTypeRunsFromLowToHigh() {
        QFETCH(int, type);
        const auto pixel_type = static_cast<PixelType>(type);
        Image image = ramp<double>(101, 1, -1, 1).converted(pixel_type); // -1..99 (0..99 where unsigned)
        ContrastRenderer renderer(pixel_type, {{10, 60, 1, "gray", true}});
        std::vector<std::uint32_t> out(101);
        renderer.render(image, out);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double value = image.value(0, static_cast<std::int64_t>(i), 0);
            const double wanted = std::clamp((value - 10) / 50, 0.0, 1.0) * 255;
            QVERIFY2(std::abs(red(out[i]) - wanted) <= 1, QByteArray::number(static_cast<int>(i)));
            QCOMPARE(red(out[i]), blue(out[i]));
            QCOMPARE(out[i] >> 24, 255u);
        }
    }

    void gammaBrightensTheMiddle() {
        Image image = ramp<std::uint8_t>(256, 1, 0, 1);
        std::vector<std::uint32_t> out(256);
        ContrastRenderer(PixelType::UInt8, {{0, 255, 2, "gray", true}}).render(image, out);
        QCOMPARE(red(out[64]), static_cast<int>(std::lround(std::sqrt(64 / 255.0) * 255)));
        QCOMPARE(red(out[255]), 255);
    }

    void channelsAddAndSaturate() {
        Image image = Image::create(PixelType::UInt16, 3, 1, 2);
        const std::array<std::array<std::uint16_t, 2>, 3> values{{{100, 50}, {100, 25}, {100, 0}}};
        for (int c = 0; c < 3; ++c)
            for (std::size_t i = 0; i < 2; ++i)
                image.writable_plane_as<std::uint16_t>(c)[i] = values[static_cast<std::size_t>(c)][i];
        std::vector<std::uint32_t> out(2);
        ContrastRenderer(PixelType::UInt16,
                         {{0, 100, 1, "red", true}, {0, 100, 1, "yellow", true}, {0, 100, 1, "blue", false}})
            .render(image, out);
        QCOMPARE(out[0], 0xffffff00u); // red is full twice, blue is not shown
        QCOMPARE(red(out[1]), 128 + 64);
        QCOMPARE(green(out[1]), 64);
        QCOMPARE(blue(out[1]), 0);
        ContrastRenderer(PixelType::UInt16,
                         {{0, 1, 1, "gray", false}, {0, 1, 1, "gray", false}, {0, 1, 1, "gray", false}})
            .render(image, out);
        QCOMPARE(out[0], 0xff000000u);
    }

    void colourPicturesStayAsTheyAre() {
        Image image = ramp<std::uint8_t>(4, 1, 10, 20, 3);
        image.writable_plane_as<std::uint8_t>(2)[0] = 200;
        std::vector<std::uint32_t> bgra(4), rgba(4), padded(10, 7u);
        ImageInfo info;
        info.rgb = true;
        const auto contrast = default_contrast(info, image);
        ContrastRenderer(PixelType::UInt8, contrast, true, ByteOrder::Bgra).render(image, bgra);
        ContrastRenderer(PixelType::UInt8, contrast, true, ByteOrder::Rgba).render(image, rgba);
        QCOMPARE(bgra[0], 0xff0a0ac8u);
        QCOMPARE(rgba[0], 0xffc80a0au);
        // Through the tables the same picture comes out.
        auto other = contrast;
        other[0].high = 255.0001;
        std::vector<std::uint32_t> tables(4);
        ContrastRenderer(PixelType::UInt8, other, true, ByteOrder::Bgra).render(image, tables);
        QCOMPARE(tables, bgra);
    }

    void grayPicturesInColourAreStretched() {
        Image image = Image::create(PixelType::UInt8, 3, 10, 10);
        for (int channel = 0; channel < 3; ++channel)
            for (std::size_t i = 0; i < 100; ++i)
                image.writable_plane_as<std::uint8_t>(channel)[i] = static_cast<std::uint8_t>(10 + i % 20);
        ImageInfo info;
        info.rgb = true;
        const auto contrast = default_contrast(info, image);
        QCOMPARE(contrast.size(), std::size_t{3});
        for (const ChannelContrast& channel : contrast) {
            QCOMPARE(channel.low, 10.0);
            QCOMPARE(channel.high, 29.0);
        }
        image.writable_plane_as<std::uint8_t>(2)[50] = 200; // one pixel in colour: as it was taken
        QCOMPARE(default_contrast(info, image)[0].high, 255.0);
    }

    void rowsOfAWiderBufferKeepTheirEnds() {
        Image image = ramp<std::uint8_t>(3, 2, 255, 0);
        std::vector<std::uint32_t> out(10, 7u);
        ContrastRenderer(PixelType::UInt8, {ChannelContrast{}}).render(image, out, 5);
        QCOMPARE(out, (std::vector<std::uint32_t>{~0u, ~0u, ~0u, 7, 7, ~0u, ~0u, ~0u, 7, 7}));
        QVERIFY_EXCEPTION_THROWN(
            ContrastRenderer(PixelType::UInt8, {ChannelContrast{}}).render(image, std::span(out).first(7), 5),
            Error);
        QVERIFY_EXCEPTION_THROWN(ContrastRenderer(PixelType::UInt16, {ChannelContrast{}}).render(image, out),
                                 Error);
    }

    void defaultsFollowTheFile() {
        ImageInfo info;
        info.type = PixelType::UInt16;
        QCOMPARE(default_contrast(info, ramp<std::uint16_t>(50, 50, 100, 2))[0].color_map,
                 std::string("gray"));
        QVERIFY(default_contrast(info, ramp<std::uint16_t>(50, 50, 100, 2))[0].high > 4000);
        const auto two = default_contrast(info, ramp<std::uint16_t>(5, 5, 0, 1, 2));
        QCOMPARE(two[0].color_map + two[1].color_map, std::string("magentagreen"));
        info.channel_colors = {{255, 128, 0}, {0, 0, 16}};
        QCOMPARE(default_contrast(info, ramp<std::uint16_t>(5, 5, 0, 1, 2))[0].color_map,
                 std::string("#ff8000"));
    }

    void jsonRoundTrip() {
        const ChannelContrast contrast{1.5, 70000, 0.7, "magma", false};
        QCOMPARE(contrast_from_json(to_json(contrast)), contrast);
        QVERIFY_EXCEPTION_THROWN(contrast_from_json({{"gamma", 0}}), Error);
        QVERIFY_EXCEPTION_THROWN(contrast_from_json({{"low", "x"}}), Error);
    }
};

QTEST_APPLESS_MAIN(TestContrast)
#include "test_contrast.moc"
