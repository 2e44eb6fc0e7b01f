// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/mark_rows.h"

#include "core/base/error.h"

#include <array>
#include <cstring>

namespace eyepiece {
namespace {

constexpr const char* mark_fields =
    "id, class, kind, z, t, points, track, author, tool, run, score, created, edits";

// x, y, visibility, score of each point.
using StoredPoint = std::array<double, 4>;

std::vector<StoredPoint> packed(const std::vector<Keypoint>& points) {
    std::vector<StoredPoint> stored;
    stored.reserve(points.size());
    for (const Keypoint& point : points)
        stored.push_back({point.place.x, point.place.y, static_cast<double>(point.visibility), point.score});
    return stored;
}

std::vector<Keypoint> unpacked(const SQLite::Column& column) {
    std::vector<StoredPoint> stored(static_cast<std::size_t>(column.getBytes()) / sizeof(StoredPoint));
    if (!stored.empty())
        std::memcpy(stored.data(), column.getBlob(), stored.size() * sizeof(StoredPoint));
    std::vector<Keypoint> points;
    points.reserve(stored.size());
    for (const auto& [x, y, visibility, score] : stored)
        points.push_back({{x, y},
                          visibility == 2   ? Visibility::Visible
                          : visibility == 1 ? Visibility::Hidden
                                            : Visibility::Absent,
                          score});
    return points;
}

Mark mark_from(SQLite::Statement& row) {
    Mark mark;
    mark.id = row.getColumn(0).getUInt();
    mark.class_id = row.getColumn(1).getInt();
    mark.kind = row.getColumn(2).getInt() == 0 ? MarkKind::Point : MarkKind::Keypoints;
    mark.plane = {row.getColumn(3).getInt(), row.getColumn(4).getInt()};
    mark.points = unpacked(row.getColumn(5));
    mark.track = row.getColumn(6).getString();
    mark.author = row.getColumn(7).getString();
    mark.tool = row.getColumn(8).getString();
    mark.run = row.getColumn(9).getString();
    mark.score = row.getColumn(10).getDouble();
    mark.created = row.getColumn(11).getString();
    mark.edits = row.getColumn(12).getInt();
    return mark;
}

void execute(SQLite::Database& db, const char* sql, std::int64_t value) {
    SQLite::Statement statement(db, sql);
    statement.bind(1, value);
    statement.exec();
}

} // namespace

std::vector<Mark> marks_of_item(SQLite::Database& db, ItemId item) {
    std::vector<Mark> marks;
    SQLite::Statement query(db,
                            std::string("SELECT ") + mark_fields + " FROM marks WHERE item = ? ORDER BY id");
    query.bind(1, item);
    while (query.executeStep())
        marks.push_back(mark_from(query));
    return marks;
}

std::optional<Mark> find_mark(SQLite::Database& db, ItemId item, MarkId id) {
    SQLite::Statement query(db,
                            std::string("SELECT ") + mark_fields + " FROM marks WHERE item = ? AND id = ?");
    query.bind(1, item);
    query.bind(2, id);
    if (!query.executeStep())
        return {};
    return mark_from(query);
}

void store_mark(SQLite::Database& db, ItemId item, const Mark& mark) {
    SQLite::Statement upsert(
        db,
        "INSERT INTO marks(item, id, class, kind, z, t, points, track, author, tool, run, score, created, "
        "edits) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(item, id) DO UPDATE SET "
        "class = excluded.class, kind = excluded.kind, z = excluded.z, t = excluded.t, "
        "points = excluded.points, track = excluded.track, author = excluded.author, "
        "tool = excluded.tool, run = excluded.run, score = excluded.score, created = excluded.created, "
        "edits = excluded.edits");
    const std::vector<StoredPoint> points = packed(mark.points);
    upsert.bind(1, item);
    upsert.bind(2, mark.id);
    upsert.bind(3, mark.class_id);
    upsert.bind(4, mark.kind == MarkKind::Point ? 0 : 1);
    upsert.bind(5, mark.plane.z);
    upsert.bind(6, mark.plane.t);
    upsert.bindNoCopy(7, points.data(), static_cast<int>(points.size() * sizeof(StoredPoint)));
    upsert.bindNoCopy(8, mark.track);
    upsert.bindNoCopy(9, mark.author);
    upsert.bindNoCopy(10, mark.tool);
    upsert.bindNoCopy(11, mark.run);
    upsert.bind(12, mark.score);
    upsert.bindNoCopy(13, mark.created);
    upsert.bind(14, mark.edits);
    upsert.exec();
}

void remove_mark(SQLite::Database& db, ItemId item, MarkId id) {
    SQLite::Statement remove(db, "DELETE FROM marks WHERE item = ? AND id = ?");
    remove.bind(1, item);
    remove.bind(2, id);
    remove.exec();
}

std::string labelled_file(SQLite::Database& db, ItemId item) {
    SQLite::Statement query(db, "SELECT file FROM items WHERE id = ?");
    query.bind(1, item);
    if (!query.executeStep())
        throw Error(ErrorCode::NotFound, "The image to be labelled is no longer in the project.");
    return query.getColumn(0).getString();
}

Skeleton skeleton_from_text(const std::string& definition) {
    try {
        return skeleton_from_json(Json::parse(definition));
    } catch (const std::exception& error) {
        throw Error(
            ErrorCode::Storage,
            "A skeleton of the project is damaged. Run `eyepiece-cli check` on the project, and restore "
            "it from a copy.",
            error.what());
    }
}

void remove_marks_of_item(SQLite::Database& db, ItemId item) {
    for (const char* sql : {"DELETE FROM marks WHERE item = ?", "DELETE FROM mark_counters WHERE item = ?",
                            "DELETE FROM image_classes WHERE item = ?"})
        execute(db, sql, item);
}

void remove_marks_of_class(SQLite::Database& db, ClassId class_id) {
    for (const char* sql : {"DELETE FROM marks WHERE class = ?", "DELETE FROM image_classes WHERE class = ?",
                            "DELETE FROM skeletons WHERE class = ?"})
        execute(db, sql, class_id);
}

} // namespace eyepiece
