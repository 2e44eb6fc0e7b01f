// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/label_fixture.h"
#include "widgets/canvas/held_tool_key.h"

#include <QFile>
#include <set>

using namespace eyepiece;

// What keys do to the tools: one press chooses, a held key lends a tool, and the list of tools and commands
// is whole.
class TestLabelKeys : public test::LabelToolTest {
    Q_OBJECT

    void press(Qt::Key key) { QTest::keyPress(canvas_.get(), key); }
    void release(Qt::Key key) { QTest::keyRelease(canvas_.get(), key); }

private Q_SLOTS:
    void every_command_has_an_id_a_title_and_a_key_of_its_own() {
        std::set<QString> ids, keys;
        int tools = 0;
        for (const LabelCommand& each : tools_->commands()) {
            QVERIFY2(ids.insert(each.id).second, qPrintable(each.id));
            QVERIFY2(!each.title.isEmpty(), qPrintable(each.id));
            QVERIFY2(!each.key.isEmpty() && keys.insert(each.key.toString()).second, qPrintable(each.id));
            if (!each.chooses_tool)
                continue;
            ++tools;
            QVERIFY2(!each.help.isEmpty() && !each.icon.isEmpty(), qPrintable(each.id));
            QVERIFY2(QFile::exists(":/icons/" + each.icon + ".svg"), qPrintable(each.icon));
            const QString before = tools_->tool();
            const QSignalSpy refused(editor_.get(), &LabelEditor::refused);
            each.run();
            if (tools_->find(each.id)->passing() && tools_->tool() != each.id) {
                // Nothing can do its deed here: it says so, and the tool before is back.
                QVERIFY2(!refused.isEmpty() && !refused.last().at(0).toString().isEmpty(),
                         qPrintable(each.id));
                QCOMPARE(tools_->tool(), before);
                continue;
            }
            QCOMPARE(tools_->tool(), each.id);
            QVERIFY2(!tools_->hint().isEmpty(), qPrintable(each.id));
        }
        QVERIFY(tools >= 7);
        QVERIFY_EXCEPTION_THROWN(tools_->choose("label.nothing"), std::exception);
    }

    void a_short_press_chooses_for_good() {
        key(Qt::Key_E);
        QCOMPARE(tools_->tool(), QString("label.eraser"));
        QTest::qWait(2 * HeldToolKey::repeat_ms);
        drag({at(40, 40), at(50, 40)});
        QTest::qWait(2 * HeldToolKey::repeat_ms);
        QCOMPARE(tools_->tool(), QString("label.eraser"));
    }

    void a_held_key_lends_the_tool_while_it_is_used() {
        tools_->settings().set_brush_size(20);
        drag({at(40, 40), at(60, 40)});
        QVERIFY(label(50, 40) != 0);
        press(Qt::Key_E);
        QCoreApplication::processEvents();
        QCOMPARE(tools_->tool(), QString("label.eraser"));
        drag({at(50, 40), at(52, 40)});
        QCOMPARE(label(50, 40), 0u);
        release(Qt::Key_E);
        QTRY_COMPARE(tools_->tool(), QString("label.brush"));
        check_books();
    }

    void a_key_held_long_lends_the_tool_even_unused() {
        press(Qt::Key_V);
        QTest::qWait(HeldToolKey::held_ms + 50);
        QCOMPARE(tools_->tool(), QString("label.select"));
        release(Qt::Key_V);
        QTRY_COMPARE(tools_->tool(), QString("label.brush"));
    }

    // As X11 repeats a key: releases and presses that are not marked as repeats.
    void a_key_that_repeats_stays_held() {
        press(Qt::Key_X);
        QCoreApplication::processEvents();
        for (int i = 0; i < 12; ++i) {
            QTest::qWait(40);
            release(Qt::Key_X);
            press(Qt::Key_X);
            QCOMPARE(tools_->tool(), QString("label.eraser"));
        }
        release(Qt::Key_X);
        QTRY_COMPARE(tools_->tool(), QString("label.brush"));
    }

    void what_was_begun_with_a_lent_tool_is_ended_before_it_goes_back() {
        press(Qt::Key_G);
        QCoreApplication::processEvents();
        for (const QPoint& p : {at(20, 20), at(60, 20), at(60, 60)})
            QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, p);
        release(Qt::Key_G);
        QTest::qWait(2 * HeldToolKey::repeat_ms);
        QCOMPARE(tools_->tool(), QString("label.polygon")); // the outline is still open
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(20, 60));
        QCoreApplication::processEvents();
        QCOMPARE(tools_->tool(), QString("label.polygon"));
        key(Qt::Key_Return);
        QCOMPARE(count(label(40, 40)), 1600);
        QTRY_COMPARE(tools_->tool(), QString("label.brush"));
        check_books();
    }

    // Growing is for one deed, and ends with Enter or Escape: its key may be pressed for long.
    void a_tool_for_one_deed_is_not_lent() {
        press(Qt::Key_Period);
        QTest::qWait(HeldToolKey::held_ms + 50);
        release(Qt::Key_Period);
        QCOMPARE(tools_->tool(), QString("label.grow"));
        key(Qt::Key_Comma); // from one to the next: Escape goes back to what was in use before both
        QCOMPARE(tools_->tool(), QString("label.shrink"));
        key(Qt::Key_Escape);
        QCOMPARE(tools_->tool(), QString("label.brush"));
    }

    void a_click_on_a_button_while_a_key_is_down_is_no_loan() {
        press(Qt::Key_Shift);
        QCoreApplication::processEvents();
        tools_->choose("label.fill"); // as the strip does
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(60, 45));
        release(Qt::Key_Shift);
        QTest::qWait(2 * HeldToolKey::repeat_ms);
        QCOMPARE(tools_->tool(), QString("label.fill"));
    }
};

QTEST_MAIN(TestLabelKeys)
#include "test_label_keys.moc"
