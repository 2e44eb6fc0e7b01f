// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/engine_pipe.h"

#include <csignal>
#include <cstring>
#include <limits>
#include <utility>

namespace eyepiece {

namespace {

constexpr qsizetype longest_log = 16 * 1024;
constexpr qint64 read_at_once = qint64{4} << 20; // bytes; between two reads the pipe stays killable

// What a process writes to standard error when memory runs out: the C++ library, LibTorch on the processor
// and on a GPU, the C library.
bool speaks_of_memory(const QString& log) {
    for (const char* words : {"bad_alloc", "out of memory", "can't allocate memory", "Cannot allocate memory",
                              "not enough memory", "std::length_error"})
        if (log.contains(QLatin1String(words), Qt::CaseInsensitive))
            return true;
    return false;
}

QString tail(const QString& text) {
    const QStringList lines = text.trimmed().split('\n', Qt::SkipEmptyParts);
    return lines.isEmpty() ? QString() : lines.last().trimmed().left(200);
}

double finite_number(const Json& json) {
    // JSON has no NaN; an engine that measures one writes null.
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

} // namespace

EnginePipe::EnginePipe() = default;

EnginePipe::~EnginePipe() {
    let_go();
}

bool EnginePipe::take(EngineEvent& event) {
    const std::lock_guard lock(mutex_);
    if (events_.empty()) {
        told_ = false;
        return false;
    }
    event = std::move(events_.front());
    events_.pop_front();
    return true;
}

void EnginePipe::put(EngineEvent event) {
    event.generation = generation_;
    bool tell = false;
    {
        const std::lock_guard lock(mutex_);
        const bool overtakes = event.kind == EngineEvent::Kind::Progress && !events_.empty() &&
                               events_.back().kind == EngineEvent::Kind::Progress &&
                               events_.back().id == event.id;
        if (overtakes)
            events_.back() = std::move(event);
        else
            events_.push_back(std::move(event));
        tell = !std::exchange(told_, true);
    }
    if (tell)
        Q_EMIT arrived();
}

void EnginePipe::launch(const QStringList& command, quint64 generation) {
    let_go();
    generation_ = generation;
    log_.clear();
    reader_ = std::make_unique<MessageReader>();
    program_ = command.value(0);
    process_ = std::make_unique<QProcess>();
    process_->setProgram(program_);
    process_->setArguments(command.mid(1));
    connect(process_.get(), &QProcess::readyReadStandardOutput, this, &EnginePipe::read);
    connect(process_.get(), &QProcess::readyReadStandardError, this, &EnginePipe::read_log);
    connect(process_.get(), &QProcess::finished, this, &EnginePipe::ended);
    connect(process_.get(), &QProcess::started, this, [this] {
        EngineEvent event{.kind = EngineEvent::Kind::Started};
        event.step = process_->processId();
        put(std::move(event));
    });
    connect(process_.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart)
            return; // finished() follows
        EngineEvent event{.kind = EngineEvent::Kind::Ended};
        event.code = ErrorCode::NotFound;
        event.text =
            tr("The engine could not be started: \"%1\" was not found or may not be run. Check the engine "
               "command in the settings.")
                .arg(program_);
        event.details = process_->errorString();
        put(std::move(event));
    });
    process_->start();
}

void EnginePipe::write(const QByteArray& line) {
    if (process_ && process_->state() != QProcess::NotRunning)
        process_->write(line);
}

void EnginePipe::kill() {
    let_go();
}

void EnginePipe::let_go() {
    if (!process_)
        return;
    process_->disconnect(this);
    // The engine keeps nothing that is worth waiting for, and one that hangs would not listen.
    process_->kill();
    process_->waitForFinished(2000);
    process_.reset();
}

void EnginePipe::read() {
    try {
        while (process_ && process_->bytesAvailable() > 0) {
            const QByteArray data = process_->read(read_at_once);
            if (data.isEmpty())
                break;
            reader_->feed(std::string_view(data.constData(), static_cast<std::size_t>(data.size())));
            while (auto message = reader_->next())
                put(understand(std::move(*message)));
        }
    } catch (const Error& error) {
        distrust(tr("The engine sent something that is not a message and was stopped."),
                 QString::fromStdString(error.what() + std::string("\n") + error.details()));
    } catch (const std::bad_alloc&) {
        distrust(tr("The engine sent more than fits into memory and was stopped. Ask for a smaller region."),
                 {});
    } catch (const std::exception& error) {
        distrust(tr("The engine sent something that is not a message and was stopped."),
                 QString::fromUtf8(error.what()));
    }
}

void EnginePipe::read_log() {
    log_ += process_->readAllStandardError();
    if (log_.size() > longest_log)
        log_ = log_.last(longest_log);
}

EngineEvent EnginePipe::understand(Message message) {
    using Kind = EngineEvent::Kind;
    Json& head = message.head;
    EngineEvent event;
    try {
        if (auto hello = head.find("hello"); hello != head.end()) {
            if (!hello->is_object())
                throw Error(ErrorCode::BadInput, "The engine's hello is not an object.");
            event.json = std::move(*hello);
            return event;
        }
        if (!head.at("id").is_null())
            event.id = head.at("id").get<quint64>();
        if (auto found = head.find("progress"); found != head.end()) {
            event.kind = Kind::Progress;
            event.number = finite_number(*found);
            event.text = QString::fromStdString(head.value("stage", std::string()));
        } else if (found = head.find("metric"); found != head.end()) {
            event.kind = Kind::Metric;
            event.text = QString::fromStdString(found->get<std::string>());
            event.step = head.at("step").get<qint64>();
            event.number = finite_number(head.at("value"));
        } else if (found = head.find("warn"); found != head.end()) {
            event.kind = Kind::Warning;
            event.text = QString::fromStdString(found->get<std::string>());
        } else if (found = head.find("error"); found != head.end()) {
            event.kind = Kind::Failure;
            event.json = std::move(*found);
        } else if (found = head.find("partial"); found != head.end()) {
            event.kind = Kind::Partial;
            event.json = std::move(*found);
        } else if (found = head.find("result"); found != head.end()) {
            event.kind = Kind::Result;
            event.json = std::move(*found);
        } else {
            throw Error(ErrorCode::BadInput, "The engine sent a message of no known kind.", head.dump());
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The engine sent a message with a wrong member.", error.what());
    }
    event.bytes = std::make_shared<const std::vector<std::byte>>(std::move(message.bytes));
    return event;
}

void EnginePipe::distrust(const QString& sentence, const QString& details) {
    EngineEvent event{.kind = EngineEvent::Kind::Ended};
    event.text = sentence;
    event.details = details;
    let_go();
    put(std::move(event));
}

void EnginePipe::ended(int exit_code, QProcess::ExitStatus status) {
    read(); // what it said before it ended still counts
    if (!process_)
        return; // that was garbage, and told already
    read_log();
    EngineEvent event{.kind = EngineEvent::Kind::Ended};
    event.details = QString::fromUtf8(log_);
    // A shell or ssh in between reports a signal as 128 + its number.
    const int signal = status == QProcess::CrashExit ? exit_code : exit_code > 128 ? exit_code - 128 : 0;
    if (speaks_of_memory(event.details)) {
        event.code = ErrorCode::Memory;
        event.text =
            tr("The engine ran out of memory. Ask for less at once: a smaller region, batch or patch.");
    } else if (signal == SIGKILL) {
        event.code = ErrorCode::Memory;
        event.text =
            tr("The engine was killed from outside: most likely the machine ran out of memory. Close other "
               "programs or ask for less at once.");
    } else if (signal != 0) {
        event.text = tr("The engine crashed (%1).").arg(QString::fromUtf8(strsignal(signal)).toLower());
    } else {
        const QString last = tail(event.details);
        event.text = last.isEmpty() ? tr("The engine ended by itself (exit status %1).").arg(exit_code)
                                    : tr("The engine ended by itself: %1").arg(last);
    }
    process_.release()->deleteLater(); // we are in its signal
    put(std::move(event));
}

} // namespace eyepiece
