// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/label_fixture.h"
#include "widgets/canvas/mark_layer.h"
#include "widgets/canvas/mark_tools.h"

#include <set>

using namespace eyepiece;

namespace eyepiece::test {

// Points, keypoints and classes of an image, by mouse and key.
class TestMarkTools : public LabelToolTest {
    Q_OBJECT

    MarkEditor& marks() { return editor_->marks(); }
    ClassId mouse_ = 0;

    void with_skeleton() {
        Skeleton skeleton;
        skeleton.names = {"snout", "leftear", "rightear", "tail"};
        skeleton.links = {{0, 1}, {0, 2}, {0, 3}};
        skeleton.pairs = {{1, 2}};
        mouse_ = project_->classes().add("mouse");
        project_->skeletons().set(mouse_, skeleton);
        QTRY_VERIFY(marks().ready());
        editor_->set_current_class(mouse_);
        tools_->choose("label.keypoints");
    }
    void click(double x, double y, Qt::MouseButton button = Qt::LeftButton,
               Qt::KeyboardModifiers modifiers = {}) {
        drag({at(x, y)}, button, modifiers);
    }
    std::vector<Mark> stored_marks() {
        editor_->flush();
        return project_->marks().marks(item_);
    }
    const Keypoint& point(MarkId id, std::size_t i) { return marks().mark(id)->points.at(i); }
    void undo_mark() {
        editor_->flush();
        QVERIFY(project_->history().undo());
        QTRY_VERIFY(marks().ready());
    }
    // What is shown is what is on disk.
    void check_stored() {
        const auto stored = stored_marks();
        QCOMPARE(stored.size(), marks().marks().size());
        for (const Mark& mark : stored) {
            QVERIFY(marks().mark(mark.id));
            QCOMPARE(mark.points, marks().mark(mark.id)->points);
            QCOMPARE(mark.class_id, marks().mark(mark.id)->class_id);
        }
    }

private Q_SLOTS:
    void points_are_set_moved_and_deleted() {
        tools_->choose("label.point");
        click(20, 30);
        click(80, 40);
        QCOMPARE(marks().marks().size(), std::size_t{2});
        const auto stored = stored_marks(); // the button is up: it is on disk
        QCOMPARE(stored.size(), std::size_t{2});
        QVERIFY(stored[0].kind == MarkKind::Point);
        QCOMPARE(stored[0].class_id, nucleus_);
        QVERIFY(std::abs(stored[0].points[0].place.x - 20) < 0.2);
        QCOMPARE(stored[0].tool, std::string("point"));
        QCOMPARE(project_->history().next_undo()->title, std::string("point on image.tif"));

        drag({at(20, 30), at(25, 35), at(40, 50)});
        QVERIFY(std::abs(point(1, 0).place.x - 40) < 0.2);
        QVERIFY(std::abs(point(1, 0).place.y - 50) < 0.2);
        QCOMPARE(stored_marks()[0].edits, 1);
        QCOMPARE(project_->history().next_undo()->title, std::string("move point on image.tif"));
        // A click selects and moves nothing, also when the hand trembles.
        const auto depth = project_->history().depth();
        drag({at(80, 40), at(80, 40) + QPoint(1, 1)});
        editor_->flush();
        QCOMPARE(project_->history().depth(), depth);
        QCOMPARE(marks().selected(), MarkId{2});
        // Close beside another with Shift.
        click(81, 40, Qt::LeftButton, Qt::ShiftModifier);
        QCOMPARE(marks().marks().size(), std::size_t{3});
        click(40, 50, Qt::RightButton);
        QVERIFY(!marks().mark(1));
        marks().select(2);
        key(Qt::Key_Delete);
        QVERIFY(!marks().mark(2));
        check_stored();
        undo_mark();
        undo_mark();
        QCOMPARE(marks().marks().size(), std::size_t{3});
        undo_mark(); // the third
        undo_mark(); // the move
        QVERIFY(std::abs(point(1, 0).place.x - 20) < 0.2);
        undo_mark();
        undo_mark();
        QVERIFY(marks().marks().empty());
        check_stored();
    }

    void a_drag_ends_within_the_image() {
        tools_->choose("label.point");
        click(10, 10);
        drag({at(10, 10), at(5, 5), at(-30, 20)});
        QCOMPARE(point(1, 0).place.x, 0.0);
        click(-5, 20); // outside of the image nothing is set
        QCOMPARE(marks().marks().size(), std::size_t{1});
        check_stored();
    }

    void the_skeleton_is_walked_point_by_point() {
        with_skeleton();
        click(20, 20);
        QCOMPARE(marks().selected(), MarkId{1});
        QCOMPARE(marks().selected_point(), 1); // the next
        click(30, 20);
        click(30, 30, Qt::RightButton); // is there, but hidden
        QCOMPARE(point(1, 2).visibility, Visibility::Hidden);
        QCOMPARE(stored_marks().size(), std::size_t{1});
        QCOMPARE(stored_marks()[0].tool, std::string("keypoints"));
        click(60, 60);
        QCOMPARE(placed_points(marks().mark(1)->points), 4);
        editor_->flush();
        QCOMPARE(project_->history().next_undo()->title, std::string("tail on image.tif"));
        // Complete: the next click begins another one.
        click(90, 20);
        QCOMPARE(marks().marks().size(), std::size_t{2});
        QCOMPARE(marks().selected(), MarkId{2});
        // Enter ends it though it is not complete.
        key(Qt::Key_Return);
        QCOMPARE(marks().selected(), MarkId{0});
        click(100, 80);
        QCOMPARE(marks().marks().size(), std::size_t{3});
        check_stored();
        // Each point is a step of its own.
        for (int i = 0; i < 6; ++i)
            undo_mark();
        QVERIFY(marks().marks().empty());
    }

    void tab_jumps_and_right_click_hides() {
        with_skeleton();
        click(20, 20);
        key(Qt::Key_Tab); // leave the left ear out
        QCOMPARE(marks().selected_point(), 2);
        click(40, 20);
        QCOMPARE(point(1, 1).visibility, Visibility::Absent);
        QCOMPARE(point(1, 2).visibility, Visibility::Visible);
        QCOMPARE(marks().selected_point(), 3);
        key(Qt::Key_Backtab, Qt::ShiftModifier);
        key(Qt::Key_Backtab, Qt::ShiftModifier);
        QCOMPARE(marks().selected_point(), 1);
        click(60, 20);
        QCOMPARE(point(1, 1).visibility, Visibility::Visible);
        QVERIFY(std::abs(point(1, 1).place.x - 60) < 0.2);

        click(60, 20, Qt::RightButton);
        QCOMPARE(point(1, 1).visibility, Visibility::Hidden);
        QVERIFY(std::abs(point(1, 1).place.x - 60) < 0.2);
        click(60, 20, Qt::RightButton);
        QCOMPARE(point(1, 1).visibility, Visibility::Visible);
        drag({at(60, 20), at(65, 25), at(70, 30)});
        QVERIFY(std::abs(point(1, 1).place.x - 70) < 0.2);
        QCOMPARE(marks().selected_point(), 1); // what was moved stays chosen
        key(Qt::Key_Delete);
        QCOMPARE(point(1, 1).visibility, Visibility::Absent);
        check_stored();
        undo_mark();
        QCOMPARE(point(1, 1).visibility, Visibility::Visible);
        tools_->command("label.delete-mark")->run();
        QVERIFY(marks().marks().empty());
        check_stored();
        undo_mark();
        QCOMPARE(marks().marks().size(), std::size_t{1});
    }

    void removing_the_last_point_removes_the_instance() {
        with_skeleton();
        click(20, 20);
        click(20, 20); // takes it up
        QCOMPARE(marks().selected_point(), 0);
        key(Qt::Key_Delete);
        QVERIFY(marks().marks().empty());
        QCOMPARE(marks().selected(), MarkId{0});
        check_stored();
    }

    void escape_drops_what_is_in_hand() {
        with_skeleton();
        click(20, 20);
        editor_->flush();
        const auto depth = project_->history().depth();
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, at(50, 50));
        QVERIFY(tools_->busy());
        key(Qt::Key_Escape);
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, at(50, 50));
        editor_->flush();
        QCOMPARE(project_->history().depth(), depth);
        QCOMPARE(point(1, 1).visibility, Visibility::Absent);
    }

    void without_a_skeleton_it_says_what_to_do() {
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        tools_->choose("label.keypoints");
        click(20, 20);
        QCOMPARE(refused.size(), 1);
        QVERIFY2(refused.at(0).at(0).toString().contains("skeleton"),
                 qPrintable(refused.at(0).at(0).toString()));
        tools_->choose("label.point");
        editor_->set_current_class(0);
        click(20, 20);
        QCOMPARE(refused.size(), 2);
        QVERIFY(marks().marks().empty());
    }

    void an_undo_while_a_point_is_in_hand() {
        with_skeleton();
        click(20, 20);
        click(30, 20);
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, at(30, 20));
        undo_mark(); // the point that is held goes
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, at(50, 50));
        QCOMPARE(point(1, 1).visibility, Visibility::Absent);
        check_stored();
    }

    void alt_click_picks_and_objects_give_way() {
        with_skeleton();
        click(20, 20);
        editor_->set_current_class(nucleus_);
        click(20, 20, Qt::LeftButton, Qt::AltModifier);
        QCOMPARE(editor_->current_class(), mouse_);
        QCOMPARE(marks().selected(), MarkId{1});
        editor_->set_current_class(nucleus_);
        tools_->choose("label.brush");
        drag({at(60, 45), at(62, 45)});
        tools_->choose("label.select");
        click(61, 45);
        QVERIFY(editor_->selected() != 0);
        QCOMPARE(marks().selected(), MarkId{0}); // one thing is selected
        marks().select(1);
        QCOMPARE(editor_->selected(), ObjectId{0});
    }

    void planes_have_their_own_points() {
        tools_->choose("label.point");
        click(20, 30);
        marks().set_plane({3, 0});
        click(20, 30); // what lies in another plane is not in the way
        QCOMPARE(marks().marks().size(), std::size_t{2});
        QVERIFY((stored_marks()[1].plane == ImagePlane{3, 0}));
        const auto* layer = dynamic_cast<const MarkLayer*>(canvas_->layers().find(MarkEditor::layer_id));
        QVERIFY(layer);
        QCOMPARE(layer->scene().marks.size(), std::size_t{1});
    }

    void classes_of_the_image_by_key() {
        tools_->choose("label.image-class");
        tools_->settings().set_one_class_an_image(false);
        QTest::keyClicks(canvas_.get(), "1");
        QTest::keyClicks(canvas_.get(), "2");
        editor_->flush();
        QCOMPARE(project_->items().at(item_).classes, (std::vector{nucleus_, mitotic_}));
        QTest::keyClicks(canvas_.get(), "1");
        editor_->flush();
        QCOMPARE(project_->items().at(item_).classes, std::vector{mitotic_});
        QCOMPARE(editor_->current_class(), nucleus_); // what is drawn with is another matter
        tools_->settings().set_one_class_an_image(true);
        tools_->settings().set_next_after_class(true);
        QSignalSpy step(canvas_.get(), &ImageCanvas::step_wanted);
        QTest::keyClicks(canvas_.get(), "1");
        editor_->flush();
        QCOMPARE(project_->items().at(item_).classes, std::vector{nucleus_});
        QCOMPARE(step.size(), 1);
        QTest::keyClicks(canvas_.get(), "1"); // taken away: one stays to look
        QCOMPARE(step.size(), 1);
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        QTest::keyClicks(canvas_.get(), "0");
        QCOMPARE(refused.size(), 1);
        undo_mark();
        QCOMPARE(marks().image_classes(), std::vector{nucleus_});
    }

    void copied_to_another_image() {
        with_skeleton();
        click(20, 20);
        click(40, 20);
        const ItemId other = project_->items().add({project_->folder() / "other.tif"}).added.at(0);
        bool told = false;
        marks().copy_to(other, marks().selected(), [&] { told = true; });
        editor_->flush();
        QVERIFY(told);
        const auto copies = project_->marks().marks(other);
        QCOMPARE(copies.size(), std::size_t{1});
        QCOMPARE(copies[0].points, marks().mark(1)->points);
        QCOMPARE(project_->history().next_undo()->title, std::string("copy keypoints on other.tif"));
    }

    // What is drawn: a visible point is filled with its colour, a hidden one is hollow, at any zoom.
    void drawn_at_any_zoom() {
        with_skeleton();
        click(20, 20);
        click(60, 45);
        click(40, 70, Qt::RightButton);
        marks().select(0);
        canvas_->set_tool(nullptr);
        for (const double scale : {5.0, 2.0, 8.0}) {
            canvas_->zoom_to(scale);
            QTRY_VERIFY(canvas_->idle());
            const QImage picture = canvas_->grab().toImage();
            const auto color_at = [&](std::size_t i) {
                const Point2 place = point(1, i).place;
                return picture.pixelColor(canvas_->view().to_device(QPointF(place.x, place.y)).toPoint());
            };
            QCOMPARE(color_at(1), keypoint_color(*marks().skeleton(mouse_), 1));
            QVERIFY(color_at(2) != keypoint_color(*marks().skeleton(mouse_), 2));
        }
        canvas_->layers().set_visible(MarkEditor::layer_id, false);
        QTRY_VERIFY(canvas_->idle());
        const QImage picture = canvas_->grab().toImage();
        const Point2 place = point(1, 1).place;
        QVERIFY(picture.pixelColor(canvas_->view().to_device(QPointF(place.x, place.y)).toPoint()) !=
                keypoint_color(*marks().skeleton(mouse_), 1));
    }

    // Ten thousand points are drawn within a frame's time, several times over for a busy machine.
    void many_points_draw_quickly() {
        std::vector<Mark> many;
        for (MarkId id = 1; id <= 10'000; ++id) {
            Mark mark;
            mark.id = id;
            mark.class_id = nucleus_;
            mark.points = {
                {{static_cast<double>(id % 120), static_cast<double>(id % 90)}, Visibility::Visible, -1}};
            many.push_back(mark);
        }
        project_->marks().commit({item_, "import", many, {}});
        QTRY_VERIFY(marks().ready());
        QCOMPARE(marks().marks().size(), std::size_t{10'000});
        canvas_->fit();
        QTRY_VERIFY(canvas_->idle());
        double best = 1e9;
        for (int i = 0; i < 5; ++i) {
            canvas_->grab();
            best = std::min(best, canvas_->last_frame_ms());
        }
        qInfo("10,000 points: %.1f ms", best);
        QVERIFY2(best < 150, qPrintable(QString::number(best)));
    }
};

} // namespace eyepiece::test

QTEST_MAIN(eyepiece::test::TestMarkTools)
#include "test_mark_tools.moc"
