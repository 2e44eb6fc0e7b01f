// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/base/parameters.h"

#include <QHash>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>
#include <QThread>
#include <QTimer>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace eyepiece {

class EnginePipe; // widgets/engine/engine_pipe.h: the process, on a thread of its own
class JobModel;
struct EngineEvent;

// What the engine sends: JSON, and the raw bytes that it describes. Both are shared and never copied: a map
// of a large image has hundreds of megabytes, and the list of its objects tens of thousands of entries.
class EngineReply {
public:
    using Bytes = std::shared_ptr<const std::vector<std::byte>>;
    explicit EngineReply(Json json = Json::object(), Bytes bytes = std::make_shared<std::vector<std::byte>>())
        : bytes(std::move(bytes)), json_(std::make_shared<const Json>(std::move(json))) {}
    const Json& json() const { return *json_; }
    Bytes bytes;

private:
    std::shared_ptr<const Json> json_;
};

// Something asked of the engine: an operation (core/base/operation.h) and its spec.
struct EngineRequest {
    QString operation;
    Json spec = Json::object();
    bool check = false; // only what it would do: answers beside a running operation
    QString title = {}; // what the job list says; empty: not listed there
    QString topic = {}; // a newer request with the same topic and context takes this one's place
};

// Who hears of it. All are called on the window's thread, never from within send(), and none once the context
// object is gone, or the request was superseded.
struct EngineHandlers {
    std::function<void(const EngineReply&)> done = {};
    std::function<void(const Error&)> failed = {}; // not for a request that was cancelled
    std::function<void(double fraction, const QString& stage)> progress = {}; // fraction < 0: unknown
    std::function<void(const QString& series, qint64 step, double value)> metric = {};
    std::function<void(const EngineReply&)> partial = {};
    std::function<void(const QString&)> warned = {};
    std::function<void()> ended = {}; // last, whether it was done, failed or was cancelled
};

// The times the client goes by. The defaults suit people; tests shorten them.
struct EngineTiming {
    std::chrono::milliseconds start{60'000};      // from starting to the engine's hello
    std::chrono::milliseconds quiet{10'000};      // busy without a word: ask whether it still lives
    std::chrono::milliseconds unanswered{10'000}; // that question without answer: say so
    std::chrono::milliseconds give_up{60'000};    // and after this long start it again
    std::chrono::milliseconds cancel{8'000};      // from cancel to the engine letting go
    std::chrono::milliseconds quick{10'000};      // an engine that lived shorter than this crashed quickly
    std::vector<std::chrono::milliseconds> back_off{
        std::chrono::milliseconds(200), std::chrono::milliseconds(1'000),
        std::chrono::milliseconds(3'000)}; // before each new start
};

// The window's end of the pipe to `eyepiece-cli serve` (core/protocol/message.h). Starts the engine, asks,
// and keeps the window whole whatever the engine does: when it dies, hangs or talks nonsense, what it was
// working on fails with a sentence for the user, it is started again, and what was waiting goes on.
//
// Reading and parsing happen on a thread of its own; events reach the window's thread in slices of a few
// milliseconds. One operation is with the engine at a time; the others wait here, so that a crash takes only
// the guilty one along and a superseded request costs nothing. Checks do not wait.
class EYEPIECE_EXPORT EngineClient : public QObject {
    Q_OBJECT
public:
    enum class State { Stopped, Starting, Ready, Busy, Restarting, Failed };
    Q_ENUM(State)
    using RequestId = quint64; // 0: none

    // `command`: the program and its arguments, for instance {"ssh", "gpu-box", "eyepiece-cli", "serve"}.
    explicit EngineClient(QStringList command = default_command(), QObject* parent = nullptr);
    ~EngineClient() override; // the engine is gone afterwards

    // eyepiece-cli beside this program, else the one on the PATH, with "serve".
    static QStringList default_command();
    QStringList command() const { return command_; }
    void
    set_command(const QStringList& command); // takes effect at once: the engine is started again if it runs
    void set_timing(const EngineTiming& timing) { timing_ = timing; }
    void set_jobs(JobModel* jobs) { jobs_ = jobs; } // where requests with a title are listed; may be null

    void start();   // unless it runs; send() does it, too
    void restart(); // also after Failed: forgets earlier crashes. What runs now fails, what waits goes on
    void stop();    // what runs and waits fails

    RequestId send(const EngineRequest& request, QObject* context, EngineHandlers handlers);
    // Handlers: only `ended`, at once. An engine that does not let go within the time set is started again.
    void cancel(RequestId id);
    void cancel_topic(const QString& topic, QObject* context);
    void finish(RequestId id); // stop soon, keep the best so far
    bool pending(RequestId id) const;

    State state() const { return state_; }
    // Busy, and it answers nothing at all: offer restart().
    bool unresponsive() const { return unresponsive_; }
    QString sentence() const { return sentence_; }    // the state for the user: "The engine is ready."
    Json hello() const { return hello_; }             // what the engine said of itself; empty before
    QString device_line() const;                      // "CPU, 2 threads, bfloat16"; empty before
    qint64 process_id() const { return process_id_; } // 0 when none runs
    QString log() const { return log_; }              // the last of what it wrote on standard error

Q_SIGNALS:
    void state_changed(eyepiece::EngineClient::State state, const QString& sentence);
    void hello_changed();
    // The engine ended by itself, hung or talked nonsense; one sentence, and the whole text for the log.
    void trouble(const QString& sentence, const QString& details);

private:
    struct Pending {
        RequestId id = 0;
        EngineRequest request;
        QPointer<QObject> context;
        bool had_context = false;
        EngineHandlers handlers;
        quint64 job = 0; // in jobs_
        bool sent = false;
        bool dropped = false; // cancelled or superseded: nobody listens, the engine has yet to let go
    };
    enum class Ending { Done, Failed, Cancelled };

    void launch();
    void pump();                 // hand the next waiting request to the engine
    void give(Pending& pending); // write it to the pipe
    void drain();                // take events from the pipe's queue, for a slice of time
    void take(EngineEvent& event);
    void engine_ended(const Error& why, bool our_doing);
    void kill_and_blame(ErrorCode code, const QString& sentence);
    void set_state(State state, const QString& sentence);
    void heard();
    void watch();
    void drop(Pending& pending);
    void conclude(std::unique_ptr<Pending> pending, Ending ending, const EngineReply* reply,
                  const Error* error);
    void forget_dead_contexts();
    std::unique_ptr<Pending> remove_sent(RequestId id);
    Pending* find(RequestId id) const;
    Pending* running() const; // the one operation with the engine
    bool wanted(const Pending& pending) const;

    QStringList command_;
    EngineTiming timing_;
    JobModel* jobs_ = nullptr;
    QThread thread_;
    EnginePipe* pipe_; // lives on thread_

    State state_ = State::Stopped;
    QString sentence_;
    QString log_;
    Json hello_ = Json::object();
    qint64 process_id_ = 0;
    quint64 generation_ = 0; // of the process: events of an earlier one do not count
    RequestId last_id_ = 0;
    std::vector<std::unique_ptr<Pending>> sent_;
    std::deque<std::unique_ptr<Pending>> waiting_;

    bool unresponsive_ = false;
    RequestId ping_ = 0; // the question whether it still lives; not among sent_
    QTimer watchdog_;    // runs only while there is something to wait for
    QTimer back_off_;
    std::chrono::steady_clock::time_point launched_, last_word_, ping_sent_, cancel_sent_;
    bool cancel_waits_ = false;
    int quick_crashes_ = 0;
};

} // namespace eyepiece
