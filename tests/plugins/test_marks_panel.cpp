// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel_fixture.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/canvas/mark_editor.h"

#include <QComboBox>
#include <QDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>
#include <cmath>
#include <functional>

using namespace eyepiece;

// Keypoints, their skeleton and the classes of images in the real window, by clicks and keys.
class TestMarksPanel : public test::PanelTest {
    Q_OBJECT

    MarkEditor& marks() const { return context().labels.marks(); }
    ClassId nucleus() const { return project().classes().find("nucleus")->id; }
    void show_label() {
        show_stage(Stage::Label);
        QTRY_VERIFY_WITH_TIMEOUT(
            canvas().isVisible() && context().labels.ready() && marks().ready() && canvas().idle(), patience);
        canvas().setFocus();
    }
    void click(double x, double y, Qt::MouseButton button = Qt::LeftButton) {
        QTest::mouseClick(&canvas(), button, {}, at(x, y));
    }
    // As the window system delivers it: shortcuts of actions come first.
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window().windowHandle(), key, modifiers);
    }
    void press(QWidget& parent, const char* name) {
        auto* button = parent.findChild<QPushButton*>(QString::fromLatin1(name));
        QVERIFY2(button, name);
        QVERIFY2(button->isEnabled(), name);
        QTest::mouseClick(button, Qt::LeftButton);
    }
    // Runs while the skeleton's dialog is open, which is opened by the button.
    void in_dialog(const std::function<void(QDialog&)>& look) {
        bool looked = false;
        QTimer::singleShot(0, this, [&] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            look(*dialog);
            looked = true;
            if (dialog->isVisible())
                dialog->reject();
        });
        press(window(), "edit-skeleton");
        QVERIFY(looked);
        window().activateWindow(); // as a window system does when a dialog closes
        QVERIFY(QTest::qWaitForWindowActive(&window()));
    }
    void type_name(QListWidget& list, const QString& name) {
        // As the list's own editor would: the one of the name before may not be gone yet.
        QVERIFY(list.currentItem());
        list.currentItem()->setText(name);
        QCoreApplication::processEvents();
    }
    void make_skeleton() {
        in_dialog([this](QDialog& dialog) {
            auto* points = dialog.findChild<QListWidget*>("skeleton.points");
            QVERIFY(!dialog.findChild<QPushButton*>("skeleton.accept")->isEnabled()); // it has no point yet
            for (const char* name : {"nose", "leftear", "rightear"}) {
                press(dialog, "skeleton.add");
                type_name(*points, name);
            }
            QCOMPARE(points->count(), 3);
            QCOMPARE(points->item(1)->text(), QString("leftear"));
            dialog.findChild<QComboBox*>("skeleton.links.from")->setCurrentIndex(0);
            dialog.findChild<QComboBox*>("skeleton.links.to")->setCurrentIndex(1);
            press(dialog, "skeleton.links.add");
            press(dialog, "skeleton.by-name");
            QCOMPARE(dialog.findChild<QListWidget*>("skeleton.pairs")->count(), 1);
            press(dialog, "skeleton.accept");
        });
        QTRY_VERIFY_WITH_TIMEOUT(marks().skeleton(nucleus()) && marks().ready(), patience);
        canvas().setFocus();
    }

private Q_SLOTS:
    void a_skeleton_is_made_and_walked() {
        show_label();
        QVERIFY(text("points-state").contains("single points"));
        make_skeleton();
        const Skeleton& skeleton = *marks().skeleton(nucleus());
        QCOMPARE(skeleton.names, (std::vector<std::string>{"nose", "leftear", "rightear"}));
        QCOMPARE(skeleton.links, (std::vector<Skeleton::Ends>{{0, 1}}));
        QCOMPARE(skeleton.pairs, (std::vector<Skeleton::Ends>{{1, 2}}));
        // The tool is at hand at once.
        click(10, 10);
        click(20, 10);
        QVERIFY2(text("points-state").contains("2 of 3"), qPrintable(text("points-state")));
        // A click in the list says which point comes next.
        auto* points = window().findChild<QListWidget*>("points");
        QCOMPARE(points->currentRow(), 2);
        click(30, 10, Qt::RightButton);
        context().labels.flush();
        const auto stored = project().marks().marks(context().selection.item());
        QCOMPARE(stored.size(), std::size_t{1});
        QCOMPARE(stored[0].points[2].visibility, Visibility::Hidden);
        key(Qt::Key_Delete); // the chosen point
        QCOMPARE(placed_points(marks().mark(1)->points), 2);
        key(Qt::Key_Delete, Qt::ControlModifier); // the instance
        QVERIFY(marks().marks().empty());
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(marks().marks().size(), std::size_t{1}, patience);
        QTRY_VERIFY_WITH_TIMEOUT(marks().ready(), patience);
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(placed_points(marks().mark(1)->points), 3, patience);
    }

    void an_edited_skeleton_keeps_the_points() {
        show_label();
        make_skeleton();
        click(10, 10);
        click(20, 10);
        click(30, 10);
        in_dialog([this](QDialog& dialog) {
            auto* points = dialog.findChild<QListWidget*>("skeleton.points");
            points->setCurrentRow(0);
            press(dialog, "skeleton.down");
            QCOMPARE(points->item(1)->text(), QString("nose"));
            points->setCurrentRow(2);
            press(dialog, "skeleton.remove");
            QCOMPARE(dialog.findChild<QListWidget*>("skeleton.pairs")->count(), 0); // it led to the point
            points->item(0)->setText("nose"); // taken: said at once, and not usable
            QCoreApplication::processEvents();
            QVERIFY(dialog.findChild<QLabel*>("skeleton.problem")->text().contains("two points"));
            QVERIFY(!dialog.findChild<QPushButton*>("skeleton.accept")->isEnabled());
            points->item(0)->setText("ear");
            QCoreApplication::processEvents();
            press(dialog, "skeleton.accept");
        });
        QTRY_VERIFY_WITH_TIMEOUT(marks().ready() && marks().skeleton(nucleus())->size() == 2, patience);
        QCOMPARE(marks().skeleton(nucleus())->names, (std::vector<std::string>{"ear", "nose"}));
        QCOMPARE(marks().skeleton(nucleus())->links, (std::vector<Skeleton::Ends>{{1, 0}}));
        const Mark& mark = *marks().mark(1);
        QVERIFY(std::abs(mark.points[0].place.x - 20.5) < 1);
        QVERIFY(std::abs(mark.points[1].place.x - 10.5) < 1);
    }

    void an_instance_is_copied_to_the_next_image() {
        show_label();
        make_skeleton();
        click(10, 10);
        click(20, 10);
        const ItemId here = context().selection.item();
        key(Qt::Key_N, Qt::ShiftModifier);
        QTRY_VERIFY_WITH_TIMEOUT(context().selection.item() != here, patience);
        QTRY_VERIFY_WITH_TIMEOUT(marks().ready() && marks().marks().size() == 1, patience);
        QCOMPARE(placed_points(marks().mark(1)->points), 2);
        QCOMPARE(project().items().at(here).marks, 1);
    }

    void classes_of_images_by_chip_and_key() {
        project().classes().add("dust");
        show_label();
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QToolButton*>("image-class-dust"), patience);
        const auto chip = [this](const char* name) {
            return window().findChild<QToolButton*>(QString("image-class-") + name);
        };
        const ItemId here = context().selection.item();
        QTRY_VERIFY_WITH_TIMEOUT(chip("dust")->isEnabled(), patience);
        QTest::mouseClick(chip("dust"), Qt::LeftButton);
        context().labels.flush();
        QCOMPARE(project().items().at(here).classes, std::vector{project().classes().find("dust")->id});
        QVERIFY(chip("dust")->isChecked());
        canvas().setFocus();
        key(Qt::Key_I, Qt::ShiftModifier);
        key(Qt::Key_1); // nucleus: one class an image
        context().labels.flush();
        QCOMPARE(project().items().at(here).classes, std::vector{nucleus()});
        QVERIFY(!chip("dust")->isChecked());
        QVERIFY(chip("nucleus")->isChecked());
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(chip("dust")->isChecked() && !chip("nucleus")->isChecked(), patience);
    }
};

QTEST_MAIN(TestMarksPanel)
#include "test_marks_panel.moc"
