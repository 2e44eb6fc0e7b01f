// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/history.h"

#include "core/project/compression.h"
#include "core/project/database.h"

#include <cstring>

namespace eyepiece {
namespace {

constexpr std::size_t changes_limit = std::size_t{4} << 30;

constexpr const char* next_to_undo =
    "SELECT title, item, step FROM edits WHERE undone = 0 ORDER BY step DESC, id LIMIT 1";
constexpr const char* next_to_redo =
    "SELECT title, item, step FROM edits WHERE undone = 1 ORDER BY step, id LIMIT 1";

std::optional<EditHistory::Step> step_from(SQLite::Statement& query) {
    if (!query.executeStep())
        return {};
    return EditHistory::Step{query.getColumn(0).getString(), query.getColumn(1).getInt64()};
}

std::optional<EditHistory::Step> next_step(SQLite::Database& db, bool back) {
    SQLite::Statement next(db, back ? next_to_undo : next_to_redo);
    return step_from(next);
}

std::int64_t next_size(SQLite::Database& db, bool back) {
    SQLite::Statement next(db, back ? next_to_undo : next_to_redo);
    if (!next.executeStep())
        return 0;
    SQLite::Statement size(db, "SELECT SUM(LENGTH(changes)) FROM edits WHERE undone = ? AND step = ?");
    size.bind(1, back ? 0 : 1);
    size.bind(2, next.getColumn(2).getInt64());
    return size.executeStep() ? size.getColumn(0).getInt64() : 0;
}

} // namespace

EditHistory::EditHistory(Database& database, ProjectChanges& changes)
    : database_(database), changes_(changes) {}
EditHistory::~EditHistory() = default;

std::optional<EditHistory::Step> EditHistory::next_undo() const {
    return database_.read([](SQLite::Database& db) { return next_step(db, true); });
}

std::optional<EditHistory::Step> EditHistory::next_redo() const {
    return database_.read([](SQLite::Database& db) { return next_step(db, false); });
}

std::int64_t EditHistory::undo_size() const {
    return database_.read([](SQLite::Database& db) { return next_size(db, true); });
}

std::int64_t EditHistory::redo_size() const {
    return database_.read([](SQLite::Database& db) { return next_size(db, false); });
}

std::optional<EditHistory::Step> EditHistory::undo() {
    return move(true, 0);
}

std::optional<EditHistory::Step> EditHistory::redo() {
    return move(false, 0);
}

std::size_t EditHistory::depth() const {
    return database_.read([](SQLite::Database& db) {
        return static_cast<std::size_t>(
            db.execAndGet("SELECT COUNT(DISTINCT step) FROM edits WHERE undone = 0").getInt64());
    });
}

std::optional<EditHistory::Step> EditHistory::move(bool back, std::int64_t only_step) {
    if (database_.in_edit())
        throw Error(ErrorCode::Internal, "Undo was asked for in the middle of an edit.");
    std::optional<Step> moved;
    std::vector<ProjectChange> events;
    database_.write([&](SQLite::Database& db) {
        std::int64_t step = 0;
        {
            SQLite::Statement next(db, back ? next_to_undo : next_to_redo);
            moved = step_from(next);
            if (!moved)
                return;
            step = next.getColumn(2).getInt64();
        }
        if (only_step != 0 && step != only_step)
            throw Error(ErrorCode::Conflict,
                        "The project was changed elsewhere in the meantime; what was done so "
                        "far stays and can be undone by hand.");
        std::vector<std::int64_t> edits;
        {
            SQLite::Statement list(
                db, back ? "SELECT id FROM edits WHERE step = ? AND undone = 0 ORDER BY id DESC"
                         : "SELECT id FROM edits WHERE step = ? AND undone = 1 ORDER BY id");
            list.bind(1, step);
            while (list.executeStep())
                edits.push_back(list.getColumn(0).getInt64());
        }
        // Children may come back before their parents.
        db.exec("PRAGMA defer_foreign_keys = ON");
        bool labels = false;
        for (const std::int64_t edit : edits) {
            SQLite::Statement query(db, "SELECT changes FROM edits WHERE id = ?");
            query.bind(1, edit);
            if (!query.executeStep())
                continue;
            const auto column = query.getColumn(0);
            const auto* bytes = static_cast<const std::byte*>(column.getBlob());
            Changeset changes =
                decompress({bytes, static_cast<std::size_t>(column.getBytes())}, changes_limit);
            if (back)
                changes = inverted(changes);
            apply_changes(db, changes);
            for (auto& event : events_of(db, changes)) {
                labels |= std::holds_alternative<LabelsChanged>(event) ||
                          std::holds_alternative<MarksChanged>(event);
                events.push_back(std::move(event));
            }
        }
        SQLite::Statement mark(db, "UPDATE edits SET undone = ? WHERE step = ?");
        mark.bind(1, back ? 1 : 0);
        mark.bind(2, step);
        mark.exec();
        if (labels)
            db.exec("UPDATE meta SET value = value + 1 WHERE key = 'label_revision'");
    });
    for (const auto& event : events)
        changes_.tell(event);
    if (moved)
        changes_.tell(HistoryChanged{});
    return moved;
}

void EditHistory::together(const std::string& title, const std::function<void()>& body, ItemId item) {
    database_.edit(changes_, title, item, [&](SQLite::Database&) { body(); });
}

void EditHistory::forget() {
    database_.write([](SQLite::Database& db) { db.exec("DELETE FROM edits"); });
    changes_.tell(HistoryChanged{});
}

EditHistory::Group EditHistory::group(const std::string& title) {
    return Group(*this, title);
}

EditHistory::Group::Group(EditHistory& history, const std::string& title) : history_(history) {
    history_.database_.begin_group(title);
}

EditHistory::Group::~Group() {
    if (open_)
        history_.database_.end_group();
}

void EditHistory::Group::take_back() {
    const std::int64_t step = history_.database_.group_step();
    history_.database_.end_group();
    open_ = false;
    if (step == 0)
        return;
    history_.move(true, step);
    history_.database_.write([&](SQLite::Database& db) {
        SQLite::Statement remove(db, "DELETE FROM edits WHERE step = ? AND undone = 1");
        remove.bind(1, step);
        remove.exec();
    });
    history_.changes_.tell(HistoryChanged{});
}

} // namespace eyepiece
