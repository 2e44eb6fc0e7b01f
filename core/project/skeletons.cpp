// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/skeletons.h"

#include "core/project/database.h"
#include "core/project/mark_rows.h"

#include <algorithm>
#include <set>
#include <vector>

namespace eyepiece {
namespace {

std::optional<Skeleton> find_skeleton(SQLite::Database& db, ClassId class_id) {
    SQLite::Statement query(db, "SELECT definition FROM skeletons WHERE class = ?");
    query.bind(1, class_id);
    if (!query.executeStep())
        return {};
    return skeleton_from_text(query.getColumn(0).getString());
}

std::string name_of(SQLite::Database& db, ClassId class_id) {
    SQLite::Statement query(db, "SELECT name FROM classes WHERE id = ?");
    query.bind(1, class_id);
    if (!query.executeStep())
        throw Error(ErrorCode::NotFound, "This class is no longer in the project.");
    return query.getColumn(0).getString();
}

std::vector<int> origins_by_name(const Skeleton& before, const Skeleton& after) {
    std::vector<int> origins;
    for (const std::string& name : after.names)
        origins.push_back(before.find(name));
    return origins;
}

void check_origins(std::span<const int> origins, const Skeleton& before, const Skeleton& after) {
    std::set<int> seen;
    bool good = origins.size() == after.names.size();
    for (const int origin : origins)
        good = good && origin >= -1 && origin < before.size() && (origin == -1 || seen.insert(origin).second);
    if (!good)
        throw Error(ErrorCode::BadInput,
                    "It is not clear which points of the old skeleton the new one keeps.");
}

// Every instance of the class with its points in the new order.
void rearrange(SQLite::Database& db, ClassId class_id, std::span<const int> origins) {
    std::vector<std::pair<ItemId, MarkId>> instances;
    {
        SQLite::Statement query(db, "SELECT item, id FROM marks WHERE class = ? AND kind = 1");
        query.bind(1, class_id);
        while (query.executeStep())
            instances.emplace_back(query.getColumn(0).getInt64(), query.getColumn(1).getUInt());
    }
    for (const auto& [item, id] : instances) {
        auto mark = find_mark(db, item, id);
        if (!mark)
            continue;
        std::vector<Keypoint> points(origins.size());
        for (std::size_t i = 0; i < origins.size(); ++i)
            if (origins[i] >= 0 && static_cast<std::size_t>(origins[i]) < mark->points.size())
                points[i] = mark->points[static_cast<std::size_t>(origins[i])];
        mark->points = std::move(points);
        if (placed_points(mark->points) == 0)
            remove_mark(db, item, id);
        else
            store_mark(db, item, *mark);
    }
}

} // namespace

SkeletonStore::SkeletonStore(Database& database, ProjectChanges& changes)
    : database_(database), changes_(changes) {}

std::map<ClassId, Skeleton> SkeletonStore::all() const {
    return database_.read([](SQLite::Database& db) {
        std::map<ClassId, Skeleton> skeletons;
        SQLite::Statement query(db, "SELECT class, definition FROM skeletons");
        while (query.executeStep())
            skeletons.emplace(query.getColumn(0).getInt(),
                              skeleton_from_text(query.getColumn(1).getString()));
        return skeletons;
    });
}

std::optional<Skeleton> SkeletonStore::find(ClassId class_id) const {
    return database_.read([&](SQLite::Database& db) { return find_skeleton(db, class_id); });
}

void SkeletonStore::set(ClassId class_id, const Skeleton& skeleton, std::span<const int> origins) {
    check_skeleton(skeleton);
    const std::string name = database_.read([&](SQLite::Database& db) { return name_of(db, class_id); });
    if (class_id == 0)
        throw Error(ErrorCode::BadInput, "The background has no skeleton. Choose another class.");
    database_.edit(changes_, "skeleton of " + name, 0, [&](SQLite::Database& db) {
        const auto before = find_skeleton(db, class_id);
        if (before) {
            const std::vector<int> kept = origins.empty() ? origins_by_name(*before, skeleton)
                                                          : std::vector<int>(origins.begin(), origins.end());
            check_origins(kept, *before, skeleton);
            bool same = static_cast<int>(kept.size()) == before->size();
            for (std::size_t i = 0; i < kept.size(); ++i)
                same = same && kept[i] == static_cast<int>(i);
            if (!same)
                rearrange(db, class_id, kept);
        }
        SQLite::Statement upsert(db,
                                 "INSERT INTO skeletons(class, definition) VALUES(?, ?) ON CONFLICT(class) "
                                 "DO UPDATE SET definition = excluded.definition");
        upsert.bind(1, class_id);
        upsert.bind(2, skeleton_to_json(skeleton).dump());
        upsert.exec();
    });
}

void SkeletonStore::remove(ClassId class_id) {
    const std::string name = database_.read([&](SQLite::Database& db) { return name_of(db, class_id); });
    database_.edit(changes_, "remove the skeleton of " + name, 0, [&](SQLite::Database& db) {
        for (const char* sql :
             {"DELETE FROM marks WHERE class = ? AND kind = 1", "DELETE FROM skeletons WHERE class = ?"}) {
            SQLite::Statement remove(db, sql);
            remove.bind(1, class_id);
            remove.exec();
        }
    });
}

} // namespace eyepiece
