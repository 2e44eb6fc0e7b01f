// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/synthetic_source.h"
#include "widgets/canvas/image_canvas.h"

#include <QSignalSpy>
#include <QTest>
#include <algorithm>
#include <random>

using namespace eyepiece;
using eyepiece::test::SyntheticSource;

namespace {

std::vector<std::uint8_t> noise(const Region& region, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(region.width * region.height));
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(random() % 255);
    return bytes;
}

} // namespace

class TestIndexedLayer : public QObject {
    Q_OBJECT

    std::unique_ptr<ImageCanvas> canvas_;

    void show(std::int64_t width, std::int64_t height) {
        canvas_ = std::make_unique<ImageCanvas>();
        canvas_->resize(400, 300);
        canvas_->show();
        QSignalSpy shown(canvas_.get(), &ImageCanvas::image_shown);
        canvas_->show_source("black", std::make_shared<SyntheticSource>(
                                          width, height, 1, [](int, std::int64_t, std::int64_t, int) {
                                              return std::uint16_t{0};
                                          }));
        QVERIFY(shown.wait(5000));
        QTRY_VERIFY(canvas_->idle());
    }
    QImage picture() {
        QTest::qWait(1);
        return canvas_->grab().toImage().convertToFormat(QImage::Format_RGB32);
    }
    QRgb at(const QImage& image, double x, double y) const {
        return image.pixel(canvas_->view().to_device(QPointF(x, y)).toPoint());
    }

private Q_SLOTS:
    void tiles_hold_what_was_put_in_whatever_the_order() {
        constexpr std::int64_t width = 700, height = 530;
        ByteTiles tiles(height, width);
        QVERIFY(!tiles.empty());
        QCOMPARE(tiles.at(3, 4), ByteTiles::unknown);
        QVERIFY(!tiles.tile(0, 0, 0));
        std::vector<std::uint8_t> plain(static_cast<std::size_t>(width * height), ByteTiles::unknown);
        // Overlapping, inside one tile, over several, over whole ones, at the image's edges.
        const Region pieces[] = {{10, 20, 30, 40},   {200, 100, 300, 200}, {0, 0, 700, 256},
                                 {250, 250, 7, 270}, {600, 500, 100, 30},  {0, 256, 512, 256}};
        unsigned seed = 1;
        for (const Region& piece : pieces) {
            const auto bytes = noise(piece, seed++);
            const ByteTiles before = tiles; // a copy is not touched by what follows
            const std::uint8_t seen = before.at(piece.x, piece.y);
            tiles.take(ByteTiles(height, width, piece, bytes), piece);
            for (std::int64_t y = 0; y < piece.height; ++y)
                std::copy_n(bytes.begin() + y * piece.width, piece.width,
                            plain.begin() + (piece.y + y) * width + piece.x);
            QCOMPARE(before.at(piece.x, piece.y), seen);
        }
        std::vector<std::uint8_t> row(static_cast<std::size_t>(width));
        for (std::int64_t y = 0; y < height; ++y) {
            tiles.read_row(y, 0, width, row);
            for (std::int64_t x = 0; x < width; ++x) {
                const std::uint8_t wanted = plain[static_cast<std::size_t>(y * width + x)];
                QCOMPARE(row[static_cast<std::size_t>(x)], wanted);
                QCOMPARE(tiles.at(x, y), wanted);
                // Each coarser level holds every other pixel of the one before.
                for (int level = 1; level < ByteTiles::levels; ++level)
                    if (x % (1 << level) == 0 && y % (1 << level) == 0)
                        if (const auto* bytes =
                                tiles.tile(static_cast<int>(x / 256), static_cast<int>(y / 256), level))
                            QCOMPARE(bytes[((y % 256) >> level) * (256 >> level) + ((x % 256) >> level)],
                                     wanted);
            }
        }
        QCOMPARE(tiles.at(-1, 0), ByteTiles::unknown);
        QCOMPARE(tiles.at(width, 0), ByteTiles::unknown);
    }

    void only_the_region_is_taken() {
        ByteTiles tiles(300, 300);
        const std::vector<std::uint8_t> all(300 * 300, 7);
        tiles.take(ByteTiles(300, 300, {0, 0, 300, 300}, all), {5, 5, 10, 10});
        QCOMPARE(tiles.at(5, 5), std::uint8_t{7});
        QCOMPARE(tiles.at(14, 14), std::uint8_t{7});
        QCOMPARE(tiles.at(4, 5), ByteTiles::unknown);
        QCOMPARE(tiles.at(15, 14), ByteTiles::unknown);
    }

    void bytes_show_in_their_colours_and_change_in_place() {
        show(40, 40);
        auto tiles = std::make_shared<ByteTiles>(40, 40);
        const std::vector<std::uint8_t> ones(10 * 10, 1), twos(10 * 10, 2);
        tiles->take(ByteTiles(40, 40, {10, 10, 10, 10}, ones), {10, 10, 10, 10});
        IndexColors colors{};
        colors[1] = 0xffff0000u;
        colors[2] = 0x8000ff00u; // half of it
        colors[255] = 0xff0000ffu;
        LayerStack& layers = canvas_->layers();
        layers.show_indexed("classes", "Classes", tiles, colors);
        layers.set_opacity("classes", 1);
        canvas_->zoom_to(6);
        QImage image = picture();
        QCOMPARE(at(image, 10.5, 10.5), 0xffff0000u);
        QCOMPARE(at(image, 19.5, 19.5), 0xffff0000u);
        QVERIFY(qRed(at(image, 20.5, 19.5)) < 30);
        QVERIFY(qBlue(at(image, 30, 30)) < 30); // not known: never drawn

        tiles->take(ByteTiles(40, 40, {15, 10, 10, 10}, twos), {15, 10, 10, 10});
        layers.touch("classes", {15, 10, 10, 10});
        image = picture();
        QCOMPARE(at(image, 14.5, 12), 0xffff0000u);
        QVERIFY(std::abs(qGreen(at(image, 15.5, 12)) - 128) <= 2);
        layers.set_opacity("classes", 0.5);
        image = picture();
        QVERIFY(std::abs(qRed(at(image, 12, 12)) - 128) <= 2);
        QVERIFY(std::abs(qGreen(at(image, 18, 12)) - 64) <= 2);
        colors[1] = 0xff0000ffu;
        layers.set_index_colors("classes", colors);
        image = picture();
        QVERIFY(qRed(at(image, 12, 12)) < 30 && std::abs(qBlue(at(image, 12, 12)) - 128) <= 2);
        layers.set_visible("classes", false);
        QVERIFY(qBlue(at(picture(), 12, 12)) < 30);
    }

    void zoomed_out_it_shows_what_lies_there() {
        show(2048, 2048);
        auto tiles = std::make_shared<ByteTiles>(2048, 2048);
        IndexColors colors{};
        for (int row = 0; row < 4; ++row)
            for (int column = 0; column < 4; ++column) {
                const auto value = static_cast<std::uint8_t>(column + 4 * row);
                const std::vector<std::uint8_t> bytes(512 * 512, value);
                const Region place{column * 512, row * 512, 512, 512};
                tiles->take(ByteTiles(2048, 2048, place, bytes), place);
                colors[value] = qRgb(10 + value * 10, 0, 0);
            }
        canvas_->layers().show_indexed("classes", "Classes", tiles, colors);
        canvas_->layers().set_opacity("classes", 1);
        const QImage image = picture();
        for (int row = 0; row < 4; ++row)
            for (int column = 0; column < 4; ++column)
                QCOMPARE(qRed(at(image, column * 512 + 256, row * 512 + 256)), 10 + 10 * (column + 4 * row));
    }

    void it_lies_between_the_maps_and_the_predictions() {
        LayerStack stack;
        const LabelMap map(4, 4);
        stack.show_labels(LayerKind::Labels, "labels", "Labels", map, {});
        stack.show_labels(LayerKind::Prediction, "prediction", "Prediction", map, {});
        stack.show_indexed("classes", "Classes", std::make_shared<ByteTiles>(4, 4), {});
        stack.show_indexed("uncertainty", "Uncertainty", std::make_shared<ByteTiles>(4, 4), {});
        stack.show_map("map", "Map", FloatMap{1, 1, {0.5f}, {}});
        QStringList titles;
        for (int row = 0; row < stack.rowCount(); ++row)
            titles << stack.index(row).data().toString();
        QCOMPARE(titles, (QStringList{"Labels", "Prediction", "Uncertainty", "Classes", "Map"}));
    }

    void a_marked_region_is_framed_until_another_image_comes() {
        show(40, 40);
        canvas_->zoom_to(6);
        const QImage before = picture();
        canvas_->mark_region({10, 10, 12, 8});
        const QImage marked = picture();
        int white = 0;
        for (int x = 10; x < 22; ++x)
            for (double step = 0; step < 1; step += 0.25)
                white += qGray(at(marked, x + step, 10)) > 180;
        QVERIFY(white > 10 && white < 48); // dashes
        QCOMPARE(at(marked, 16, 14), at(before, 16, 14));
        show(40, 40); // another canvas and image
        QVERIFY(canvas_->marked_region().empty());
        canvas_->mark_region({1, 1, 5, 5});
        QSignalSpy shown(canvas_.get(), &ImageCanvas::image_shown);
        canvas_->show_source(
            "next", std::make_shared<SyntheticSource>(
                        40, 40, 1, [](int, std::int64_t, std::int64_t, int) { return std::uint16_t{0}; }));
        QVERIFY(shown.wait(5000));
        QVERIFY(canvas_->marked_region().empty());
    }
};

QTEST_MAIN(TestIndexedLayer)
#include "test_indexed_layer.moc"
