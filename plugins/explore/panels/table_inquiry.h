// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QObject>
#include <QString>
#include <memory>
#include <string>

namespace eyepiece {

class Exploration;
class WorkbenchContext;
struct TableAnswer;

// One question about the exploration's table that the engine answers: a fit, a check. The answer is kept with
// the exploration under the question's name, and comes back with it. Lives on the window's thread.
class TableInquiry : public QObject {
    Q_OBJECT
public:
    TableInquiry(WorkbenchContext& context, Exploration& exploration, const QString& operation,
                 const std::string& question, QObject* parent = nullptr);

    void ask(const Json& spec, const QString& title); // title: in the list of jobs
    void cancel();
    void forget(); // the answer, too
    bool running() const { return request_ != 0; }
    double fraction() const { return fraction_; } // below 0: not known
    const QString& stage() const { return stage_; }
    const Json& answer() const;   // null: none yet
    const Json& answered() const; // the spec that it answers
    const QString& problem() const { return problem_; }

Q_SIGNALS:
    void changed();        // began, ended, was forgotten
    void progressed();     // gets on
    void answer_changed(); // another one, or none any more; before changed()

private:
    void take_over();

    WorkbenchContext& context_;
    Exploration& exploration_;
    const QString operation_;
    const std::string question_;
    quint64 request_ = 0;
    double fraction_ = -1;
    QString stage_, problem_;
    std::shared_ptr<const TableAnswer> kept_; // null: none
};

} // namespace eyepiece
