// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/project/changes.h"
#include "core/project/changeset.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// The connection to project.eyepiece: transactions, the record of edits, and SQLite's faults as Errors.
// Internal to core/project; used from one thread.
class Database {
public:
    enum class Mode { ReadOnly, ReadWrite };
    Database(const std::filesystem::path& folder, Mode mode);
    ~Database();

    static std::filesystem::path file_in(const std::filesystem::path& folder);
    // Makes a new project file; Error(Conflict) when there is one.
    static void create(const std::filesystem::path& folder);

    const std::filesystem::path& folder() const { return folder_; }

    // Runs `body(SQLite::Database&)` for reading.
    template<class Body>
    auto read(Body body) const {
        return guarded([&] { return body(const_cast<SQLite::Database&>(*sqlite_)); });
    }

    using Body = std::function<void(SQLite::Database&)>;
    // One durable transaction that undo does not cover. Inside of edit() it joins that.
    void write(const Body& body);
    // One durable transaction whose inverse is kept as an undo step; tells `changes` afterwards. Inside of
    // another edit() it joins that one, or has no effect at all when `body` throws.
    void edit(ProjectChanges& changes, const std::string& title, ItemId item, const Body& body);

    // Until end_group(), edits share one undo step with this title.
    void begin_group(const std::string& title);
    void end_group();
    std::int64_t group_step() const { return group_step_; } // 0 while the group has no edit

    bool in_edit() const { return recorder_ != nullptr; }

    // Tells now, or after the edit under way is on disk.
    void tell(ProjectChanges& changes, ProjectChange change);

    // How paths are kept: relative to the project's folder when below it.
    std::string stored_path(const std::filesystem::path& canonical) const;
    std::filesystem::path absolute_path(const std::string& stored) const;

    std::int64_t data_version() const; // differs after another connection has written
    [[noreturn]] void fail(const SQLite::Exception& exception) const;

private:
    template<class F>
    auto guarded(F function) const {
        try {
            return function();
        } catch (const SQLite::Exception& exception) {
            fail(exception);
        }
    }
    void require_writable() const;
    void store_edit(const std::string& title, ItemId item, const Changeset& changes);
    void tell_pending(ProjectChanges& changes);

    std::filesystem::path folder_;
    Mode mode_;
    std::unique_ptr<SQLite::Database> sqlite_;
    ChangeRecorder* recorder_ = nullptr; // of the edit under way
    int depth_ = 0;                      // of nested transactions
    std::vector<ProjectChange> pending_; // to tell after the commit
    std::optional<std::string> group_title_;
    std::int64_t group_step_ = 0;
};

} // namespace eyepiece
