// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace SQLite {
class Database;
}

namespace eyepiece {

// The tables of project.eyepiece. Internal to core/project.
inline constexpr int application_id = 0x45795063; // "EyPc", at byte 68 of the file
inline constexpr int schema_version = 3;          // PRAGMA user_version, at byte 60 of the file

// What undo covers. The others (meta, settings, time_spent, edits) are not history, or are the history
// itself.
inline constexpr std::array undoable_tables{"items",         "classes", "objects",   "tiles",
                                            "records",       "marks",   "skeletons", "mark_counters",
                                            "image_classes", "reviews", "work"};

namespace item_columns { // positions in `items`, as a changeset counts them
inline constexpr int group = 12, split = 13, complete = 14, last_object = 15, count = 17;
} // namespace item_columns

namespace object_columns {
inline constexpr int x = 4, y = 5, width = 6, height = 7;
} // namespace object_columns

namespace review_columns {
inline constexpr int item = 1;
} // namespace review_columns

// Takes the file from version `from` to `from` + 1; runs inside a transaction.
using Migration = std::function<void(SQLite::Database&)>;

void create_schema(SQLite::Database& database);

// The steps that this program knows: migrations()[i] takes version i + 1 to i + 2.
std::span<const Migration> migrations();

// Runs all steps from the file's version on in one transaction, after a copy of the old file was kept beside
// it as <file>.version-N. Without a step to run it does nothing.
EYEPIECE_EXPORT void migrate(SQLite::Database& database, const std::filesystem::path& file,
                             std::span<const Migration> steps);

// The name by which SQLite opens a file that, by our word, nobody writes: no lock, no log, nothing made
// beside it.
std::string immutable_uri(const std::filesystem::path& file);

// Looks at the file's own header, not at its log, and leaves it as it is. Through SQLite: whoever opens and
// closes the file by other means takes the locks away that this process holds on it, and another process then
// believes that it is alone. Throws Error(Storage) when it is not a
// project, Error(Unsupported) when a newer program wrote it. Returns its version.
int check_header(const std::filesystem::path& file);

} // namespace eyepiece
