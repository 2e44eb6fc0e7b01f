// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/labels.h"

#include <QObject>
#include <QString>
#include <functional>
#include <vector>

namespace eyepiece {

class BackgroundJob;
class Exploration;
class ItemLink;
class JobContext;
class Project;
class TableMaker;
class WorkbenchContext;

// What can be made in the project of the selected rows' images and objects. Each edit is one step that undo
// takes back, is done in the background and said in one sentence. Lives on the window's thread.
class SelectionEdits : public QObject {
    Q_OBJECT
public:
    SelectionEdits(WorkbenchContext& context, Exploration& exploration, const ItemLink& link,
                   TableMaker& maker, QObject* parent = nullptr);

    // Why nothing can be made of the selected rows, and what to do; empty: something can.
    QString no_items() const;
    QString no_objects() const;
    std::vector<ItemId> items() const; // of the selected rows, each once
    std::vector<ObjectKey> objects() const;

    // All throw Error, with the sentences above.
    void show_in_label();                                // goes there: the first object is brought into sight
    void use_for(const std::string& split);              // train, val, test; empty: for nothing
    void give_class(const QString& name);                // one of the project, or a new one
    bool running() const { return running_ != nullptr; } // an edit is under way: no other can begin

Q_SIGNALS:
    void changed(); // what can be done: other rows, another table, an edit began or ended

private:
    template<class Id>
    bool any_selected(Id id_of_row) const;
    void require(const QString& problem) const;
    using Work = std::function<QString(Project&, JobContext&)>; // gives the sentence that says what was done
    void run(const QString& title, Work work);
    void ended();
    void say(const QString& done);

    WorkbenchContext& context_;
    Exploration& exploration_;
    const ItemLink& link_;
    TableMaker& maker_;
    BackgroundJob* running_ = nullptr;
};

} // namespace eyepiece
