// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/database.h"
#include "core/project/label_tiles.h"
#include "core/project/mark_rows.h"
#include "core/project/project.h"

#include <map>

namespace eyepiece {
namespace {

constexpr std::int64_t size = LabelStore::tile_size;

std::string object_text(const std::string& file, ObjectId id) {
    return "object " + std::to_string(id) + " of \"" + file + "\"";
}

// An image's objects as its pixels have them against what the project says of them.
void compare(const std::string& file, const std::map<ObjectId, ObjectExtent>& painted,
             const std::vector<LabelObject>& objects, std::vector<std::string>& problems) {
    auto unknown = painted;
    for (const LabelObject& object : objects) {
        const auto pixels = painted.find(object.id);
        if (pixels == painted.end())
            problems.push_back("The " + object_text(file, object.id) + " has no pixels.");
        else if (pixels->second.area != object.area || pixels->second.bounds != object.bounds)
            problems.push_back("The area or bounds of " + object_text(file, object.id) +
                               " are not those of its pixels.");
        unknown.erase(object.id);
    }
    for (const auto& [id, extent] : unknown)
        problems.push_back("There are pixels of the " + object_text(file, id) +
                           ", of which nothing is said.");
}

// An item's marks against the skeletons of their classes.
void compare(const std::string& file, const std::vector<Mark>& marks,
             const std::map<ClassId, Skeleton>& skeletons, std::vector<std::string>& problems) {
    for (const Mark& mark : marks) {
        const auto skeleton = skeletons.find(mark.class_id);
        const std::size_t wanted = mark.kind == MarkKind::Point  ? 1
                                   : skeleton == skeletons.end() ? 0
                                                                 : skeleton->second.names.size();
        if (mark.points.size() != wanted)
            problems.push_back("The mark " + std::to_string(mark.id) + " of \"" + file + "\" has " +
                               std::to_string(mark.points.size()) + " points, its class asks for " +
                               std::to_string(wanted) + ".");
        else if (placed_points(mark.points) == 0)
            problems.push_back("The mark " + std::to_string(mark.id) + " of \"" + file +
                               "\" has no point with a place.");
    }
}

} // namespace

std::vector<std::string> Project::check(JobContext& job) {
    return database_->read([&](SQLite::Database& db) {
        std::vector<std::string> problems;
        job.progress(-1, "checking the file");
        SQLite::Statement integrity(db, "PRAGMA integrity_check");
        while (integrity.executeStep())
            if (const std::string line = integrity.getColumn(0).getString(); line != "ok")
                problems.push_back("The file is damaged: " + line);
        SQLite::Statement references(db, "PRAGMA foreign_key_check");
        while (references.executeStep())
            problems.push_back("A row of \"" + references.getColumn(0).getString() +
                               "\" belongs to nothing.");
        std::map<ClassId, Skeleton> skeletons;
        try {
            skeletons = skeletons_->all();
        } catch (const Error& error) {
            problems.push_back(error.what());
        }
        const auto items = items_->all();
        for (std::size_t i = 0; i < items.size(); ++i) {
            job.throw_if_cancelled();
            job.progress(static_cast<double>(i) / static_cast<double>(items.size()), "checking labels");
            std::map<ObjectId, ObjectExtent> painted;
            constexpr std::int64_t anything = std::int64_t{1} << 40;
            try {
                for (const int plane : planes_with_tiles(db, items[i].id))
                    for_each_tile(db, items[i].id, plane, {0, 0, anything, anything},
                                  [&](std::int64_t row, std::int64_t col, const TileIds& ids) {
                                      for (const TileStat& stat : statistics(ids)) {
                                          ObjectExtent& extent = painted[stat.id];
                                          extent.area += stat.area;
                                          extent.bounds = extent.bounds.united(
                                              {col * size + stat.left, row * size + stat.top,
                                               std::int64_t{stat.right} - stat.left + 1,
                                               std::int64_t{stat.bottom} - stat.top + 1});
                                      }
                                  });
                compare(items[i].name, painted, labels_->objects(items[i].id), problems);
                compare(items[i].name, marks_of_item(db, items[i].id), skeletons, problems);
            } catch (const Error& error) {
                problems.push_back("\"" + items[i].name + "\": " + error.what());
            }
        }
        return problems;
    });
}

} // namespace eyepiece
