// SPDX-License-Identifier: GPL-3.0-or-later
// eyepiece-cli as a person or a script calls it: a process, what it says, and its exit status.
#pragma once
#include "core/base/parameters.h"

#include <QProcess>
#include <QString>
#include <QStringList>
#include <filesystem>
#include <functional>
#include <sys/resource.h>

namespace eyepiece::test {

struct Outcome {
    int status = -1; // its exit status; -1: it did not end in time, -2: a signal ended it
    QByteArray output, errors;
    // The last line of the output.
    Json json() const {
        return Json::parse(output.trimmed().split('\n').last().toStdString(), nullptr, false);
    }
    QByteArray about() const { return "status " + QByteArray::number(status) + "\n" + output + errors; }
};

// In what surroundings it is called.
struct Surroundings {
    QString folder; // where it runs; empty: where the test runs
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    QByteArray input;
    QString output_file;            // standard output goes there
    std::function<void()> in_child; // just before it is started: limits, sessions
};

inline QString cli_program() {
    return qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli";
}

inline void set_up(QProcess& process, const Surroundings& around) {
    process.setProcessEnvironment(around.environment);
    if (!around.folder.isEmpty())
        process.setWorkingDirectory(around.folder);
    if (!around.output_file.isEmpty())
        process.setStandardOutputFile(around.output_file);
    if (around.in_child)
        process.setChildProcessModifier(around.in_child);
}

inline Outcome ended(QProcess& process) {
    Outcome outcome;
    if (!process.waitForFinished(120'000)) {
        process.kill();
        process.waitForFinished();
        outcome.errors = process.readAllStandardError();
        return outcome;
    }
    outcome.status = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    outcome.output = process.readAllStandardOutput();
    outcome.errors = process.readAllStandardError();
    return outcome;
}

inline Outcome run_program(const QString& program, const QStringList& arguments,
                           const Surroundings& around = {}) {
    QProcess process;
    set_up(process, around);
    process.start(program, arguments);
    process.write(around.input);
    process.closeWriteChannel();
    return ended(process);
}

inline Outcome cli(const QStringList& arguments, const Surroundings& around = {}) {
    return run_program(cli_program(), arguments, around);
}

// No file may grow beyond this: what a full disk is to a program, without a disk to fill. The program sees an
// error of write() when it ignores SIGXFSZ, and is ended when it does not.
inline std::function<void()> file_limit(rlim_t bytes) {
    return [bytes] {
        const rlimit limit{bytes, bytes};
        setrlimit(RLIMIT_FSIZE, &limit);
    };
}

inline QString text(const std::filesystem::path& path) {
    return QString::fromStdString(path.string());
}

} // namespace eyepiece::test
