// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QObject>
#include <QString>

namespace eyepiece {

class Exploration;
class WorkbenchContext;

// One question about the exploration's table that the engine answers: a fit, a check. Forgets everything with
// the table. Lives on the window's thread.
class TableInquiry : public QObject {
    Q_OBJECT
public:
    TableInquiry(WorkbenchContext& context, Exploration& exploration, const QString& operation,
                 QObject* parent = nullptr);

    void ask(const Json& spec, const QString& title); // title: in the list of jobs
    void cancel();
    void forget(); // the answer, too
    bool running() const { return request_ != 0; }
    double fraction() const { return fraction_; } // below 0: not known
    const QString& stage() const { return stage_; }
    const Json& answer() const { return answer_; }     // null: none yet
    const Json& answered() const { return answered_; } // the spec that it answers
    const QString& problem() const { return problem_; }

Q_SIGNALS:
    void changed();        // began, ended, was forgotten
    void progressed();     // gets on
    void answer_changed(); // another one, or none any more; before changed()

private:
    WorkbenchContext& context_;
    QString operation_;
    quint64 request_ = 0;
    double fraction_ = -1;
    QString stage_, problem_;
    Json answer_, answered_;
};

} // namespace eyepiece
