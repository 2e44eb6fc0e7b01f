// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/label_fixture.h"

#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

using namespace eyepiece;
using eyepiece::test::SyntheticSource;

namespace {

double distance(double px, double py, QPointF a, QPointF b) {
    const double dx = b.x() - a.x(), dy = b.y() - a.y(), length = dx * dx + dy * dy;
    const double t =
        length > 0 ? std::clamp(((px - a.x()) * dx + (py - a.y()) * dy) / length, 0.0, 1.0) : 0.0;
    return std::hypot(px - a.x() - t * dx, py - a.y() - t * dy);
}

} // namespace

// Drives the tools with real mouse and key events and compares the labels, pixel by pixel, with what plain
// geometry says; then reads them again from the project's file.
class TestLabelTools : public test::LabelToolTest {
    Q_OBJECT

private Q_SLOTS:
    void a_stroke_paints_exactly_the_pixels_below_the_brush() {
        tools_->settings().set_brush_size(40); // beyond the sizes that sit on pixels
        const QPoint from = at(40.3, 40.7), to = at(70.1, 55.2);
        const QPointF a = canvas_->view().to_image(from), b = canvas_->view().to_image(to);
        drag({from, to});
        const ObjectId id = label(50, 45);
        QVERIFY(id != 0);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const double d = distance(x + 0.5, y + 0.5, a, b);
                if (std::abs(d - 20) > 1e-6)
                    QCOMPARE(label(x, y) == id, d <= 20);
            }
        check_books();
        QCOMPARE(project_->labels().object(item_, id)->tool, std::string("brush"));
    }

    void the_smallest_brush_paints_single_pixels_and_unbroken_lines() {
        tools_->settings().set_brush_size(1);
        drag({at(10.5, 10.5)});
        QCOMPARE(count(label(10, 10)), 1);
        drag({at(20.4, 20.4), at(40.4, 31.6)});
        const ObjectId id = label(20, 20);
        for (int x = 20; x <= 40; ++x) { // no column is left out, and neighbours touch
            int rows = 0;
            for (int y = 0; y < height; ++y)
                rows += label(x, y) == id;
            QVERIFY(rows >= 1 && rows <= 2);
        }
        check_books();
    }

    void a_stroke_from_inside_an_object_goes_on_with_it_another_makes_a_new_one() {
        tools_->settings().set_brush_size(8);
        drag({at(20, 20), at(30, 20)});
        const ObjectId first = label(25, 20);
        drag({at(28, 20), at(40, 30)});
        QCOMPARE(label(40, 30), first);
        drag({at(70, 70), at(80, 70)});
        QVERIFY(label(75, 70) != first && label(75, 70) != 0);
        key(Qt::Key_2); // mitotic
        QCOMPARE(editor_->current_class(), mitotic_);
        drag({at(75, 70), at(75, 78)}); // begins inside an object of another class
        const ObjectId third = label(75, 78);
        QCOMPARE(editor_->document().object(third)->class_id, mitotic_);
        QCOMPARE(editor_->document().objects().size(), std::size_t{3});
        check_books();
    }

    void only_where_empty_leaves_other_objects_alone() {
        tools_->settings().set_brush_size(10);
        drag({at(30, 30)});
        const ObjectId first = label(30, 30);
        const int area = count(first);
        key(Qt::Key_M);
        QVERIFY(tools_->settings().only_where_empty());
        drag({at(36, 30), at(50, 30)});
        // It began beside the first object's middle but inside it, so it went on with it; from outside it
        // does not.
        QCOMPARE(count(first) >= area, true);
        drag({at(60, 30), at(20, 30)});
        const ObjectId other = label(60, 30);
        QVERIFY(other != first);
        QCOMPARE(label(30, 30), first);
        const int grown = count(first);
        key(Qt::Key_M);
        drag({at(70, 30), at(20, 30)});
        QVERIFY(count(first) < grown);
        check_books();
    }

    void eraser_swap_and_right_button_take_away() {
        tools_->settings().set_brush_size(20);
        drag({at(40, 40), at(60, 40)});
        const ObjectId id = label(50, 40);
        const int area = count(id);
        key(Qt::Key_X);
        QCOMPARE(tools_->tool(), QString("label.eraser"));
        tools_->settings().set_brush_size(6);
        drag({at(50, 40)});
        QCOMPARE(label(50, 40), 0u);
        QCOMPARE(count(id), area - 32); // a disc of 6 px across on a pixel corner
        key(Qt::Key_X);
        QCOMPARE(tools_->tool(), QString("label.brush"));
        drag({at(42, 40)}, Qt::RightButton);
        QCOMPARE(label(42, 40), 0u);
        check_books();
        key(Qt::Key_E);
        tools_->settings().set_brush_size(60);
        drag({at(40, 40), at(60, 40)});
        QCOMPARE(count(id), 0);
        QVERIFY(!editor_->document().object(id)); // nothing of it is left
        check_books();
    }

    void shift_click_draws_a_straight_line_from_the_last_end() {
        tools_->settings().set_brush_size(1);
        drag({at(10.5, 10.5)});
        const ObjectId id = label(10, 10);
        drag({at(50.5, 10.5)}, Qt::LeftButton, Qt::ShiftModifier);
        for (int x = 10; x <= 50; ++x)
            QCOMPARE(label(x, 10), id);
        QCOMPARE(count(id), 41);
        check_books();
    }

    void the_wheel_with_ctrl_and_the_brackets_size_the_brush() {
        tools_->settings().set_brush_size(10);
        const double scale = canvas_->view().scale();
        QWheelEvent wheel(QPointF(100, 100), QPointF(100, 100), {}, {0, 120}, Qt::NoButton,
                          Qt::ControlModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(canvas_.get(), &wheel);
        QCOMPARE(tools_->settings().brush_size(), 11.0);
        QCOMPARE(canvas_->view().scale(), scale);
        key(Qt::Key_BracketLeft);
        QCOMPARE(tools_->settings().brush_size(), 10.0);
        QWheelEvent plain(QPointF(100, 100), QPointF(100, 100), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(canvas_.get(), &plain);
        QVERIFY(canvas_->view().scale() > scale);
    }

    void escape_takes_the_stroke_in_hand_back() {
        tools_->settings().set_brush_size(20);
        drag({at(30, 30)});
        const LabelMap before = shown();
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, at(35, 30));
        QMouseEvent move(QEvent::MouseMove, at(80, 60), canvas_->mapToGlobal(at(80, 60)), Qt::NoButton,
                         Qt::LeftButton, {});
        QApplication::sendEvent(canvas_.get(), &move);
        QVERIFY(shown() != before);
        key(Qt::Key_Escape);
        QCOMPARE(shown(), before);
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, at(80, 60));
        check_books();
    }

    void polygon_by_clicks_fills_what_it_encloses_and_its_vertices_can_be_edited() {
        key(Qt::Key_G);
        for (const QPoint& p : {at(20, 20), at(60, 20), at(70, 70), at(60, 60)})
            QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, p);
        key(Qt::Key_Backspace);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(60, 60));
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(20, 60));
        key(Qt::Key_Backspace);
        key(Qt::Key_Backspace);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(60, 60));
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(20, 60));
        key(Qt::Key_Backspace);
        key(Qt::Key_Backspace);
        key(Qt::Key_Backspace); // back to two points: too few to close
        key(Qt::Key_Return);
        QCOMPARE(editor_->document().objects().size(), std::size_t{0});
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(60, 60));
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(20, 60));
        key(Qt::Key_Return);
        QCOMPARE(editor_->document().objects().size(), std::size_t{1});
        const ObjectId id = label(40, 40);
        QCOMPARE(count(id), 1600);
        QCOMPARE(editor_->document().object(id)->polygon.size(), std::size_t{4});
        QCOMPARE(editor_->selected(), id);
        check_books();
        QCOMPARE(project_->labels().object(item_, id)->polygon.size(), std::size_t{4});

        key(Qt::Key_V);
        drag({at(60, 60), at(70, 65), at(80, 60)}); // a vertex
        QCOMPARE(label(70, 57), id);
        QCOMPARE(count(id), 1600 + 20 * 40 / 2);
        check_books();
        drag({at(40, 20), at(40, 10)}); // the middle of the upper edge: a new vertex
        QCOMPARE(editor_->document().object(id)->polygon.size(), std::size_t{5});
        QCOMPARE(label(40, 15), id);
        check_books();
        QTest::mouseMove(canvas_.get(), at(40, 10));
        key(Qt::Key_Delete); // the vertex below the pointer, not the object
        QCOMPARE(editor_->document().object(id)->polygon.size(), std::size_t{4});
        QCOMPARE(label(40, 15), 0u);
        QCOMPARE(count(id), 2000);
        check_books();
    }

    void lasso_goes_around() {
        key(Qt::Key_L);
        std::vector<QPoint> ring;
        for (int i = 0; i < 60; ++i)
            ring.push_back(at(50 + 20 * std::cos(i * 6.2832 / 60), 45 + 20 * std::sin(i * 6.2832 / 60)));
        drag(ring);
        const ObjectId id = label(50, 45);
        QVERIFY(id != 0);
        QVERIFY(std::abs(count(id) - 1257) < 60);
        QVERIFY(editor_->document().object(id)->polygon.size() >= 3);
        check_books();
    }

    void brushed_objects_get_an_outline_to_edit_by_double_click() {
        tools_->settings().set_brush_size(30);
        drag({at(50, 45)});
        const ObjectId id = label(50, 45);
        const LabelMap before = shown();
        key(Qt::Key_V);
        QTest::mouseDClick(canvas_.get(), Qt::LeftButton, {}, at(50, 45));
        QCOMPARE(shown(), before);
        // Some vertex lies on the rim at the right: pull the rim out there.
        QVERIFY(editor_->selected() == id);
    }

    void fill_takes_the_bright_disc_and_then_holes_can_be_filled() {
        key(Qt::Key_W);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(60, 45));
        QTRY_VERIFY(label(60, 45) != 0);
        const ObjectId id = label(60, 45);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                QCOMPARE(label(x, y) == id, std::hypot(x - 60.0, y - 45.0) < 20);
        const int area = count(id);
        key(Qt::Key_E);
        tools_->settings().set_brush_size(7);
        drag({at(60, 45)});
        drag({at(60, 34), at(60, 10)}); // open to the outside: not a hole
        const int with_hole = count(id);
        QVERIFY(with_hole < area);
        const int hole = 37; // pixels within 3.5 of a pixel's middle
        QTest::mouseMove(canvas_.get(), at(50, 45));
        key(Qt::Key_H);
        QCOMPARE(count(id), with_hole + hole);
        QCOMPARE(label(60, 30), 0u);
        check_books();
    }

    void pick_delete_next_object_and_class_change() {
        tools_->settings().set_brush_size(10);
        drag({at(20, 20)});
        drag({at(80, 20)});
        key(Qt::Key_2);
        drag({at(50, 70)});
        const ObjectId a = label(20, 20), b = label(80, 20), c = label(50, 70);
        QTest::mouseMove(canvas_.get(), at(20, 20));
        key(Qt::Key_P);
        QCOMPARE(editor_->current_class(), nucleus_);
        QCOMPARE(editor_->selected(), a);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, Qt::AltModifier, at(50, 70));
        QCOMPARE(editor_->current_class(), mitotic_);
        QCOMPARE(editor_->selected(), c);
        editor_->select(0);
        key(Qt::Key_Tab);
        QCOMPARE(editor_->selected(), a);
        key(Qt::Key_Tab);
        QCOMPARE(editor_->selected(), b);
        key(Qt::Key_Tab);
        QCOMPARE(editor_->selected(), c);
        key(Qt::Key_Backtab, Qt::ShiftModifier);
        QCOMPARE(editor_->selected(), b);
        key(Qt::Key_C); // the current class is mitotic
        QCOMPARE(editor_->document().object(b)->class_id, mitotic_);
        key(Qt::Key_Delete);
        QCOMPARE(count(b), 0);
        QCOMPARE(editor_->selected(), 0u);
        check_books();
        QCOMPARE(project_->labels().object(item_, c)->class_id, mitotic_);
    }

    void background_is_one_object_however_often_it_is_painted() {
        tools_->settings().set_brush_size(10);
        key(Qt::Key_0);
        QCOMPARE(editor_->current_class(), 0);
        drag({at(20, 20)});
        drag({at(80, 60)});
        QVERIFY(label(20, 20) != 0);
        QCOMPARE(label(20, 20), label(80, 60));
        check_books();
    }

    // The disk tells of the first stroke only after the second took pixels away, outside of what the third
    // touches.
    void what_the_disk_says_late_does_not_undo_the_books_of_later_strokes() {
        tools_->settings().set_brush_size(20);
        drag({at(40, 40), at(80, 40)});
        const ObjectId id = label(60, 40);
        editor_->set_current_class(mitotic_);
        tools_->settings().set_brush_size(6);
        drag({at(60, 40)});
        drag({at(100, 80)});
        QCOMPARE(editor_->document().object(id)->area, static_cast<std::int64_t>(count(id)));
        check_books();
    }

    void undo_and_redo_go_through_every_stroke() {
        tools_->settings().set_brush_size(12);
        std::vector<LabelMap> states{shown()};
        for (int i = 0; i < 6; ++i) {
            drag({at(15 + 12 * i, 20 + 7 * i), at(30 + 10 * i, 25)});
            states.push_back(shown());
        }
        editor_->flush();
        for (int i = 5; i >= 0; --i) {
            QVERIFY(project_->history().undo());
            QTRY_VERIFY(editor_->ready());
            QCOMPARE(shown(), states[static_cast<std::size_t>(i)]);
        }
        for (int i = 1; i <= 6; ++i) {
            QVERIFY(project_->history().redo());
            QTRY_VERIFY(editor_->ready());
            QCOMPARE(shown(), states[static_cast<std::size_t>(i)]);
        }
        // A stroke at once after an undo, before the labels came back from the file, must not bring anything
        // back.
        QVERIFY(project_->history().undo());
        drag({at(100, 80)});
        const ObjectId last = label(100, 80);
        LabelMap expected = states[5];
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                if (label(x, y) == last)
                    expected.set(x, y, last);
        QCOMPARE(shown(), expected);
        check_books();
    }

    void each_stroke_is_one_step_in_the_history_with_its_name() {
        tools_->settings().set_brush_size(12);
        drag({at(30, 30), at(60, 60)});
        editor_->flush();
        QCOMPARE(QString::fromStdString(project_->history().next_undo()->title),
                 QString("brush on image.tif"));
        QCOMPARE(project_->history().next_undo()->item, item_);
    }

    void predictions_are_accepted_one_by_one_by_region_and_all_but_never_over_drawn_labels() {
        tools_->settings().set_brush_size(6);
        drag({at(12, 12)});
        const ObjectId drawn = label(12, 12);
        const int drawn_area = count(drawn);
        LabelMap map(height, width);
        LabelPrediction prediction;
        for (int k = 0; k < 5; ++k) {
            LabelObject object;
            object.id = static_cast<ObjectId>(k + 1);
            object.class_id = nucleus_;
            object.bounds = {8 + 20 * k, 8, 10, 10};
            object.score = 0.9;
            object.run = "0007-unet";
            for (int y = 8; y < 18; ++y)
                for (int x = 8 + 20 * k; x < 18 + 20 * k; ++x)
                    map.set(x, y, object.id);
            prediction.objects.push_back(object);
        }
        prediction.tiles = std::make_shared<LabelTiles>(map);
        prediction.title = "Prediction";
        editor_->show_prediction(prediction);
        QVERIFY(canvas_->layers().find(LabelEditor::prediction_layer));
        QCOMPARE(editor_->describe({52, 12}), QString("predicted nucleus, 90 %"));

        key(Qt::Key_T);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(53, 13));
        QVERIFY(label(53, 13) != 0);
        QCOMPARE(editor_->prediction().objects.size(), std::size_t{4});
        QCOMPARE(count(label(53, 13)), 100);
        drag({at(66, 5), at(80, 20)});
        QVERIFY(label(72, 12) != 0);
        QCOMPARE(editor_->prediction().objects.size(), std::size_t{3});
        key(Qt::Key_A);
        QVERIFY(!editor_->has_prediction());
        QCOMPARE(count(drawn), drawn_area);
        QCOMPARE(editor_->document().objects().size(), std::size_t{6});
        check_books();
        const auto accepted = project_->labels().object(item_, label(92, 12));
        QCOMPARE(accepted->tool, std::string("prediction"));
        QCOMPARE(accepted->run, std::string("0007-unet"));
        QVERIFY(project_->history().undo()); // all three at once
        QTRY_VERIFY(editor_->ready());
        QCOMPARE(editor_->document().objects().size(), std::size_t{3});
    }

    // 2,500 are put together on the writing thread; for the user it is the same.
    void very_many_predictions_are_accepted_in_the_background() {
        constexpr int side = 1000, step = 20;
        const ItemId large = project_->items()
                                 .add({std::filesystem::path(folder_->path().toStdString()) / "large.tif"})
                                 .added.at(0);
        project_->items().set_facts(large, {"89ab", side, side, 1});
        editor_->set_item(large, side, side);
        QTRY_VERIFY(editor_->ready());
        editor_->set_current_class(mitotic_);
        QVERIFY(editor_->begin("brush"));
        const ObjectId drawn = editor_->new_object();
        editor_->line({0, 30}, {side, 30}, 4, {drawn, false, 0});
        editor_->commit();
        const std::int64_t drawn_area = editor_->document().object(drawn)->area;

        LabelMap map(side, side);
        LabelPrediction prediction;
        for (int y = 0; y < side; y += step)
            for (int x = 0; x < side; x += step) {
                LabelObject object;
                object.id = static_cast<ObjectId>(prediction.objects.size() + 1);
                object.class_id = nucleus_;
                object.bounds = {x + 2, y + 2, 12, 12};
                object.score = 0.75;
                object.run = "0007-unet";
                for (int row = 0; row < 12; ++row)
                    std::fill_n(map.row(y + 2 + row).begin() + x + 2, 12, object.id);
                prediction.objects.push_back(object);
            }
        prediction.tiles = std::make_shared<LabelTiles>(map);
        editor_->show_prediction(prediction);

        // The lower half first: what is left of the prediction is the upper half.
        QCOMPARE(editor_->accept_region({0, side / 2, side, side / 2}), 1250);
        QVERIFY(editor_->accepting());
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        QVERIFY(!editor_->begin("brush"));
        QCOMPARE(refused.size(), 1);
        QTRY_VERIFY(editor_->ready() && !editor_->accepting());
        QCOMPARE(editor_->prediction().objects.size(), std::size_t{1250});
        QVERIFY(editor_->predicted_at(25, 45) != 0);
        QCOMPARE(editor_->predicted_at(25, 545), ObjectId{0});
        QCOMPARE(editor_->document().objects().size(), std::size_t{1251});

        QCOMPARE(editor_->accept_all(), 1250);
        QTRY_VERIFY(editor_->ready() && !editor_->accepting());
        QVERIFY(!editor_->has_prediction());
        QVERIFY(editor_->flush());
        QCOMPARE(editor_->document().objects().size(), std::size_t{2501});
        QCOMPARE(editor_->document().object(drawn)->area, drawn_area);
        const LabelMap shown = editor_->document().tiles()->read({0, 0, side, side});
        QCOMPARE(project_->labels().read(large, {0, 0, side, side}), shown);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                QCOMPARE(shown.at(x, y) != 0, map.at(x, y) != 0 || shown.at(x, y) == drawn);
        const auto one = project_->labels().object(large, shown.at(25, 545));
        QCOMPARE(one->area, std::int64_t{144});
        QCOMPARE(one->tool, std::string("prediction"));
        QCOMPARE(one->run, std::string("0007-unet"));

        QVERIFY(project_->history().undo()); // one step each
        QTRY_VERIFY(editor_->ready());
        QCOMPARE(editor_->document().objects().size(), std::size_t{1251});
    }

    void a_write_that_fails_is_said_kept_and_written_later() {
        tools_->settings().set_brush_size(12);
        drag({at(20, 20)});
        editor_->flush();
        // The class goes away behind the editor's back, so the store refuses the next stroke.
        QSignalSpy failed(editor_.get(), &LabelEditor::failed);
        auto other = Project::open(project_->folder(), Project::Access::Shared);
        const LabelClass gone = *other->classes().find(mitotic_);
        editor_->set_current_class(mitotic_);
        other->classes().remove(mitotic_);
        drag({at(60, 60)});
        QVERIFY(failed.wait(5000));
        QVERIFY(label(60, 60) != 0); // still on screen
        drag({at(100, 20)});         // waits behind it
        QVERIFY(editor_->saving());
        QVERIFY(!editor_->flush());
        other->history().undo(); // the class comes back
        editor_->retry();
        QVERIFY(editor_->flush());
        check_books();
        Q_UNUSED(gone);
    }

    void unsaved_strokes_can_be_given_up_and_the_file_is_shown() {
        tools_->settings().set_brush_size(12);
        drag({at(20, 20)});
        const LabelMap before = shown();
        editor_->flush();
        auto other = Project::open(project_->folder(), Project::Access::Shared);
        editor_->set_current_class(mitotic_);
        other->classes().remove(mitotic_);
        QSignalSpy failed(editor_.get(), &LabelEditor::failed);
        drag({at(60, 60)});
        QVERIFY(failed.wait(5000));
        editor_->discard_unsaved();
        QTRY_VERIFY(editor_->ready());
        QCOMPARE(shown(), before);
        QVERIFY(!editor_->saving());
    }

    void a_stroke_on_a_huge_image_is_quick_and_writes_little() {
        const ItemId huge = project_->items()
                                .add({std::filesystem::path(folder_->path().toStdString()) / "huge.tif"})
                                .added.at(0);
        project_->items().set_facts(huge, {"4567", 10000, 10000, 1});
        QSignalSpy loaded(editor_.get(), &LabelEditor::loaded);
        editor_->set_item(huge, 10000, 10000);
        QVERIFY(loaded.wait(10000));
        editor_->set_current_class(nucleus_);
        QVERIFY(editor_->begin("brush"));
        const ObjectId id = editor_->new_object();
        editor_->line({100, 100}, {9900, 9800}, 40, {id, true, 0});
        QVERIFY(editor_->document().tiles()->bytes() < 120u << 20);
        editor_->commit();
        QVERIFY(editor_->flush());
        QCOMPARE(project_->labels().object(huge, id)->area, editor_->document().object(id)->area);
        // As one step, though it went to the file in parts.
        QVERIFY(project_->history().undo());
        QVERIFY(!project_->labels().object(huge, id));
    }
};

QTEST_MAIN(TestLabelTools)
#include "test_label_tools.moc"
