// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/reviews.h"

#include "core/base/parameters.h"
#include "core/base/stamp.h"
#include "core/project/database.h"
#include "core/project/review_steps.h"

#include <algorithm>
#include <array>
#include <optional>

namespace eyepiece {
namespace {

constexpr std::array statuses{ReviewStatus::New, ReviewStatus::Labelled, ReviewStatus::Submitted,
                              ReviewStatus::SentBack, ReviewStatus::Accepted};

std::optional<ReviewStatus> last_step(SQLite::Database& db, ItemId item) {
    SQLite::Statement query(db, "SELECT status FROM reviews WHERE item = ? ORDER BY id DESC LIMIT 1");
    query.bind(1, item);
    if (!query.executeStep())
        return {};
    return static_cast<ReviewStatus>(query.getColumn(0).getInt());
}

struct Known {
    ReviewStatus status = ReviewStatus::New;
    std::string word, file;
};

Known known(SQLite::Database& db, ItemId item) {
    SQLite::Statement query(db, std::string("SELECT ") + status_of_items + ", " + review_word_of_items +
                                    ", file FROM items WHERE items.id = ?");
    query.bind(1, item);
    if (!query.executeStep())
        throw Error(ErrorCode::NotFound, "This image is no longer in the project.");
    return {static_cast<ReviewStatus>(query.getColumn(0).getInt()), query.getColumn(1).getString(),
            query.getColumn(2).getString()};
}

std::string verb_of(ReviewStatus status) {
    switch (status) {
    case ReviewStatus::Submitted:
        return "submit ";
    case ReviewStatus::Accepted:
        return "accept ";
    case ReviewStatus::SentBack:
        return "send back ";
    case ReviewStatus::New:
    case ReviewStatus::Labelled:
        break;
    }
    return "take back the review of ";
}

} // namespace

std::string annotator_here(SQLite::Database& db) {
    SQLite::Statement query(db, "SELECT value FROM settings WHERE key = ?");
    query.bind(1, annotator_setting);
    if (query.executeStep()) {
        const Json name = Json::parse(query.getColumn(0).getString(), nullptr, false);
        if (name.is_string() && !name.get_ref<const std::string&>().empty())
            return name.get<std::string>();
    }
    return user_name();
}

void add_review_step(SQLite::Database& db, ItemId item, ReviewStatus status, const std::string& word,
                     const std::string& author) {
    SQLite::Statement insert(db,
                             "INSERT INTO reviews(item, status, author, word, made) VALUES(?, ?, ?, ?, ?)");
    insert.bind(1, item);
    insert.bind(2, static_cast<int>(status));
    insert.bind(3, author);
    insert.bind(4, word);
    insert.bind(5, utc_now());
    insert.exec();
}

std::map<ReviewStatus, std::int64_t> review_counts(SQLite::Database& db) {
    std::map<ReviewStatus, std::int64_t> counts;
    for (const ReviewStatus status : statuses)
        counts[status] = 0;
    SQLite::Statement query(db,
                            std::string("SELECT ") + status_of_items + ", COUNT(*) FROM items GROUP BY 1");
    while (query.executeStep())
        counts[static_cast<ReviewStatus>(query.getColumn(0).getInt())] = query.getColumn(1).getInt64();
    return counts;
}

void note_labels_changed(SQLite::Database& db, ItemId item, const std::string& author) {
    const auto last = last_step(db, item);
    if (!last)
        add_review_step(db, item, ReviewStatus::Labelled, {}, author);
    else if (*last == ReviewStatus::Accepted)
        add_review_step(db, item, ReviewStatus::Labelled, "changed after it was accepted", author);
}

std::span<const ReviewStatus> all_review_statuses() {
    return statuses;
}

ReviewStatus review_status(const std::string& name) {
    std::string names;
    for (const ReviewStatus status : statuses) {
        if (to_string(status) == name)
            return status;
        names += (names.empty() ? "" : ", ") + std::string(to_string(status));
    }
    throw Error(ErrorCode::BadInput, "There is no status \"" + name + "\". Give one of " + names + ".");
}

ReviewStore::ReviewStore(Database& database, ProjectChanges& changes)
    : database_(database), changes_(changes) {}

ReviewReport ReviewStore::set(std::span<const ItemId> items, ReviewStatus status, const std::string& word,
                              const std::string& author) {
    if (status == ReviewStatus::New)
        throw Error(ErrorCode::BadInput, "An image is new as long as it has no labels; no one can say so. To "
                                         "take back what was said of it, set it to labelled.");
    if (status == ReviewStatus::SentBack && word.find_first_not_of(" \t\n") == std::string::npos)
        throw Error(ErrorCode::BadInput,
                    "Say in a word what is to be mended when you send an image back to be labelled.");
    ReviewReport report;
    const std::string what =
        items.size() == 1
            ? database_.read([&](SQLite::Database& db) { return known(db, items.front()).file; })
            : std::to_string(items.size()) + " images";
    database_.edit(changes_, verb_of(status) + what, items.size() == 1 ? items.front() : ItemId{0},
                   [&](SQLite::Database& db) {
                       report = {};
                       const std::string who = author.empty() ? annotator_here(db) : author;
                       for (const ItemId item : items) {
                           const Known now = known(db, item);
                           if (now.status == ReviewStatus::New) {
                               ++report.unlabelled;
                           } else if (now.status == status &&
                                      (status == ReviewStatus::Labelled || now.word == word)) {
                               ++report.already;
                           } else {
                               add_review_step(db, item, status, word, who);
                               report.changed.push_back(item);
                           }
                       }
                   });
    return report;
}

std::vector<ReviewStep> ReviewStore::steps(ItemId item) const {
    return database_.read([&](SQLite::Database& db) {
        std::vector<ReviewStep> steps;
        SQLite::Statement query(db,
                                "SELECT status, author, word, made FROM reviews WHERE item = ? ORDER BY id");
        query.bind(1, item);
        while (query.executeStep())
            steps.push_back({static_cast<ReviewStatus>(query.getColumn(0).getInt()),
                             query.getColumn(1).getString(), query.getColumn(2).getString(),
                             query.getColumn(3).getString()});
        return steps;
    });
}

std::map<ReviewStatus, std::int64_t> ReviewStore::counts() const {
    return database_.read([](SQLite::Database& db) { return review_counts(db); });
}

} // namespace eyepiece
