// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/gui_guard.h"
#include "widgets/shell/command_palette.h"
#include "widgets/theme/theme.h"

#include <QAbstractItemModelTester>
#include <QLineEdit>
#include <QListView>
#include <QTest>
#include <QVBoxLayout>

using namespace eyepiece;

class TestPalette : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void letters_are_found_in_order() {
        QVERIFY(fuzzy_score("gtl", "Go to Label") > 0);
        QVERIFY(fuzzy_score("lgt", "Go to Label") < 0);
        QVERIFY(fuzzy_score("label", "Go to Label") > fuzzy_score("label", "Load a big exported list"));
        QVERIFY(fuzzy_score("train", "Train") > fuzzy_score("train", "Retrain everything"));
        QVERIFY(fuzzy_score("TRAIN", "train") > 0);
        QCOMPARE(fuzzy_score("", "anything"), 0.0);
    }

    void everything_by_keys() {
        test::GuiGuard guard;
        {
            Theme theme;
            QWidget window;
            auto* layout = new QVBoxLayout(&window);
            auto* field = new QLineEdit(&window);
            layout->addWidget(field);
            window.resize(900, 600);
            QStringList chosen;
            auto* palette = new CommandPalette(theme, &window);
            palette->add_source([&](const QString&, std::vector<PaletteEntry>& entries) {
                for (const char* title : {"Undo", "Go to Train", "Go to Label", "Settings"})
                    entries.push_back({"Command", title, {}, {}, [&chosen, title] { chosen << title; }, 0});
            });
            palette->add_source([&](const QString& query, std::vector<PaletteEntry>& entries) {
                if (!query.isEmpty())
                    entries.push_back(
                        {"Image", "field_017.tif", {}, {}, [&chosen] { chosen << "image"; }, 0});
            });
            window.show();
            QVERIFY(QTest::qWaitForWindowActive(&window));
            field->setFocus();
            auto* query = palette->findChild<QLineEdit*>("palette.query");
            auto* list = palette->findChild<QListView*>("palette.list");
            QAbstractItemModelTester tester(list->model(),
                                            QAbstractItemModelTester::FailureReportingMode::QtTest);

            palette->open();
            QVERIFY(query->hasFocus());
            QCOMPARE(list->model()->rowCount(), 4);
            QTest::keyClicks(query, "label");
            QCOMPARE(list->currentIndex().data().toString(), QStringLiteral("Go to Label"));
            QTest::keyClick(query, Qt::Key_Return);
            QCOMPARE(chosen, QStringList{"Go to Label"});
            QVERIFY(!palette->isVisible());
            QVERIFY(field->hasFocus()); // back to the work

            palette->open();
            QTest::keyClick(query, Qt::Key_Down);
            QTest::keyClick(query, Qt::Key_Down);
            QTest::keyClick(query, Qt::Key_Up);
            QTest::keyClick(query, Qt::Key_Return);
            QCOMPARE(chosen.last(), QStringLiteral("Go to Train"));

            palette->open();
            QTest::keyClicks(query, "017");
            QTest::keyClick(query, Qt::Key_Enter);
            QCOMPARE(chosen.last(), QStringLiteral("image"));

            palette->open();
            QTest::keyClicks(query, "zzzz");
            QCOMPARE(list->model()->rowCount(), 1); // it says that nothing fits
            QVERIFY(list->currentIndex().data().toString().contains("zzzz"));
            QTest::keyClick(query, Qt::Key_Return);
            QCOMPARE(chosen.size(), 3);
            QVERIFY(palette->isVisible());
            QTest::keyClick(query, Qt::Key_Escape);
            QVERIFY(!palette->isVisible());
        }
        QCOMPARE(guard.left_behind(), QString());
    }
};

QTEST_MAIN(TestPalette)
#include "test_palette.moc"
