// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/labels.h"

#include "core/base/stamp.h"
#include "core/project/database.h"
#include "core/project/label_tiles.h"
#include "core/project/review_steps.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {
namespace {

constexpr std::int64_t size = LabelStore::tile_size;
constexpr const char* object_fields =
    "id, class, area, x, y, width, height, score, edits, author, tool, run, created, polygon";

LabelObject object_from(SQLite::Statement& row) {
    LabelObject object;
    object.id = row.getColumn(0).getUInt();
    object.class_id = row.getColumn(1).getInt();
    object.area = row.getColumn(2).getInt64();
    object.bounds = {row.getColumn(3).getInt64(), row.getColumn(4).getInt64(), row.getColumn(5).getInt64(),
                     row.getColumn(6).getInt64()};
    object.score = row.getColumn(7).getDouble();
    object.edits = row.getColumn(8).getInt();
    object.author = row.getColumn(9).getString();
    object.tool = row.getColumn(10).getString();
    object.run = row.getColumn(11).getString();
    object.created = row.getColumn(12).getString();
    const auto polygon = row.getColumn(13);
    object.polygon.resize(static_cast<std::size_t>(polygon.getBytes()) / sizeof(Point2));
    if (!object.polygon.empty())
        std::memcpy(object.polygon.data(), polygon.getBlob(), object.polygon.size() * sizeof(Point2));
    return object;
}

std::optional<LabelObject> find_object(SQLite::Database& db, ItemId item, ObjectId id) {
    SQLite::Statement query(db, std::string("SELECT ") + object_fields +
                                    " FROM objects WHERE item = ? AND id = ?");
    query.bind(1, item);
    query.bind(2, id);
    if (!query.executeStep())
        return {};
    return object_from(query);
}

void store_object(SQLite::Database& db, ItemId item, const LabelObject& object) {
    SQLite::Statement upsert(
        db,
        "INSERT INTO objects(item, id, class, area, x, y, width, height, score, edits, author, tool, run, "
        "created, "
        "polygon) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(item, id) DO UPDATE SET "
        "class = excluded.class, area = excluded.area, x = excluded.x, y = excluded.y, width = "
        "excluded.width, "
        "height = excluded.height, score = excluded.score, edits = excluded.edits, author = excluded.author, "
        "tool = excluded.tool, run = excluded.run, created = excluded.created, polygon = excluded.polygon");
    upsert.bind(1, item);
    upsert.bind(2, object.id);
    upsert.bind(3, object.class_id);
    upsert.bind(4, object.area);
    upsert.bind(5, object.bounds.x);
    upsert.bind(6, object.bounds.y);
    upsert.bind(7, object.bounds.width);
    upsert.bind(8, object.bounds.height);
    upsert.bind(9, object.score);
    upsert.bind(10, object.edits);
    upsert.bindNoCopy(11, object.author);
    upsert.bindNoCopy(12, object.tool);
    upsert.bindNoCopy(13, object.run);
    upsert.bindNoCopy(14, object.created);
    if (object.polygon.empty())
        upsert.bind(15);
    else
        upsert.bindNoCopy(15, object.polygon.data(),
                          static_cast<int>(object.polygon.size() * sizeof(Point2)));
    upsert.exec();
}

// What an edit did to the pixels of one object.
struct Delta {
    std::int64_t gained = 0, lost = 0;
    Region gained_bounds, lost_bounds;
};

void grow(Region& bounds, std::int64_t x, std::int64_t y, std::int64_t length) {
    if (bounds.empty()) {
        bounds = {x, y, length, 1};
        return;
    }
    const std::int64_t right = std::max(bounds.right(), x + length),
                       bottom = std::max(bounds.bottom(), y + 1);
    bounds.x = std::min(bounds.x, x);
    bounds.y = std::min(bounds.y, y);
    bounds.width = right - bounds.x;
    bounds.height = bottom - bounds.y;
}

using Deltas = std::unordered_map<ObjectId, Delta>;

// Puts one row of new ids over the old ones and keeps the books.
bool overlay_row(ObjectId* old_row, const ObjectId* new_row, std::int64_t length, std::int64_t x,
                 std::int64_t y, Deltas& deltas) {
    if (std::memcmp(old_row, new_row, static_cast<std::size_t>(length) * sizeof(ObjectId)) == 0)
        return false;
    for (std::int64_t i = 0; i < length;) {
        const ObjectId before = old_row[i], after = new_row[i];
        const std::int64_t start = i;
        while (i < length && old_row[i] == before && new_row[i] == after)
            ++i;
        if (before == after)
            continue;
        if (before != 0) {
            Delta& delta = deltas[before];
            delta.lost += i - start;
            grow(delta.lost_bounds, x + start, y, i - start);
        }
        if (after != 0) {
            Delta& delta = deltas[after];
            delta.gained += i - start;
            grow(delta.gained_bounds, x + start, y, i - start);
        }
    }
    std::memcpy(old_row, new_row, static_cast<std::size_t>(length) * sizeof(ObjectId));
    return true;
}

Deltas write_pixels(SQLite::Database& db, const LabelEdit& edit) {
    Deltas deltas;
    const TileRange range = tiles_of(edit.region);
    TileIds ids;
    for (std::int64_t row = range.row; row < range.row_end; ++row)
        for (std::int64_t col = range.col; col < range.col_end; ++col) {
            load_tile(db, edit.item, stored_row(edit.plane, row), col, ids);
            const Region part = edit.region.intersected({col * size, row * size, size, size});
            bool changed = false;
            for (std::int64_t y = part.y; y < part.bottom(); ++y) {
                const auto source = edit.pixels.row(y - edit.region.y)
                                        .subspan(static_cast<std::size_t>(part.x - edit.region.x));
                changed |= overlay_row(ids.data() + (y - row * size) * size + (part.x - col * size),
                                       source.data(), part.width, part.x, y, deltas);
            }
            if (changed)
                store_tile(db, edit.item, stored_row(edit.plane, row), col, ids);
        }
    return deltas;
}

bool touches_edge(const Region& inner, const Region& outer) {
    return inner.x <= outer.x || inner.y <= outer.y || inner.right() >= outer.right() ||
           inner.bottom() >= outer.bottom();
}

// Bounds of objects that lost pixels at their rim, anew from the tiles' statistics.
std::unordered_map<ObjectId, Region> measured_bounds(SQLite::Database& db, ItemId item, const Region& within,
                                                     const std::unordered_set<ObjectId>& objects) {
    std::unordered_map<ObjectId, Region> bounds;
    for_each_stat(db, item, within, [&](std::int64_t row, std::int64_t col, const TileStat& stat) {
        if (!objects.contains(stat.id))
            return;
        Region& known = bounds[stat.id];
        known = known.united({col * size + stat.left, row_of(row) * size + stat.top,
                              std::int64_t{stat.right} - stat.left + 1,
                              std::int64_t{stat.bottom} - stat.top + 1});
    });
    return bounds;
}

struct ItemFrame {
    std::string file;
    std::int64_t width = 0, height = 0; // 0: not yet read
    std::int64_t last_object = 0;
};

ItemFrame frame_of(SQLite::Database& db, ItemId item) {
    SQLite::Statement query(db, "SELECT file, width, height, last_object FROM items WHERE id = ?");
    query.bind(1, item);
    if (!query.executeStep())
        throw Error(ErrorCode::NotFound, "The image to be labelled is no longer in the project.");
    return {query.getColumn(0).getString(), query.getColumn(1).getInt64(), query.getColumn(2).getInt64(),
            query.getColumn(3).getInt64()};
}

std::string describe(const Region& region) {
    return std::to_string(region.width) + " x " + std::to_string(region.height) + " at " +
           std::to_string(region.x) + ", " + std::to_string(region.y);
}

void check_region(const LabelEdit& edit, const ItemFrame& frame) {
    if (edit.region.empty()) {
        if (!edit.pixels.empty())
            throw Error(ErrorCode::BadInput, "Labels were given without the region they belong to.");
        return;
    }
    if (edit.plane < 0)
        throw Error(ErrorCode::BadInput, "Labels were given for a plane of \"" + frame.file +
                                             "\" that cannot be: " + std::to_string(edit.plane) + ".");
    if (edit.pixels.width() != edit.region.width || edit.pixels.height() != edit.region.height)
        throw Error(ErrorCode::BadInput, "The labels for \"" + frame.file + "\" are " +
                                             std::to_string(edit.pixels.width()) + " x " +
                                             std::to_string(edit.pixels.height()) +
                                             " pixels, their region is " + describe(edit.region) + ".");
    const bool known = frame.width > 0 && frame.height > 0;
    if (edit.region.x < 0 || edit.region.y < 0 ||
        (known && (edit.region.right() > frame.width || edit.region.bottom() > frame.height)))
        throw Error(ErrorCode::BadInput, "The labels (" + describe(edit.region) +
                                             ") reach beyond the image \"" + frame.file + "\"" +
                                             (known ? " of " + std::to_string(frame.width) + " x " +
                                                          std::to_string(frame.height) + " pixels"
                                                    : "") +
                                             ".");
}

// Adds `seconds` to what this person has worked on an object.
void add_work(SQLite::Database& db, ItemId item, ObjectId object, const std::string& author, double seconds,
              const std::string& tool) {
    SQLite::Statement upsert(
        db, "INSERT INTO work(item, object, author, seconds, edits, first, last, tool) "
            "VALUES(?1, ?2, ?3, ?4, 1, ?5, ?5, ?6) ON CONFLICT(item, object, author) DO UPDATE SET "
            "seconds = seconds + excluded.seconds, edits = edits + 1, last = excluded.last, "
            "tool = excluded.tool");
    upsert.bind(1, item);
    upsert.bind(2, object);
    upsert.bind(3, author);
    upsert.bind(4, seconds);
    upsert.bind(5, utc_now());
    upsert.bind(6, tool);
    upsert.exec();
}

void add_time_spent(SQLite::Database& db, ItemId item, const std::string& author, double seconds) {
    SQLite::Statement upsert(db, "INSERT INTO time_spent(item, author, seconds, edits) VALUES(?, ?, ?, 1) "
                                 "ON CONFLICT(item, author) DO UPDATE SET "
                                 "seconds = seconds + excluded.seconds, edits = edits + 1");
    upsert.bind(1, item);
    upsert.bind(2, author);
    upsert.bind(3, seconds);
    upsert.exec();
}

// What an edit changed: the objects of an image that are there after it, and whether they were before.
using Touched = std::map<std::pair<ItemId, ObjectId>, bool>;

void commit_one(SQLite::Database& db, const LabelEdit& edit, const std::unordered_set<ClassId>& classes,
                const std::string& who, Touched& touched) {
    const ItemFrame frame = frame_of(db, edit.item);
    check_region(edit, frame);
    std::unordered_map<ObjectId, const LabelObject*> declared;
    std::int64_t last_object = frame.last_object;
    for (const LabelObject& object : edit.objects) {
        if (object.id == 0)
            throw Error(ErrorCode::BadInput,
                        "An object of \"" + frame.file + "\" has the id 0, which means \"no object\".");
        if (!classes.contains(object.class_id))
            throw Error(ErrorCode::BadInput, "An object of \"" + frame.file +
                                                 "\" has a class that the project does not have (" +
                                                 std::to_string(object.class_id) + ").");
        if (!declared.emplace(object.id, &object).second)
            throw Error(ErrorCode::BadInput, "The object " + std::to_string(object.id) + " of \"" +
                                                 frame.file + "\" is given twice.");
    }

    const Deltas deltas = write_pixels(db, edit);
    std::map<ObjectId, LabelObject> to_store; // in order of id: the file is the same for the same edit
    std::unordered_set<ObjectId> to_measure, fresh;
    Region measure_within;
    for (const auto& [id, delta] : deltas) {
        const auto known = find_object(db, edit.item, id);
        const auto said = declared.find(id);
        if (!known && said == declared.end())
            throw Error(ErrorCode::BadInput, "The labels for \"" + frame.file + "\" use the object " +
                                                 std::to_string(id) + ", of which nothing is said.");
        LabelObject object = said != declared.end() ? *said->second : *known;
        if (said == declared.end())
            object.polygon.clear(); // its pixels are no longer what was drawn
        object.area = (known ? known->area : 0) + delta.gained - delta.lost;
        object.edits = known ? known->edits + 1 : 0;
        object.bounds = known ? known->bounds.united(delta.gained_bounds) : delta.gained_bounds;
        if (known && delta.lost > 0 && object.area > 0 && touches_edge(delta.lost_bounds, known->bounds)) {
            to_measure.insert(id);
            measure_within = measure_within.united(object.bounds);
        }
        to_store.emplace(id, std::move(object));
        last_object = std::max<std::int64_t>(last_object, id);
        if (!known)
            fresh.insert(id);
    }
    for (const auto& [id, object] : declared) {
        if (to_store.contains(id))
            continue;
        const auto known = find_object(db, edit.item, id);
        if (!known)
            continue; // it has no pixel: it was painted over within the same edit
        LabelObject changed = *object;
        changed.area = known->area;
        changed.bounds = known->bounds;
        changed.edits = known->edits;
        to_store.emplace(id, std::move(changed));
    }
    if (!to_measure.empty())
        for (const auto& [id, bounds] : measured_bounds(db, edit.item, measure_within, to_measure))
            to_store.at(id).bounds = bounds;
    for (auto& [id, object] : to_store) {
        if (object.area <= 0) {
            for (const char* rows : {"DELETE FROM objects WHERE item = ? AND id = ?",
                                     "DELETE FROM work WHERE item = ? AND object = ?"}) {
                SQLite::Statement remove(db, rows);
                remove.bind(1, edit.item);
                remove.bind(2, id);
                remove.exec();
            }
            touched.erase({edit.item, id});
            continue;
        }
        touched.emplace(std::pair{edit.item, id}, !fresh.contains(id));
        if (object.tool.empty())
            object.tool = edit.tool;
        if (object.created.empty())
            object.created = utc_now();
        if (object.author.empty())
            object.author = who;
        store_object(db, edit.item, object);
    }
    if (!to_store.empty())
        note_labels_changed(db, edit.item, who);
    if (last_object != frame.last_object) {
        SQLite::Statement update(db, "UPDATE items SET last_object = ? WHERE id = ?");
        update.bind(1, last_object);
        update.bind(2, edit.item);
        update.exec();
    }
}

std::unordered_set<ClassId> class_ids(SQLite::Database& db) {
    std::unordered_set<ClassId> ids;
    SQLite::Statement query(db, "SELECT id FROM classes");
    while (query.executeStep())
        ids.insert(query.getColumn(0).getInt());
    return ids;
}

// Who worked on what: the time given with the edits of an image is shared by the objects they changed. An
// object that came without anyone's time, from an import, has no more to say than its own row does.
void note_work(SQLite::Database& db, std::span<const LabelEdit> edits, const Touched& touched,
               const std::string& who) {
    std::map<ItemId, double> seconds;
    for (const LabelEdit& edit : edits)
        seconds[edit.item] += std::max(edit.seconds, 0.0);
    std::map<ItemId, double> sharing;
    for (const auto& [key, before] : touched)
        ++sharing[key.first];
    for (const auto& [key, before] : touched)
        if (before || seconds[key.first] > 0)
            add_work(db, key.first, key.second, who, seconds[key.first] / sharing[key.first],
                     edits.front().tool);
}

void note_time_spent(SQLite::Database& db, std::span<const LabelEdit> edits, const std::string& who) {
    for (const LabelEdit& edit : edits)
        if (edit.seconds > 0)
            add_time_spent(db, edit.item, who, edit.seconds);
}

void commit_all(Database& database, ProjectChanges& changes, std::span<const LabelEdit> edits,
                const std::string& title) {
    const bool one_item = std::all_of(edits.begin(), edits.end(),
                                      [&](const LabelEdit& edit) { return edit.item == edits.front().item; });
    database.edit(
        changes, title, edits.empty() || !one_item ? 0 : edits.front().item, [&](SQLite::Database& db) {
            const auto classes = class_ids(db);
            const std::string who = annotator_here(db);
            Touched touched;
            for (const LabelEdit& edit : edits)
                commit_one(db, edit, classes, who, touched);
            note_work(db, edits, touched, who);
            // Aside from what undo covers: it gives no one their time back.
            if (std::any_of(edits.begin(), edits.end(),
                            [](const LabelEdit& edit) { return edit.seconds > 0; }))
                database.write([&](SQLite::Database& aside) { note_time_spent(aside, edits, who); });
        });
}

} // namespace

LabelStore::LabelStore(Database& database, ProjectChanges& changes)
    : database_(database), changes_(changes) {}
LabelStore::~LabelStore() = default;

LabelMap LabelStore::read(ItemId item, const Region& region, int plane) const {
    if (region.empty())
        return {};
    LabelMap labels(region.height, region.width);
    database_.read([&](SQLite::Database& db) {
        const Region stored = region.intersected({0, 0, region.right(), region.bottom()});
        for_each_tile(db, item, plane, stored, [&](std::int64_t row, std::int64_t col, const TileIds& ids) {
            const Region part = region.intersected({col * size, row * size, size, size});
            for (std::int64_t y = part.y; y < part.bottom(); ++y)
                std::memcpy(labels.row(y - region.y).data() + (part.x - region.x),
                            ids.data() + (y - row * size) * size + (part.x - col * size),
                            static_cast<std::size_t>(part.width) * sizeof(ObjectId));
        });
    });
    return labels;
}

void LabelStore::visit_tiles(ItemId item, const Region& region, const VisitTile& visit, int plane) const {
    database_.read([&](SQLite::Database& db) {
        for_each_tile(db, item, plane, region,
                      [&](std::int64_t row, std::int64_t col, const TileIds& ids) { visit(row, col, ids); });
    });
}

Region LabelStore::labelled_bounds(ItemId item) const {
    return database_.read([&](SQLite::Database& db) {
        SQLite::Statement query(
            db, "SELECT MIN(x), MIN(y), MAX(x + width), MAX(y + height) FROM objects WHERE item = ?");
        query.bind(1, item);
        if (!query.executeStep() || query.getColumn(0).isNull())
            return Region{};
        const std::int64_t x = query.getColumn(0).getInt64(), y = query.getColumn(1).getInt64();
        return Region{x, y, query.getColumn(2).getInt64() - x, query.getColumn(3).getInt64() - y};
    });
}

std::vector<int> LabelStore::labelled_planes(ItemId item) const {
    return database_.read([&](SQLite::Database& db) { return planes_with_tiles(db, item); });
}

std::vector<LabelObject> LabelStore::objects(ItemId item) const {
    return database_.read([&](SQLite::Database& db) {
        std::vector<LabelObject> objects;
        SQLite::Statement query(db, std::string("SELECT ") + object_fields +
                                        " FROM objects WHERE item = ? ORDER BY id");
        query.bind(1, item);
        while (query.executeStep())
            objects.push_back(object_from(query));
        return objects;
    });
}

std::optional<LabelObject> LabelStore::object(ItemId item, ObjectId id) const {
    return database_.read([&](SQLite::Database& db) { return find_object(db, item, id); });
}

ObjectId LabelStore::next_object_id(ItemId item) const {
    return database_.read([&](SQLite::Database& db) {
        const std::int64_t last = frame_of(db, item).last_object;
        if (last < std::int64_t{UINT32_MAX})
            return static_cast<ObjectId>(last + 1);
        // Some tool used the very last id: look for a gap.
        SQLite::Statement gap(
            db, "SELECT MIN(id) + 1 FROM (SELECT 0 AS id UNION ALL SELECT id FROM objects WHERE item = ?1) "
                "WHERE id + 1 NOT IN (SELECT id FROM objects WHERE item = ?1)");
        gap.bind(1, item);
        gap.executeStep();
        return static_cast<ObjectId>(gap.getColumn(0).getInt64());
    });
}

std::int64_t LabelStore::total_objects() const {
    return database_.read(
        [](SQLite::Database& db) { return db.execAndGet("SELECT COUNT(*) FROM objects").getInt64(); });
}

void LabelStore::commit(const LabelEdit& edit) {
    const std::string file =
        database_.read([&](SQLite::Database& db) { return frame_of(db, edit.item).file; });
    commit_all(database_, changes_, {&edit, 1}, (edit.tool.empty() ? "edit" : edit.tool) + " on " + file);
}

void LabelStore::commit(const std::vector<LabelEdit>& edits, const std::string& title) {
    commit_all(database_, changes_, edits, title);
}

std::vector<LabelWork> LabelStore::work(ItemId item, ObjectId id) const {
    return database_.read([&](SQLite::Database& db) {
        std::vector<LabelWork> work;
        SQLite::Statement query(db, "SELECT author, seconds, edits, first, last, tool FROM work "
                                    "WHERE item = ? AND object = ? ORDER BY first, author");
        query.bind(1, item);
        query.bind(2, id);
        while (query.executeStep())
            work.push_back({query.getColumn(0).getString(), query.getColumn(1).getDouble(),
                            query.getColumn(2).getInt64(), query.getColumn(3).getString(),
                            query.getColumn(4).getString(), query.getColumn(5).getString()});
        return work;
    });
}

std::vector<ItemId> LabelStore::items_with(ClassId class_id) const {
    return database_.read([&](SQLite::Database& db) {
        std::vector<ItemId> items;
        SQLite::Statement query(db, "SELECT DISTINCT item FROM objects WHERE class = ? ORDER BY item");
        query.bind(1, class_id);
        while (query.executeStep())
            items.push_back(query.getColumn(0).getInt64());
        return items;
    });
}

std::int64_t LabelStore::set_class(std::span<const ObjectKey> objects, ClassId class_id) {
    const std::string title = objects.size() == 1 ? "class of an object"
                                                  : "class of " + std::to_string(objects.size()) + " objects";
    const bool one_item = !objects.empty() &&
                          std::all_of(objects.begin(), objects.end(),
                                      [&](const ObjectKey& key) { return key.item == objects.front().item; });
    std::int64_t there = 0;
    database_.edit(changes_, title, one_item ? objects.front().item : 0, [&](SQLite::Database& db) {
        if (!class_ids(db).contains(class_id))
            throw Error(ErrorCode::BadInput,
                        "The project has no class " + std::to_string(class_id) + " to give to objects.");
        there = 0;
        std::set<ItemId> changed;
        SQLite::Statement update(db, "UPDATE objects SET class = ? WHERE item = ? AND id = ?");
        for (const ObjectKey& key : objects) {
            update.bind(1, class_id);
            update.bind(2, key.item);
            update.bind(3, key.object);
            if (update.exec() > 0) {
                ++there;
                changed.insert(key.item);
            }
            update.reset();
        }
        for (const ItemId item : changed)
            note_labels_changed(db, item, annotator_here(db));
    });
    return there;
}

std::int64_t LabelStore::revision() const {
    return database_.read([](SQLite::Database& db) {
        return db.execAndGet("SELECT value FROM meta WHERE key = 'label_revision'").getInt64();
    });
}

} // namespace eyepiece
