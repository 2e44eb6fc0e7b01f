// SPDX-License-Identifier: GPL-3.0-or-later
#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "core/project/changeset.h"

#include "core/project/label_tiles.h"
#include "core/project/labels.h"
#include "core/project/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>
#include <map>
#include <set>
#include <sqlite3.h>
#include <string_view>

namespace eyepiece {
namespace {

void check(int result, const char* what) {
    if (result != SQLITE_OK)
        throw SQLite::Exception(what, result);
}

Changeset taken(void* data, int size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    Changeset copy(bytes, bytes + size);
    sqlite3_free(data);
    return copy;
}

int on_conflict(void*, int kind, sqlite3_changeset_iter*) {
    // REPLACE is allowed for these two alone.
    if (kind == SQLITE_CHANGESET_DATA || kind == SQLITE_CHANGESET_CONFLICT)
        return SQLITE_CHANGESET_REPLACE;
    return SQLITE_CHANGESET_OMIT;
}

// One row of a changeset.
class Row {
public:
    Row(sqlite3_changeset_iter* iterator) : iterator_(iterator) {
        const char* table = nullptr;
        int columns = 0, indirect = 0;
        check(sqlite3changeset_op(iterator, &table, &columns, &operation_, &indirect), "reading a change");
        table_ = table;
    }
    std::string_view table() const { return table_; }
    int operation() const { return operation_; }
    // Of the row's key, which is in the new values of an insert and in the old ones of the rest.
    std::int64_t key(int column) const {
        sqlite3_value* value = nullptr;
        if (operation_ == SQLITE_INSERT)
            check(sqlite3changeset_new(iterator_, column, &value), "reading a change");
        else
            check(sqlite3changeset_old(iterator_, column, &value), "reading a change");
        return value ? sqlite3_value_int64(value) : 0;
    }
    bool changes(int column) const { // for updates
        sqlite3_value* value = nullptr;
        check(sqlite3changeset_new(iterator_, column, &value), "reading a change");
        return value != nullptr;
    }
    // The value after the change, or before it when there is none after.
    std::int64_t number(int column) const {
        sqlite3_value* value = nullptr;
        if (operation_ != SQLITE_DELETE)
            check(sqlite3changeset_new(iterator_, column, &value), "reading a change");
        if (!value && operation_ != SQLITE_INSERT)
            check(sqlite3changeset_old(iterator_, column, &value), "reading a change");
        return value ? sqlite3_value_int64(value) : 0;
    }

private:
    sqlite3_changeset_iter* iterator_;
    std::string_view table_;
    int operation_ = 0;
};

template<class Visit>
void for_each_row(const Changeset& changes, Visit visit) {
    sqlite3_changeset_iter* iterator = nullptr;
    check(sqlite3changeset_start(&iterator, static_cast<int>(changes.size()),
                                 const_cast<std::byte*>(changes.data())),
          "reading changes");
    struct Finish {
        sqlite3_changeset_iter* iterator;
        ~Finish() { sqlite3changeset_finalize(iterator); }
    } finish{iterator};
    while (sqlite3changeset_next(iterator) == SQLITE_ROW)
        visit(Row(iterator));
}

Region clipped(SQLite::Database& database, ItemId item, const Region& region) {
    SQLite::Statement query(database,
                            "SELECT width, height FROM items WHERE id = ? AND width > 0 AND height > 0");
    query.bind(1, item);
    if (!query.executeStep())
        return region;
    return region.intersected({0, 0, query.getColumn(0).getInt64(), query.getColumn(1).getInt64()});
}

} // namespace

ChangeRecorder::ChangeRecorder(sqlite3* database) {
    check(sqlite3session_create(database, "main", &session_), "recording changes");
    for (const char* table : undoable_tables) {
        const int result = sqlite3session_attach(session_, table);
        if (result != SQLITE_OK) {
            sqlite3session_delete(session_);
            check(result, "recording changes");
        }
    }
}

ChangeRecorder::~ChangeRecorder() {
    sqlite3session_delete(session_);
}

void ChangeRecorder::pause(bool paused) {
    sqlite3session_enable(session_, paused ? 0 : 1);
}

Changeset ChangeRecorder::finish() const {
    int size = 0;
    void* data = nullptr;
    check(sqlite3session_changeset(session_, &size, &data), "recording changes");
    return taken(data, size);
}

Changeset inverted(const Changeset& changes) {
    int size = 0;
    void* data = nullptr;
    check(sqlite3changeset_invert(static_cast<int>(changes.size()), changes.data(), &size, &data),
          "inverting changes");
    return taken(data, size);
}

void apply_changes(SQLite::Database& database, const Changeset& changes) {
    // Without a savepoint of its own: the caller's transaction is one, and a large undo takes a tenth of the
    // time.
    check(sqlite3changeset_apply_v2(database.getHandle(), static_cast<int>(changes.size()),
                                    const_cast<std::byte*>(changes.data()), nullptr, on_conflict, nullptr,
                                    nullptr, nullptr, SQLITE_CHANGESETAPPLY_NOSAVEPOINT),
          "applying changes");
    // An item that left outside of history (merged with its moved twin) takes no labels back, and one that
    // goes takes along what is said of it outside of history (the steps that an older project was given).
    std::set<std::int64_t> items;
    for_each_row(changes, [&](const Row& row) {
        if (row.operation() == SQLITE_INSERT &&
            (row.table() == "tiles" || row.table() == "objects" || row.table() == "work" ||
             row.table() == "marks" || row.table() == "image_classes"))
            items.insert(row.key(0));
        else if (row.operation() == SQLITE_INSERT && row.table() == "reviews")
            items.insert(row.number(review_columns::item));
        else if (row.operation() == SQLITE_DELETE && row.table() == "items")
            items.insert(row.key(0));
    });
    SQLite::Statement known(database, "SELECT 1 FROM items WHERE id = ?");
    std::erase_if(items, [&](std::int64_t item) {
        known.reset();
        known.bind(1, item);
        return known.executeStep();
    });
    known.reset();
    for (const char* orphans :
         {"DELETE FROM tiles WHERE item = ?", "DELETE FROM objects WHERE item = ?",
          "DELETE FROM marks WHERE item = ?", "DELETE FROM image_classes WHERE item = ?",
          "DELETE FROM work WHERE item = ?", "DELETE FROM reviews WHERE item = ?"}) {
        SQLite::Statement remove(database, orphans);
        for (const std::int64_t item : items) {
            remove.bind(1, item);
            remove.exec();
            remove.reset();
        }
    }
}

std::vector<ProjectChange> events_of(SQLite::Database& database, const Changeset& changes) {
    ItemsAdded added;
    ItemsRemoved removed;
    ItemsChanged changed;
    std::map<ItemId, Region> labels;
    std::set<ItemId> marks;
    bool classes = false, splits = false;
    for_each_row(changes, [&](const Row& row) {
        if (row.table() == "items") {
            const ItemId item = row.key(0);
            if (row.operation() == SQLITE_INSERT)
                added.items.push_back(item);
            else if (row.operation() == SQLITE_DELETE)
                removed.items.push_back(item);
            else {
                bool visible = false;
                for (int column = 1; column < item_columns::count; ++column)
                    visible |= column != item_columns::last_object && row.changes(column);
                if (visible)
                    changed.items.push_back(item);
                splits |= row.changes(item_columns::split) || row.changes(item_columns::group);
            }
        } else if (row.table() == "tiles") {
            const std::int64_t size = LabelStore::tile_size;
            Region& region = labels[row.key(0)];
            region = region.united({row.key(2) * size, row_of(row.key(1)) * size, size, size});
        } else if (row.table() == "objects") {
            Region& region = labels[row.key(0)];
            region = region.united({row.number(object_columns::x), row.number(object_columns::y),
                                    row.number(object_columns::width), row.number(object_columns::height)});
        } else if (row.table() == "marks" || row.table() == "image_classes") {
            marks.insert(row.key(0));
        } else if (row.table() == "reviews") {
            changed.items.push_back(row.number(review_columns::item));
        } else if (row.table() == "classes" || row.table() == "skeletons") {
            classes = true;
        } else if (row.table() == "records") {
            splits = true;
        }
    });
    const auto gone = [&](ItemId item) {
        return std::find(removed.items.begin(), removed.items.end(), item) != removed.items.end();
    };
    std::sort(changed.items.begin(), changed.items.end());
    changed.items.erase(std::unique(changed.items.begin(), changed.items.end()), changed.items.end());
    if (!removed.items.empty())
        std::erase_if(changed.items, gone);
    std::vector<ProjectChange> events;
    events.reserve(labels.size() + marks.size() + 5);
    if (classes)
        events.emplace_back(ClassesChanged{});
    if (!added.items.empty())
        events.emplace_back(std::move(added));
    if (!changed.items.empty())
        events.emplace_back(std::move(changed));
    for (const auto& [item, region] : labels)
        if (!gone(item))
            events.emplace_back(LabelsChanged{item, clipped(database, item, region)});
    for (const ItemId item : marks)
        if (!gone(item))
            events.emplace_back(MarksChanged{item});
    if (!removed.items.empty())
        events.emplace_back(std::move(removed));
    if (splits)
        events.emplace_back(SplitsChanged{});
    return events;
}

} // namespace eyepiece
