// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/protocol/message.h"

#include <QByteArray>
#include <QObject>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <deque>
#include <memory>
#include <mutex>

namespace eyepiece {

// One thing that came out of the pipe, parsed and checked.
struct EngineEvent {
    enum class Kind { Started, Hello, Progress, Metric, Partial, Warning, Result, Failure, Ended };
    Kind kind = Kind::Hello;
    quint64 generation = 0; // which process
    quint64 id = 0;         // which request; 0: none
    Json json = {};         // hello, partial, result, error
    std::shared_ptr<const std::vector<std::byte>> bytes = {};
    QString text = {};                    // stage, series, warning; for Ended the sentence
    QString details = {};                 // for Ended: the last of standard error
    double number = 0;                    // fraction, value
    qint64 step = 0;                      // for Started the process id
    ErrorCode code = ErrorCode::Internal; // for Ended
};

// The engine's process and its pipe. Lives on the client's second thread; take() and the destructor aside, it
// is only called there. What it reads is parsed here, so that a large or hostile reply costs the window
// nothing.
class EnginePipe : public QObject {
    Q_OBJECT
public:
    EnginePipe();
    ~EnginePipe() override;

    // From any thread: the next event, if there is one. Progress that a newer one overtook is left out.
    bool take(EngineEvent& event);

    void launch(const QStringList& command, quint64 generation);
    void write(const QByteArray& line);
    void kill(); // no event follows for the process that ran

Q_SIGNALS:
    void arrived(); // something can be taken; told once for a burst

private:
    void read();
    void read_log();
    void ended(int exit_code, QProcess::ExitStatus status);
    void distrust(const QString& sentence, const QString& details);
    static EngineEvent understand(Message message); // throws Error(BadInput)
    void put(EngineEvent event);
    void let_go();

    std::unique_ptr<QProcess> process_;
    std::unique_ptr<MessageReader> reader_;
    QByteArray log_; // the last part of standard error
    QString program_;
    quint64 generation_ = 0;

    std::mutex mutex_;
    std::deque<EngineEvent> events_;
    bool told_ = false;
};

} // namespace eyepiece
