// SPDX-License-Identifier: GPL-3.0-or-later
// The real window with the real engine behind a command of its settings: the engine is killed, crashes,
// hangs, runs out of memory and talks nonsense while one labels. The window stays, says so, starts it again;
// no label is lost.
#include "app/window/workbench.h"
#include "core/intake/sample_project.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

using namespace eyepiece;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using State = EngineClient::State;

class TestEngineWindow : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QString settings_ = folder_.filePath("settings.ini"), sample_ = folder_.filePath("sample");

    // As someone types it who has the engine on another machine; what `ssh host` does, `env` and `sh -c` do
    // here.
    void set_command(const QString& before) const {
        const QString cli = qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli";
        QSettings settings(settings_, QSettings::IniFormat);
        settings.setValue("engine/command", "env EYEPIECE_PLUGINS=\"" + folder_.path() + "\" sh -c \"" +
                                                before + " exec '" + cli + "' serve --threads 1\"");
    }

    // A new object as a stroke with the brush makes it, at the upper left.
    static void paint(LabelEditor& labels, int at) {
        QVERIFY(labels.begin("brush"));
        PaintRule rule;
        rule.id = labels.new_object();
        labels.line({4.0 + 20 * at, 8}, {12.0 + 20 * at, 8}, 6, rule);
        labels.commit();
    }

    // On the disk, as another program reads it.
    LabelMap stored(ItemId item) const {
        const auto project = Project::open(sample_.toStdString(), Project::Access::ReadOnly);
        const Item known = project->items().at(item);
        return project->labels().read(item, {0, 0, known.width, known.height});
    }

private Q_SLOTS:
    void initTestCase() {
        QuietJob job;
        make_sample_project(sample_.toStdString(), 1, job).reset();
        const fs::path toy = fs::path(folder_.path().toStdString()) / "toy";
        fs::create_directories(toy);
        fs::copy_file(MISBEHAVING_PLUGIN, toy / "engine.so");
        std::ofstream(toy / "plugin.json")
            << Json{{"id", "toy"}, {"title", "Toy"}, {"version", "1"}, {"requires", {{"api", PLUGIN_API}}}};
    }

    void the_window_outlives_its_engine_data() {
        QTest::addColumn<QString>("before");    // in the engine's shell
        QTest::addColumn<QString>("operation"); // what goes wrong
        QTest::addColumn<bool>("kill");         // from outside, while it works
        QTest::addColumn<bool>("dies");         // else only the request fails
        QTest::addColumn<QString>("words");     // of what the window says
        QTest::newRow("killed") << ""
                                << "toy-wait" << true << true << "killed";
        QTest::newRow("crashed") << ""
                                 << "toy-crash" << false << true << "crashed";
        QTest::newRow("hung") << ""
                              << "toy-stuck" << false << true << "hung";
        QTest::newRow("garbage") << ""
                                 << "toy-garbage" << false << true << "not a message";
        QTest::newRow("out of memory") << "ulimit -v 1500000;"
                                       << "toy-allocate" << false << false << "memory";
    }
    void the_window_outlives_its_engine() {
        QFETCH(QString, before);
        QFETCH(QString, operation);
        QFETCH(bool, kill);
        QFETCH(bool, dies);
        QFETCH(QString, words);
        QFile::remove(settings_);
        set_command(before);
        Workbench workbench(settings_);
        WorkbenchContext& context = workbench.context();
        EngineTiming timing;
        timing.quiet = timing.unanswered = 1s;
        timing.give_up = 3s;
        context.engine.set_timing(timing);
        QStringList notices;
        connect(&context.notices, &Notices::shown, this,
                [&](const Notice& notice) { notices << notice.text; });
        workbench.window().show();
        QVERIFY(QTest::qWaitForWindowActive(&workbench.window()));
        workbench.open({sample_});
        QVERIFY(context.session.is_open());
        workbench.start_engine();
        QTRY_VERIFY_WITH_TIMEOUT(context.engine.state() == State::Ready, 60'000);
        const qint64 pid = context.engine.process_id();
        workbench.window().show_stage(Stage::Label);
        QTRY_VERIFY_WITH_TIMEOUT(context.labels.ready() && context.labels.item() == context.selection.item(),
                                 20'000);
        const ItemId item = context.labels.item();
        paint(context.labels, 0);

        int failed = 0;
        EngineHandlers handlers;
        QString problem;
        handlers.failed = [&](const Error& error) {
            ++failed;
            problem = QString::fromUtf8(error.what());
        };
        context.engine.send({.operation = operation, .spec = {{"set", {{"mib", 8192}}}}}, this, handlers);
        QTRY_VERIFY_WITH_TIMEOUT(context.engine.state() == State::Busy || failed > 0, 20'000);
        paint(context.labels, 1); // in the middle of it
        if (kill)
            QCOMPARE(::kill(static_cast<pid_t>(pid), SIGKILL), 0);
        QTRY_COMPARE_WITH_TIMEOUT(failed, 1, 60'000);
        QVERIFY2(problem.contains(words), qPrintable(problem));
        if (dies) {
            QTRY_VERIFY_WITH_TIMEOUT(!notices.isEmpty(), 10'000);
            QVERIFY2(notices.join(' ').contains("started again"), qPrintable(notices.join(' ')));
        }
        // It works again, without anybody doing something about it.
        int done = 0;
        EngineHandlers again;
        again.done = [&](const EngineReply& reply) { done += reply.json().contains("threads"); };
        context.engine.send({.operation = "device"}, this, again);
        QTRY_COMPARE_WITH_TIMEOUT(done, 1, 60'000);
        QCOMPARE(context.engine.process_id() == pid, !dies);
        QVERIFY(workbench.window().isVisible());
        paint(context.labels, 2);
        QVERIFY(context.labels.flush());
        QCOMPARE(stored(item),
                 context.labels.document().tiles()->read(
                     {0, 0, context.labels.document().width(), context.labels.document().height()}));
        for (const int at : {8, 28, 48})
            QVERIFY2(stored(item).at(at, 8) != 0, qPrintable(QString::number(at)));
    }

    // A command that is none: said once, and the labels do not care.
    void a_command_that_does_not_start_is_told() {
        QFile::remove(settings_);
        QSettings(settings_, QSettings::IniFormat)
            .setValue("engine/command", "/no/such/ssh host eyepiece-cli serve");
        Workbench workbench(settings_);
        workbench.window().show();
        workbench.open({sample_});
        workbench.start_engine();
        QTRY_VERIFY_WITH_TIMEOUT(workbench.context().engine.state() == State::Failed, 60'000);
        QVERIFY2(workbench.context().engine.sentence().contains("/no/such/ssh"),
                 qPrintable(workbench.context().engine.sentence()));
    }
};

QTEST_MAIN(TestEngineWindow)
#include "test_engine_window.moc"
