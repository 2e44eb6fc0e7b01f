// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/label_fixture.h"
#include "core/data/shapes.h"
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/preview_tool.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <array>
#include <set>

using namespace eyepiece;

// Choosing several objects, and what is done to them: by mouse and keys, compared with plain geometry and
// with the project's file; each is one step back.
class TestObjectTools : public test::LabelToolTest {
    Q_OBJECT

    void click(double x, double y, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, modifiers, at(x, y));
    }
    std::size_t objects() const { return editor_->document().objects().size(); }
    ObjectId box(double left, double top, double right, double bottom) {
        tools_->choose("label.rectangle");
        drag({at(left, top), at(right, bottom)});
        return label(static_cast<int>(left), static_cast<int>(top));
    }
    ObjectId disc(double x, double y, double radius) {
        tools_->choose("label.ellipse");
        drag({at(x - radius, y - radius), at(x + radius, y + radius)});
        return label(static_cast<int>(x), static_cast<int>(y));
    }
    std::set<ObjectId> selection() const {
        return {editor_->selection().begin(), editor_->selection().end()};
    }
    PreviewTool* preview() const { return qobject_cast<PreviewTool*>(tools_->current()); }
    Mask mask(ObjectId id) const { return mask_of(shown(), id, {0, 0, width, height}); }

private Q_SLOTS:
    void shift_click_and_a_dragged_rectangle_choose_several() {
        const ObjectId a = box(10, 10, 30, 30), b = box(40, 10, 60, 30), c = box(70, 50, 90, 80);
        key(Qt::Key_V);
        click(20, 20);
        QCOMPARE(selection(), std::set<ObjectId>{a});
        click(50, 20, Qt::ShiftModifier);
        QCOMPARE(selection(), (std::set<ObjectId>{a, b}));
        QCOMPARE(editor_->selected(), b); // the one chosen last
        click(20, 20, Qt::ShiftModifier);
        QCOMPARE(selection(), std::set<ObjectId>{b});
        drag({at(5, 5), at(60, 40), at(82, 85)}); // more than half of c
        QCOMPARE(selection(), (std::set<ObjectId>{a, b, c}));
        drag({at(5, 5), at(19, 29)}); // less than half of a
        QCOMPARE(selection(), std::set<ObjectId>{});
        drag({at(65, 45), at(100, 85)});
        drag({at(5, 5), at(35, 35)}, Qt::LeftButton, Qt::ShiftModifier);
        QCOMPARE(selection(), (std::set<ObjectId>{a, c}));
        click(110, 5);
        QVERIFY(selection().empty());
        key(Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(selection(), (std::set<ObjectId>{a, b, c}));
        key(Qt::Key_Escape);
        QVERIFY(selection().empty());
        QCOMPARE(count(a), 400); // choosing changed nothing
        check_books();
    }

    void every_selected_object_shows_its_outline() {
        box(10, 10, 30, 30);
        box(40, 10, 60, 30);
        key(Qt::Key_V);
        click(110, 80);
        QTRY_VERIFY(canvas_->idle());
        const QImage none = canvas_->grab().toImage();
        key(Qt::Key_A, Qt::ControlModifier);
        QTRY_VERIFY(canvas_->idle());
        const QImage both = canvas_->grab().toImage();
        for (const double x : {30.0, 60.0}) {
            const QPoint edge = at(x, 20);
            bool changed = false;
            for (int dx = -2; dx <= 2; ++dx)
                changed |= none.pixel(edge + QPoint(dx, 0)) != both.pixel(edge + QPoint(dx, 0));
            QVERIFY(changed);
        }
        QCOMPARE(none.pixel(at(35, 20)), both.pixel(at(35, 20)));
    }

    void delete_class_and_holes_go_to_all_that_are_selected_in_one_step() {
        const ObjectId a = box(10, 10, 30, 30), b = box(40, 10, 60, 30), c = box(70, 50, 90, 80);
        key(Qt::Key_E);
        tools_->settings().set_brush_size(4);
        click(20, 20);
        click(50, 20);
        QVERIFY(count(a) < 400 && count(b) < 400);
        key(Qt::Key_V);
        drag({at(5, 5), at(65, 35)});
        QTest::mouseMove(canvas_.get(), at(110, 80));
        key(Qt::Key_H);
        QCOMPARE(count(a), 400);
        QCOMPARE(count(b), 400);
        undo();
        QVERIFY(count(a) < 400 && count(b) < 400);
        QCOMPARE(selection(), (std::set<ObjectId>{a, b}));
        editor_->set_current_class(mitotic_);
        key(Qt::Key_C);
        QCOMPARE(editor_->document().object(a)->class_id, mitotic_);
        QCOMPARE(editor_->document().object(b)->class_id, mitotic_);
        QCOMPARE(editor_->document().object(c)->class_id, nucleus_);
        key(Qt::Key_Delete);
        QCOMPARE(objects(), std::size_t{1});
        check_books();
        undo();
        QCOMPARE(objects(), std::size_t{3});
        check_books();
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        key(Qt::Key_Escape);
        key(Qt::Key_Delete);
        QCOMPARE(refused.size(), 1);
        QCOMPARE(objects(), std::size_t{3});
    }

    void merged_objects_are_the_first_one() {
        const ObjectId a = box(10, 10, 30, 30), b = box(30, 10, 50, 30);
        editor_->set_current_class(mitotic_);
        const ObjectId c = box(70, 50, 90, 80);
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        key(Qt::Key_V);
        click(40, 20);
        key(Qt::Key_J);
        QCOMPARE(refused.size(), 1);
        QCOMPARE(objects(), std::size_t{3});
        click(80, 60, Qt::ShiftModifier);
        click(20, 20, Qt::ShiftModifier);
        key(Qt::Key_J);
        QCOMPARE(objects(), std::size_t{1});
        QCOMPARE(count(b), 400 + 400 + 600);
        QCOMPARE(editor_->document().object(b)->class_id, nucleus_);
        QVERIFY(editor_->document().object(b)->polygon.empty());
        QVERIFY(!editor_->document().object(a) && !editor_->document().object(c));
        QCOMPARE(selection(), std::set<ObjectId>{b});
        check_books();
        undo();
        QCOMPARE(count(a), 400);
        QCOMPARE(count(c), 600);
        check_books();
    }

    void parts_become_objects_or_only_the_largest_stays() {
        const ObjectId a = box(10, 10, 60, 30);
        key(Qt::Key_E);
        tools_->settings().set_brush_size(2);
        drag({at(25, 5), at(25, 35)});
        drag({at(45, 5), at(45, 35)});
        const int left = 14 * 20, middle = 18 * 20, right = 14 * 20;
        QCOMPARE(count(a), left + middle + right);
        key(Qt::Key_V);
        click(50, 20);
        const LabelMap before = shown();
        key(Qt::Key_Q);
        QCOMPARE(count(a), middle);
        undo();
        QCOMPARE(shown(), before);
        key(Qt::Key_J, Qt::ShiftModifier);
        QCOMPARE(objects(), std::size_t{3});
        QCOMPARE(count(a), middle); // the largest keeps the object
        QCOMPARE(count(label(15, 20)), left);
        QCOMPARE(count(label(55, 20)), right);
        QCOMPARE(editor_->document().object(label(55, 20))->class_id, nucleus_);
        QCOMPARE(selection().size(), std::size_t{3});
        check_books();
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        key(Qt::Key_J, Qt::ShiftModifier);
        key(Qt::Key_Q);
        QCOMPARE(refused.size(), 2);
        QCOMPARE(objects(), std::size_t{3});
    }

    void a_drawn_line_cuts_what_it_goes_through() {
        const ObjectId a = box(10, 10, 50, 30);
        editor_->set_current_class(mitotic_);
        const ObjectId b = box(60, 10, 100, 30);
        editor_->select(0);
        key(Qt::Key_K);
        drag({at(5, 20), at(55, 20), at(110, 20)});
        QCOMPARE(objects(), std::size_t{4});
        QCOMPARE(count(a) + count(label(20, 25)), 800);
        QCOMPARE(count(a), 400);
        QCOMPARE(count(label(20, 25)), 400);
        QCOMPARE(editor_->document().object(label(70, 25))->class_id, mitotic_);
        QCOMPARE(editor_->document().object(label(20, 25))->class_id, nucleus_);
        check_books();
        undo(); // both at once
        QCOMPARE(objects(), std::size_t{2});
        // A selected one alone is cut when the line meets it.
        editor_->select(b);
        drag({at(5, 20), at(110, 20)});
        QCOMPARE(objects(), std::size_t{3});
        QCOMPARE(count(a), 800);
        undo();
        // By clicks, too; and a line that stops inside cuts nothing and says so.
        editor_->select(0);
        click(30, 5);
        click(30, 35);
        key(Qt::Key_Return);
        QCOMPARE(objects(), std::size_t{3});
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        drag({at(80, 5), at(80, 20)});
        QCOMPARE(refused.size(), 1);
        QCOMPARE(objects(), std::size_t{3});
        check_books();
    }

    void a_line_erases_as_wide_as_the_brush() {
        const ObjectId a = box(10, 10, 50, 30), b = box(60, 10, 100, 30);
        tools_->settings().set_brush_size(4);
        editor_->select(0);
        key(Qt::Key_E, Qt::ShiftModifier);
        click(0, 20);
        click(119, 20);
        QCOMPARE(count(a), 800);
        key(Qt::Key_Return);
        QCOMPARE(count(a), 40 * 16);
        QCOMPARE(count(b), 40 * 16);
        check_books();
        undo();
        editor_->select(a);
        drag({at(0, 20), at(60, 20), at(119, 20)});
        QCOMPARE(count(a), 40 * 16);
        QCOMPARE(count(b), 800);
        check_books();
    }

    // Only the selected one, though the width of the line reaches its neighbour as well.
    void a_line_along_a_border_erases_of_the_selected_object_alone() {
        const ObjectId a = box(10, 10, 50, 30), b = box(10, 30, 50, 50);
        tools_->settings().set_brush_size(10);
        editor_->select(a);
        key(Qt::Key_E, Qt::ShiftModifier);
        drag({at(0, 28), at(60, 28), at(110, 28)});
        QCOMPARE(count(a), 40 * 13);
        QCOMPARE(count(b), 800);
        editor_->select(0);
        drag({at(0, 28), at(60, 28), at(110, 28)});
        QCOMPARE(count(b), 800 - 40 * 3);
        check_books();
    }

    // An image that is shown but does not belong to the project bears no labels: tools do nothing there.
    void without_an_item_no_tool_does_anything() {
        editor_->set_item(0, 0, 0);
        for (const LabelCommand& each : tools_->commands())
            if (each.chooses_tool) {
                tools_->choose(each.id);
                drag({at(20, 20), at(60, 50), at(80, 20)});
                click(40, 40);
                click(50, 60);
                key(Qt::Key_Return);
                key(Qt::Key_Escape);
                QVERIFY2(!tools_->busy(), qPrintable(each.id));
            } else {
                each.run();
            }
        QCOMPARE(project_->labels().total_objects(), std::int64_t{0});
        QVERIFY(!project_->history().next_undo() ||
                QString::fromStdString(project_->history().next_undo()->title).contains("class"));
    }

    void growing_is_shown_first_and_leaves_neighbours_alone() {
        const ObjectId a = box(20, 20, 40, 40), b = box(42, 20, 60, 40);
        tools_->settings().set_only_where_empty(true);
        key(Qt::Key_V);
        click(30, 30);
        const LabelMap before = shown();
        key(Qt::Key_Period);
        QVERIFY(preview());
        tools_->settings().set_radius(3);
        QTRY_VERIFY(preview()->can_apply());
        QVERIFY(preview()->status().contains("3"));
        QCOMPARE(shown(), before); // so far it is only shown
        key(Qt::Key_Return);
        QCOMPARE(tools_->tool(), QString("label.select")); // it was for one deed
        QCOMPARE(mask(a), grown_among(before, a, std::array{a}, 3, true));
        QCOMPARE(count(b), 18 * 20);
        check_books();
        undo();
        QCOMPARE(shown(), before);
        // Together they share what lies between; over others only when that is wanted.
        key(Qt::Key_A, Qt::ControlModifier);
        key(Qt::Key_Period);
        key(Qt::Key_Return); // before the preview is there
        QTRY_COMPARE(tools_->tool(), QString("label.select"));
        QCOMPARE(label(40, 30), a);
        QCOMPARE(label(41, 30), b);
        check_books();
        undo();
        tools_->settings().set_only_where_empty(false);
        key(Qt::Key_V);
        click(30, 30);
        key(Qt::Key_Period);
        QTRY_VERIFY(preview()->can_apply());
        key(Qt::Key_Return);
        QCOMPARE(label(42, 30), a);
        QVERIFY(count(b) < 18 * 20);
        check_books();
    }

    void shrinking_and_smoothing_take_the_radius_from_wheel_and_keys() {
        const ObjectId a = box(20, 20, 60, 60), thin = box(70, 20, 72, 60);
        key(Qt::Key_V);
        key(Qt::Key_A, Qt::ControlModifier);
        key(Qt::Key_Comma);
        tools_->settings().set_radius(2);
        key(Qt::Key_BracketRight);
        QCOMPARE(tools_->settings().radius(), 3.0);
        key(Qt::Key_BracketLeft);
        QCOMPARE(tools_->settings().radius(), 2.0);
        QTRY_VERIFY(preview()->can_apply());
        QVERIFY(preview()->status().contains("too thin"));
        key(Qt::Key_Return);
        QCOMPARE(count(a), 36 * 36);
        QCOMPARE(count(thin), 80); // it would be gone, so it stays
        check_books();
        undo();
        editor_->select(a);
        const LabelMap before = shown();
        key(Qt::Key_S);
        QTRY_VERIFY(preview()->can_apply());
        key(Qt::Key_Return);
        QCOMPARE(mask(a), smoothed(mask_of(before, a, {0, 0, width, height}), 2));
        QVERIFY(editor_->document().object(a)->polygon.empty());
        check_books();
    }

    void a_preview_follows_what_is_selected_and_escape_leaves_everything() {
        box(20, 20, 40, 40);
        const ObjectId b = box(60, 20, 80, 40);
        key(Qt::Key_B);
        editor_->select(0);
        QTest::mouseMove(canvas_.get(), at(110, 80));
        const LabelMap before = shown();
        key(Qt::Key_Comma);
        QVERIFY(!preview()->can_apply());
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        key(Qt::Key_Return);
        QCOMPARE(refused.size(), 1);
        click(70, 30); // a click chooses
        QCOMPARE(selection(), std::set<ObjectId>{b});
        QTRY_VERIFY(preview()->can_apply());
        click(30, 30, Qt::ShiftModifier);
        QCOMPARE(selection().size(), std::size_t{2});
        key(Qt::Key_Escape);
        QCOMPARE(tools_->tool(), QString("label.brush"));
        QCOMPARE(shown(), before);
        QTest::qWait(50); // a preview that arrives late changes nothing
        QCOMPARE(shown(), before);
        // Without a selection, the object below the pointer is meant.
        editor_->select(0);
        QTest::mouseMove(canvas_.get(), at(70, 30));
        key(Qt::Key_Comma);
        QCOMPARE(selection(), std::set<ObjectId>{b});
    }

    void a_drawn_ring_deletes_what_lies_half_within() {
        const ObjectId a = box(10, 10, 30, 30), b = box(40, 10, 60, 30), c = box(70, 10, 90, 30);
        key(Qt::Key_L, Qt::ShiftModifier);
        drag({at(5, 5), at(52, 5), at(52, 35), at(5, 35)}); // 12 of b's 20 columns
        QVERIFY(!editor_->document().object(a) && !editor_->document().object(b));
        QCOMPARE(count(c), 400);
        check_books();
        undo();
        QCOMPARE(objects(), std::size_t{3});
        drag({at(5, 5), at(48, 5), at(48, 35), at(5, 35)});
        QCOMPARE(objects(), std::size_t{2});
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        drag({at(5, 60), at(50, 60), at(50, 80)});
        QCOMPARE(refused.size(), 1);
        check_books();
    }

    void small_or_large_objects_are_counted_marked_and_deleted() {
        const ObjectId small = disc(20, 20, 4), medium = disc(50, 30, 8), large = disc(90, 50, 20);
        editor_->set_current_class(0);
        const ObjectId ground = box(2, 70, 12, 80); // painted background is no object
        editor_->select(0);
        key(Qt::Key_V);
        QTRY_VERIFY(canvas_->idle());
        const QColor plain = canvas_->grab().toImage().pixelColor(at(50, 30));
        key(Qt::Key_Delete, Qt::ShiftModifier);
        QVERIFY(preview());
        tools_->settings().set_area_limit(100);
        QVERIFY2(preview()->status().startsWith("1 of 3 objects: 25.0"), qPrintable(preview()->status()));
        click(50, 30); // its area is the limit now
        QCOMPARE(tools_->settings().area_limit(), editor_->document().object(medium)->area);
        QVERIFY(preview()->status().startsWith("2 of 3 objects"));
        QTRY_VERIFY(canvas_->idle());
        const QColor marked = canvas_->grab().toImage().pixelColor(at(50, 30));
        const QColor kept = canvas_->grab().toImage().pixelColor(at(90, 50));
        key(Qt::Key_X);
        QVERIFY(tools_->settings().larger_ones());
        QVERIFY(preview()->status().startsWith("2 of 3 objects")); // the medium one and the large one
        QTRY_VERIFY(canvas_->idle());
        QVERIFY(canvas_->grab().toImage().pixelColor(at(90, 50)) != kept);
        QVERIFY(marked != plain && marked.red() > marked.blue());
        key(Qt::Key_X);
        key(Qt::Key_Return);
        QCOMPARE(tools_->tool(), QString("label.select"));
        QVERIFY(!editor_->document().object(small) && !editor_->document().object(medium));
        QVERIFY(editor_->document().object(large) && editor_->document().object(ground));
        QTRY_VERIFY(canvas_->idle());
        QCOMPARE(canvas_->grab().toImage().pixelColor(at(90, 50)), kept); // no mark is left
        check_books();
        undo();
        QCOMPARE(objects(), std::size_t{4});
        // Among several selected ones only these are meant.
        editor_->select_objects({small, large});
        key(Qt::Key_Delete, Qt::ShiftModifier);
        tools_->settings().set_area_limit(100000);
        QVERIFY(preview()->status().startsWith("2 of the 2 selected"));
        key(Qt::Key_Escape);
        QCOMPARE(objects(), std::size_t{4});
        QTRY_VERIFY(canvas_->idle());
        QCOMPARE(canvas_->grab().toImage().pixelColor(at(50, 30)), plain);
        check_books();
    }

    void objects_are_copied_where_the_other_image_is_empty() {
        const std::filesystem::path folder = folder_->path().toStdString();
        std::ofstream(folder / "other.tif") << "not looked at either";
        const ItemId other = project_->items().add({folder / "other.tif"}).added.at(0);
        project_->items().set_facts(other, {"4567", width, height, 1});
        LabelEdit there; // an object is there, beside what is copied and in its way
        there.item = other;
        there.tool = "brush";
        there.region = {30, 0, 20, 60};
        there.pixels = LabelMap(60, 20);
        for (auto& id : there.pixels.ids())
            id = 1;
        LabelObject wall;
        wall.id = 1;
        wall.class_id = mitotic_;
        there.objects = {wall};
        project_->labels().commit(there);

        const ObjectId a = box(10, 10, 40, 30), b = box(60, 40, 100, 80), c = box(34, 40, 44, 50);
        int copied = -1;
        editor_->copy_to(other, {a, b, c}, [&](int count) { copied = count; });
        QVERIFY(editor_->flush());
        QCOMPARE(copied, 2); // c found no free pixel
        const LabelMap result = project_->labels().read(other, {0, 0, width, height});
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const bool walled = x >= 30 && x < 50 && y < 60;
                const bool one = x >= 10 && x < 30 && y >= 10 && y < 30;
                const bool two = x >= 60 && x < 100 && y >= 40 && y < 80;
                const ObjectId id = result.at(x, y);
                QCOMPARE(id == 1, walled);
                QCOMPARE(id > 1, one || two);
            }
        QCOMPARE(project_->labels().objects(other).size(), std::size_t{3});
        const auto whole = project_->labels().object(other, result.at(80, 60));
        QCOMPARE(whole->polygon, editor_->document().object(b)->polygon);
        QVERIFY(project_->labels().object(other, result.at(20, 20))->polygon.empty()); // cut by the wall
        check_books();                                                                 // nothing changed here
        QVERIFY(project_->history().undo());
        QCOMPARE(project_->labels().objects(other).size(), std::size_t{1});
    }

    // Only the bounds of the object are worked on: a disc on an image of a gigapixel takes no longer than on
    // this one.
    void a_huge_image_does_not_make_an_object_slower() {
        LabelDocument huge(1, 40000, 30000);
        huge.begin("test");
        const ObjectId id = huge.new_object(1);
        huge.paint_line({20000, 20000}, {20050, 20000}, 40, {id, false, 0});
        huge.finish();
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(objects_within(huge, Polygon{{0, 0}, {30000, 0}, {30000, 40000}, {0, 40000}}),
                 std::vector<ObjectId>{id});
        QCOMPARE(objects_on(huge, Polygon{{19900, 20000}, {20100, 20000}}), std::vector<ObjectId>{id});
        QCOMPARE(objects_in(huge, {19000, 19000, 2000, 2000}), std::vector<ObjectId>{id});
        QVERIFY2(timer.elapsed() < 500, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_MAIN(TestObjectTools)
#include "test_object_tools.moc"
