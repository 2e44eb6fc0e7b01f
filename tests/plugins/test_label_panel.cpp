// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel_fixture.h"
#include "widgets/canvas/label_editor.h"

#include <QMenu>
#include <QPushButton>
#include <QSlider>
#include <QTimer>
#include <QToolButton>

using namespace eyepiece;

// The tool strip and the Objects section of the Label stage in the real window, by clicks and keys.
class TestLabelPanel : public test::PanelTest {
    Q_OBJECT

    LabelEditor& labels() const { return context().labels; }
    std::size_t objects() const { return labels().document().objects().size(); }
    QToolButton* button(const QString& name) const {
        return window().findChild<QToolButton*>("button." + name);
    }
    void drag(double x0, double y0, double x1, double y1) {
        QTest::mousePress(&canvas(), Qt::LeftButton, {}, at(x0, y0));
        for (const QPoint& point : {at((x0 + x1) / 2, (y0 + y1) / 2), at(x1, y1)}) {
            QMouseEvent move(QEvent::MouseMove, point, canvas().mapToGlobal(point), Qt::NoButton,
                             Qt::LeftButton, {});
            QApplication::sendEvent(&canvas(), &move);
        }
        QTest::mouseRelease(&canvas(), Qt::LeftButton, {}, at(x1, y1));
    }
    // As the window system delivers it: shortcuts of actions come first.
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window().windowHandle(), key, modifiers);
    }
    void show_label() {
        show_stage(Stage::Label);
        QTRY_VERIFY_WITH_TIMEOUT(canvas().isVisible() && labels().ready() && canvas().idle(), patience);
        canvas().setFocus();
    }
    // Runs while the menu of a button is open.
    void in_menu(const std::function<void(QMenu&)>& look) {
        QTimer::singleShot(0, this, [this, look] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            if (!menu)
                return in_menu(look);
            look(*menu);
            menu->close();
        });
    }

private Q_SLOTS:
    void every_tool_fits_and_families_open_a_menu() {
        show_label();
        auto* strip = canvas().findChild<QWidget*>("label-tools");
        QVERIFY(strip && strip->isVisible());
        QVERIFY2(strip->y() + strip->height() < canvas().height() - 40,
                 qPrintable(QString::number(strip->height())));
        QToolButton* shapes = button("family.shapes");
        QVERIFY(shapes);
        QCOMPARE(shapes->defaultAction()->text(), QString("Rectangle"));
        // The right button opens the others; the one chosen there is shown from then on.
        QStringList titles;
        in_menu([&](QMenu& menu) {
            for (const QAction* each : menu.actions())
                titles << each->text();
            QTest::mouseClick(&menu, Qt::LeftButton, {}, menu.actionGeometry(menu.actions().last()).center());
        });
        QTest::mousePress(shapes, Qt::RightButton);
        QCOMPARE(titles, QStringList({"Rectangle", "Rotated rectangle", "Ellipse"}));
        QTRY_COMPARE(shapes->defaultAction()->text(), QString("Ellipse"));
        QVERIFY(shapes->isChecked());
        // A click on it then opens the menu too; a key changes what it shows.
        bool opened = false;
        in_menu([&](QMenu&) { opened = true; });
        QTest::mousePress(shapes, Qt::LeftButton);
        QVERIFY(opened);
        key(Qt::Key_R, Qt::ShiftModifier);
        QCOMPARE(shapes->defaultAction()->text(), QString("Rotated rectangle"));
        QTest::mouseClick(button("action.label.brush"), Qt::LeftButton);
        QVERIFY(!shapes->isChecked());
        QTest::mouseClick(shapes, Qt::LeftButton); // shown, but not in use: a click chooses it
        QVERIFY(shapes->isChecked());
    }

    // In the window a shortcut takes the press of the key, and the canvas hears of its release alone.
    void a_held_key_lends_a_tool_whatever_key_it_is() {
        show_label();
        key(Qt::Key_R);
        drag(9.5, 9.5, 49.5, 49.5);
        key(Qt::Key_B);
        const ObjectId id = labels().selected();
        QCOMPARE(context().actions.set_shortcut("label.eraser", QKeySequence(Qt::Key_Semicolon)), QString());
        QTest::keyPress(window().windowHandle(), Qt::Key_Semicolon);
        QCoreApplication::processEvents();
        QVERIFY(button("action.label.eraser")->isChecked());
        drag(20.5, 20.5, 30.5, 30.5);
        QTest::keyRelease(window().windowHandle(), Qt::Key_Semicolon);
        QTRY_VERIFY(button("action.label.brush")->isChecked());
        QVERIFY(labels().document().object(id)->area < 1600);
        QTest::keyClick(window().windowHandle(), Qt::Key_Semicolon);
        QVERIFY(button("action.label.eraser")->isChecked());
        QTest::qWait(100);
        QTest::keyClick(window().windowHandle(), Qt::Key_Semicolon); // again: it stays in use, and is shown as such
        QVERIFY(button("action.label.eraser")->isChecked());
    }

    void every_key_of_the_stage_is_listed_with_help() {
        show_label();
        int listed = 0;
        for (const QString& id : context().actions.ids())
            if (id.startsWith("label.") && id != u"label.predict") {
                const ActionSpec* spec = context().actions.spec(id);
                QVERIFY2(!spec->help.isEmpty(), qPrintable(id));
                ++listed;
            }
        QVERIFY(listed > 30);
    }

    void what_is_selected_is_said_and_a_preview_is_set_and_applied_in_the_panel() {
        show_label();
        QVERIFY(text("selected-objects").startsWith("None selected"));
        key(Qt::Key_R);
        drag(9.5, 9.5, 29.5, 29.5);
        QCOMPARE(objects(), std::size_t{1});
        const ObjectId id = labels().selected();
        QCOMPARE(labels().document().object(id)->area, std::int64_t{400});
        QVERIFY(text("selected-objects").contains("400"));
        auto* preview = window().findChild<QWidget*>("object-preview");
        QVERIFY(!preview->isVisible());
        key(Qt::Key_Comma);
        QVERIFY(preview->isVisible());
        auto* radius = window().findChild<QSlider*>("reshape-radius");
        QVERIFY(radius && radius->isVisible());
        radius->setValue(radius->minimum());
        QTRY_VERIFY_WITH_TIMEOUT(enabled("preview-apply"), patience);
        QVERIFY2(text("preview-status").contains("1 px"), qPrintable(text("preview-status")));
        QTest::mouseClick(window().findChild<QPushButton*>("preview-apply"), Qt::LeftButton);
        QCOMPARE(labels().document().object(id)->area, std::int64_t{18 * 18});
        QVERIFY(!preview->isVisible());
        QVERIFY(canvas().hasFocus());
        key(Qt::Key_Period);
        QTest::mouseClick(window().findChild<QPushButton*>("preview-cancel"), Qt::LeftButton);
        QVERIFY(!preview->isVisible());
        QCOMPARE(labels().document().object(id)->area, std::int64_t{18 * 18});
        key(Qt::Key_Delete, Qt::ShiftModifier);
        QVERIFY(window().findChild<QSlider*>("delete-area")->isVisible());
        QVERIFY(!radius->isVisible());
        key(Qt::Key_Escape);
    }

    void several_stay_selected_though_panels_share_one_object() {
        show_label();
        key(Qt::Key_R);
        drag(4.5, 4.5, 14.5, 14.5);
        drag(24.5, 4.5, 34.5, 14.5);
        key(Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(labels().selection().size(), std::size_t{2});
        QCOMPARE(context().selection.object(), labels().selected());
        QVERIFY(text("selected-objects").contains("2 objects"));
        QTest::mouseClick(button("action.label.merge"), Qt::LeftButton);
        QCOMPARE(objects(), std::size_t{1});
        QVERIFY(context().actions.trigger("label.split-parts"));
        QCOMPARE(objects(), std::size_t{2});
    }

    void objects_go_to_the_next_image_of_the_same_size() {
        show_label();
        const ItemId first = context().selection.item();
        const std::vector<Item> items = project().items().all();
        QCOMPARE(items[0].id, first);
        key(Qt::Key_R);
        drag(9.5, 9.5, 29.5, 29.5);
        QCOMPARE(labels().selection().size(), std::size_t{1});
        key(Qt::Key_N, Qt::ShiftModifier);
        QTRY_COMPARE_WITH_TIMEOUT(context().selection.item(), items[1].id, patience);
        QTRY_VERIFY_WITH_TIMEOUT(labels().item() == items[1].id && labels().ready(), patience);
        QCOMPARE(objects(), std::size_t{1});
        QCOMPARE(labels().document().object(labels().document().at(20, 20))->area, std::int64_t{400});
        QCOMPARE(project().labels().objects(first).size(), std::size_t{1});
        // From the last there is none to go to.
        context().selection.set_item(items[3].id);
        QTRY_VERIFY_WITH_TIMEOUT(labels().item() == items[3].id && labels().ready(), patience);
        canvas().setFocus();
        drag(9.5, 9.5, 29.5, 29.5);
        key(Qt::Key_N, Qt::ShiftModifier);
        QTRY_VERIFY_WITH_TIMEOUT(text("notices").contains("no image after this one"), patience);
        QCOMPARE(context().selection.item(), items[3].id);
    }
};

QTEST_MAIN(TestLabelPanel)
#include "test_label_panel.moc"
