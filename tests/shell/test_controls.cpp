// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/gui_guard.h"
#include "widgets/theme/controls.h"

#include <QApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>

using namespace eyepiece;

class TestControls : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void a_slider_keeps_the_exact_value() {
        Theme theme;
        ValueSlider slider(theme, "Size", 1, 100, 18, "brush.size",
                           [](double v) { return QString::number(v) + " px"; });
        QSignalSpy changed(&slider, &ValueSlider::value_changed);
        slider.set_value(18.3);
        QCOMPARE(slider.value(), 18.3);
        QCOMPARE(changed.size(), 1);
        slider.set_value(18.3);
        QCOMPARE(changed.size(), 1);
        slider.set_value(500);
        QCOMPARE(slider.value(), 100.0);
        slider.set_logarithmic(true);
        slider.slider()->setValue(50);
        QVERIFY(std::abs(slider.value() - 10.0) < 1e-9); // the geometric middle of 1 and 100
        slider.set_range(5, 50);
        QCOMPARE(slider.value(), 10.0);
        slider.set_range(20, 50);
        QCOMPARE(slider.value(), 20.0);
    }

    void a_sliders_value_does_not_move_the_slider() {
        Theme theme;
        ValueSlider slider(theme, "Size", 1, 1000, 1, "size",
                           [](double v) { return QString::number(v, 'f', 0) + " px"; });
        slider.resize(260, 26);
        slider.show();
        const QRect before = slider.slider()->geometry();
        slider.set_value(1000);
        QTest::qWait(10);
        QCOMPARE(slider.slider()->geometry(), before);
    }

    void a_switch_by_mouse_and_key() {
        Theme theme;
        SwitchRow row(theme, "Only where empty", "brush.only-empty");
        row.show();
        QSignalSpy toggled(&row, &SwitchRow::toggled);
        QTest::mouseClick(row.control(), Qt::LeftButton);
        QVERIFY(row.isChecked());
        row.control()->setFocus();
        QTest::keyClick(row.control(), Qt::Key_Space);
        QVERIFY(!row.isChecked());
        QCOMPARE(toggled.size(), 2);
        QCOMPARE(row.control()->accessibleName(), QStringLiteral("Only where empty"));
    }

    void controls_go_without_a_trace() {
        test::GuiGuard guard;
        {
            Theme theme;
            QWidget page;
            new SectionHeader(theme, "Classes", "1-9", &page);
            new Card(theme, "Title", "Text", &page);
            new StatusDot(theme, &page);
            auto* line = new ProgressLine(theme, &page);
            line->set_fraction(0.4);
            bool done = false;
            auto* empty = new EmptyState(theme, "drop", "Nothing here", "Drop something.", &page);
            QTest::mouseClick(empty->add_action("Do", "do", [&] { done = true; }), Qt::LeftButton);
            QVERIFY(done);
            auto* toggle = new Switch(theme, "On", &page);
            page.show();
            toggle->toggle(); // its animation is under way when the page goes
            theme.toggle();
        }
        QCOMPARE(guard.left_behind(), QString());
    }

    void the_whole_application_follows_the_theme() {
        Theme theme;
        theme.apply_to(*qApp);
        QLabel label("Text");
        label.setProperty("role", "muted");
        label.show();
        for (ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
            theme.set_mode(mode);
            QCOMPARE(qApp->palette().color(QPalette::Window), theme.color(Token::Ground));
            QTRY_COMPARE(label.palette().color(QPalette::WindowText), theme.color(Token::Muted));
        }
        QCOMPARE(QApplication::font().pixelSize(), 13);
    }
};

QTEST_MAIN(TestControls)
#include "test_controls.moc"
