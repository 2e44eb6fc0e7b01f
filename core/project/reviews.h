// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"
#include "core/project/items.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

class Database;

// The project's setting (Project::setting) that says who is at work in it, in place of the system's user:
// a string.
inline constexpr const char* annotator_setting = "annotator";

// One step of an image's way from new to accepted.
struct ReviewStep {
    ReviewStatus status = ReviewStatus::Labelled;
    std::string author; // who; empty: not known
    std::string word;   // what was said with it; may be empty
    std::string made;   // UTC, ISO 8601
};

// What setting the status of several images did.
struct ReviewReport {
    std::vector<ItemId> changed;
    std::int64_t already = 0;    // had that status
    std::int64_t unlabelled = 0; // are new: there is nothing to submit, accept or send back
};

// The statuses of images and their history. The status itself is Item::status.
class EYEPIECE_EXPORT ReviewStore {
public:
    ReviewStore(Database& database, ProjectChanges& changes);

    // Says Submitted, Accepted or SentBack of these images, or takes that back with Labelled, as one undo
    // step; tells ItemsChanged. Those that it does not fit are left as they are. SentBack needs a word.
    // Error(BadInput) for that and for New, which no one can say; Error(NotFound) for an unknown image.
    ReviewReport set(std::span<const ItemId> items, ReviewStatus status, const std::string& word = {},
                     const std::string& author = {}); // empty: who is at work here

    std::vector<ReviewStep> steps(ItemId item) const;    // oldest first
    std::map<ReviewStatus, std::int64_t> counts() const; // of images; every status is there

private:
    Database& database_;
    ProjectChanges& changes_;
};

// All statuses in the order of the work, and one by its name: Error(BadInput) says which there are.
EYEPIECE_EXPORT std::span<const ReviewStatus> all_review_statuses();
EYEPIECE_EXPORT ReviewStatus review_status(const std::string& name);

} // namespace eyepiece
