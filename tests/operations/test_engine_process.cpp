// SPDX-License-Identifier: GPL-3.0-or-later
// eyepiece-cli as a process: the engine behind a pipe that is killed, hung, starved and fed garbage; verbs
// that need no engine load none; signals end work in order.
#include "core/protocol/message.h"

#include <QtTest>

#include <QProcess>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

QString program() {
    return qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli";
}

// One eyepiece-cli serve, and the messages it sends.
class EngineProcess {
public:
    explicit EngineProcess(const QString& plugins, rlim_t address_space = RLIM_INFINITY,
                           bool wrapped = false) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("EYEPIECE_PLUGINS", plugins);
        process.setProcessEnvironment(environment);
        if (address_space != RLIM_INFINITY)
            process.setChildProcessModifier([address_space] {
                const rlimit limit{address_space, address_space};
                setrlimit(RLIMIT_AS, &limit);
            });
        if (wrapped) // as one line of the settings, cut as the window cuts it; what ssh would do with its
                     // words
            process.startCommand("env EYEPIECE_PLUGINS=\"" + plugins + "\" sh -c \"exec '" + program() +
                                 "' serve --threads 1\"");
        else
            process.start(program(), {"serve"});
    }
    ~EngineProcess() {
        process.kill();
        process.waitForFinished();
    }

    void send(const Json& head) {
        const std::string line = encode(head, 0);
        process.write(line.data(), static_cast<qint64>(line.size()));
    }
    std::optional<Message> receive(int timeout = 60000) {
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < timeout) {
            if (auto message = reader.next())
                return message;
            process.waitForReadyRead(50);
            const QByteArray data = process.readAllStandardOutput();
            reader.feed({data.constData(), static_cast<std::size_t>(data.size())});
            if (data.isEmpty() && process.state() == QProcess::NotRunning)
                return reader.next();
        }
        return std::nullopt;
    }
    Json answer(const Json& id) {
        while (const auto message = receive())
            if (message->head.value("id", Json()) == id &&
                (message->head.contains("result") || message->head.contains("error")))
                return message->head;
        return Json::object();
    }
    Json hello() {
        const auto message = receive();
        return message ? message->head.value("hello", Json()) : Json();
    }
    Json ask(int id, const std::string& operation, const Json& set = Json::object()) {
        send({{"id", id}, {"operation", operation}, {"spec", {{"set", set}}}});
        return answer(id);
    }

    QProcess process;
    MessageReader reader;
};

struct Outcome {
    int status = -1;
    QByteArray out, error;
};

Outcome call(const QStringList& arguments, const QByteArray& input = {}) {
    QProcess process;
    process.start(program(), arguments);
    process.write(input);
    process.closeWriteChannel();
    process.waitForFinished(60000);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            process.readAllStandardOutput(), process.readAllStandardError()};
}

} // namespace

class TestEngineProcess : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QVERIFY2(QFileInfo::exists(program()), qPrintable(program()));
        const fs::path toy = fs::path(folder_.path().toStdString()) / "toy";
        fs::create_directories(toy);
        fs::copy_file(MISBEHAVING_PLUGIN, toy / "engine.so");
        std::ofstream(toy / "plugin.json")
            << Json{{"id", "toy"}, {"title", "Toy"}, {"version", "1"}, {"requires", {{"api", PLUGIN_API}}}};
    }

    void says_hello_and_which_plugins_it_has() {
        EngineProcess engine(folder_.path());
        const Json hello = engine.hello();
        QVERIFY(hello.is_object());
        QCOMPARE(hello["device"].get<std::string>(), std::string("cpu"));
        QVERIFY(hello["threads"].get<int>() >= 1);
        QVERIFY(hello["precision"] == "float32" || hello["precision"] == "bfloat16");
        bool found = false;
        for (const Json& plugin : hello["plugins"])
            found = found || (plugin["id"] == "toy" && plugin["state"] == "loaded");
        QVERIFY(found);
        engine.process.closeWriteChannel();
        QVERIFY(engine.process.waitForFinished(10000));
        QCOMPARE(engine.process.exitCode(), 0);
    }

    void works_as_a_wrapped_command() {
        EngineProcess engine(folder_.path(), RLIM_INFINITY, true);
        QVERIFY(engine.hello().is_object());
        QCOMPARE(engine.ask(1, "device")["result"]["threads"].get<int>(), 1);
    }

    // What a library prints goes to standard error; only events are on the pipe.
    void stray_prints_stay_out_of_the_pipe() {
        EngineProcess engine(folder_.path());
        QVERIFY(engine.hello().is_object());
        const Json answer = engine.ask(1, "toy-print");
        QVERIFY(answer["result"].is_object());
        QVERIFY(answer["result"] != "forged");
        QVERIFY(engine.process.readAllStandardError().contains("should not"));
    }

    void checks_parameters_and_gives_every_core() {
        EngineProcess engine(folder_.path());
        engine.hello();
        const Json wrong = engine.ask(1, "toy-print", {{"mibs", 3}});
        QCOMPARE(wrong["error"]["code"].get<std::string>(), std::string("bad-input"));
        QVERIFY(wrong["error"]["message"].get<std::string>().find("mib") != std::string::npos);
        const Json right = engine.ask(2, "toy-print");
        QCOMPARE(right["result"]["set"]["mib"].get<int>(), 1); // the default was filled in
        QCOMPARE(right["result"]["threads"].get<int>(),
                 engine.ask(3, "device")["result"]["threads"].get<int>());
    }

    // LibTorch's message without its backtrace; the engine goes on.
    void an_exception_of_libtorch_is_one_sentence() {
        EngineProcess engine(folder_.path());
        engine.hello();
        const Json error = engine.ask(1, "toy-shape")["error"];
        QCOMPARE(error["code"].get<std::string>(), std::string("internal"));
        const std::string message = error["message"];
        QVERIFY(message.find("mat1") != std::string::npos);
        QVERIFY(message.find('\n') == std::string::npos);
        QVERIFY(engine.ask(2, "device").contains("result"));
    }

    void running_out_of_memory_ends_only_the_request() {
        EngineProcess engine(folder_.path(), rlim_t{4} << 30);
        QVERIFY(engine.hello().is_object());
        const Json error = engine.ask(1, "toy-allocate", {{"mib", 8192}})["error"];
        QCOMPARE(error["code"].get<std::string>(), std::string("memory"));
        QVERIFY(error["message"].get<std::string>().find("smaller") != std::string::npos);
        QCOMPARE(engine.ask(2, "toy-allocate", {{"mib", 8}})["result"]["bytes"].get<int>(), 8 << 20);
    }

    // Too little even to load LibTorch: a message and an exit status, no hang, also for what needs no engine.
    void too_little_memory_to_begin_data() {
        QTest::addColumn<int>("mebibytes");
        QTest::newRow("next to nothing") << 180; // below some 150 not even the readers' libraries load
        QTest::newRow("a third") << 300;
        QTest::newRow("almost") << 700;
    }
    void too_little_memory_to_begin() {
        QFETCH(int, mebibytes);
        EngineProcess engine(folder_.path(), static_cast<rlim_t>(mebibytes) << 20);
        QVERIFY(engine.process.waitForFinished(60000));
        QCOMPARE(engine.process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(engine.process.exitCode(), 1);
        QVERIFY(engine.process.readAllStandardOutput().isEmpty());
        const QByteArray said = engine.process.readAllStandardError();
        QVERIFY2(said.contains("address space"), said.constData());
    }

    // Enough to load it: it says hello, answers, and tells when a request goes beyond.
    void little_memory_is_enough_to_begin() {
        EngineProcess engine(folder_.path(), rlim_t{1200} << 20);
        QVERIFY(engine.hello().is_object());
        const Json error = engine.ask(1, "toy-allocate", {{"mib", 2048}})["error"];
        QCOMPARE(error["code"].get<std::string>(), std::string("memory"));
        QVERIFY(engine.ask(2, "device").contains("result"));
    }

    // As a batch system ends a job, and as Ctrl+C does: also while it works, and while nothing happens.
    void serve_ends_on_a_signal() {
        for (const int signal : {SIGTERM, SIGINT})
            for (const bool working : {false, true}) {
                EngineProcess engine(folder_.path());
                QVERIFY(engine.hello().is_object());
                if (working) {
                    engine.send({{"id", 1}, {"operation", "toy-wait"}, {"spec", Json::object()}});
                    QVERIFY(engine.receive()->head.contains("progress"));
                }
                ::kill(static_cast<pid_t>(engine.process.processId()), signal);
                QVERIFY(engine.process.waitForFinished(20000));
                QCOMPARE(engine.process.exitStatus(), QProcess::NormalExit);
                QCOMPARE(engine.process.exitCode(), 130);
            }
    }

    void killed_crashed_and_hung() {
        {
            EngineProcess engine(folder_.path());
            engine.hello();
            engine.send({{"id", 1}, {"operation", "toy-crash"}, {"spec", Json::object()}});
            QVERIFY(engine.process.waitForFinished(20000));
            QCOMPARE(engine.process.exitStatus(), QProcess::CrashExit);
        }
        EngineProcess engine(folder_.path());
        engine.hello();
        engine.send({{"id", 1}, {"operation", "toy-hang"}, {"spec", Json::object()}});
        engine.send({{"id", 1}, {"control", "cancel"}});
        // Deaf work holds up the queue, not the reader: checks are still answered, and it can be killed.
        engine.send({{"id", 2}, {"operation", "device"}, {"check", true}});
        QVERIFY(engine.answer(2).contains("result"));
        engine.process.kill();
        QVERIFY(engine.process.waitForFinished(5000));
    }

    void garbage_ends_it() {
        EngineProcess engine(folder_.path());
        engine.hello();
        engine.process.write("GET / HTTP/1.1\r\n");
        const Json error = engine.answer(nullptr);
        QCOMPARE(error["error"]["code"].get<std::string>(), std::string("bad-input"));
        QVERIFY(engine.process.waitForFinished(10000));
        QCOMPARE(engine.process.exitCode(), 1);
    }

    void cancel_takes_effect_within_half_a_second() {
        EngineProcess engine(folder_.path());
        engine.hello();
        engine.send({{"id", 1}, {"operation", "toy-wait"}, {"spec", Json::object()}});
        QVERIFY(engine.receive()->head.contains("progress"));
        QElapsedTimer timer;
        timer.start();
        engine.send({{"id", 1}, {"control", "cancel"}});
        QCOMPARE(engine.answer(1)["error"]["code"].get<std::string>(), std::string("cancelled"));
        QVERIFY2(timer.elapsed() < 500, qPrintable(QString::number(timer.elapsed())));
    }

    void run_is_cancelled_by_a_signal() {
        const fs::path spec = fs::path(folder_.path().toStdString()) / "spec.json";
        std::ofstream(spec) << Json{{"operation", "toy-wait"}};
        for (const int signal : {SIGINT, SIGTERM}) {
            QProcess process;
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("EYEPIECE_PLUGINS", folder_.path());
            process.setProcessEnvironment(environment);
            process.start(program(), {"run", QString::fromStdString(spec.string())});
            QByteArray said;
            QTRY_VERIFY_WITH_TIMEOUT((process.waitForReadyRead(10), said += process.readAllStandardError(),
                                      said.contains("waiting")),
                                     30000);
            ::kill(static_cast<pid_t>(process.processId()), signal);
            QVERIFY(process.waitForFinished(5000));
            QCOMPARE(process.exitStatus(), QProcess::NormalExit);
            QCOMPARE(process.exitCode(), 130);
        }
    }

    void a_pipe_of_requests_is_answered() {
        const Outcome outcome =
            call({"serve"}, "{\"id\": 1, \"operation\": \"device\"}\n"
                            "{\"id\": 2, \"operation\": \"list\", \"spec\": {\"kind\": \"models\"}}\n");
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.out.count('\n'), 3); // hello and two answers
    }

    void usage_errors() {
        for (const QStringList& wrong :
             {QStringList{}, QStringList{"no-such-verb"}, QStringList{"list"},
              QStringList{"list", "models", "--no-such"}, QStringList{"list", "parameters"},
              QStringList{"train"}, QStringList{"predict", "a"},
              QStringList{"list", "models", "--device", "abacus"}}) {
            const Outcome outcome = call(wrong);
            QVERIFY2(outcome.status == 2, qPrintable(wrong.join(' ')));
            QVERIFY(!outcome.error.isEmpty());
            QVERIFY(outcome.out.isEmpty());
        }
        QCOMPARE(call({"list", "nonsense"}).status, 1);
        QCOMPARE(call({"run", "/no/such/spec.json"}).status, 1);
        QCOMPARE(call({"evaluate", "/no/such/project", "--run", "1"}).status, 1);
    }

    void every_verb_has_help_with_an_example() {
        const Outcome all = call({"--help"});
        QCOMPARE(all.status, 0);
        for (const char* verb :
             {"train", "predict", "evaluate", "explain", "export", "run", "serve", "list"}) {
            QVERIFY(all.out.contains(verb));
            const Outcome help = call({"help", verb});
            QCOMPARE(help.status, 0);
            QVERIFY2(help.out.contains("eyepiece-cli"), verb);
        }
        QVERIFY(call({"--version"}).out.startsWith("eyepiece-cli "));
    }

    void json_is_the_last_line() {
        for (const QStringList& arguments :
             {QStringList{"list", "operations", "--json"}, QStringList{"--json", "list", "operations"}}) {
            const Outcome outcome = call(arguments);
            QCOMPARE(outcome.status, 0);
            const Json json = Json::parse(outcome.out.trimmed().split('\n').last().toStdString());
            QVERIFY(json["entries"].size() >= 2);
        }
    }

    // The loader writes every library it opens (LD_DEBUG), whatever becomes of the process.
    void what_needs_no_engine_loads_none() {
        const auto libraries = [](const QStringList& arguments) {
            QProcess process;
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("LD_DEBUG", "files");
            process.setProcessEnvironment(environment);
            process.start(program(), arguments);
            process.waitForFinished(60000);
            return process.readAllStandardError();
        };
        QVERIFY(libraries({"list", "models"}).contains("libtorch")); // so the test can fail
        for (const QStringList& arguments :
             {QStringList{"--version"}, QStringList{"--help"}, QStringList{"info", "/no/such"},
              QStringList{"init", folder_.path() + "/project"}}) {
            const QByteArray opened = libraries(arguments);
            QVERIFY(opened.contains("libeyepiece-core"));
            QVERIFY2(!opened.contains("libtorch"), qPrintable(arguments.join(' ')));
            QVERIFY(!opened.contains("libeyepiece-engine"));
        }
    }

private:
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestEngineProcess)
#include "test_engine_process.moc"
