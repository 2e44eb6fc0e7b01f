// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "support/gui_guard.h"
#include "widgets/browser/skipped_dialog.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/help_viewer.h"
#include "widgets/shell/notice_bar.h"
#include "widgets/shell/settings_dialog.h"
#include "widgets/shell/shortcuts_dialog.h"

#include <QClipboard>
#include <QComboBox>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>

using namespace eyepiece;

class TestDialogs : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QString file(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }

private Q_SLOTS:
    void preferences_survive_and_nonsense_does_not() {
        {
            QSettings settings(file("p.ini"), QSettings::IniFormat);
            QVERIFY(!Preferences::read(settings).author.isEmpty()); // the login name
            Preferences p{"ssh box eyepiece-cli serve", "cpu", 3, ThemeMode::Dark, "Ada"};
            p.write(settings);
        }
        QSettings settings(file("p.ini"), QSettings::IniFormat);
        const Preferences expected{"ssh box eyepiece-cli serve", "cpu", 3, ThemeMode::Dark, "Ada"};
        QVERIFY(Preferences::read(settings) == expected);
        settings.setValue("engine/threads", -5);
        settings.setValue("engine/device", "quantum");
        settings.setValue("theme", "plaid");
        const Preferences read = Preferences::read(settings);
        QCOMPARE(read.threads, 0);
        QCOMPARE(read.device, QStringLiteral("auto"));
        QVERIFY(read.theme == ThemeMode::System);
    }

    void the_settings_dialog_tells_once_what_was_chosen() {
        Theme theme;
        SettingsDialog dialog(theme, {{}, "auto", 0, ThemeMode::System, "Ada"});
        QSignalSpy chosen(&dialog, &SettingsDialog::chosen);
        dialog.findChild<QLineEdit*>("settings.author")->setText("  Grace ");
        dialog.findChild<QSpinBox*>("settings.threads")->setValue(2);
        dialog.findChild<QComboBox*>("settings.theme")->setCurrentIndex(2);
        dialog.findChild<QComboBox*>("settings.device")->setCurrentIndex(1);
        dialog.findChild<QLineEdit*>("settings.engine")->setText("ssh box eyepiece-cli serve");
        QTest::mouseClick(dialog.findChild<QPushButton*>("settings.accept"), Qt::LeftButton);
        QCOMPARE(chosen.size(), 1);
        const auto p = chosen.first().first().value<Preferences>();
        const Preferences expected{"ssh box eyepiece-cli serve", "cpu", 2, ThemeMode::Dark, "Grace"};
        QVERIFY(p == expected);
    }

    void every_field_of_a_dialog_has_names() {
        Theme theme;
        QSettings settings(file("n.ini"), QSettings::IniFormat);
        ActionRegistry actions(theme, settings);
        SettingsDialog first(theme, {});
        ShortcutsDialog second(theme, actions);
        SkippedDialog third(theme, {}, {});
        for (const QWidget* dialog : std::initializer_list<const QWidget*>{&first, &second, &third})
            for (const QWidget* widget : dialog->findChildren<QWidget*>())
                if (widget->focusPolicy() != Qt::NoFocus && !widget->objectName().startsWith("qt_") &&
                    !qobject_cast<const QLabel*>(widget) &&
                    !widget->inherits("QComboBoxListView") && // the list of a box is Qt's own
                    !(widget->parentWidget() && (qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) ||
                                                 qobject_cast<QKeySequenceEdit*>(widget->parentWidget()) ||
                                                 qobject_cast<QAbstractItemView*>(widget->parentWidget())))) {
                    QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
                    QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
                }
    }

    void shortcuts_are_changed_in_their_dialog() {
        Theme theme;
        QSettings settings(file("s.ini"), QSettings::IniFormat);
        ActionRegistry actions(theme, settings);
        actions.add({"one", "The first", {}, {}, QKeySequence("Ctrl+1"), {}, {}});
        actions.add({"two", "The second", {}, {}, QKeySequence("Ctrl+2"), Stage::Label, {}});
        ShortcutsDialog dialog(theme, actions);
        auto* list = dialog.findChild<QTreeWidget*>("shortcuts.list");
        QCOMPARE(list->topLevelItemCount(), 2); // everywhere, and Label
        list->setCurrentItem(list->topLevelItem(1)->child(0));
        auto* keys = dialog.findChild<QKeySequenceEdit*>("shortcuts.keys");
        QCOMPARE(keys->keySequence(), QKeySequence("Ctrl+2"));
        keys->setKeySequence(QKeySequence("Ctrl+1"));
        QTest::mouseClick(dialog.findChild<QPushButton*>("shortcuts.assign"), Qt::LeftButton);
        QCOMPARE(actions.shortcut("two"), QKeySequence("Ctrl+2")); // taken
        keys->setKeySequence(QKeySequence("Ctrl+9"));
        QTest::mouseClick(dialog.findChild<QPushButton*>("shortcuts.assign"), Qt::LeftButton);
        QCOMPARE(actions.shortcut("two"), QKeySequence("Ctrl+9"));
        QTest::mouseClick(dialog.findChild<QPushButton*>("shortcuts.reset"), Qt::LeftButton);
        QCOMPARE(actions.shortcut("two"), QKeySequence("Ctrl+2"));
    }

    void every_stage_has_a_help_page() {
        Theme theme;
        HelpViewer help(theme);
        QSet<QString> pages;
        for (Stage stage : all_stages()) {
            help.show_stage(stage);
            QVERIFY2(help.text().size() > 200, qPrintable(stage_name(stage)));
            QVERIFY(!help.text().contains("is missing from the program"));
            pages.insert(help.text());
        }
        QCOMPARE(pages.size(), 7);
    }

    void notices_wait_for_each_other() {
        test::GuiGuard guard;
        {
            Theme theme;
            Notices notices;
            NoticeBar bar(theme, notices);
            QVERIFY(bar.isHidden());
            notices.show(Notice::Kind::Bad, "First");
            bool handled = false;
            notices.show({Notice::Kind::Look, "Second", "Do it", [&] { handled = true; }, "topic"});
            QCOMPARE(bar.text(), QStringLiteral("Second"));
            notices.show({Notice::Kind::Look, "Second, newer", "Do it", [&] { handled = true; }, "topic"});
            QCOMPARE(bar.count(), 2);
            QTest::mouseClick(bar.findChild<QPushButton*>("notice.action"), Qt::LeftButton);
            QVERIFY(handled);
            QCOMPARE(bar.text(), QStringLiteral("First"));
            notices.show({Notice::Kind::Info, "Passing", {}, {}, "p"});
            notices.withdraw("p");
            QCOMPARE(bar.text(), QStringLiteral("First"));
            notices.show_error(Error(ErrorCode::Cancelled, "Cancelled."));
            QCOMPARE(bar.count(), 1);
            notices.show_error(std::runtime_error("Odd."));
            QCOMPARE(bar.text(), QStringLiteral("Odd."));
            QTest::mouseClick(bar.findChild<QToolButton*>("notice.close"), Qt::LeftButton);
            QTest::mouseClick(bar.findChild<QToolButton*>("notice.close"), Qt::LeftButton);
            QCOMPARE(bar.count(), 0);
            QVERIFY(bar.isHidden());
        }
        QCOMPARE(guard.left_behind(), QString());
    }

    void skipped_files_can_be_copied() {
        Theme theme;
        SkippedDialog dialog(theme, "2 left out", {{"a.tif", "It is empty."}, {"b.doc", "It is no image."}});
        QCOMPARE(dialog.findChild<QTreeWidget*>("skipped.list")->topLevelItemCount(), 2);
        QTest::mouseClick(dialog.findChild<QPushButton*>("skipped.copy"), Qt::LeftButton);
        QCOMPARE(QGuiApplication::clipboard()->text(),
                 QStringLiteral("a.tif\tIt is empty.\nb.doc\tIt is no image."));
    }

    void commands_are_quoted_as_the_shell_reads_them_data() {
        QTest::addColumn<QStringList>("words");
        QTest::newRow("plain") << QStringList{"import", "/data/project", "--split", "train"};
        QTest::newRow("spaces") << QStringList{"import", "/data/my project", "two  spaces"};
        QTest::newRow("quotes") << QStringList{"it's", "say \"hi\"", "back\\slash"};
        QTest::newRow("dangerous") << QStringList{"$HOME", "`id`", "a;b",  "a|b", "~",
                                                  "*",     "",     "a\nb", "#x",  "!"};
        QTest::newRow("unicode") << QStringList{QString::fromUtf8("Zellkerne/größer µm.tif")};
    }
    void commands_are_quoted_as_the_shell_reads_them() {
        QFETCH(QStringList, words);
        const QString line = command_line(words);
        QVERIFY(line.startsWith("eyepiece-cli "));
        // The shell itself says what it understands.
        QProcess shell;
        shell.start("/bin/sh", {"-c", "printf '%s\\0' " + line.mid(13)});
        QVERIFY(shell.waitForFinished());
        QList<QByteArray> understood = shell.readAllStandardOutput().split('\0');
        understood.removeLast();
        QStringList result;
        for (const QByteArray& word : understood)
            result << QString::fromUtf8(word);
        QCOMPARE(result, words);
    }

    void copying_a_command_says_so() {
        Notices notices;
        QString said;
        connect(&notices, &Notices::shown, this, [&](const Notice& notice) { said = notice.text; });
        copy_command({"info", "/a b"}, notices);
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("eyepiece-cli info '/a b'"));
        QVERIFY(said.contains("eyepiece-cli info"));
    }
};

QTEST_MAIN(TestDialogs)
#include "test_dialogs.moc"
