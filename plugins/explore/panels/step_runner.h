// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/exploration_record.h"

#include <QObject>
#include <QString>
#include <map>
#include <memory>

namespace eyepiece {

class Exploration;
class WorkbenchContext;
class EngineReply;

// Has the engine do an exploration's steps, and hands on what comes of it while it works. Lives on the
// window's thread.
class StepRunner : public QObject {
    Q_OBJECT
public:
    struct Running {
        quint64 request = 0;
        double fraction = -1;
        QString stage;
        bool finishing = false;
    };

    StepRunner(WorkbenchContext& context, Exploration& exploration, QObject* parent = nullptr);

    void run(int id); // again, when it runs already: the earlier one is dropped
    void cancel(int id);
    void finish(int id); // stop, keep what there is
    void cancel_all();
    const Running* running(int id) const; // null when it does not
    QString problem(int id) const;        // why the last time failed; empty: it did not

Q_SIGNALS:
    void changed(int id);                                                   // began, got on, ended
    void live(int id, std::shared_ptr<const eyepiece::StepOutcome> points); // where the points are by now

private:
    void take_result(int id, const Json& spec, const EngineReply& reply);

    WorkbenchContext& context_;
    Exploration& exploration_;
    std::map<int, Running> running_;
    std::map<int, QString> problems_;
};

} // namespace eyepiece
