// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/items.h"

#include <cstdint>
#include <map>
#include <string>

namespace SQLite {
class Database;
}

namespace eyepiece {

// The stored steps of reviews, for the stores whose edits bring some with them. Internal to core/project; all
// run inside the caller's transaction.

// For a query of `items`: the ReviewStatus of each as a number, and what was said with it. What was said last
// holds, but that an image is labelled: that is seen from its labels.
inline constexpr const char* status_of_items =
    "COALESCE((SELECT NULLIF(status, 1) FROM reviews WHERE reviews.item = items.id ORDER BY reviews.id DESC "
    "LIMIT 1), complete OR EXISTS(SELECT 1 FROM objects WHERE objects.item = items.id) OR "
    "EXISTS(SELECT 1 FROM marks WHERE marks.item = items.id) OR "
    "EXISTS(SELECT 1 FROM image_classes WHERE image_classes.item = items.id))";
inline constexpr const char* review_word_of_items =
    "COALESCE((SELECT word FROM reviews WHERE reviews.item = items.id ORDER BY reviews.id DESC LIMIT 1), '')";

std::map<ReviewStatus, std::int64_t> review_counts(SQLite::Database& db); // every status is there

// Who is at work in this project: what its setting says, or else the system's user.
std::string annotator_here(SQLite::Database& db);

void add_review_step(SQLite::Database& db, ItemId item, ReviewStatus status, const std::string& word,
                     const std::string& author);

// The labels of an image were changed: the first time that makes it Labelled, and an Accepted one is so
// again, since what was accepted are other labels.
void note_labels_changed(SQLite::Database& db, ItemId item, const std::string& author);

} // namespace eyepiece
