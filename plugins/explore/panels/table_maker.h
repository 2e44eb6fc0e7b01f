// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "plugins/explore/panels/exploration_record.h"

#include <QObject>
#include <QString>
#include <string>
#include <vector>

namespace eyepiece {

class Exploration;
class WorkbenchContext;

// Has the engine make a table of what the project holds, as a file in the folder of the exploration that is
// to work on it. One at a time. Lives on the window's thread.
class TableMaker : public QObject {
    Q_OBJECT
public:
    TableMaker(WorkbenchContext& context, Exploration& exploration, QObject* parent = nullptr);

    struct Kind {
        std::string name, title, help;
        ParameterSchema parameters;
    };
    // Those that need no network; once the engine has been asked, those that do, too.
    const std::vector<Kind>& kinds() const { return kinds_; }
    const Kind* kind(const std::string& name) const; // null: there is none
    void ask_engine();
    // "The labelled objects", of a source that was made; else the name of its file.
    QString title_of(const TableSource& source) const;

    // `from`: one of kinds(), with its settings. For a new exploration; or, `again`, the table of the one at
    // hand anew, with its steps. Nothing without a project.
    void make(const std::string& from, const Json& set, bool again);
    bool can_make_again() const; // the table at hand was made of the project
    void make_again();           // with the same settings, of what the project holds by now
    void cancel();
    bool running() const { return request_ != 0; }
    double fraction() const { return fraction_; } // below 0: not known
    const QString& stage() const { return stage_; }

Q_SIGNALS:
    void changed(); // running, progress
    void kinds_changed();
    void made(const eyepiece::ExplorationRecord& record); // to be opened
    void failed(const QString& message);

private:
    WorkbenchContext& context_;
    Exploration& exploration_;
    std::vector<Kind> kinds_;
    bool answered_ = false; // the engine has said which it makes
    quint64 request_ = 0;
    double fraction_ = -1;
    QString stage_;
};

} // namespace eyepiece
