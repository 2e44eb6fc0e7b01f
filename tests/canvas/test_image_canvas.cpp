// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/synthetic_source.h"
#include "widgets/canvas/furniture.h"
#include "widgets/canvas/image_canvas.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QWheelEvent>

using namespace eyepiece;
using eyepiece::test::SyntheticSource;

namespace {

// 100 apart in x, and 7 in y: any pixel tells where it is.
std::uint16_t ramp(int, std::int64_t x, std::int64_t y, int) {
    return static_cast<std::uint16_t>(x * 100 + y * 7);
}

void set_range(ImageCanvas& canvas, double low, double high) {
    const auto* channel = dynamic_cast<const ChannelLayer*>(canvas.layers().bottom_up().front().get());
    ChannelDisplay display = channel->display();
    display.range = ChannelDisplay::Range::Manual;
    display.contrast.low = low;
    display.contrast.high = high;
    canvas.layers().set_channel_display(channel->id(), display);
}

void wheel(QWidget& widget, const QPoint& at, int notches, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, notches * 120}, Qt::NoButton, modifiers,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&widget, &event);
}

} // namespace

class TestImageCanvas : public QObject {
    Q_OBJECT

    std::unique_ptr<ImageCanvas> canvas_;

    void show(std::shared_ptr<ImageSource> source, const QSize& size = {400, 300}) {
        canvas_ = std::make_unique<ImageCanvas>();
        canvas_->resize(size);
        canvas_->show();
        QSignalSpy shown(canvas_.get(), &ImageCanvas::image_shown);
        canvas_->show_source("synthetic", std::move(source));
        QVERIFY(shown.wait(5000));
        QTRY_VERIFY(canvas_->idle());
    }
    QImage picture() {
        QTest::qWait(1);
        return canvas_->grab().toImage().convertToFormat(QImage::Format_RGB32);
    }

private Q_SLOTS:
    void initTestCase() { QThread::currentThread()->setObjectName("window"); }
    void cleanup() { canvas_.reset(); }

    void every_pixel_is_shown_at_its_place_with_its_value() {
        show(std::make_shared<SyntheticSource>(60, 40, 1, [](int, std::int64_t x, std::int64_t y, int) {
            return static_cast<std::uint16_t>((x * 4) + (y % 2));
        }));
        set_range(*canvas_, 0, 255);
        canvas_->zoom_to(5);
        QTRY_VERIFY(canvas_->idle());
        const QImage image = picture();
        for (int y = 5; y < 35; ++y)
            for (int x = 5; x < 55; ++x) {
                const QPointF at = canvas_->view().to_device(QPointF(x + 0.5, y + 0.5));
                if (!image.rect().adjusted(0, 0, 0, -60).contains(at.toPoint()))
                    continue;
                const int expected = x * 4 + (y % 2);
                QCOMPARE(qRed(image.pixel(static_cast<int>(at.x()), static_cast<int>(at.y()))), expected);
            }
    }

    void large_image_zoomed_out_shows_averages_without_reading_on_the_window_thread() {
        auto source =
            std::make_shared<SyntheticSource>(3000, 2000, 1, [](int, std::int64_t x, std::int64_t, int) {
                return static_cast<std::uint16_t>(x / 1500 * 200);
            });
        show(source);
        set_range(*canvas_, 0, 200);
        QTRY_VERIFY(canvas_->idle());
        const QImage image = picture();
        QCOMPARE(qRed(image.pixel(canvas_->view().to_device(QPointF(700, 1000)).toPoint())), 0);
        QCOMPARE(qRed(image.pixel(canvas_->view().to_device(QPointF(2300, 1000)).toPoint())), 255);
        QVERIFY(!source->on_window_thread);
        QVERIFY(source->reads > 0);
    }

    void the_pixel_below_the_pointer_stays_when_zooming() {
        show(std::make_shared<SyntheticSource>(3000, 2000, 1, ramp));
        for (const QPoint at : {QPoint(10, 20), QPoint(200, 150), QPoint(333, 77)}) {
            canvas_->fit();
            const QPointF before = canvas_->view().to_image(at);
            const double first_scale = canvas_->view().scale();
            for (int i = 0; i < 18; ++i)
                wheel(*canvas_, at, 1);
            QVERIFY(canvas_->view().scale() > 1);
            // Pictures are drawn at whole device pixels: each of the two may be half of one off.
            const QPointF off = canvas_->view().to_image(at) - before;
            const double allowed = 0.5 / first_scale + 0.5 / canvas_->view().scale() + 1e-6;
            QVERIFY2(std::abs(off.x()) <= allowed && std::abs(off.y()) <= allowed,
                     qPrintable(QString("%1 %2").arg(off.x()).arg(off.y())));
            // Out again to where it began.
            for (int i = 0; i < 18; ++i)
                wheel(*canvas_, at, -1);
            const QPointF after = (canvas_->view().to_image(at) - before) * canvas_->view().scale();
            QVERIFY(std::abs(after.x()) <= 1.0 && std::abs(after.y()) <= 1.0);
        }
    }

    void zoom_steps_do_not_drift() {
        ViewTransform view;
        view.set_view_size({400, 300});
        view.set_image_size({3000, 2000});
        view.fit();
        view.zoom_at({123, 77}, 3);
        const QPointF before = view.to_image(QPointF(123, 77));
        for (int i = 0; i < 200; ++i)
            view.zoom_at({123, 77}, 1.013);
        for (int i = 0; i < 200; ++i)
            view.zoom_at({123, 77}, 1 / 1.013);
        const QPointF off = (view.to_image(QPointF(123, 77)) - before) * view.scale();
        QVERIFY(std::abs(off.x()) <= 1.0 && std::abs(off.y()) <= 1.0);
    }

    void panning_moves_pixels_exactly_and_matches_a_fresh_picture() {
        show(std::make_shared<SyntheticSource>(3000, 2000, 1, ramp));
        canvas_->zoom_to(0.7);
        QTRY_VERIFY(canvas_->idle());
        (void)picture();
        for (const QPoint by : {QPoint(17, 5), QPoint(-40, -31), QPoint(3, -60), QPoint(-9, 44)}) {
            canvas_->pan(by);
            QTRY_VERIFY(canvas_->idle());
            const QImage scrolled = picture();
            Q_EMIT canvas_->layers().appearance_changed({}); // composes everything anew
            QCOMPARE(picture(), scrolled);
        }
    }

    void space_and_middle_button_pan() {
        show(std::make_shared<SyntheticSource>(3000, 2000, 1, ramp));
        PointTool tool;
        canvas_->set_tool(&tool);
        QSignalSpy picked(&tool, &PointTool::point_picked);
        canvas_->zoom_to(1);
        const QPoint start = canvas_->view().offset();
        QTest::mousePress(canvas_.get(), Qt::MiddleButton, {}, {100, 100});
        QTest::mouseMove(canvas_.get(), {130, 90});
        QTest::mouseRelease(canvas_.get(), Qt::MiddleButton, {}, {130, 90});
        QCOMPARE(canvas_->view().offset() - start, QPoint(30, -10));
        QTest::keyPress(canvas_.get(), Qt::Key_Space);
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, {100, 100});
        QTest::mouseMove(canvas_.get(), {95, 108});
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, {95, 108});
        QTest::keyRelease(canvas_.get(), Qt::Key_Space);
        QCOMPARE(canvas_->view().offset() - start, QPoint(25, -2));
        QCOMPARE(picked.count(), 0);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, {100, 100});
        QCOMPARE(picked.count(), 1);
        QCOMPARE(picked[0][0].toPoint(), (QPointF(100, 100) - canvas_->view().offset()).toPoint());
        canvas_->set_tool(nullptr);
    }

    void keys_fit_and_zoom() {
        show(std::make_shared<SyntheticSource>(3000, 2000, 1, ramp));
        QTest::keyClick(canvas_.get(), Qt::Key_1, Qt::ControlModifier);
        QCOMPARE(canvas_->view().scale(), canvas_->devicePixelRatioF());
        QTest::keyClick(canvas_.get(), Qt::Key_Plus);
        QVERIFY(canvas_->view().scale() > 1.2);
        QTest::keyClick(canvas_.get(), Qt::Key_F);
        QVERIFY(canvas_->view().fitted());
        const QRectF all = canvas_->view().to_device(QRectF(0, 0, 3000, 2000));
        QVERIFY(QRectF(canvas_->rect()).contains(all));
    }

    void arrows_ask_for_the_next_image_and_pan_with_shift() {
        show(std::make_shared<SyntheticSource>(3000, 2000, 1, ramp));
        canvas_->zoom_to(1);
        const QPoint before = canvas_->view().offset();
        QSignalSpy step(canvas_.get(), &ImageCanvas::step_wanted);
        for (const Qt::Key key : {Qt::Key_Right, Qt::Key_Down, Qt::Key_Left, Qt::Key_Up})
            QTest::keyClick(canvas_.get(), key);
        QCOMPARE(step.count(), 4);
        QCOMPARE(step[0][0].toInt() + step[1][0].toInt(), 2);
        QCOMPARE(step[2][0].toInt() + step[3][0].toInt(), -2);
        QCOMPARE(canvas_->view().offset(), before);
        QTest::keyClick(canvas_.get(), Qt::Key_Right, Qt::ShiftModifier);
        QTest::keyClick(canvas_.get(), Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(step.count(), 4);
        QVERIFY(canvas_->view().offset().x() < before.x() && canvas_->view().offset().y() < before.y());
    }

    void readout_says_position_and_values_and_what_lies_there() {
        auto source = std::make_shared<SyntheticSource>(300, 200, 2, ramp);
        source->writable_info().channel_names = {"DAPI", "Actin"};
        show(source);
        canvas_->set_readout([](const QPoint&) { return QStringLiteral("nucleus #27"); });
        const QPoint at = canvas_->view().to_device(QPointF(41.5, 28.5)).toPoint();
        QTest::mouseMove(canvas_.get(), at);
        const QString value = "4" + QString(QChar(0x202f)) + "296"; // 41 * 100 + 28 * 7
        QTRY_COMPARE(canvas_->readout(),
                     "x 41  y 28 · DAPI " + value + " · Actin " + value + " · nucleus #27");
        QTest::mouseMove(canvas_.get(), {1, 1});
        QTRY_COMPARE(canvas_->readout(), QString());
    }

    void label_layers_fill_and_outline() {
        show(std::make_shared<SyntheticSource>(
            40, 40, 1, [](int, std::int64_t, std::int64_t, int) { return std::uint16_t{0}; }));
        LabelMap map(40, 40);
        for (int y = 10; y < 20; ++y)
            for (int x = 10; x < 20; ++x)
                map.set(x, y, x < 15 ? 1 : 2);
        LabelColors colors{{0, 0xffff0000u, 0xff00ff00u}, {0, 0xffffffffu, 0xffffffffu}};
        canvas_->layers().show_labels(LayerKind::Labels, "labels", "Labels", map, colors);
        canvas_->layers().set_opacity("labels", 1);
        canvas_->zoom_to(6);
        const auto at = [&](double x, double y) {
            return canvas_->view().to_device(QPointF(x, y)).toPoint();
        };
        QImage image = picture();
        QCOMPARE(image.pixel(at(12.5, 12.5)), 0xffff0000u);
        QCOMPARE(image.pixel(at(17.5, 12.5)), 0xff00ff00u);
        // Between the two objects exactly one white column; none elsewhere inside.
        int white = 0;
        for (int x = at(12.5, 0).x(); x <= at(17.5, 0).x(); ++x)
            white += image.pixel(x, at(0, 12.5).y()) == 0xffffffffu;
        QCOMPARE(white, 1);
        QVERIFY(image.pixel(at(5, 5)) != 0xffff0000u);

        canvas_->layers().set_visible("labels", false);
        image = picture();
        QVERIFY(qRed(image.pixel(at(12.5, 12.5))) < 30);
        canvas_->layers().set_visible("labels", true);
        canvas_->layers().set_opacity("labels", 0.5);
        image = picture();
        QVERIFY(std::abs(qRed(image.pixel(at(12.5, 12.5))) - 128) <= 2);
    }

    void zoomed_out_labels_match_the_labels_at_the_middle_of_each_pixel() {
        show(std::make_shared<SyntheticSource>(
            2048, 2048, 1, [](int, std::int64_t, std::int64_t, int) { return std::uint16_t{0}; }));
        LabelMap map(2048, 2048);
        for (int y = 0; y < 2048; ++y)
            for (int x = 0; x < 2048; ++x)
                map.set(x, y, static_cast<ObjectId>(1 + x / 512 + 4 * (y / 512)));
        LabelColors colors;
        colors.fill.push_back(0);
        for (int i = 1; i <= 16; ++i)
            colors.fill.push_back(qRgb(i * 10, 0, 0));
        colors.outline.assign(17, 0);
        canvas_->layers().show_labels(LayerKind::Labels, "labels", "Labels", map, colors);
        canvas_->layers().set_opacity("labels", 1);
        const QImage image = picture();
        for (int row = 0; row < 4; ++row)
            for (int column = 0; column < 4; ++column)
                QCOMPARE(
                    qRed(image.pixel(
                        canvas_->view().to_device(QPointF(column * 512 + 256, row * 512 + 256)).toPoint())),
                    10 * (1 + column + 4 * row));
    }

    void maps_show_their_colours_where_they_are_strong() {
        show(std::make_shared<SyntheticSource>(
            40, 40, 1, [](int, std::int64_t, std::int64_t, int) { return std::uint16_t{0}; }));
        FloatMap map{4, 4, std::vector<float>(16, 0), {8, 8, 16, 16}, true, -2, 2, {}};
        map.values[5] = 2;
        map.values[10] = -2;
        canvas_->layers().show_map("attribution", "Gradient", map);
        canvas_->layers().set_opacity("attribution", 1);
        canvas_->zoom_to(6);
        const QImage image = picture();
        const auto at = [&](double x, double y) {
            return image.pixel(canvas_->view().to_device(QPointF(x, y)).toPoint());
        };
        QVERIFY(qRed(at(14, 14)) > 120 && qBlue(at(14, 14)) < 80);  // positive: red
        QVERIFY(qBlue(at(18, 18)) > 120 && qRed(at(18, 18)) < 120); // negative: blue
        QVERIFY(qRed(at(30, 30)) < 30);                             // outside its region
    }

    void layer_model_keeps_to_the_rules() {
        LayerStack stack;
        QAbstractItemModelTester tester(&stack, QAbstractItemModelTester::FailureReportingMode::QtTest);
        LabelMap map(4, 4);
        stack.show_labels(LayerKind::Labels, "labels", "Labels", map, {});
        stack.show_labels(LayerKind::Prediction, "prediction", "Prediction", map, {});
        stack.show_map("map", "Map", FloatMap{1, 1, {0.5f}, {}});
        std::vector<std::unique_ptr<ChannelLayer>> channels;
        channels.push_back(std::make_unique<ChannelLayer>(0, "A", ChannelDisplay{}, ChannelStatistics{}));
        channels.push_back(std::make_unique<ChannelLayer>(1, "B", ChannelDisplay{}, ChannelStatistics{}));
        stack.set_channels(std::move(channels));
        QStringList titles;
        for (int row = 0; row < stack.rowCount(); ++row)
            titles << stack.index(row).data().toString();
        QCOMPARE(titles, (QStringList{"Labels", "Prediction", "Map", "A", "B"}));
        stack.setData(stack.index(1), 0.25, LayerStack::OpacityRole);
        stack.setData(stack.index(1), false, LayerStack::VisibleRole);
        // New content under the same id keeps what the user set.
        stack.show_labels(LayerKind::Prediction, "prediction", "Prediction", map, {});
        QCOMPARE(stack.find("prediction")->opacity(), 0.25);
        QVERIFY(!stack.find("prediction")->visible());
        stack.remove("prediction");
        QVERIFY(!stack.find("prediction"));
        QCOMPARE(stack.rowCount(), 4);
    }

    void contrast_and_channel_visibility_render_anew() {
        show(std::make_shared<SyntheticSource>(64, 64, 2, [](int c, std::int64_t, std::int64_t, int) {
            return static_cast<std::uint16_t>(c == 0 ? 100 : 50);
        }));
        ChannelDisplay red{{0, 100, 1, "red"}, ChannelDisplay::Range::Manual};
        ChannelDisplay green{{0, 100, 1, "green"}, ChannelDisplay::Range::Manual};
        canvas_->layers().set_channel_display("channel-0", red);
        canvas_->layers().set_channel_display("channel-1", green);
        const auto middle = [&] { return picture().pixel(200, 150); };
        QTRY_COMPARE(middle(), qRgb(255, 0x80, 0));
        canvas_->layers().set_visible("channel-0", false);
        QTRY_COMPARE(middle(), qRgb(0, 0x80, 0));
        green.contrast.gamma = 2; // sqrt(0.5)
        canvas_->layers().set_channel_display("channel-1", green);
        QTRY_COMPARE(middle(), qRgb(0, 180, 0));
    }

    void stacks_have_a_slider_and_show_the_plane() {
        show(std::make_shared<SyntheticSource>(
            64, 64, 1,
            [](int, std::int64_t, std::int64_t, int z) { return static_cast<std::uint16_t>(z * 50); }, 4));
        set_range(*canvas_, 0, 255);
        auto* slider = canvas_->findChild<QSlider*>("canvas-z");
        QVERIFY(slider && slider->isVisible());
        QTRY_COMPARE(qRed(picture().pixel(200, 150)), 0);
        slider->setValue(3);
        QTRY_COMPARE(qRed(picture().pixel(200, 150)), 150);
        QCOMPARE(canvas_->plane_z(), 3);
    }

    void an_unreadable_image_says_so_and_the_canvas_goes_on() {
        auto source = std::make_shared<SyntheticSource>(64, 64, 1, ramp);
        source->fails = true;
        ImageCanvas canvas;
        QSignalSpy failed(&canvas, &ImageCanvas::image_failed);
        QSignalSpy shown(&canvas, &ImageCanvas::image_shown);
        canvas.show_source("broken", source);
        QVERIFY(failed.wait(5000));
        QCOMPARE(failed[0][1].toString(), QString("The disk went away."));
        source->fails = false;
        canvas.show_source("broken", source);
        QVERIFY(shown.wait(5000));
    }

    void the_next_image_is_there_within_100_ms_when_prefetched() {
        ImageCanvas canvas(
            [](const QString&) {
                auto source = std::make_shared<SyntheticSource>(1024, 1024, 1, ramp);
                source->delay_ms = 20;
                return source;
            },
            nullptr);
        canvas.resize(800, 600);
        canvas.show();
        QSignalSpy shown(&canvas, &ImageCanvas::image_shown);
        canvas.show_file("a");
        QVERIFY(shown.wait(5000));
        canvas.prefetch({"b"});
        QTest::qWait(600);
        QElapsedTimer timer;
        timer.start();
        canvas.show_file("b");
        QTRY_VERIFY_WITH_TIMEOUT(canvas.idle() && canvas.path() == "b", 2000);
        canvas.grab();
        QVERIFY2(timer.elapsed() < 300,
                 qPrintable(QString::number(timer.elapsed()))); // 100 on an idle machine
    }

    void only_the_last_image_asked_for_is_shown() {
        ImageCanvas canvas(
            [](const QString& name) {
                auto source = std::make_shared<SyntheticSource>(64, 64, 1, ramp);
                source->delay_ms = name == "slow" ? 200 : 1;
                return source;
            },
            nullptr);
        QSignalSpy shown(&canvas, &ImageCanvas::image_shown);
        canvas.show_file("slow");
        canvas.show_file("fast");
        QTRY_COMPARE(shown.count(), 1);
        QTest::qWait(400);
        QCOMPARE(shown.count(), 1);
        QCOMPARE(shown[0][0].toString(), QString("fast"));
    }

    void round_lengths_for_the_scale_bar() {
        QCOMPARE(scale_bar(2, {0.5, 0.5, 0, "µm"}, 140).text, QString("20%1µm").arg(QChar(0xa0)));
        QCOMPARE(scale_bar(2, {0.5, 0.5, 0, "µm"}, 140).device_length, 80.0);
        QCOMPARE(scale_bar(0.01, {0.5, 0.5, 0, "µm"}, 140).text, QString("5%1mm").arg(QChar(0xa0)));
        QCOMPARE(scale_bar(1, {}, 140).text, QString("100%1px").arg(QChar(0xa0)));
    }

    void the_memory_for_tiles_is_bounded() {
        TileCache cache(3 * 258 * 258 * 4);
        for (int i = 0; i < 10; ++i)
            cache.insert({1, 0, i, 0}, {1, QImage(258, 258, QImage::Format_RGB32)});
        QVERIFY(cache.bytes() <= 3 * 258 * 258 * 4);
        QVERIFY(cache.peek({1, 0, 9, 0}));
        QVERIFY(!cache.peek({1, 0, 0, 0}));
    }

    void blocks_are_decoded_once_and_memory_is_bounded() {
        auto source = std::make_shared<SyntheticSource>(2048, 2048, 1, ramp);
        PixelBlocks blocks(source, 64u << 20);
        (void)blocks.read(blocks.extent(2), 2);
        const int reads = source->reads;
        QCOMPARE(reads, 16); // 4 x 4 blocks
        (void)blocks.read(blocks.extent(0), 0);
        QCOMPARE(source->reads.load(), reads);
        const Image half = blocks.read({10, 20, 4, 4}, 1);
        // The mean of (20,40), (21,40), (20,41), (21,41) of the ramp, rounded.
        const double mean =
            (ramp(0, 20, 40, 0) + ramp(0, 21, 40, 0) + ramp(0, 20, 41, 0) + ramp(0, 21, 41, 0) + 2) / 4;
        QCOMPARE(half.value(0, 0, 0), mean);
        PixelBlocks small(source, 2u << 20);
        (void)small.read(small.extent(2), 2);
        QVERIFY(small.bytes() <= 2u << 20);
    }
};

QTEST_MAIN(TestImageCanvas)
#include "test_image_canvas.moc"
