// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/classes.h"

#include "core/project/database.h"
#include "core/project/label_tiles.h"
#include "core/project/mark_rows.h"
#include "core/project/review_steps.h"

#include <algorithm>
#include <map>
#include <set>

namespace eyepiece {
namespace {

// Okabe and Ito, "Color Universal Design", 2008; black is left out: it cannot be seen on a dark image.
constexpr std::array<Rgb, 8> okabe_ito{{{230, 159, 0},
                                        {86, 180, 233},
                                        {0, 158, 115},
                                        {240, 228, 66},
                                        {0, 114, 178},
                                        {213, 94, 0},
                                        {204, 121, 167},
                                        {153, 153, 153}}};

std::int64_t packed(const Rgb& color) {
    return (std::int64_t{color[0]} << 16) | (std::int64_t{color[1]} << 8) | color[2];
}

LabelClass class_from(SQLite::Statement& row) {
    const std::int64_t color = row.getColumn(2).getInt64();
    return {static_cast<ClassId>(row.getColumn(0).getInt()), row.getColumn(1).getString(),
            Rgb{static_cast<std::uint8_t>(color >> 16), static_cast<std::uint8_t>(color >> 8),
                static_cast<std::uint8_t>(color)},
            row.getColumn(3).getString()};
}

std::vector<LabelClass> read_all(SQLite::Database& db) {
    std::vector<LabelClass> classes;
    SQLite::Statement query(db, "SELECT id, name, color, key FROM classes ORDER BY id");
    while (query.executeStep())
        classes.push_back(class_from(query));
    return classes;
}

void check_name(const std::string& name) {
    if (name.find_first_not_of(" \t\r\n") == std::string::npos)
        throw Error(ErrorCode::BadInput, "A class needs a name.");
}

void check_free(const std::vector<LabelClass>& classes, const std::string& name, ClassId self) {
    for (const auto& other : classes)
        if (other.id != self && other.name == name)
            throw Error(ErrorCode::Conflict,
                        "There is a class named \"" + name + "\" already. Choose another name.");
}

} // namespace

Rgb default_class_color(std::size_t index) {
    return okabe_ito[index % okabe_ito.size()];
}

ClassStore::ClassStore(Database& database, ProjectChanges& changes)
    : database_(database), changes_(changes) {}

std::vector<LabelClass> ClassStore::all() const {
    return database_.read([](SQLite::Database& db) { return read_all(db); });
}

std::optional<LabelClass> ClassStore::find(ClassId id) const {
    for (auto& candidate : all())
        if (candidate.id == id)
            return std::move(candidate);
    return {};
}

std::optional<LabelClass> ClassStore::find(const std::string& name) const {
    for (auto& candidate : all())
        if (candidate.name == name)
            return std::move(candidate);
    return {};
}

ClassId ClassStore::add(const std::string& name) {
    check_name(name);
    ClassId id = 0;
    database_.edit(changes_, "add class " + name, 0, [&](SQLite::Database& db) {
        const auto classes = read_all(db);
        check_free(classes, name, -1);
        // The first colour that is not in use, so that removing a class does not lead to twins.
        std::size_t color = 0;
        const auto in_use = [&](std::size_t index) {
            return std::any_of(classes.begin(), classes.end(),
                               [&](const LabelClass& c) { return c.color == default_class_color(index); });
        };
        while (color < okabe_ito.size() && in_use(color))
            ++color;
        if (color == okabe_ito.size())
            color = classes.size() - 1;
        std::string key;
        for (char digit = '1'; digit <= '9' && key.empty(); ++digit)
            if (std::none_of(classes.begin(), classes.end(),
                             [&](const LabelClass& c) { return c.key == std::string(1, digit); }))
                key = std::string(1, digit);
        SQLite::Statement insert(db, "INSERT INTO classes(name, color, key) VALUES(?, ?, ?)");
        insert.bind(1, name);
        insert.bind(2, packed(default_class_color(color)));
        insert.bind(3, key);
        insert.exec();
        id = static_cast<ClassId>(db.getLastInsertRowid());
    });
    return id;
}

ClassId ClassStore::find_or_add(const std::string& name) {
    if (const auto known = find(name))
        return known->id;
    return add(name);
}

void ClassStore::update(const LabelClass& changed) {
    check_name(changed.name);
    database_.edit(changes_, "change class " + changed.name, 0, [&](SQLite::Database& db) {
        const auto classes = read_all(db);
        check_free(classes, changed.name, changed.id);
        if (changed.id == 0 && changed.name != "background")
            throw Error(ErrorCode::BadInput, "The class \"background\" keeps its name.");
        SQLite::Statement update(db, "UPDATE classes SET name = ?, color = ?, key = ? WHERE id = ?");
        update.bind(1, changed.name);
        update.bind(2, packed(changed.color));
        update.bind(3, changed.key);
        update.bind(4, changed.id);
        if (update.exec() == 0)
            throw Error(ErrorCode::NotFound,
                        "The class \"" + changed.name + "\" is no longer in the project.");
    });
}

void ClassStore::remove(ClassId id) {
    if (id == 0)
        throw Error(ErrorCode::BadInput, "The class \"background\" cannot be removed.");
    const auto known = find(id);
    if (!known)
        throw Error(ErrorCode::NotFound, "This class is no longer in the project.");
    database_.edit(changes_, "remove class " + known->name, 0, [&](SQLite::Database& db) {
        std::map<ItemId, std::set<ObjectId>> doomed;
        {
            SQLite::Statement query(db, "SELECT item, id FROM objects WHERE class = ?");
            query.bind(1, id);
            while (query.executeStep())
                doomed[query.getColumn(0).getInt64()].insert(query.getColumn(1).getUInt());
        }
        for (const auto& [item, objects] : doomed) {
            remove_objects(db, item, objects);
            note_labels_changed(db, item, annotator_here(db));
        }
        remove_marks_of_class(db, id);
        SQLite::Statement remove(db, "DELETE FROM classes WHERE id = ?");
        remove.bind(1, id);
        remove.exec();
    });
}

} // namespace eyepiece
