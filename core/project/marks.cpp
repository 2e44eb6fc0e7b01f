// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/marks.h"

#include "core/base/stamp.h"
#include "core/project/database.h"
#include "core/project/mark_rows.h"
#include "core/project/review_steps.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace eyepiece {
namespace {

// What a mark is checked against: for each class the number of its skeleton's points, 0 without one.
using PointCounts = std::unordered_map<ClassId, int>;

PointCounts point_counts(SQLite::Database& db) {
    PointCounts counts;
    SQLite::Statement query(
        db, "SELECT id, definition FROM classes LEFT JOIN skeletons ON skeletons.class = classes.id");
    while (query.executeStep()) {
        int& count = counts[query.getColumn(0).getInt()];
        if (const auto definition = query.getColumn(1); !definition.isNull())
            count = skeleton_from_text(definition.getString()).size();
    }
    return counts;
}

void check_mark(const Mark& mark, const std::string& file, const PointCounts& counts) {
    const auto bad = [&](const std::string& what) {
        return Error(ErrorCode::BadInput,
                     "The mark " + std::to_string(mark.id) + " of \"" + file + "\" " + what);
    };
    if (mark.id == 0)
        throw Error(ErrorCode::BadInput, "A mark of \"" + file + "\" has the id 0, which means \"none\".");
    const auto count = counts.find(mark.class_id);
    if (count == counts.end())
        throw bad("has a class that the project does not have (" + std::to_string(mark.class_id) + ").");
    if (mark.plane.z < 0 || mark.plane.t < 0)
        throw bad("lies in a plane before the first.");
    if (mark.kind == MarkKind::Keypoints && count->second == 0)
        throw bad("has keypoints, but its class has no skeleton. Give the class one first.");
    const std::size_t wanted = mark.kind == MarkKind::Point ? 1 : static_cast<std::size_t>(count->second);
    if (mark.points.size() != wanted)
        throw bad("has " + std::to_string(mark.points.size()) + " points where " + std::to_string(wanted) +
                  (wanted == 1 ? " is" : " are") + " expected.");
    if (mark.kind == MarkKind::Point && mark.points.front().visibility == Visibility::Absent)
        throw bad("is a point without a place.");
    for (const Keypoint& point : mark.points)
        if (point.visibility != Visibility::Absent &&
            (!std::isfinite(point.place.x) || !std::isfinite(point.place.y)))
            throw bad("has a point whose place is not a number.");
}

bool same_places(const std::vector<Keypoint>& a, const std::vector<Keypoint>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Keypoint& one, const Keypoint& other) {
        return one.place == other.place && one.visibility == other.visibility;
    });
}

void count_id(SQLite::Database& db, ItemId item, MarkId id) {
    SQLite::Statement count(db, "INSERT INTO mark_counters(item, last) VALUES(?, ?) ON CONFLICT(item) DO "
                                "UPDATE SET last = excluded.last WHERE excluded.last > last");
    count.bind(1, item);
    count.bind(2, id);
    count.exec();
}

void commit_one(SQLite::Database& db, const MarkEdit& edit, const PointCounts& counts) {
    const std::string file = labelled_file(db, edit.item);
    std::set<MarkId> said;
    MarkId largest = 0;
    for (const MarkId id : edit.gone)
        remove_mark(db, edit.item, id);
    for (const Mark& mark : edit.marks) {
        check_mark(mark, file, counts);
        if (!said.insert(mark.id).second)
            throw Error(ErrorCode::BadInput,
                        "The mark " + std::to_string(mark.id) + " of \"" + file + "\" is given twice.");
        Mark stored = mark;
        for (Keypoint& point : stored.points)
            if (point.visibility == Visibility::Absent)
                point = {}; // so that equal marks are equal rows
        if (placed_points(stored.points) == 0) {
            remove_mark(db, edit.item, mark.id);
            continue;
        }
        const auto known = find_mark(db, edit.item, mark.id);
        stored.edits = known ? known->edits + (same_places(known->points, stored.points) ? 0 : 1) : 0;
        if (stored.tool.empty())
            stored.tool = known ? known->tool : edit.tool;
        if (stored.created.empty())
            stored.created = known ? known->created : utc_now();
        if (stored.author.empty())
            stored.author = known ? known->author : user_name();
        store_mark(db, edit.item, stored);
        largest = std::max(largest, mark.id);
    }
    if (largest > 0)
        count_id(db, edit.item, largest);
}

} // namespace

MarkStore::MarkStore(Database& database, ProjectChanges& changes) : database_(database), changes_(changes) {}

std::vector<Mark> MarkStore::marks(ItemId item) const {
    return database_.read([&](SQLite::Database& db) { return marks_of_item(db, item); });
}

std::optional<Mark> MarkStore::mark(ItemId item, MarkId id) const {
    return database_.read([&](SQLite::Database& db) { return find_mark(db, item, id); });
}

MarkId MarkStore::next_id(ItemId item) const {
    return database_.read([&](SQLite::Database& db) {
        SQLite::Statement query(db, "SELECT last FROM mark_counters WHERE item = ?");
        query.bind(1, item);
        return query.executeStep() ? query.getColumn(0).getUInt() + 1 : MarkId{1};
    });
}

std::int64_t MarkStore::total() const {
    return database_.read(
        [](SQLite::Database& db) { return db.execAndGet("SELECT COUNT(*) FROM marks").getInt64(); });
}

std::map<ClassId, std::int64_t> MarkStore::count_by_class(ItemId item) const {
    return database_.read([&](SQLite::Database& db) {
        std::map<ClassId, std::int64_t> counts;
        SQLite::Statement query(db, "SELECT class, COUNT(*) FROM marks WHERE item = ? GROUP BY class");
        query.bind(1, item);
        while (query.executeStep())
            counts[query.getColumn(0).getInt()] = query.getColumn(1).getInt64();
        return counts;
    });
}

void MarkStore::commit(const MarkEdit& edit) {
    const std::string file =
        database_.read([&](SQLite::Database& db) { return labelled_file(db, edit.item); });
    commit(std::vector{edit}, (edit.tool.empty() ? "edit" : edit.tool) + " on " + file);
}

void MarkStore::commit(const std::vector<MarkEdit>& edits, const std::string& title) {
    const bool one_item =
        !edits.empty() && std::all_of(edits.begin(), edits.end(),
                                      [&](const MarkEdit& edit) { return edit.item == edits.front().item; });
    database_.edit(changes_, title, one_item ? edits.front().item : 0, [&](SQLite::Database& db) {
        const PointCounts counts = point_counts(db);
        for (const MarkEdit& edit : edits) {
            commit_one(db, edit, counts);
            note_labels_changed(db, edit.item, user_name());
        }
    });
}

} // namespace eyepiece
