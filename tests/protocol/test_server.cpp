// SPDX-License-Identifier: GPL-3.0-or-later
// The serve loop over real pipes, with an engine of a few toy operations.
#include "core/protocol/server.h"

#include <QtTest>

#include <algorithm>
#include <csignal>
#include <future>
#include <thread>
#include <unistd.h>

using namespace eyepiece;
using namespace std::chrono_literals;

namespace {

class ToyEngine : public Engine {
public:
    Json hello() const override { return {{"version", "toy"}}; }

    OperationCheck check(const std::string& operation, const Json&, JobContext&) override {
        OperationCheck result;
        result.summary = operation;
        return result;
    }

    OperationResult run(const std::string& operation, const Json& spec, JobContext& context) override {
        if (operation == "echo")
            return {spec, std::vector<std::byte>(spec.value("bytes_wanted", 0), std::byte{7})};
        if (operation == "fail")
            throw Error(ErrorCode::NotFound, "Not there.", "details");
        if (operation == "throw")
            throw std::runtime_error("odd");
        if (operation == "throw-int")
            throw 3;
        if (operation == "report") {
            for (int i = 0; i < 1000; ++i)
                context.progress(i / 1000.0, "busy");
            context.metric("loss", 3, 0.5);
            context.warn("careful");
            const std::byte payload[3]{};
            context.partial({{"at", 1}}, payload);
            return {};
        }
        if (operation == "until") { // until it is told to stop, in the way that is told
            running = true;
            while (!context.cancelled()) {
                if (context.finish_early_requested())
                    return {{{"finished", true}}};
                if (context.pause_requested())
                    paused = true;
                std::this_thread::sleep_for(1ms);
            }
            context.throw_if_cancelled();
        }
        throw Error(ErrorCode::NotFound, "There is no such operation.");
    }

    std::atomic<bool> running{false}, paused{false};
};

// A server on a thread of its own, and this side's ends of its pipes.
class Peer {
public:
    Peer() {
        int in[2], out[2], halt[2];
        if (pipe(in) != 0 || pipe(out) != 0 || pipe(halt) != 0)
            qFatal("no pipe");
        to_server = in[1];
        from_server = out[0];
        to_stop = halt[1];
        status = std::async(std::launch::async, [this, input = in[0], output = out[1], stop = halt[0]] {
            const int result = Server(engine, input, output, stop).run();
            close(input);
            close(output);
            close(stop);
            return result;
        });
    }
    ~Peer() {
        hang_up();
        if (from_server >= 0)
            close(from_server);
        if (status.valid())
            status.wait();
        close(to_stop);
    }

    void send(const std::string& text) {
        QCOMPARE(write(to_server, text.data(), text.size()), ssize_t(text.size()));
    }
    void send(const Json& head) { send(encode(head, 0)); }
    void hang_up() {
        if (to_server >= 0)
            close(to_server);
        to_server = -1;
    }

    std::optional<Message> receive() { // nothing at the end
        while (true) {
            if (auto message = reader.next())
                return message;
            char block[4096];
            const ssize_t count = read(from_server, block, sizeof block);
            if (count <= 0)
                return std::nullopt;
            reader.feed({block, static_cast<std::size_t>(count)});
        }
    }
    // The result or error of this request; what comes before it is kept in `before`.
    Message answer(const Json& id) {
        while (auto message = receive()) {
            if (message->head.value("id", Json()) == id &&
                (message->head.contains("result") || message->head.contains("error")))
                return *message;
            before.push_back(*message);
        }
        return {};
    }

    ToyEngine engine;
    MessageReader reader;
    std::vector<Message> before;
    std::future<int> status;
    int to_server = -1, from_server = -1, to_stop = -1;
};

} // namespace

class TestServer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { std::signal(SIGPIPE, SIG_IGN); }

    void says_hello_and_answers() {
        Peer peer;
        QCOMPARE(peer.receive()->head["hello"]["version"].get<std::string>(), std::string("toy"));
        peer.send({{"id", 5}, {"operation", "echo"}, {"spec", {{"bytes_wanted", 100000}}}});
        const Message answer = peer.answer(5);
        QCOMPARE(answer.head["result"]["bytes_wanted"].get<int>(), 100000);
        QVERIFY(answer.bytes == std::vector<std::byte>(100000, std::byte{7}));
        peer.send({{"id", 6}, {"operation", "plan"}, {"check", true}});
        QCOMPARE(peer.answer(6).head["result"]["summary"].get<std::string>(), std::string("plan"));
        peer.hang_up();
        QCOMPARE(peer.status.get(), 0);
    }

    void survives_what_operations_throw() {
        Peer peer;
        int id = 0;
        for (const char* operation : {"fail", "throw", "throw-int", "unknown"}) {
            peer.send({{"id", ++id}, {"operation", operation}});
            const Json error = peer.answer(id).head["error"];
            QVERIFY(!error["message"].get<std::string>().empty());
            QVERIFY(error["code"] ==
                    (std::string(operation).starts_with("throw") ? "internal" : "not-found"));
        }
        peer.send({{"id", 9}, {"operation", "echo"}});
        QVERIFY(peer.answer(9).head.contains("result"));
    }

    void answers_senseless_requests() {
        Peer peer;
        for (const Json& request :
             {Json{{"operation", "echo"}}, Json{{"id", "x"}, {"operation", "echo"}}, Json{{"id", 1}},
              Json{{"id", 1}, {"control", "explode"}}, Json{{"id", 1}, {"operation", 5}}})
            peer.send(request);
        peer.send({{"id", 2}, {"operation", "echo"}});
        QVERIFY(peer.answer(2).head.contains("result"));
        QCOMPARE(std::count_if(peer.before.begin(), peer.before.end(),
                               [](const Message& message) { return message.head.contains("error"); }),
                 5);
    }

    void reports_on_the_way_but_not_too_often() {
        Peer peer;
        peer.send({{"id", 1}, {"operation", "report"}});
        QVERIFY(peer.answer(1).head.contains("result"));
        int progress = 0, metrics = 0, warnings = 0, partials = 0;
        for (const Message& message : peer.before) {
            progress += message.head.contains("progress");
            metrics += message.head.contains("metric") && message.head["step"] == 3;
            warnings += message.head.contains("warn");
            partials += message.head.contains("partial") && message.bytes.size() == 3;
        }
        QVERIFY(progress >= 1 && progress < 100);
        QCOMPARE(metrics, 1);
        QCOMPARE(warnings, 1);
        QCOMPARE(partials, 1);
    }

    void controls_reach_what_runs_and_what_waits() {
        Peer peer;
        peer.send({{"id", 1}, {"operation", "until"}});
        peer.send({{"id", 2}, {"operation", "until"}}); // waits behind it
        peer.send({{"id", 3}, {"operation", "until"}});
        QTRY_VERIFY(peer.engine.running);
        peer.send({{"id", 1}, {"control", "pause"}});
        QTRY_VERIFY(peer.engine.paused);
        peer.send({{"id", 2}, {"control", "cancel"}});
        QElapsedTimer timer;
        timer.start();
        peer.send({{"id", 1}, {"control", "cancel"}});
        QCOMPARE(peer.answer(1).head["error"]["code"].get<std::string>(), std::string("cancelled"));
        QVERIFY(timer.elapsed() < 500);
        QCOMPARE(peer.answer(2).head["error"]["code"].get<std::string>(), std::string("cancelled"));
        peer.send({{"id", 3}, {"control", "finish"}});
        QVERIFY(peer.answer(3).head["result"]["finished"].get<bool>());
        peer.send({{"id", 3}, {"control", "cancel"}}); // too late: no mistake
        peer.send({{"id", 4}, {"operation", "echo"}});
        QVERIFY(peer.answer(4).head.contains("result"));
    }

    void a_check_does_not_wait_for_a_run() {
        Peer peer;
        peer.send({{"id", 1}, {"operation", "until"}});
        peer.send({{"id", 2}, {"operation", "plan"}, {"check", true}});
        QVERIFY(peer.answer(2).head.contains("result"));
        peer.send({{"id", 1}, {"control", "cancel"}});
        QVERIFY(peer.answer(1).head.contains("error"));
    }

    void an_id_in_use_is_refused() {
        Peer peer;
        peer.send({{"id", 1}, {"operation", "until"}});
        peer.send({{"id", 1}, {"operation", "echo"}});
        QCOMPARE(peer.answer(1).head["error"]["code"].get<std::string>(), std::string("bad-input"));
        peer.send({{"id", 1}, {"control", "cancel"}});
        QCOMPARE(peer.answer(1).head["error"]["code"].get<std::string>(), std::string("cancelled"));
    }

    void garbage_ends_it_with_an_error() {
        Peer peer;
        peer.send({{"id", 1}, {"operation", "until"}});
        QTRY_VERIFY(peer.engine.running);
        peer.send(std::string("terminate called after throwing\n"));
        QCOMPARE(peer.answer(nullptr).head["error"]["code"].get<std::string>(), std::string("bad-input"));
        QCOMPARE(peer.status.get(), 1);
    }

    void half_a_message_at_the_end_is_an_error() {
        Peer peer;
        peer.send(std::string("{\"id\": 1, "));
        peer.hang_up();
        QVERIFY(peer.answer(nullptr).head.contains("error"));
        QCOMPARE(peer.status.get(), 1);
    }

    void what_was_asked_is_answered_at_the_end() {
        Peer peer;
        for (int id = 1; id <= 20; ++id)
            peer.send({{"id", id}, {"operation", "echo"}});
        peer.hang_up();
        for (int id = 1; id <= 20; ++id)
            QVERIFY(peer.answer(id).head.contains("result"));
        QCOMPARE(peer.status.get(), 0);
    }

    // The input stays open: a stop ends what runs, what waits, and the wait for more.
    void stops_when_told_to() {
        Peer peer;
        peer.send({{"id", 1}, {"operation", "until"}});
        peer.send({{"id", 2}, {"operation", "until"}});
        QTRY_VERIFY(peer.engine.running);
        QCOMPARE(write(peer.to_stop, "x", 1), ssize_t{1});
        for (const int id : {1, 2})
            QCOMPARE(peer.answer(id).head["error"]["code"].get<std::string>(), std::string("cancelled"));
        QCOMPARE(peer.status.wait_for(20s), std::future_status::ready);
        QCOMPARE(peer.status.get(), 0);
    }

    // A window that was killed leaves no work behind.
    void work_is_cancelled_when_nobody_reads() {
        Peer peer;
        peer.send({{"id", 1}, {"operation", "until"}});
        QTRY_VERIFY(peer.engine.running);
        close(peer.from_server);
        peer.from_server = -1;
        peer.hang_up();
        QCOMPARE(peer.status.wait_for(5s), std::future_status::ready);
        QCOMPARE(peer.status.get(), 1);
    }
};

QTEST_GUILESS_MAIN(TestServer)
#include "test_server.moc"
