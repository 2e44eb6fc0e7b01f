// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/intake/project_table.h"
#include "plugins/explore/panels/exploration_record.h"

#include <QObject>
#include <QString>

namespace eyepiece {

class Exploration;
class WorkbenchContext;

// Has the engine make a table of what the project holds, as a file in the folder of the exploration that is
// to work on it. One at a time. Lives on the window's thread.
class TableMaker : public QObject {
    Q_OBJECT
public:
    TableMaker(WorkbenchContext& context, Exploration& exploration, QObject* parent = nullptr);

    const ProjectTableRegistry& tables() const { return tables_; }
    // "The labelled objects", of a source that was made; else the name of its file.
    QString title_of(const TableSource& source) const;

    // `from`: one of tables(), with its settings. For a new exploration; or, `again`, the table of the one at
    // hand anew, with its steps. Nothing without a project.
    void make(const std::string& from, const Json& set, bool again);
    bool can_make_again() const; // the table at hand was made of the project
    void make_again();           // with the same settings, of what the project holds by now
    void cancel();
    bool running() const { return request_ != 0; }
    double fraction() const { return fraction_; } // below 0: not known
    const QString& stage() const { return stage_; }

Q_SIGNALS:
    void changed();                                       // running, progress
    void made(const eyepiece::ExplorationRecord& record); // to be opened
    void failed(const QString& message);

private:
    WorkbenchContext& context_;
    Exploration& exploration_;
    ProjectTableRegistry tables_;
    quint64 request_ = 0;
    double fraction_ = -1;
    QString stage_;
};

} // namespace eyepiece
