// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/image_classes.h"

#include "core/base/stamp.h"
#include "core/project/database.h"
#include "core/project/mark_rows.h"
#include "core/project/review_steps.h"

#include <set>

namespace eyepiece {
namespace {

std::string name_of(SQLite::Database& db, ClassId class_id) {
    SQLite::Statement query(db, "SELECT name FROM classes WHERE id = ?");
    query.bind(1, class_id);
    if (!query.executeStep())
        throw Error(ErrorCode::BadInput, "The project has no class " + std::to_string(class_id) +
                                             " to give to an image. Add it first.");
    if (class_id == 0)
        throw Error(ErrorCode::BadInput,
                    "An image as a whole cannot be background. Choose another class, or none.");
    return query.getColumn(0).getString();
}

// One that is there stays as it is.
void insert(SQLite::Database& db, ItemId item, const ImageClass& each, const std::string& tool) {
    SQLite::Statement insert(db, "INSERT INTO image_classes(item, class, author, tool, run, score, created) "
                                 "VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(item, class) DO NOTHING");
    insert.bind(1, item);
    insert.bind(2, each.class_id);
    insert.bind(3, each.author.empty() ? user_name() : each.author);
    insert.bind(4, each.tool.empty() ? tool : each.tool);
    insert.bind(5, each.run);
    insert.bind(6, each.score);
    insert.bind(7, each.created.empty() ? utc_now() : each.created);
    insert.exec();
}

void erase(SQLite::Database& db, ItemId item, ClassId class_id) {
    SQLite::Statement remove(db, "DELETE FROM image_classes WHERE item = ? AND class = ?");
    remove.bind(1, item);
    remove.bind(2, class_id);
    remove.exec();
}

std::set<ClassId> ids_of(SQLite::Database& db, ItemId item) {
    std::set<ClassId> ids;
    SQLite::Statement query(db, "SELECT class FROM image_classes WHERE item = ?");
    query.bind(1, item);
    while (query.executeStep())
        ids.insert(query.getColumn(0).getInt());
    return ids;
}

// An image whose classes come out as others than they were has changed labels, which a review hears of.
template<class Body>
void change(SQLite::Database& db, ItemId item, Body body) {
    const std::set<ClassId> before = ids_of(db, item);
    body(before);
    if (ids_of(db, item) != before)
        note_labels_changed(db, item, user_name());
}

} // namespace

ImageClassStore::ImageClassStore(Database& database, ProjectChanges& changes)
    : database_(database), changes_(changes) {}

std::vector<ImageClass> ImageClassStore::classes(ItemId item) const {
    return database_.read([&](SQLite::Database& db) {
        std::vector<ImageClass> classes;
        SQLite::Statement query(db, "SELECT class, author, tool, run, score, created FROM image_classes "
                                    "WHERE item = ? ORDER BY class");
        query.bind(1, item);
        while (query.executeStep())
            classes.push_back({static_cast<ClassId>(query.getColumn(0).getInt()),
                               query.getColumn(1).getString(), query.getColumn(2).getString(),
                               query.getColumn(3).getString(), query.getColumn(4).getDouble(),
                               query.getColumn(5).getString()});
        return classes;
    });
}

std::map<ClassId, std::int64_t> ImageClassStore::count_by_class() const {
    return database_.read([](SQLite::Database& db) {
        std::map<ClassId, std::int64_t> counts;
        SQLite::Statement query(db, "SELECT class, COUNT(*) FROM image_classes GROUP BY class");
        while (query.executeStep())
            counts[query.getColumn(0).getInt()] = query.getColumn(1).getInt64();
        return counts;
    });
}

void ImageClassStore::set(ItemId item, std::span<const ImageClass> classes, const std::string& tool) {
    const std::string file = database_.read([&](SQLite::Database& db) { return labelled_file(db, item); });
    database_.edit(changes_, tool + " of " + file, item, [&](SQLite::Database& db) {
        std::set<ClassId> wanted;
        for (const ImageClass& each : classes) {
            name_of(db, each.class_id);
            wanted.insert(each.class_id);
        }
        change(db, item, [&](const std::set<ClassId>& before) {
            for (const ClassId id : before)
                if (!wanted.contains(id))
                    erase(db, item, id);
            for (const ImageClass& each : classes)
                insert(db, item, each, tool);
        });
    });
}

void ImageClassStore::assign(std::span<const ItemId> items, ClassId class_id, bool on, bool alone) {
    if (items.empty())
        return;
    const auto [name, file] = database_.read([&](SQLite::Database& db) {
        return std::pair{name_of(db, class_id), labelled_file(db, items.front())};
    });
    const std::string where = items.size() == 1 ? file : std::to_string(items.size()) + " images";
    database_.edit(changes_, (on ? "class " + name + " for " : "no class " + name + " for ") + where,
                   items.size() == 1 ? items.front() : 0, [&](SQLite::Database& db) {
                       for (const ItemId item : items) {
                           labelled_file(db, item);
                           change(db, item, [&](const std::set<ClassId>& before) {
                               if (!on || alone)
                                   for (const ClassId id : before)
                                       if (on ? id != class_id : id == class_id)
                                           erase(db, item, id);
                               if (on)
                                   insert(db, item, {.class_id = class_id}, "image class");
                           });
                       }
                   });
}

} // namespace eyepiece
