// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window/workbench.h"
#include "core/formats/image_writer.h"
#include "core/intake/sample_project.h"
#include "support/gui_driver.h"
#include "support/gui_guard.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/help_viewer.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/notice_bar.h"
#include "widgets/shell/preferences.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/theme.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAction>
#include <QComboBox>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSplitter>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <algorithm>

using namespace eyepiece;

// Walks through the real window. The engine is not started: all that is seen here must work without it.
class TestWindow : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QString settings_ = folder_.filePath("settings.ini");

    QString sample() const { return folder_.filePath("sample"); }

    static void drop(QWidget& target, const QString& path) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        const QPoint where = target.rect().center();
        QDragEnterEvent enter(where, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&target, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(where, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&target, &event);
    }

    static bool settled(Workbench& workbench) {
        const auto& context = workbench.context();
        return context.session.jobs().empty() && (!context.canvas.isVisible() || context.canvas.idle());
    }

    static double share_of_most_common_colour(const QImage& image) {
        QHash<QRgb, int> counts;
        for (int y = 0; y < image.height(); y += 3)
            for (int x = 0; x < image.width(); x += 3)
                ++counts[image.pixel(x, y)];
        int most = 0, all = 0;
        for (int count : counts) {
            most = std::max(most, count);
            all += count;
        }
        return static_cast<double>(most) / all;
    }

private Q_SLOTS:
    void initTestCase() {
        QuietJob job;
        make_sample_project(sample().toStdString(), 1, job).reset();
    }

    void init() { QFile::remove(settings_); }

    void every_stage_in_both_themes() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.resize(1440, 900);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        workbench.open({sample()});
        QVERIFY(workbench.context().session.is_open());
        QTRY_VERIFY_WITH_TIMEOUT(settled(workbench), 20'000);
        QVERIFY(workbench.context().selection.item() != 0); // something is chosen at once
        for (ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
            workbench.context().theme.set_mode(mode);
            for (Stage stage : all_stages()) {
                auto* tab = window.findChild<QToolButton*>("tab.stage." + stage_id(stage));
                QVERIFY(tab);
                QTest::mouseClick(tab, Qt::LeftButton);
                QCOMPARE(int(window.stage()), int(stage));
                QVERIFY(tab->isChecked());
                QCOMPARE(tab->text(), stage_name(stage));
                QTRY_VERIFY_WITH_TIMEOUT(settled(workbench), 20'000);
                const QImage picture = window.grab().toImage();
                QVERIFY2(share_of_most_common_colour(picture) < 0.97, qPrintable(stage_name(stage)));
                const QColor bar = picture.pixelColor(picture.width() / 4, 3);
                QCOMPARE(bar, workbench.context().theme.color(Token::Surface));
                if (const QString to = qEnvironmentVariable("EYEPIECE_SCREENSHOTS"); !to.isEmpty())
                    picture.save(to + "/" + stage_id(stage) +
                                 (mode == ThemeMode::Dark ? "-dark.png" : "-light.png"));
            }
        }
    }

    void stages_by_keys_and_palette() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        workbench.open({sample()});
        QTest::keyClick(&window, Qt::Key_4, Qt::AltModifier);
        QCOMPARE(int(window.stage()), int(Stage::Train));
        QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
        auto* query = window.findChild<QLineEdit*>("palette.query");
        QVERIFY(query->isVisible());
        QTest::keyClicks(query, "go to data");
        QTest::keyClick(query, Qt::Key_Return);
        QCOMPARE(int(window.stage()), int(Stage::Data));
        QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
        QTest::keyClicks(query, "field_03");
        QTest::keyClick(query, Qt::Key_Return);
        const Item chosen =
            workbench.context().session.project().items().at(workbench.context().selection.item());
        QVERIFY(QString::fromStdString(chosen.name).contains("field_03"));
    }

    void columns_hide_and_remember() {
        {
            Workbench workbench(settings_);
            MainWindow& window = workbench.window();
            window.resize(1300, 800);
            window.show();
            QVERIFY(QTest::qWaitForWindowActive(&window));
            workbench.open({sample()});
            auto* left = window.findChild<QWidget*>("column.left");
            QVERIFY(left->isVisible());
            auto* splitter = window.findChild<QSplitter*>("columns");
            splitter->setSizes({300, 700, 300});
            Q_EMIT splitter->splitterMoved(300, 1);
            QTest::keyClick(&window, Qt::Key_F9);
            QVERIFY(!left->isVisible());
            window.show_stage(Stage::Label);
            QVERIFY(!left->isVisible());
            window.close();
        }
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        workbench.open({}); // the last project
        QCOMPARE(workbench.context().session.folder(), sample());
        auto* left = window.findChild<QWidget*>("column.left");
        QVERIFY(!left->isVisible());
        QTest::keyClick(&window, Qt::Key_F9);
        window.show_stage(Stage::Data);
        QTRY_VERIFY(std::abs(left->width() - 300) < 4);
    }

    void a_dropped_folder_becomes_a_project() {
        const QString images = folder_.filePath("dropped images");
        QDir().mkpath(images);
        for (int i = 0; i < 3; ++i) {
            Image image = Image::create(PixelType::UInt8, 1, 40, 50);
            for (auto& value : image.writable_plane_as<std::uint8_t>(0))
                value = static_cast<std::uint8_t>(60 * i);
            write_image((images + "/a" + QString::number(i) + ".png").toStdString(), image);
        }
        QFile broken(images + "/broken.png");
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("this is no picture");
        broken.close();

        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        QVERIFY(window.findChild<QWidget*>("data.no-project")->isVisible());
        // What is no image makes no project of the folder that it happens to lie in.
        QDir().mkpath(folder_.filePath("tables"));
        QFile numbers(folder_.filePath("tables/numbers.csv"));
        QVERIFY(numbers.open(QIODevice::WriteOnly));
        numbers.write("a,b\n1,2\n3,4\n");
        numbers.close();
        drop(window, numbers.fileName());
        QVERIFY(!workbench.context().session.is_open());
        QVERIFY(window.notice_bar().text().contains("numbers.csv") &&
                window.notice_bar().text().contains("Explore"));
        QCOMPARE(QDir(folder_.filePath("tables")).entryList(QDir::Files), QStringList{"numbers.csv"});

        drop(window, images);
        QVERIFY(workbench.context().session.is_open());
        auto* table = window.findChild<QTableView*>("data.table");
        QTRY_VERIFY_WITH_TIMEOUT(table->isVisible() && settled(workbench), 10'000);
        QTRY_VERIFY(window.notice_bar().text().contains("1 left out") ||
                    window.notice_bar().text().contains("3 images"));
        QTRY_VERIFY(window.findChild<QPushButton*>("data.report.skipped")->isVisible());
        QCOMPARE(window.findChild<QLabel*>("project.name")->text(), QStringLiteral("dropped images"));

        drop(window, sample()); // a project: opened instead
        QCOMPARE(workbench.context().session.folder(), sample());
        drop(window, folder_.filePath("nothing there"));
        QVERIFY(window.notice_bar().text().contains("does not exist"));
        QCOMPARE(workbench.context().session.folder(), sample());
    }

    // Whatever takes the keyboard says what it is, to screen readers and to tests.
    static QStringList nameless_controls(const QWidget& root, const QString& where) {
        QStringList nameless;
        for (const QWidget* widget : root.findChildren<QWidget*>()) {
            const bool control =
                qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QComboBox*>(widget) ||
                qobject_cast<const QSlider*>(widget) || qobject_cast<const QLineEdit*>(widget) ||
                qobject_cast<const QAbstractItemView*>(widget) || (widget->focusPolicy() & Qt::TabFocus);
            const QWidget* parent = widget->parentWidget();
            const bool inner =
                widget->objectName().startsWith("qt_") ||
                QByteArray(widget->metaObject()->className()).startsWith("QTableCorner") ||
                (parent && (parent->inherits("QAbstractItemView") || parent->inherits("QComboBox") ||
                            parent->inherits("QComboBoxPrivateContainer") ||
                            parent->inherits("QAbstractSpinBox") || parent->inherits("QLineEdit") ||
                            parent->inherits("QTabBar") || parent->inherits("QHeaderView")));
            if (control && !inner && (widget->objectName().isEmpty() || widget->accessibleName().isEmpty()))
                nameless << QStringLiteral("%1 \"%2\" in %3")
                                .arg(QString::fromLatin1(widget->metaObject()->className()),
                                     widget->objectName(), where);
        }
        return nameless;
    }

    void every_control_can_be_named() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        workbench.open({sample()});
        QStringList nameless;
        for (Stage stage : all_stages()) {
            window.show_stage(stage);
            nameless << nameless_controls(window, stage_name(stage));
        }
        ActionRegistry& actions = workbench.context().actions;
        for (const char* id : {"window.help", "window.plugins"}) {
            actions.trigger(id);
            nameless << nameless_controls(window, id);
        }
        for (const char* id : {"window.settings", "window.shortcuts", "data.import-labels"})
            QVERIFY2(test::with_dialog([&] { actions.trigger(id); },
                                       [&](QDialog& dialog) {
                                           nameless << nameless_controls(dialog, id);
                                           dialog.reject();
                                       }),
                     id);
        nameless.removeDuplicates();
        QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join('\n')));
    }

    // Whoever finds no words for it finds its key: every button that is only a picture says its name, and the
    // key of what it does.
    void buttons_without_words_have_tooltips_with_their_keys() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        workbench.open({sample()});
        QStringList silent;
        for (Stage stage : all_stages()) {
            window.show_stage(stage);
            for (const QToolButton* button : window.findChildren<QToolButton*>()) {
                const bool picture = button->text().isEmpty() || !button->icon().isNull();
                if (!picture || button->objectName().startsWith("qt_") || button->objectName() == u"find" ||
                    button->parentWidget()->inherits("QTabBar") ||
                    qobject_cast<const QLineEdit*>(button->parentWidget()))
                    continue;
                const QAction* action = button->defaultAction();
                const bool keyed =
                    !action || action->shortcut().isEmpty() ||
                    button->toolTip().contains(action->shortcut().toString(QKeySequence::NativeText));
                if (button->toolTip().isEmpty() || !keyed)
                    silent << button->objectName() + " in " + stage_name(stage);
            }
        }
        silent.removeDuplicates();
        QVERIFY2(silent.isEmpty(), qPrintable(silent.join('\n')));
    }

    // The tabs of the stages stand still while one goes from stage to stage.
    void the_top_bar_does_not_move() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.resize(1440, 900);
        window.show();
        workbench.open({sample()});
        QHash<Stage, QRect> first;
        for (Stage shown : all_stages()) {
            window.show_stage(shown);
            QCoreApplication::processEvents();
            for (Stage stage : all_stages()) {
                const auto* tab = window.findChild<QToolButton*>("tab.stage." + stage_id(stage));
                const QRect place(tab->mapTo(&window, QPoint()), tab->size());
                if (!first.contains(stage))
                    first[stage] = place;
                QCOMPARE(place, first[stage]);
                QVERIFY(QFontMetrics(workbench.context().theme.strong()).horizontalAdvance(tab->text()) <
                        tab->width() - 8);
            }
        }
    }

    // A page for each stage, and it is of that stage.
    void f1_shows_the_help_of_the_stage() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        workbench.open({sample()});
        QStringList pages;
        for (Stage stage : all_stages()) {
            window.show_stage(stage);
            QVERIFY(workbench.context().actions.trigger("window.help"));
            auto* help = window.findChild<HelpViewer*>();
            QVERIFY(help && help->isVisible());
            QVERIFY2(help->text().startsWith(stage_name(stage)), qPrintable(help->text().left(40)));
            QVERIFY2(help->text().size() > 200, qPrintable(stage_name(stage)));
            pages << help->text();
        }
        QCOMPARE(pages.removeDuplicates(), 0);
    }

    // Ctrl+K finds every action that can be done now, by its title.
    void the_palette_finds_every_action() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        workbench.open({sample()});
        for (Stage stage : all_stages())
            window.show_stage(stage); // panels bring their actions
        ActionRegistry& actions = workbench.context().actions;
        QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
        auto* query = window.findChild<QLineEdit*>("palette.query");
        auto* list = window.findChild<QAbstractItemView*>("palette.list");
        int looked_for = 0;
        for (const QString& id : actions.ids()) {
            if (id == u"window.find" || !actions.find(id)->isEnabled())
                continue;
            query->setText(actions.spec(id)->title);
            bool found = false;
            for (int row = 0; row < list->model()->rowCount(); ++row)
                found = found || list->model()->index(row, 0).data().toString() == actions.spec(id)->title;
            QVERIFY2(found, qPrintable(id));
            ++looked_for;
        }
        QVERIFY(looked_for > 40);
    }

    void idle_means_idle() {
        Workbench workbench(settings_);
        MainWindow& window = workbench.window();
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        workbench.open({sample()});
        QTRY_VERIFY_WITH_TIMEOUT(settled(workbench), 20'000);
        QTest::qWait(6000); // notices leave by themselves
        const test::IdleCost cost = test::measure_idle(2000);
        QVERIFY2(cost.wake_ups <= 6 && cost.cpu_ms < 40,
                 qPrintable(QStringLiteral("%1 wake-ups, %2 ms of processor in 2 s; timers: %3")
                                .arg(cost.wake_ups)
                                .arg(cost.cpu_ms)
                                .arg(test::running_timers(&workbench).join(", "))));
    }

    void never_loads_libtorch() {
        Workbench workbench(settings_);
        workbench.window().show();
        workbench.open({sample()});
        for (Stage stage : all_stages())
            workbench.window().show_stage(stage);
        QFile maps("/proc/self/maps");
        QVERIFY(maps.open(QIODevice::ReadOnly));
        const QByteArray loaded = maps.readAll();
        QVERIFY(loaded.contains("libeyepiece-widgets"));
        for (const char* library : {"libtorch", "libc10", "libeyepiece-engine"})
            QVERIFY2(!loaded.contains(library), library);
    }

    void leaves_nothing_behind() {
        { // what Qt sets up once in a process
            Workbench warm_up(settings_);
            warm_up.window().show();
            warm_up.open({sample()});
            QTRY_VERIFY_WITH_TIMEOUT(settled(warm_up), 20'000);
        }
        test::GuiGuard guard;
        {
            Workbench workbench(settings_);
            workbench.window().show();
            workbench.open({sample()});
            for (Stage stage : all_stages())
                workbench.window().show_stage(stage);
            QTRY_VERIFY_WITH_TIMEOUT(settled(workbench), 20'000);
        }
        QCOMPARE(guard.left_behind(), QString());
    }

    void settings_chosen_take_effect() {
        Workbench workbench(settings_);
        Preferences p = Preferences::read(workbench.context().settings);
        p.theme = ThemeMode::Dark;
        p.engine_command = "ssh \"my box\" eyepiece-cli serve";
        Q_EMIT workbench.window().preferences_chosen(p);
        QVERIFY(workbench.context().theme.dark());
        QCOMPARE(workbench.context().engine.command(),
                 QStringList({"ssh", "my box", "eyepiece-cli", "serve"}));
        p.engine_command.clear();
        p.threads = 1;
        Q_EMIT workbench.window().preferences_chosen(p);
        QVERIFY(workbench.context().engine.command().contains("--threads"));
    }
};

QTEST_MAIN(TestWindow)
#include "test_window.moc"
