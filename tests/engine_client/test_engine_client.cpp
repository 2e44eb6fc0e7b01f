// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/engine_client.h"
#include "widgets/engine/job_model.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <csignal>

using namespace eyepiece;
using namespace std::chrono_literals;
using State = EngineClient::State;

namespace {

const QStringList fake{QStringLiteral(FAKE_ENGINE), QStringLiteral("serve")};

EngineTiming short_times() {
    EngineTiming timing;
    timing.start = 5s;
    timing.quiet = 150ms;
    timing.unanswered = 150ms;
    timing.give_up = 600ms;
    timing.cancel = 300ms;
    timing.back_off = {20ms, 40ms, 60ms};
    return timing;
}

// What became of one request.
struct Outcome {
    int done = 0, failed = 0, ended = 0;
    EngineReply reply;
    QString problem;
    ErrorCode code = ErrorCode::Internal;
    EngineHandlers handlers() {
        EngineHandlers handlers;
        handlers.done = [this](const EngineReply& got) {
            ++done;
            reply = got;
        };
        handlers.failed = [this](const Error& error) {
            ++failed;
            problem = QString::fromUtf8(error.what());
            code = error.code();
        };
        handlers.ended = [this] { ++ended; };
        return handlers;
    }
};

bool process_lives(qint64 pid) {
    return pid > 0 && ::kill(static_cast<pid_t>(pid), 0) == 0;
}

} // namespace

class TestEngineClient : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void starts_only_when_asked() {
        EngineClient client(fake);
        QTest::qWait(50);
        QCOMPARE(client.state(), State::Stopped);
        QCOMPARE(client.process_id(), 0);
        client.start();
        QTRY_COMPARE(client.state(), State::Ready);
        QCOMPARE(client.device_line(), QStringLiteral("CPU, 2 threads, bfloat16"));
    }

    void answers_and_ends_with_its_client() {
        qint64 pid = 0;
        {
            EngineClient client(fake);
            Outcome outcome;
            const auto id = client.send({.operation = "echo", .spec = {{"a", 1}}}, this, outcome.handlers());
            QVERIFY(client.pending(id));
            QTRY_COMPARE(outcome.done, 1);
            QCOMPARE(outcome.reply.json()["spec"]["a"].get<int>(), 1);
            QCOMPARE(outcome.ended, 1);
            QVERIFY(!client.pending(id));
            pid = client.process_id();
            QVERIFY(process_lives(pid));
        }
        QVERIFY(!process_lives(pid));
    }

    void tells_progress_metrics_warnings_and_partials_in_order() {
        EngineClient client(fake);
        JobModel jobs;
        client.set_jobs(&jobs);
        Outcome outcome;
        EngineHandlers handlers = outcome.handlers();
        double last = -1;
        int metrics = 0;
        QStringList warnings;
        EngineReply partial;
        handlers.progress = [&](double fraction, const QString&) {
            QVERIFY(fraction >= last);
            last = fraction;
        };
        handlers.metric = [&](const QString& series, qint64 step, double value) {
            QCOMPARE(series, QStringLiteral("loss"));
            QCOMPARE(step, metrics++);
            QVERIFY(step == 0 ? std::isnan(value) : qFuzzyCompare(value, 1.0 / static_cast<double>(step)));
        };
        handlers.warned = [&](const QString& text) { warnings << text; };
        handlers.partial = [&](const EngineReply& got) { partial = got; };
        client.send({.operation = "progress", .spec = {{"count", 500}}, .title = "Counting"}, this, handlers);
        QCOMPARE(jobs.rowCount(), 1);
        QTRY_COMPARE(outcome.done, 1);
        QCOMPARE(metrics, 500);
        QVERIFY(last > 0.9);
        QCOMPARE(warnings, QStringList{"One image is dark."});
        QCOMPARE(partial.bytes->size(), std::size_t{3});
        QCOMPARE(jobs.rowCount(), 0);
    }

    void reports_an_error_as_it_was_sent() {
        EngineClient client(fake);
        Outcome outcome;
        client.send({.operation = "error"}, this, outcome.handlers());
        QTRY_COMPARE(outcome.failed, 1);
        QCOMPARE(outcome.problem, QStringLiteral("There is no image 7. Choose another."));
        QCOMPARE(outcome.code, ErrorCode::BadInput);
        QCOMPARE(client.state(), State::Ready);
    }

    void a_big_reply_leaves_the_window_alone() {
        EngineClient client(fake);
        client.start();
        QTRY_COMPARE(client.state(), State::Ready);
        Outcome outcome;
        constexpr std::size_t size = std::size_t{300} << 20;
        // The longest time between two turns of the window's loop.
        QElapsedTimer turn;
        turn.start();
        qint64 longest = 0;
        QTimer heartbeat;
        connect(&heartbeat, &QTimer::timeout, this, [&] { longest = std::max(longest, turn.restart()); });
        heartbeat.start(1);
        client.send({.operation = "big", .spec = {{"bytes", size}}}, this, outcome.handlers());
        QTRY_COMPARE_WITH_TIMEOUT(outcome.done, 1, 20'000);
        QCOMPARE(outcome.reply.bytes->size(), size);
        QCOMPARE(outcome.reply.bytes->at(size - 4096), static_cast<std::byte>((size - 4096) / 4096));
        // 16 ms is the rule; a loaded machine may take our processor away for longer.
        QVERIFY2(longest < 100, qPrintable(QStringLiteral("%1 ms").arg(longest)));
    }

    void a_check_does_not_wait_for_an_operation() {
        EngineClient client(fake);
        Outcome slow, check, next;
        client.send({.operation = "slow", .spec = {{"ms", 1500}}}, this, slow.handlers());
        client.send({.operation = "echo"}, this, next.handlers());
        client.send({.operation = "echo", .check = true}, this, check.handlers());
        QTRY_COMPARE(check.done, 1);
        QCOMPARE(check.reply.json()["check"].get<bool>(), true);
        QCOMPARE(slow.done + next.done, 0);
        QTRY_COMPARE(next.done, 1);
        QCOMPARE(slow.done, 1);
    }

    void cancels_what_runs_and_what_waits() {
        EngineClient client(fake);
        Outcome runs, waits, after;
        const auto first = client.send({.operation = "slow", .spec = {{"ms", 60000}}}, this, runs.handlers());
        const auto second = client.send({.operation = "echo"}, this, waits.handlers());
        client.send({.operation = "echo"}, this, after.handlers());
        QTRY_COMPARE(client.state(), State::Busy);
        client.cancel(second);
        QCOMPARE(waits.ended, 1);
        client.cancel(first);
        QCOMPARE(runs.ended, 1);
        QCOMPARE(runs.done + runs.failed, 0);
        QTRY_COMPARE(after.done, 1);
        QCOMPARE(waits.done + waits.failed, 0);
        QCOMPARE(client.state(), State::Ready);
    }

    void finish_keeps_what_there_is() {
        EngineClient client(fake);
        Outcome outcome;
        const auto id = client.send({.operation = "slow", .spec = {{"ms", 400}}}, this, outcome.handlers());
        QTRY_COMPARE(client.state(), State::Busy);
        client.finish(id);
        QTRY_COMPARE(outcome.done, 1);
        QVERIFY(outcome.reply.json()["finished_early"].get<bool>());
    }

    void a_newer_request_of_a_topic_takes_the_place() {
        EngineClient client(fake);
        std::vector<Outcome> outcomes(6);
        for (std::size_t at = 0; at < outcomes.size(); ++at)
            client.send({.operation = "slow", .spec = {{"ms", 50}}, .topic = "preview"}, this,
                        outcomes[at].handlers());
        Outcome other;
        QObject someone;
        client.send({.operation = "echo", .topic = "preview"}, &someone, other.handlers());
        QTRY_COMPARE(outcomes.back().done, 1);
        QTRY_COMPARE(other.done, 1); // another context: another topic
        for (std::size_t at = 0; at + 1 < outcomes.size(); ++at)
            QCOMPARE(outcomes[at].done + outcomes[at].failed + outcomes[at].ended, 0);
    }

    void nobody_is_called_whose_context_died() {
        EngineClient client(fake);
        Outcome outcome, after;
        auto* context = new QObject;
        client.send({.operation = "slow", .spec = {{"ms", 60000}}}, context, outcome.handlers());
        QTRY_COMPARE(client.state(), State::Busy);
        delete context;
        client.send({.operation = "echo"}, this, after.handlers());
        QTRY_COMPARE(after.done, 1); // so the slow one was cancelled, too
        QCOMPARE(outcome.done + outcome.failed + outcome.ended, 0);
    }

    void survives_a_death_data() {
        QTest::addColumn<QString>("operation");
        QTest::addColumn<QString>("words");
        QTest::newRow("in the middle of a reply") << "crash"
                                                  << "crashed";
        QTest::newRow("killed from outside") << "killed"
                                             << "killed from outside";
        QTest::newRow("garbage") << "garbage"
                                 << "not a message";
        QTest::newRow("wrong shape") << "wrong-shape"
                                     << "not a message";
        QTest::newRow("out of memory") << "memory"
                                       << "ran out of memory";
        QTest::newRow("exit") << "exit"
                              << "I have had enough";
    }
    void survives_a_death() {
        QFETCH(QString, operation);
        QFETCH(QString, words);
        EngineClient client(fake);
        client.set_timing(short_times());
        QSignalSpy trouble(&client, &EngineClient::trouble);
        Outcome first, victim, waits;
        client.send({.operation = "echo"}, this, first.handlers());
        client.send({.operation = operation}, this, victim.handlers());
        client.send({.operation = "echo"}, this, waits.handlers());
        QTRY_COMPARE(victim.failed, 1);
        QVERIFY2(victim.problem.contains(words), qPrintable(victim.problem));
        QCOMPARE(trouble.count(), 1);
        QVERIFY(trouble.first().at(0).toString().contains("started again"));
        QTRY_COMPARE(waits.done, 1); // by the next engine
        QCOMPARE(client.state(), State::Ready);
        QVERIFY(waits.reply.json()["pid"] != first.reply.json()["pid"]);
        QVERIFY(!process_lives(first.reply.json()["pid"].get<qint64>()));
        if (operation == "memory" || operation == "killed")
            QCOMPARE(victim.code, ErrorCode::Memory);
    }

    void a_hang_is_noticed_told_and_ended() {
        EngineClient client(fake);
        client.set_timing(short_times());
        Outcome hangs, waits;
        client.send({.operation = "hang"}, this, hangs.handlers());
        client.send({.operation = "echo"}, this, waits.handlers());
        QTRY_VERIFY(client.unresponsive());
        QVERIFY2(client.sentence().contains("has not answered"), qPrintable(client.sentence()));
        QCOMPARE(hangs.failed, 0);
        const qint64 pid = client.process_id();
        QTRY_COMPARE(hangs.failed, 1);
        QVERIFY2(hangs.problem.contains("hung"), qPrintable(hangs.problem));
        QTRY_COMPARE(waits.done, 1);
        QVERIFY(!process_lives(pid));
    }

    void a_hang_ends_at_once_when_asked() {
        EngineClient client(fake);
        EngineTiming timing = short_times();
        timing.give_up = 1h;
        client.set_timing(timing);
        Outcome hangs, waits;
        client.send({.operation = "hang"}, this, hangs.handlers());
        client.send({.operation = "echo"}, this, waits.handlers());
        QTRY_VERIFY(client.unresponsive());
        client.restart();
        QCOMPARE(hangs.failed, 1);
        QTRY_COMPARE(waits.done, 1);
    }

    void long_silent_work_is_no_hang() {
        EngineClient client(fake);
        client.set_timing(short_times());
        Outcome outcome;
        client.send({.operation = "quiet", .spec = {{"ms", 1500}}}, this, outcome.handlers());
        QTRY_COMPARE(outcome.done, 1);
        QVERIFY(!client.unresponsive());
    }

    void an_engine_that_ignores_cancel_is_replaced() {
        EngineClient client(fake);
        client.set_timing(short_times());
        Outcome deaf, waits;
        const auto id = client.send({.operation = "ignore-cancel"}, this, deaf.handlers());
        client.send({.operation = "echo"}, this, waits.handlers());
        QTRY_COMPARE(client.state(), State::Busy);
        client.cancel(id);
        QCOMPARE(deaf.ended, 1);
        QTRY_COMPARE(waits.done, 1);
        QCOMPARE(deaf.ended + deaf.failed + deaf.done, 1);
    }

    void gives_up_after_quick_crashes_and_starts_on_request() {
        QTemporaryDir folder;
        EngineClient client(QStringList(fake) << "crash");
        client.set_timing(short_times());
        Outcome outcome, again;
        client.send({.operation = "echo"}, this, outcome.handlers());
        QTRY_COMPARE(client.state(), State::Failed);
        QCOMPARE(outcome.failed, 1);
        QVERIFY(!outcome.problem.isEmpty());
        Outcome refused;
        client.send({.operation = "echo"}, this, refused.handlers());
        QTRY_COMPARE(refused.failed, 1);
        client.set_command(fake); // starts it
        QTRY_COMPARE(client.state(), State::Ready);
        client.send({.operation = "echo"}, this, again.handlers());
        QTRY_COMPARE(again.done, 1);
    }

    void one_crash_at_the_start_is_forgiven() {
        QTemporaryDir folder;
        EngineClient client(QStringList(fake) << "once-crash" << folder.filePath("mark"));
        client.set_timing(short_times());
        Outcome outcome;
        client.send({.operation = "echo"}, this, outcome.handlers());
        QTRY_COMPARE(outcome.done, 1);
        QCOMPARE(client.state(), State::Ready);
    }

    void says_why_it_does_not_start_data() {
        QTest::addColumn<QStringList>("command");
        QTest::addColumn<QString>("words");
        QTest::newRow("no such program")
            << QStringList{"/nowhere/eyepiece-cli", "serve"} << "could not be started";
        QTest::newRow("a library is missing") << (QStringList(fake) << "exit") << "libtorch.so";
        QTest::newRow("says nothing") << (QStringList(fake) << "silent") << "did not come up";
        QTest::newRow("a greeting in between") << (QStringList(fake) << "garbage-hello") << "not a message";
    }
    void says_why_it_does_not_start() {
        QFETCH(QStringList, command);
        QFETCH(QString, words);
        EngineClient client(command);
        EngineTiming timing = short_times();
        timing.start = 200ms;
        client.set_timing(timing);
        Outcome outcome;
        client.send({.operation = "echo"}, this, outcome.handlers());
        QTRY_COMPARE_WITH_TIMEOUT(client.state(), State::Failed, 15'000);
        QTRY_COMPARE(outcome.failed, 1);
        QVERIFY2(client.sentence().contains(words), qPrintable(client.sentence()));
    }

    void a_handler_may_do_anything() {
        EngineClient client(fake);
        client.set_timing(short_times());
        Outcome second;
        EngineHandlers handlers;
        handlers.failed = [&](const Error&) {
            client.restart();
            client.send({.operation = "echo"}, this, second.handlers());
        };
        client.send({.operation = "crash"}, this, handlers);
        QTRY_COMPARE(second.done, 1);
        bool cancelled_from_inside = false;
        EngineClient::RequestId id = 0;
        EngineHandlers inside;
        inside.progress = [&](double, const QString&) {
            client.cancel(id);
            cancelled_from_inside = true;
        };
        inside.done = [&](const EngineReply&) { QFAIL("cancelled"); };
        id = client.send({.operation = "progress", .spec = {{"count", 100}}}, this, inside);
        QTRY_VERIFY(cancelled_from_inside);
        QTRY_COMPARE(client.state(), State::Ready);
    }

    void rests_when_idle() {
        EngineClient client(fake);
        Outcome outcome;
        client.send({.operation = "echo"}, this, outcome.handlers());
        QTRY_COMPARE(outcome.done, 1);
        for (const QTimer* timer : client.findChildren<QTimer*>())
            QVERIFY(!timer->isActive());
    }
};

QTEST_GUILESS_MAIN(TestEngineClient)
#include "test_engine_client.moc"
