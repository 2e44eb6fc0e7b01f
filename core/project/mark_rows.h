// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/marks.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// Rows of the tables `marks` and `skeletons`. Internal to core/project; within the caller's transaction.
std::vector<Mark> marks_of_item(SQLite::Database& db, ItemId item); // by id
std::optional<Mark> find_mark(SQLite::Database& db, ItemId item, MarkId id);
void store_mark(SQLite::Database& db, ItemId item, const Mark& mark); // as it is
void remove_mark(SQLite::Database& db, ItemId item, MarkId id);

std::string labelled_file(SQLite::Database& db, ItemId item); // its file's name; Error(NotFound)
Skeleton skeleton_from_text(const std::string& definition);   // Error(Storage) when it is none

// Everything that is marked of an item, or with a class, goes.
void remove_marks_of_item(SQLite::Database& db, ItemId item);
void remove_marks_of_class(SQLite::Database& db, ClassId class_id);

} // namespace eyepiece
