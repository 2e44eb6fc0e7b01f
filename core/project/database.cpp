// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/database.h"

#include "core/base/stamp.h"
#include "core/project/compression.h"
#include "core/project/schema.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sqlite3.h>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr int busy_timeout_ms = 10'000;

std::unique_ptr<SQLite::Database> open_read_only(const fs::path& file) {
    try {
        auto database =
            std::make_unique<SQLite::Database>(file.string(), SQLite::OPEN_READONLY, busy_timeout_ms);
        database->execAndGet("SELECT COUNT(*) FROM sqlite_master");
        return database;
    } catch (const SQLite::Exception& exception) {
        // A log that holds edits cannot be left out: then the error stands.
        std::error_code none;
        const auto log_size = fs::file_size(file.string() + "-wal", none);
        const bool log_has_edits = !none && log_size > 0;
        const int code = exception.getErrorCode();
        if (log_has_edits || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY))
            throw;
        return std::make_unique<SQLite::Database>(immutable_uri(file),
                                                  SQLite::OPEN_READONLY | SQLite::OPEN_URI, busy_timeout_ms);
    }
}

// A nested edit that fails leaves nothing behind while the outer one goes on.
class Savepoint {
public:
    explicit Savepoint(SQLite::Database& database) : database_(database) {
        database_.exec("SAVEPOINT nested");
    }
    ~Savepoint() {
        if (!released_) {
            database_.tryExec("ROLLBACK TO nested");
            database_.tryExec("RELEASE nested");
        }
    }
    Savepoint(const Savepoint&) = delete;
    Savepoint& operator=(const Savepoint&) = delete;
    void release() {
        database_.exec("RELEASE nested");
        released_ = true;
    }

private:
    SQLite::Database& database_;
    bool released_ = false;
};

// Restores a value when a scope ends, however it ends.
template<class T>
class Restore {
public:
    Restore(T& target, T value) : target_(target), old_(target) { target_ = value; }
    ~Restore() { target_ = old_; }
    Restore(const Restore&) = delete;
    Restore& operator=(const Restore&) = delete;

private:
    T& target_;
    T old_;
};

} // namespace

fs::path Database::file_in(const fs::path& folder) {
    return folder / "project.eyepiece";
}

void Database::create(const fs::path& folder) {
    const fs::path file = file_in(folder);
    if (fs::exists(file))
        throw Error(ErrorCode::Conflict, "There is a project in \"" + folder.string() +
                                             "\" already. Open it, or choose another folder.");
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error(ErrorCode::Storage, "The folder \"" + folder.string() + "\" cannot be made: " +
                                            problem.message() + ". Choose another place.");
    // Made under another name, so that a crash in between leaves no half project.
    fs::path unfinished = file;
    unfinished += ".new";
    fs::remove(unfinished, problem);
    try {
        {
            SQLite::Database database(unfinished.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            create_schema(database);
        }
        fs::rename(unfinished, file);
    } catch (const std::exception& exception) {
        fs::remove(unfinished, problem);
        throw Error(ErrorCode::Storage,
                    "A project cannot be made in \"" + folder.string() +
                        "\": the disk is full or may not be written. Choose another place.",
                    exception.what());
    }
}

Database::Database(const fs::path& folder, Mode mode) : folder_(folder), mode_(mode) {
    const fs::path file = file_in(folder);
    check_header(file);
    try {
        if (mode == Mode::ReadOnly) {
            sqlite_ = open_read_only(file);
        } else {
            sqlite_ =
                std::make_unique<SQLite::Database>(file.string(), SQLite::OPEN_READWRITE, busy_timeout_ms);
            if (sqlite3_db_readonly(sqlite_->getHandle(), "main") == 1)
                throw Error(ErrorCode::Storage,
                            "The project \"" + folder.string() +
                                "\" may not be written: its disk or its permissions forbid it. "
                                "Open it read-only, or copy it to another place.");
        }
        const int version = sqlite_->execAndGet("PRAGMA user_version").getInt();
        if (version > schema_version)
            throw Error(ErrorCode::Unsupported,
                        "The project \"" + folder.string() +
                            "\" was made by a newer Eyepiece. Open it with that version or "
                            "update this one. It was left as it is.");
        if (mode == Mode::ReadOnly && version < schema_version)
            throw Error(ErrorCode::Unsupported,
                        "The project \"" + folder.string() +
                            "\" was made by an older Eyepiece and must be converted once: "
                            "open it where it may be written.");
        if (mode == Mode::ReadWrite) {
            // FULL: what the user did is on the disk when the button comes up, whatever happens to the power.
            sqlite_->exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                          "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536");
            if (version < schema_version)
                migrate(*sqlite_, file, migrations());
        }
    } catch (const SQLite::Exception& exception) {
        fail(exception);
    }
}

Database::~Database() = default;

void Database::fail(const SQLite::Exception& exception) const {
    const int code = exception.getErrorCode() & 0xff;
    const int system = sqlite_ ? sqlite3_system_errno(sqlite_->getHandle()) : errno;
    const std::string where = "The project \"" + folder_.string() + "\" ";
    const std::string details = std::string(exception.what()) + " (" +
                                std::to_string(exception.getExtendedErrorCode()) + ", " +
                                std::strerror(system) + ")";
    // A write that fails says why only sometimes: a quota or a limit looks like a fault of the disk.
    const bool no_space = system == ENOSPC || system == EDQUOT || system == EFBIG;
    const bool unwritten = exception.getExtendedErrorCode() == SQLITE_IOERR_WRITE;
    if (code == SQLITE_FULL || (code == SQLITE_IOERR && (no_space || unwritten)))
        throw Error(
            ErrorCode::Storage,
            std::string(unwritten && !no_space ? "The disk is full, at fault or gone" : "The disk is full") +
                ": the last change of the project \"" + folder_.string() +
                "\" was not stored; nothing before it is lost. Make space" +
                (no_space ? "" : " or connect the disk") + " and do it again.",
            details);
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        throw Error(ErrorCode::Conflict,
                    where + "is being written by another program. Try again in a moment.", details);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        throw Error(ErrorCode::Storage,
                    where + "may not be written: its disk or its permissions forbid it. Nothing was changed.",
                    details);
    case SQLITE_CANTOPEN:
        throw Error(ErrorCode::Storage,
                    where + "cannot be opened: check that its folder and disk are there and may be read.",
                    details);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        throw Error(ErrorCode::Storage,
                    where + "is damaged. Run `eyepiece-cli check` on it, and restore it from a copy.",
                    details);
    case SQLITE_IOERR:
        throw Error(
            ErrorCode::Storage,
            where +
                "cannot be read or written: the disk is at fault or gone. The last change was not stored; "
                "nothing before it is lost. Connect the disk and do it again.",
            details);
    case SQLITE_NOMEM:
        throw Error(ErrorCode::Memory,
                    "There is not enough memory for the project's data. Close other programs.", details);
    default:
        throw Error(ErrorCode::Internal, where + "could not be used because of a fault in Eyepiece.",
                    details);
    }
}

void Database::require_writable() const {
    if (mode_ == Mode::ReadOnly)
        throw Error(ErrorCode::Storage, "The project \"" + folder_.string() +
                                            "\" is open read-only and was not changed. Open it for writing.");
}

void Database::write(const Body& body) {
    require_writable();
    guarded([&] {
        const Restore deeper(depth_, depth_ + 1);
        if (depth_ > 1) {
            Savepoint savepoint(*sqlite_);
            struct Paused {
                ChangeRecorder* recorder;
                explicit Paused(ChangeRecorder* r) : recorder(r) {
                    if (recorder)
                        recorder->pause(true);
                }
                ~Paused() {
                    if (recorder)
                        recorder->pause(false);
                }
            } paused(recorder_);
            body(*sqlite_);
            savepoint.release();
            return;
        }
        SQLite::Transaction transaction(*sqlite_, SQLite::TransactionBehavior::IMMEDIATE);
        body(*sqlite_);
        transaction.commit();
    });
}

void Database::edit(ProjectChanges& changes, const std::string& title, ItemId item, const Body& body) {
    require_writable();
    if (recorder_) {
        guarded([&] {
            Savepoint savepoint(*sqlite_);
            body(*sqlite_);
            savepoint.release();
        });
        return;
    }
    pending_.clear();
    bool stored = false;
    guarded([&] {
        const Restore deeper(depth_, depth_ + 1);
        SQLite::Transaction transaction(*sqlite_, SQLite::TransactionBehavior::IMMEDIATE);
        Changeset made;
        {
            ChangeRecorder recorder(sqlite_->getHandle());
            const Restore recording(recorder_, &recorder);
            body(*sqlite_);
            made = recorder.finish();
        }
        if (!made.empty()) {
            store_edit(title, item, made);
            auto events = events_of(*sqlite_, made);
            const auto is_label = [](const ProjectChange& c) {
                return std::holds_alternative<LabelsChanged>(c) || std::holds_alternative<MarksChanged>(c);
            };
            if (std::any_of(events.begin(), events.end(), is_label))
                sqlite_->exec("UPDATE meta SET value = value + 1 WHERE key = 'label_revision'");
            pending_.insert(pending_.end(), events.begin(), events.end());
            stored = true;
        }
        transaction.commit();
    });
    if (stored)
        pending_.emplace_back(HistoryChanged{});
    tell_pending(changes);
}

void Database::store_edit(const std::string& title, ItemId item, const Changeset& changes) {
    sqlite_->exec("DELETE FROM edits WHERE undone = 1");
    std::int64_t step = group_step_;
    if (step == 0)
        step = sqlite_->execAndGet("SELECT COALESCE(MAX(step), 0) + 1 FROM edits").getInt64();
    if (group_title_)
        group_step_ = step;
    const auto packed = compress(changes);
    SQLite::Statement insert(*sqlite_,
                             "INSERT INTO edits(step, item, title, made, changes) VALUES(?, ?, ?, ?, ?)");
    insert.bind(1, step);
    insert.bind(2, group_title_ ? ItemId{0} : item);
    insert.bind(3, group_title_ ? *group_title_ : title);
    insert.bind(4, utc_now());
    insert.bindNoCopy(5, packed.data(), static_cast<int>(packed.size()));
    insert.exec();
}

void Database::begin_group(const std::string& title) {
    if (group_title_)
        throw Error(ErrorCode::Internal, "An undo step was begun within another.");
    group_title_ = title;
    group_step_ = 0;
}

void Database::end_group() {
    group_title_.reset();
    group_step_ = 0;
}

void Database::tell(ProjectChanges& changes, ProjectChange change) {
    if (depth_ > 0)
        pending_.push_back(std::move(change));
    else
        changes.tell(change);
}

void Database::tell_pending(ProjectChanges& changes) {
    auto events = std::exchange(pending_, {});
    // A batch of facts is one event, not one for each image.
    ItemsChanged changed;
    std::erase_if(events, [&](const ProjectChange& event) {
        const auto* some = std::get_if<ItemsChanged>(&event);
        if (some)
            changed.items.insert(changed.items.end(), some->items.begin(), some->items.end());
        return some != nullptr;
    });
    if (!changed.items.empty()) {
        std::sort(changed.items.begin(), changed.items.end());
        changed.items.erase(std::unique(changed.items.begin(), changed.items.end()), changed.items.end());
        const auto is_addition = [](const ProjectChange& e) { return std::holds_alternative<ItemsAdded>(e); };
        const auto last_addition = std::find_if(events.rbegin(), events.rend(), is_addition).base();
        events.insert(last_addition, std::move(changed));
    }
    for (const auto& event : events)
        changes.tell(event);
}

std::string Database::stored_path(const fs::path& canonical) const {
    const std::string& text = canonical.native();
    const std::string& folder = folder_.native();
    if (text.size() > folder.size() + 1 && text.starts_with(folder) && text[folder.size()] == '/')
        return text.substr(folder.size() + 1);
    return text;
}

fs::path Database::absolute_path(const std::string& stored) const {
    return stored.starts_with('/') ? fs::path(stored) : folder_ / stored;
}

std::int64_t Database::data_version() const {
    return read([](SQLite::Database& db) { return db.execAndGet("PRAGMA data_version").getInt64(); });
}

} // namespace eyepiece
