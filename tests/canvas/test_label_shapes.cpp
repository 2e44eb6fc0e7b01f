// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/label_fixture.h"
#include "core/data/shapes.h"
#include "widgets/canvas/measure_text.h"

#include <QPixmap>
#include <QSignalSpy>

using namespace eyepiece;

// Rectangles, ellipses and lines by mouse and keys, against plain geometry, then read from the project's
// file.
class TestLabelShapes : public test::LabelToolTest {
    Q_OBJECT

    void click(double x, double y) { QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(x, y)); }
    std::size_t objects() const { return editor_->document().objects().size(); }
    // Pixels of the object are those of the mask.
    void check_pixels(ObjectId id, const Mask& mask) {
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x)
                QCOMPARE(label(static_cast<int>(x), static_cast<int>(y)) == id, mask.at(x, y) != 0);
    }

private Q_SLOTS:
    void a_rectangle_is_dragged_from_corner_to_corner_in_any_direction() {
        key(Qt::Key_R);
        drag({at(50.2, 40.1), at(35, 30), at(20.3, 19.8)});
        const ObjectId id = label(30, 30);
        QVERIFY(id != 0);
        QCOMPARE(count(id), 30 * 20);
        QCOMPARE(label(20, 20), id);
        QCOMPARE(label(49, 39), id);
        QCOMPARE(editor_->selected(), id);
        QCOMPARE(editor_->document().object(id)->polygon, outline_of({20, 20, 50, 40})); // to be edited
        check_books();
        QCOMPARE(project_->labels().object(item_, id)->tool, std::string("rectangle"));
        undo();
        QCOMPARE(label(30, 30), 0u);
        check_books();
    }

    void shift_makes_squares_and_circles_and_alt_draws_from_the_middle() {
        key(Qt::Key_R);
        drag({at(10, 10), at(40, 20)}, Qt::LeftButton, Qt::ShiftModifier);
        QCOMPARE(count(label(20, 20)), 30 * 30);
        drag({at(70, 60), at(85, 70)}, Qt::LeftButton, Qt::AltModifier);
        QCOMPARE(count(label(70, 60)), 30 * 20);
        QCOMPARE(label(55, 50), label(70, 60));
        key(Qt::Key_O);
        drag({at(60, 20), at(68, 23)}, Qt::LeftButton, Qt::ShiftModifier | Qt::AltModifier);
        check_pixels(label(60, 20), rasterize_ellipse({52, 12, 68, 28}, {0, 0, width, height}));
        check_books();
    }

    void an_ellipse_fills_what_it_encloses() {
        key(Qt::Key_O);
        drag({at(20, 20), at(70, 50)});
        check_pixels(label(45, 35), rasterize_ellipse({20, 20, 70, 50}, {0, 0, width, height}));
        check_books();
        QCOMPARE(editor_->document().object(label(45, 35))->tool, std::string("ellipse"));
    }

    void alt_and_a_click_still_picks() {
        editor_->set_current_class(mitotic_);
        key(Qt::Key_R);
        drag({at(20, 20), at(40, 40)});
        editor_->set_current_class(nucleus_);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, Qt::AltModifier, at(30, 30));
        QCOMPARE(editor_->current_class(), mitotic_);
        QCOMPARE(objects(), std::size_t{1});
    }

    void shapes_leave_other_objects_alone_only_where_that_is_wanted() {
        key(Qt::Key_R);
        drag({at(20, 20), at(40, 40)});
        const ObjectId first = label(30, 30);
        tools_->settings().set_only_where_empty(true);
        key(Qt::Key_O);
        drag({at(30, 20), at(60, 40)});
        QCOMPARE(count(first), 400);
        QVERIFY(editor_->document().object(label(50, 30))->polygon.empty());
        // Wholly over another: nothing is drawn, and it says why.
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        key(Qt::Key_R);
        drag({at(22, 22), at(28, 28)});
        QCOMPARE(refused.size(), 1);
        QVERIFY(refused[0][0].toString().contains("Only where empty"));
        QCOMPARE(objects(), std::size_t{2});
        tools_->settings().set_only_where_empty(false);
        drag({at(22, 22), at(28, 28)});
        QCOMPARE(count(first), 400 - 36);
        check_books();
    }

    void shapes_end_at_the_images_edge_and_outside_there_is_none() {
        key(Qt::Key_O);
        drag({at(-20, -20), at(20, 20)});
        check_pixels(label(2, 2), rasterize_ellipse({-20, -20, 20, 20}, {0, 0, width, height}));
        key(Qt::Key_R);
        drag({at(110, 80), at(125, 95)});
        QCOMPARE(count(label(115, 85)), 10 * 10);
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        drag({at(-12, -12), at(-3, -3)});
        QCOMPARE(refused.size(), 1);
        check_books();
    }

    void escape_and_a_click_draw_nothing() {
        key(Qt::Key_R);
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, at(20, 20));
        QTest::mouseMove(canvas_.get(), at(40, 40));
        QVERIFY(tools_->busy());
        key(Qt::Key_Escape);
        QVERIFY(!tools_->busy());
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, at(40, 40));
        click(30, 30);
        QCOMPARE(objects(), std::size_t{0});
    }

    void a_rotated_rectangle_is_made_by_three_clicks_or_two_drags() {
        key(Qt::Key_R, Qt::ShiftModifier);
        click(30, 20);
        click(54, 30); // 26 long
        click(40, 60);
        const Polygon expected = rotated_rectangle({30, 20}, {54, 30}, {40, 60});
        const ObjectId id = label(42, 35);
        check_pixels(id, rasterize(expected, {0, 0, width, height}));
        QCOMPARE(editor_->document().object(id)->polygon, expected);
        check_books();
        undo();
        QCOMPARE(objects(), std::size_t{0});
        drag({at(30, 20), at(40, 25), at(54, 30)});
        drag({at(50, 30), at(45, 40), at(40, 60)});
        check_pixels(label(42, 35), rasterize(expected, {0, 0, width, height}));
        check_books();
    }

    void a_rotated_rectangle_is_taken_back_step_by_step() {
        key(Qt::Key_R, Qt::ShiftModifier);
        click(30, 20);
        click(100, 80);
        key(Qt::Key_Backspace);
        click(60, 20);
        click(60, 40);
        QCOMPARE(count(label(40, 30)), 30 * 20);
        click(80, 60);
        key(Qt::Key_Escape);
        QVERIFY(!tools_->busy());
        click(90, 80);
        key(Qt::Key_Escape);
        QCOMPARE(objects(), std::size_t{1});
    }

    void a_line_of_the_brushs_width_goes_from_click_to_click() {
        tools_->settings().set_brush_size(3);
        key(Qt::Key_B, Qt::ShiftModifier);
        for (const auto& [x, y] : {std::pair{20.5, 20.5}, {60.5, 20.5}, {60.5, 50.5}, {20.5, 80.5}})
            click(x, y);
        key(Qt::Key_Backspace);
        QCOMPARE(objects(), std::size_t{0});
        key(Qt::Key_Return);
        const ObjectId id = label(40, 20);
        QCOMPARE(objects(), std::size_t{1});
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const auto near = [&](double x0, double y0, double x1, double y1) {
                    const double u = std::clamp(x + 0.5, x0, x1), v = std::clamp(y + 0.5, y0, y1);
                    return std::hypot(x + 0.5 - u, y + 0.5 - v) <= 1.5 + 1e-9;
                };
                QCOMPARE(label(x, y) == id, near(20.5, 20.5, 60.5, 20.5) || near(60.5, 20.5, 60.5, 50.5));
            }
        check_books();
        // A second one is an object of its own, though it crosses the first; a double click ends it.
        click(40.5, 5.5);
        click(40.5, 40.5);
        QTest::mouseDClick(canvas_.get(), Qt::LeftButton, {}, at(40.5, 40.5));
        QCOMPARE(objects(), std::size_t{2});
        QVERIFY(label(40, 30) != id && label(40, 30) != 0);
        check_books();
    }

    void a_curve_is_drawn_in_one_drag() {
        tools_->settings().set_brush_size(1);
        key(Qt::Key_B, Qt::ShiftModifier);
        std::vector<QPoint> arc;
        for (int i = 0; i <= 40; ++i)
            arc.push_back(at(60 + 30 * std::cos(i * 3.14159 / 40), 60 - 30 * std::sin(i * 3.14159 / 40)));
        drag(arc);
        QCOMPARE(objects(), std::size_t{1});
        QVERIFY(label(60, 30) != 0);
        QVERIFY(std::abs(count(label(60, 30)) - 94) < 25);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                if (label(x, y))
                    QVERIFY(std::abs(std::hypot(x + 0.5 - 60, y + 0.5 - 60) - 30) < 1.5);
        check_books();
    }

    void without_a_class_nothing_is_begun() {
        editor_->set_project(nullptr);
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        key(Qt::Key_B, Qt::ShiftModifier);
        click(20, 20);
        QVERIFY(!tools_->busy());
        key(Qt::Key_R, Qt::ShiftModifier);
        click(20, 20);
        QVERIFY(!tools_->busy());
        QCOMPARE(refused.size(), 2);
        QVERIFY(refused[0][0].toString().contains("Classes"));
    }

    void sizes_are_said_in_the_images_own_unit() {
        const auto plain = [](QString text) {
            return text.replace(QChar(0xa0), ' ').replace(QChar(0x202f), ' ');
        };
        QCOMPARE(plain(size_text(40, 20, {})), QString("40 × 20 px"));
        QCOMPARE(plain(size_text(40, 20, {0.25, 0.5, 0, "um"})), QString("10.0 × 10.0 µm"));
        QCOMPARE(plain(length_text(3, 4, {})), QString("5 px"));
        QCOMPARE(plain(length_text(3, 4, {0.5, 1, 0, "µm"})), QString("4.27 µm"));
        QCOMPARE(plain(area_text(250, {})), QString("250 px"));
        QCOMPARE(plain(area_text(12345, {})), QString("12 345 px"));
        QCOMPARE(objects_text(1), QString("1 object"));
        QCOMPARE(objects_text(12), QString("12 objects"));
        QCOMPARE(plain(area_text(250, {0.2, 0.2, 0, "µm"})), QString("10.0 µm²"));
        QCOMPARE(plain(area_text(4e6, {0.5, 0.5, 0, "nm"})), QString("1 000 000 nm²"));
    }

    // The size shows beside the pointer while a shape is drawn, and is gone after.
    void the_size_shows_while_drawing() {
        const auto differs = [](const QImage& a, const QImage& b) {
            int pixels = 0;
            for (int y = 0; y < a.height(); ++y)
                for (int x = 0; x < a.width(); ++x)
                    pixels += a.pixel(x, y) != b.pixel(x, y);
            return pixels;
        };
        key(Qt::Key_R);
        QTRY_VERIFY(canvas_->idle());
        const QPoint to = at(60, 50);
        const QRect beside(to + QPoint(12, 10), QSize(120, 34));
        const QImage before = canvas_->grab(beside).toImage();
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, at(20, 20));
        QMouseEvent move(QEvent::MouseMove, to, canvas_->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
        QApplication::sendEvent(canvas_.get(), &move);
        QVERIFY(differs(before, canvas_->grab(beside).toImage()) > 500);
        key(Qt::Key_Escape);
        QCOMPARE(differs(before, canvas_->grab(beside).toImage()), 0);
    }
};

QTEST_MAIN(TestLabelShapes)
#include "test_label_shapes.moc"
