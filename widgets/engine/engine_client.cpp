// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/engine_client.h"

#include "core/protocol/message.h"
#include "widgets/engine/engine_pipe.h"
#include "widgets/engine/job_model.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QMetaObject>
#include <QStandardPaths>
#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto slice = std::chrono::milliseconds(6); // of the window's thread at a time
constexpr auto longest_watch = std::chrono::milliseconds(500);

} // namespace

QStringList EngineClient::default_command() {
    const QString beside = QCoreApplication::applicationDirPath() + QStringLiteral("/eyepiece-cli");
    if (QFileInfo(beside).isExecutable())
        return {beside, QStringLiteral("serve")};
    const QString found = QStandardPaths::findExecutable(QStringLiteral("eyepiece-cli"));
    return {found.isEmpty() ? QStringLiteral("eyepiece-cli") : found, QStringLiteral("serve")};
}

EngineClient::EngineClient(QStringList command, QObject* parent)
    : QObject(parent)
    , command_(std::move(command))
    , pipe_(new EnginePipe)
    , sentence_(tr("The engine rests.")) {
    qRegisterMetaType<EngineClient::State>();
    pipe_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, pipe_, &QObject::deleteLater);
    connect(pipe_, &EnginePipe::arrived, this, &EngineClient::drain);
    watchdog_.setSingleShot(true);
    connect(&watchdog_, &QTimer::timeout, this, &EngineClient::watch);
    back_off_.setSingleShot(true);
    connect(&back_off_, &QTimer::timeout, this, &EngineClient::launch);
    thread_.setObjectName(QStringLiteral("engine-pipe"));
    thread_.start();
}

EngineClient::~EngineClient() {
    // Handlers may reach into what is being torn down: nobody is called any more.
    sent_.clear();
    waiting_.clear();
    thread_.quit(); // the pipe goes with its thread, and the process with the pipe
    thread_.wait();
}

void EngineClient::set_command(const QStringList& command) {
    if (command == command_)
        return;
    command_ = command;
    if (state_ != State::Stopped)
        restart();
}

void EngineClient::set_state(State state, const QString& sentence) {
    if (state == state_ && sentence == sentence_)
        return;
    state_ = state;
    sentence_ = sentence;
    Q_EMIT state_changed(state, sentence);
}

void EngineClient::start() {
    if (state_ == State::Stopped)
        launch();
}

void EngineClient::launch() {
    back_off_.stop();
    ++generation_;
    launched_ = last_word_ = Clock::now();
    cancel_waits_ = unresponsive_ = false;
    ping_ = 0;
    set_state(State::Starting, tr("The engine is starting."));
    QMetaObject::invokeMethod(pipe_, [pipe = pipe_, command = command_, generation = generation_] {
        pipe->launch(command, generation);
    });
    watchdog_.start(std::min(longest_watch, timing_.start));
}

void EngineClient::restart() {
    quick_crashes_ = 0;
    if (state_ != State::Stopped && state_ != State::Failed)
        engine_ended(Error(ErrorCode::Cancelled, tr("The engine was started again.").toStdString()), true);
    launch();
}

void EngineClient::stop() {
    ++generation_;
    QMetaObject::invokeMethod(pipe_, [pipe = pipe_] { pipe->kill(); });
    engine_ended(Error(ErrorCode::Cancelled, tr("The engine was stopped.").toStdString()), true);
    const Error why(ErrorCode::Cancelled, tr("The engine was stopped.").toStdString());
    for (auto waiting = std::exchange(waiting_, {}); auto& pending : waiting)
        conclude(std::move(pending), Ending::Cancelled, nullptr, &why);
    set_state(State::Stopped, tr("The engine rests."));
}

EngineClient::RequestId EngineClient::send(const EngineRequest& request, QObject* context,
                                           EngineHandlers handlers) {
    if (!request.topic.isEmpty())
        cancel_topic(request.topic, context);
    auto pending = std::make_unique<Pending>();
    const RequestId id = pending->id = ++last_id_;
    pending->request = request;
    pending->context = context;
    pending->had_context = context != nullptr;
    pending->handlers = std::move(handlers);
    if (jobs_ && !request.title.isEmpty()) {
        Job job;
        job.title = request.title;
        job.stage = tr("waiting");
        job.controls.cancel = [this, id] { cancel(id); };
        job.controls.finish = [this, id] { finish(id); };
        if (request.operation != QLatin1String("train"))
            job.controls.finish = {};
        pending->job = jobs_->add(std::move(job));
    }
    waiting_.push_back(std::move(pending));
    if (state_ == State::Stopped)
        launch();
    // Not from within send(): the caller does not yet know the id.
    QMetaObject::invokeMethod(
        this, [this] { pump(); }, Qt::QueuedConnection);
    return id;
}

EngineClient::Pending* EngineClient::find(RequestId id) const {
    for (const auto& pending : sent_)
        if (pending->id == id)
            return pending.get();
    for (const auto& pending : waiting_)
        if (pending->id == id)
            return pending.get();
    return nullptr;
}

bool EngineClient::pending(RequestId id) const {
    const Pending* found = find(id);
    return found && !found->dropped;
}

EngineClient::Pending* EngineClient::running() const {
    for (const auto& pending : sent_)
        if (!pending->request.check)
            return pending.get();
    return nullptr;
}

bool EngineClient::wanted(const Pending& pending) const {
    return !pending.dropped && (!pending.had_context || pending.context);
}

void EngineClient::pump() {
    forget_dead_contexts();
    if (state_ == State::Failed) {
        const Error why(ErrorCode::Internal, sentence_.toStdString());
        for (auto waiting = std::exchange(waiting_, {}); auto& pending : waiting)
            conclude(std::move(pending), Ending::Failed, nullptr, &why);
        return;
    }
    if (state_ != State::Ready && state_ != State::Busy)
        return;
    bool busy = running() != nullptr;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        if (busy && !(*at)->request.check) {
            ++at;
            continue;
        }
        busy = busy || !(*at)->request.check;
        sent_.push_back(std::move(*at));
        at = waiting_.erase(at);
        give(*sent_.back());
    }
    if (sent_.empty()) {
        watchdog_.stop();
        set_state(State::Ready, tr("The engine is ready."));
    } else {
        const Pending* operation = running();
        const QString what =
            operation && !operation->request.title.isEmpty() ? operation->request.title : QString();
        set_state(State::Busy,
                  what.isEmpty() ? tr("The engine is working.") : tr("The engine is working: %1.").arg(what));
        if (!watchdog_.isActive())
            watchdog_.start(longest_watch);
    }
}

void EngineClient::give(Pending& pending) {
    pending.sent = true;
    if (sent_.size() == 1)
        last_word_ = Clock::now();
    Json head = {{"id", pending.id},
                 {"operation", pending.request.operation.toStdString()},
                 {"spec", pending.request.spec}};
    if (pending.request.check)
        head["check"] = true;
    if (jobs_ && pending.job)
        jobs_->update(pending.job, -1, {});
    QMetaObject::invokeMethod(
        pipe_, [pipe = pipe_, line = QByteArray::fromStdString(encode(head, 0))] { pipe->write(line); });
}

void EngineClient::cancel(RequestId id) {
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at)
        if ((*at)->id == id) {
            auto pending = std::move(*at);
            waiting_.erase(at);
            conclude(std::move(pending), Ending::Cancelled, nullptr, nullptr);
            return;
        }
    if (Pending* pending = find(id); pending && !pending->dropped)
        drop(*pending);
}

// The engine still holds it: say that nobody waits, and forget who did.
void EngineClient::drop(Pending& pending) {
    pending.dropped = true;
    const Json head = {{"id", pending.id}, {"control", "cancel"}};
    QMetaObject::invokeMethod(
        pipe_, [pipe = pipe_, line = QByteArray::fromStdString(encode(head, 0))] { pipe->write(line); });
    if (!std::exchange(cancel_waits_, true))
        cancel_sent_ = Clock::now();
    if (!watchdog_.isActive())
        watchdog_.start(longest_watch);
    if (jobs_ && pending.job)
        jobs_->end(std::exchange(pending.job, 0));
    const bool alive = !pending.had_context || pending.context;
    const EngineHandlers handlers = std::exchange(pending.handlers, {});
    if (alive && handlers.ended)
        handlers.ended(); // last: it may do anything, even send anew
}

void EngineClient::cancel_topic(const QString& topic, QObject* context) {
    std::vector<RequestId> ids;
    for (const auto& pending : sent_)
        if (pending->request.topic == topic && pending->context == context && !pending->dropped)
            ids.push_back(pending->id);
    for (const auto& pending : waiting_)
        if (pending->request.topic == topic && pending->context == context)
            ids.push_back(pending->id);
    for (const RequestId id : ids)
        if (Pending* pending = find(id)) {
            pending->handlers.ended = {}; // superseded: what follows is the newer one's to tell
            cancel(id);
        }
}

void EngineClient::finish(RequestId id) {
    Pending* pending = find(id);
    if (!pending || !pending->sent)
        return;
    const Json head = {{"id", id}, {"control", "finish"}};
    QMetaObject::invokeMethod(
        pipe_, [pipe = pipe_, line = QByteArray::fromStdString(encode(head, 0))] { pipe->write(line); });
}

void EngineClient::forget_dead_contexts() {
    std::vector<RequestId> orphans;
    for (const auto& pending : sent_)
        if (!pending->dropped && !wanted(*pending))
            orphans.push_back(pending->id);
    for (const auto& pending : waiting_)
        if (!wanted(*pending))
            orphans.push_back(pending->id);
    for (const RequestId id : orphans)
        cancel(id);
}

void EngineClient::drain() {
    const auto until = Clock::now() + slice;
    EngineEvent event;
    while (pipe_->take(event)) {
        if (event.generation == generation_)
            take(event);
        event = {};
        if (Clock::now() >= until) {
            // The rest in the next turn, after the window's own events.
            QMetaObject::invokeMethod(
                this, [this] { drain(); }, Qt::QueuedConnection);
            return;
        }
    }
}

void EngineClient::heard() {
    last_word_ = Clock::now();
    if (std::exchange(unresponsive_, false)) {
        const QString sentence = tr("The engine answers again.");
        sentence_ = sentence;
        Q_EMIT state_changed(state_, sentence);
    }
}

std::unique_ptr<EngineClient::Pending> EngineClient::remove_sent(RequestId id) {
    const auto found =
        std::find_if(sent_.begin(), sent_.end(), [id](const auto& one) { return one->id == id; });
    if (found == sent_.end())
        return nullptr;
    auto pending = std::move(*found);
    sent_.erase(found);
    cancel_waits_ = std::any_of(sent_.begin(), sent_.end(), [](const auto& one) { return one->dropped; });
    return pending;
}

void EngineClient::take(EngineEvent& event) {
    using Kind = EngineEvent::Kind;
    heard();
    if (event.kind == Kind::Started) {
        process_id_ = event.step;
        return;
    }
    if (event.kind == Kind::Ended) {
        log_ = event.details;
        engine_ended(Error(event.code, event.text.toStdString(), event.details.toStdString()), false);
        return;
    }
    if (event.kind == Kind::Hello) {
        hello_ = std::move(event.json);
        if (state_ == State::Starting)
            set_state(State::Ready, tr("The engine is ready."));
        Q_EMIT hello_changed();
        pump();
        return;
    }
    if (ping_ != 0 && event.id == ping_) {
        if (event.kind == Kind::Result || event.kind == Kind::Failure)
            ping_ = 0;
        return;
    }
    if (event.kind == Kind::Result || event.kind == Kind::Failure) {
        if (event.id == 0) // about no request: it did not understand us, and ends
            return;
        auto pending = remove_sent(event.id);
        if (!pending)
            return;
        quick_crashes_ = 0;
        if (event.kind == Kind::Result) {
            const EngineReply reply(std::move(event.json), std::move(event.bytes));
            conclude(std::move(pending), Ending::Done, &reply, nullptr);
        } else {
            const Error error = error_from_json(event.json);
            conclude(std::move(pending),
                     error.code() == ErrorCode::Cancelled ? Ending::Cancelled : Ending::Failed, nullptr,
                     &error);
        }
        pump();
        return;
    }
    Pending* pending = find(event.id);
    if (!pending || !wanted(*pending))
        return;
    const EngineHandlers handlers = pending->handlers; // a handler may cancel, and so end, its own request
    switch (event.kind) {
    case Kind::Progress:
        if (jobs_ && pending->job)
            jobs_->update(pending->job, event.number, event.text);
        if (handlers.progress)
            handlers.progress(event.number, event.text);
        break;
    case Kind::Metric:
        if (handlers.metric)
            handlers.metric(event.text, event.step, event.number);
        break;
    case Kind::Warning:
        if (handlers.warned)
            handlers.warned(event.text);
        break;
    case Kind::Partial:
        if (handlers.partial)
            handlers.partial(EngineReply(std::move(event.json), std::move(event.bytes)));
        break;
    default:
        break;
    }
}

void EngineClient::conclude(std::unique_ptr<Pending> pending, Ending ending, const EngineReply* reply,
                            const Error* error) {
    if (jobs_ && pending->job)
        jobs_->end(pending->job);
    if (!wanted(*pending))
        return;
    const EngineHandlers& handlers = pending->handlers;
    if (ending == Ending::Done && handlers.done) {
        // A reply of a form that its asker does not know is a failure like any other, and no reason to end
        // the window.
        try {
            handlers.done(*reply);
        } catch (const Error& problem) {
            if (handlers.failed)
                handlers.failed(problem);
        } catch (const Json::exception& problem) {
            if (handlers.failed)
                handlers.failed(
                    Error(ErrorCode::Internal,
                          tr("The engine's answer has a form that this window does not know.").toStdString(),
                          problem.what()));
        }
    }
    if (ending == Ending::Failed && handlers.failed)
        handlers.failed(*error);
    if (handlers.ended && (!pending->had_context || pending->context))
        handlers.ended();
}

// The process is gone, or is about to be. What it worked on fails; what waits stays.
void EngineClient::engine_ended(const Error& why, bool our_doing) {
    const bool was_starting = state_ == State::Starting;
    const auto lived = Clock::now() - launched_;
    watchdog_.stop();
    process_id_ = 0;
    ping_ = 0;
    cancel_waits_ = unresponsive_ = false;
    ++generation_; // what the old process still says does not count
    auto victims = std::exchange(sent_, {});
    if (!our_doing) {
        const QString reason = QString::fromUtf8(why.what());
        quick_crashes_ = lived < timing_.quick ? quick_crashes_ + 1 : 1;
        if (why.code() == ErrorCode::NotFound) {
            set_state(State::Failed, reason); // starting it again cannot help
        } else if (quick_crashes_ > static_cast<int>(timing_.back_off.size())) {
            set_state(State::Failed,
                      was_starting
                          ? tr("The engine does not start: %1").arg(reason)
                          : tr("The engine stopped %1 times in a row. %2 It rests until you start it again.")
                                .arg(quick_crashes_)
                                .arg(reason));
        } else {
            set_state(State::Restarting, reason + ' ' + tr("It is being started again."));
            back_off_.start(timing_.back_off[static_cast<std::size_t>(quick_crashes_ - 1)]);
        }
        Q_EMIT trouble(sentence_, QString::fromStdString(why.details()));
    }
    // One by one and last: a handler may do anything.
    for (auto& victim : victims) {
        const bool cancelled = victim->dropped;
        conclude(std::move(victim), cancelled ? Ending::Cancelled : Ending::Failed, nullptr, &why);
    }
    if (state_ == State::Failed)
        pump();
}

void EngineClient::kill_and_blame(ErrorCode code, const QString& sentence) {
    QMetaObject::invokeMethod(pipe_, [pipe = pipe_] { pipe->kill(); });
    engine_ended(Error(code, sentence.toStdString()), false);
}

// Is it still with us? Runs only while something is expected of the engine.
void EngineClient::watch() {
    const auto now = Clock::now();
    if (state_ == State::Starting) {
        if (now - launched_ > timing_.start)
            return kill_and_blame(
                ErrorCode::Internal,
                tr("The engine did not come up within %1 s.").arg(timing_.start.count() / 1000.0, 0, 'g', 3));
        watchdog_.start(longest_watch);
        return;
    }
    forget_dead_contexts();
    if (sent_.empty() || state_ != State::Busy)
        return;
    if (cancel_waits_ && now - cancel_sent_ > timing_.cancel)
        return kill_and_blame(ErrorCode::Internal,
                              tr("The engine did not let go of what was cancelled and was stopped."));
    if (ping_ == 0 && now - last_word_ > timing_.quiet) {
        // A long silence may be a long computation: checks are answered beside it, so ask for one.
        ping_ = ++last_id_;
        ping_sent_ = now;
        const Json head = {{"id", ping_}, {"operation", "device"}, {"check", true}, {"spec", Json::object()}};
        QMetaObject::invokeMethod(
            pipe_, [pipe = pipe_, line = QByteArray::fromStdString(encode(head, 0))] { pipe->write(line); });
    } else if (ping_ != 0 && now - ping_sent_ > timing_.give_up) {
        return kill_and_blame(ErrorCode::Internal, tr("The engine hung and was stopped."));
    } else if (ping_ != 0 && now - ping_sent_ > timing_.unanswered && !unresponsive_) {
        unresponsive_ = true;
        sentence_ = tr("The engine has not answered for %1 s. Wait, or start it again.")
                        .arg(std::chrono::duration_cast<std::chrono::seconds>(now - last_word_).count());
        Q_EMIT state_changed(state_, sentence_);
    }
    const auto shortest = std::min({longest_watch, timing_.quiet, timing_.unanswered, timing_.cancel});
    watchdog_.start(std::max(shortest / 2, std::chrono::milliseconds(10)));
}

QString EngineClient::device_line() const {
    if (!hello_.contains("device"))
        return {};
    const auto text = [&](const char* name) {
        const auto found = hello_.find(name);
        return found != hello_.end() && found->is_string() ? QString::fromStdString(found->get<std::string>())
                                                           : QString();
    };
    QStringList parts;
    const QString device = text("device");
    parts << (device.compare(QLatin1String("cpu"), Qt::CaseInsensitive) == 0 ? tr("CPU") : device);
    if (const auto threads = hello_.find("threads"); threads != hello_.end() && threads->is_number_integer())
        parts << (threads->get<int>() == 1 ? tr("1 thread") : tr("%1 threads").arg(threads->get<int>()));
    if (!text("precision").isEmpty())
        parts << text("precision");
    return parts.join(QStringLiteral(", "));
}

} // namespace eyepiece
