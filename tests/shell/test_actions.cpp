// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "widgets/shell/action_registry.h"
#include "widgets/theme/theme.h"

#include <QAction>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QWidget>

using namespace eyepiece;

class TestActions : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QString settings_file() const { return folder_.filePath(QStringLiteral("settings.ini")); }

    static ActionSpec action(const QString& id, const QString& keys = {}, std::optional<Stage> stage = {},
                             std::function<void()> handler = {}) {
        ActionSpec spec{id, "Do " + id, {}, {}, QKeySequence(keys), stage, std::move(handler)};
        return spec;
    }

private Q_SLOTS:
    void init() { QFile::remove(settings_file()); }

    void ids_and_shortcuts_are_unique_where_both_can_be_meant() {
        Theme theme;
        QSettings settings(settings_file(), QSettings::IniFormat);
        ActionRegistry actions(theme, settings);
        actions.add(action("a", "Ctrl+A"));
        QVERIFY_EXCEPTION_THROWN(actions.add(action("a")), Error);
        QVERIFY_EXCEPTION_THROWN(actions.add(action("b", "Ctrl+A")), Error);
        QVERIFY_EXCEPTION_THROWN(actions.add(action("c", "Ctrl+A", Stage::Label)), Error);
        actions.add(action("label.b", "B", Stage::Label));
        actions.add(action("explain.b", "B", Stage::Explain)); // another stage: never both
        QVERIFY_EXCEPTION_THROWN(actions.add({}), Error);
        QCOMPARE(actions.ids(), QStringList({"a", "label.b", "explain.b"}));
    }

    void keys_reach_only_the_actions_of_the_stage() {
        Theme theme;
        QSettings settings(settings_file(), QSettings::IniFormat);
        ActionRegistry actions(theme, settings);
        QStringList done;
        actions.add(action("label.brush", "B", Stage::Label, [&] { done << "brush"; }));
        actions.add(action("explain.beam", "B", Stage::Explain, [&] { done << "beam"; }));
        actions.add(action("everywhere", "Ctrl+E", {}, [&] { done << "everywhere"; }));
        QWidget window;
        actions.attach(&window);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        actions.set_stage(Stage::Label);
        QTest::keyClick(&window, Qt::Key_B);
        actions.set_stage(Stage::Explain);
        QTest::keyClick(&window, Qt::Key_B);
        QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
        actions.set_stage(Stage::Data);
        QTest::keyClick(&window, Qt::Key_B);
        QCOMPARE(done, QStringList({"brush", "beam", "everywhere"}));
        QVERIFY(!actions.trigger("label.brush"));
        QVERIFY(!actions.trigger("unknown"));
    }

    void a_throwing_handler_is_told_not_thrown() {
        Theme theme;
        QSettings settings(settings_file(), QSettings::IniFormat);
        ActionRegistry actions(theme, settings);
        actions.add(action("bad", {}, {}, [] { throw Error(ErrorCode::Storage, "The disk is full."); }));
        actions.add(action("cancelled", {}, {}, [] { throw Error(ErrorCode::Cancelled, "Cancelled."); }));
        QSignalSpy failed(&actions, &ActionRegistry::failed);
        QVERIFY(actions.trigger("bad"));
        QVERIFY(actions.trigger("cancelled")); // never shown as an error
        QCOMPARE(failed.size(), 1);
        QCOMPARE(failed.first().at(1).toString(), QStringLiteral("The disk is full."));
    }

    void shortcuts_can_be_chosen_and_are_kept() {
        Theme theme;
        {
            QSettings settings(settings_file(), QSettings::IniFormat);
            ActionRegistry actions(theme, settings);
            actions.add(action("one", "Ctrl+1"));
            actions.add(action("two", "Ctrl+2"));
            QCOMPARE(actions.set_shortcut("two", QKeySequence("Ctrl+1")), QStringLiteral("Do one"));
            QCOMPARE(actions.shortcut("two"), QKeySequence("Ctrl+2"));
            QCOMPARE(actions.set_shortcut("two", QKeySequence("Ctrl+Alt+T")), QString());
            QVERIFY(actions.find("two")->toolTip().contains("Ctrl+Alt+T"));
            QCOMPARE(actions.set_shortcut("one", {}), QString()); // none
        }
        QSettings settings(settings_file(), QSettings::IniFormat);
        ActionRegistry actions(theme, settings);
        actions.add(action("one", "Ctrl+1"));
        actions.add(action("two", "Ctrl+2"));
        QCOMPARE(actions.shortcut("two"), QKeySequence("Ctrl+Alt+T"));
        QVERIFY(actions.shortcut("one").isEmpty());
        actions.reset_shortcuts();
        QCOMPARE(actions.shortcut("two"), QKeySequence("Ctrl+2"));
        QCOMPARE(actions.shortcut("one"), QKeySequence("Ctrl+1"));
    }

    void actions_go_with_their_owner() {
        Theme theme;
        QSettings settings(settings_file(), QSettings::IniFormat);
        ActionRegistry actions(theme, settings);
        QWidget window;
        actions.attach(&window);
        {
            QObject panel;
            actions.add(action("panel.do", "P"), &panel);
            QVERIFY(actions.find("panel.do"));
        }
        QVERIFY(!actions.find("panel.do"));
        QVERIFY(window.actions().isEmpty());
        actions.add(action("panel.do", "P")); // id and keys are free again
    }

    void stages_have_names() {
        QCOMPARE(all_stages().size(), std::size_t(7));
        for (Stage stage : all_stages())
            QCOMPARE(stage_from_id(stage_id(stage)), std::optional<Stage>(stage));
        QVERIFY(!stage_from_id("nonsense"));
    }
};

QTEST_MAIN(TestActions)
#include "test_actions.moc"
