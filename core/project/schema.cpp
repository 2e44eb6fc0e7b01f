// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/schema.h"

#include "core/base/error.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cstdio>
#include <sqlite3.h>
#include <string>

namespace eyepiece {
namespace {

// Version 1; what later versions add is in the migrations, which a new project passes through as well.
// `path` is relative to the project's folder when below it. Uniqueness of paths and of class names is the
// stores' to keep: a constraint here could refuse an undo. Tiles put their statistics before their pixels so
// that bounds are found without reading pixels.
// The tables of version 1; what came later is in the steps below, which a new project takes as well.
constexpr const char* first_schema = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE items(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL, file TEXT NOT NULL, stem TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '',
    hash TEXT NOT NULL DEFAULT '', size INTEGER NOT NULL DEFAULT -1, mtime INTEGER NOT NULL DEFAULT 0,
    width INTEGER NOT NULL DEFAULT 0, height INTEGER NOT NULL DEFAULT 0, channels INTEGER NOT NULL DEFAULT 0,
    grp TEXT NOT NULL DEFAULT '', split TEXT NOT NULL DEFAULT '', complete INTEGER NOT NULL DEFAULT 0,
    last_object INTEGER NOT NULL DEFAULT 0, columns TEXT NOT NULL DEFAULT '');
CREATE INDEX items_by_path ON items(path);
CREATE INDEX items_by_stem ON items(stem);
CREATE INDEX items_by_hash ON items(hash) WHERE hash <> '';
CREATE TABLE classes(
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, color INTEGER NOT NULL, key TEXT NOT NULL DEFAULT '');
CREATE TABLE objects(
    item INTEGER NOT NULL REFERENCES items(id), id INTEGER NOT NULL, class INTEGER NOT NULL REFERENCES classes(id),
    area INTEGER NOT NULL, x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    score REAL NOT NULL DEFAULT -1, edits INTEGER NOT NULL DEFAULT 0, author TEXT NOT NULL DEFAULT '',
    tool TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '', created TEXT NOT NULL DEFAULT '', polygon BLOB,
    PRIMARY KEY(item, id));
CREATE INDEX objects_by_class ON objects(class);
CREATE TABLE tiles(
    item INTEGER NOT NULL REFERENCES items(id), row INTEGER NOT NULL, col INTEGER NOT NULL,
    stats BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY(item, row, col));
CREATE TABLE records(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE edits(
    id INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
    item INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL, made TEXT NOT NULL, changes BLOB NOT NULL);
CREATE INDEX edits_in_order ON edits(undone, step, id);
INSERT INTO meta VALUES('label_revision', 0);
INSERT INTO classes(id, name, color, key) VALUES(0, 'background', 7895160, '');
)";

// Points and keypoints, their skeletons, and the classes of whole images. `points` holds four numbers a
// point: x, y, visibility, score.
void add_marks(SQLite::Database& database) {
    database.exec(R"(
CREATE TABLE marks(
    item INTEGER NOT NULL REFERENCES items(id), id INTEGER NOT NULL, class INTEGER NOT NULL REFERENCES classes(id),
    kind INTEGER NOT NULL, z INTEGER NOT NULL, t INTEGER NOT NULL, points BLOB NOT NULL,
    track TEXT NOT NULL, author TEXT NOT NULL, tool TEXT NOT NULL, run TEXT NOT NULL, score REAL NOT NULL,
    created TEXT NOT NULL, edits INTEGER NOT NULL, PRIMARY KEY(item, id));
CREATE INDEX marks_by_class ON marks(class);
CREATE TABLE mark_counters(item INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE skeletons(class INTEGER PRIMARY KEY REFERENCES classes(id), definition TEXT NOT NULL);
CREATE TABLE image_classes(
    item INTEGER NOT NULL REFERENCES items(id), class INTEGER NOT NULL REFERENCES classes(id),
    author TEXT NOT NULL, tool TEXT NOT NULL, run TEXT NOT NULL, score REAL NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY(item, class));
CREATE INDEX image_classes_by_class ON image_classes(class);
)");
}

// Steps of review, and who worked on what for how long. `work` says it of each object and goes with it;
// `time_spent` of the whole image, also for what was undone or deleted since, and so undo does not cover it.
// What was labelled before has its first step from its oldest object.
void add_reviews(SQLite::Database& database) {
    database.exec(R"(
CREATE TABLE reviews(
    id INTEGER PRIMARY KEY AUTOINCREMENT, item INTEGER NOT NULL REFERENCES items(id), status INTEGER NOT NULL,
    author TEXT NOT NULL, word TEXT NOT NULL, made TEXT NOT NULL);
CREATE INDEX reviews_by_item ON reviews(item, id);
CREATE TABLE work(
    item INTEGER NOT NULL REFERENCES items(id), object INTEGER NOT NULL, author TEXT NOT NULL,
    seconds REAL NOT NULL, edits INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
    tool TEXT NOT NULL, PRIMARY KEY(item, object, author)) WITHOUT ROWID;
CREATE TABLE time_spent(
    item INTEGER NOT NULL, author TEXT NOT NULL, seconds REAL NOT NULL, edits INTEGER NOT NULL,
    PRIMARY KEY(item, author)) WITHOUT ROWID;
DROP INDEX objects_by_class;
CREATE INDEX objects_by_class ON objects(class, item);
INSERT INTO reviews(item, status, author, word, made)
    SELECT item, 1, author, '', MIN(created) FROM objects GROUP BY item;
)");
}

constexpr std::uintmax_t header_bytes = 100;

} // namespace

void create_schema(SQLite::Database& database) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    database.exec(first_schema);
    for (const Migration& step : migrations())
        step(database);
    database.exec("PRAGMA application_id = " + std::to_string(application_id));
    database.exec("PRAGMA user_version = " + std::to_string(schema_version));
    transaction.commit();
    // Only now: the header that check_header() reads must be in the file itself, not in its log.
    database.exec("PRAGMA journal_mode = WAL");
}

std::span<const Migration> migrations() {
    static const std::array<Migration, schema_version - 1> steps{add_marks, add_reviews};
    return steps;
}

void migrate(SQLite::Database& database, const std::filesystem::path& file,
             std::span<const Migration> steps) {
    const auto version_of = [&] { return database.execAndGet("PRAGMA user_version").getInt(); };
    if (version_of() > static_cast<int>(steps.size()))
        return;
    auto backup = file;
    backup += ".version-" + std::to_string(version_of());
    if (!std::filesystem::exists(backup)) {
        SQLite::Statement copy(database, "VACUUM INTO ?");
        copy.bind(1, backup.string());
        copy.exec();
    }
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::EXCLUSIVE);
    // Read again: another process may have been quicker.
    for (int version = version_of(); version <= static_cast<int>(steps.size()); ++version) {
        steps[static_cast<std::size_t>(version - 1)](database);
        database.exec("PRAGMA user_version = " + std::to_string(version + 1));
    }
    transaction.commit();
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // so that the file's own header says the new version
}

std::string immutable_uri(const std::filesystem::path& file) {
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(file).string()) {
        if (c == '?' || c == '#' || c == '%') {
            char code[4];
            std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(c));
            uri += code;
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

int check_header(const std::filesystem::path& file) {
    std::error_code problem;
    if (!std::filesystem::exists(file, problem))
        throw Error(ErrorCode::NotFound,
                    "There is no project in \"" + file.parent_path().string() +
                        "\". Choose a folder that holds a project.eyepiece, or make one.");
    const auto damaged = [&](const std::string& details) {
        return Error(ErrorCode::Storage,
                     "The file \"" + file.string() +
                         "\" is damaged or is no project file. It was left as it is; "
                         "restore it from a copy.",
                     details);
    };
    if (std::filesystem::file_size(file, problem) < header_bytes && !problem)
        throw damaged("It is shorter than a database's header.");
    int version = 0, application = 0;
    try {
        SQLite::Database database(immutable_uri(file), SQLite::OPEN_READONLY | SQLite::OPEN_URI);
        application = database.execAndGet("PRAGMA application_id").getInt();
        version = database.execAndGet("PRAGMA user_version").getInt();
    } catch (const SQLite::Exception& exception) {
        if ((exception.getErrorCode() & 0xff) == SQLITE_CANTOPEN)
            throw Error(ErrorCode::Storage,
                        "The project file \"" + file.string() + "\" cannot be read. Check its permissions.",
                        exception.what());
        throw damaged(exception.what());
    }
    if (application != static_cast<int>(application_id) || version < 1)
        throw Error(ErrorCode::Storage, "The file \"" + file.string() +
                                            "\" is a database of another program, not an Eyepiece project. "
                                            "It was left as it is.");
    if (version > schema_version)
        throw Error(ErrorCode::Unsupported,
                    "The project \"" + file.parent_path().string() +
                        "\" was made by a newer Eyepiece (format " + std::to_string(version) +
                        ", this one reads up to " + std::to_string(schema_version) +
                        "). Open it with that version or update this one. It was left as it is.");
    return version;
}

} // namespace eyepiece
