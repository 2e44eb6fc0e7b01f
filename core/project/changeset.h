// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

struct sqlite3;
struct sqlite3_session;
namespace SQLite {
class Database;
}

namespace eyepiece {

// What a transaction changed, row by row with the values before and after: SQLite's own session extension
// keeps the inverse of every edit, so that no edit has to know how it is undone. Internal to core/project.
using Changeset = std::vector<std::byte>;

// Records the changes of the tables that undo covers, from construction on. Ends before the commit.
class ChangeRecorder {
public:
    explicit ChangeRecorder(sqlite3* database);
    ~ChangeRecorder();
    ChangeRecorder(const ChangeRecorder&) = delete;
    ChangeRecorder& operator=(const ChangeRecorder&) = delete;
    void pause(bool paused); // changes made while paused are not undone
    Changeset finish() const;

private:
    sqlite3_session* session_ = nullptr;
};

Changeset inverted(const Changeset& changes);

// Applies inside the caller's transaction. Rows that changed since outside of history (a file's facts) take
// the recorded value; rows that are gone stay gone.
void apply_changes(SQLite::Database& database, const Changeset& changes);

// The events that tell listeners what `changes` did, once done. Label regions are whole tiles, cut to the
// image.
std::vector<ProjectChange> events_of(SQLite::Database& database, const Changeset& changes);

} // namespace eyepiece
