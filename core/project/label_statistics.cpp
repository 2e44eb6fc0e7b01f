// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/label_statistics.h"

#include "core/project/database.h"
#include "core/project/review_steps.h"

#include <algorithm>
#include <set>

namespace eyepiece {
namespace {

using Annotators = std::map<std::string, LabelStatistics::OfAnnotator>;

std::vector<LabelStatistics::OfClass> read_classes(SQLite::Database& db) {
    std::vector<LabelStatistics::OfClass> classes;
    SQLite::Statement names(db, "SELECT id, name, (SELECT COUNT(DISTINCT item) FROM objects "
                                "WHERE class = classes.id) FROM classes ORDER BY id");
    while (names.executeStep())
        classes.push_back(
            {names.getColumn(0).getInt(), names.getColumn(1).getString(), names.getColumn(2).getInt64(), {}});
    SQLite::Statement areas(db, "SELECT class, area FROM objects");
    while (areas.executeStep()) {
        const ClassId id = areas.getColumn(0).getInt();
        const auto at = std::lower_bound(classes.begin(), classes.end(), id,
                                         [](const auto& of, ClassId wanted) { return of.id < wanted; });
        if (at != classes.end() && at->id == id)
            at->areas.push_back(static_cast<double>(areas.getColumn(1).getInt64()));
    }
    for (auto& of : classes)
        std::sort(of.areas.begin(), of.areas.end());
    return classes;
}

Annotators read_annotators(SQLite::Database& db) {
    Annotators annotators;
    std::map<std::string, std::set<ItemId>> images;
    SQLite::Statement made(db, "SELECT author, item, COUNT(*) FROM objects GROUP BY author, item");
    while (made.executeStep()) {
        const std::string name = made.getColumn(0).getString();
        annotators[name].objects += made.getColumn(2).getInt64();
        images[name].insert(made.getColumn(1).getInt64());
    }
    SQLite::Statement spent(db, "SELECT author, item, seconds FROM time_spent "
                                "WHERE item IN (SELECT id FROM items)");
    while (spent.executeStep()) {
        const std::string name = spent.getColumn(0).getString();
        annotators[name].seconds += spent.getColumn(2).getDouble();
        images[name].insert(spent.getColumn(1).getInt64());
    }
    SQLite::Statement steps(db, "SELECT author, status, COUNT(*) FROM reviews WHERE status > 1 "
                                "GROUP BY author, status");
    while (steps.executeStep()) {
        auto& annotator = annotators[steps.getColumn(0).getString()];
        const std::int64_t count = steps.getColumn(2).getInt64();
        switch (static_cast<ReviewStatus>(steps.getColumn(1).getInt())) {
        case ReviewStatus::Submitted:
            annotator.submitted = count;
            break;
        case ReviewStatus::Accepted:
            annotator.accepted = count;
            break;
        case ReviewStatus::SentBack:
            annotator.sent_back = count;
            break;
        case ReviewStatus::New:
        case ReviewStatus::Labelled:
            break;
        }
    }
    for (auto& [name, annotator] : annotators) {
        annotator.name = name;
        annotator.images = static_cast<std::int64_t>(images[name].size());
    }
    return annotators;
}

} // namespace

std::int64_t LabelStatistics::objects() const {
    std::int64_t all = 0;
    for (const OfClass& of : classes)
        all += static_cast<std::int64_t>(of.areas.size());
    return all;
}

double LabelStatistics::seconds() const {
    double all = 0;
    for (const OfAnnotator& annotator : annotators)
        all += annotator.seconds;
    return all;
}

LabelStatistics LabelStore::statistics() const {
    return database_.read([](SQLite::Database& db) {
        LabelStatistics statistics;
        statistics.classes = read_classes(db);
        for (auto& [name, annotator] : read_annotators(db))
            statistics.annotators.push_back(std::move(annotator));
        SQLite::Statement tools(
            db, "SELECT CASE WHEN run <> '' THEN run ELSE tool END, COUNT(*) FROM objects GROUP BY 1");
        while (tools.executeStep())
            statistics.tools[tools.getColumn(0).getString()] = tools.getColumn(1).getInt64();
        statistics.images = review_counts(db);
        return statistics;
    });
}

} // namespace eyepiece
