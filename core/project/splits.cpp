// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/splits.h"

#include "core/base/stamp.h"
#include "core/project/database.h"
#include "core/project/split_plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>

namespace eyepiece {
namespace {

constexpr std::array<const char*, 3> sides{"train", "val", "test"};

std::vector<SplitItem> read_items(SQLite::Database& db, const Database& database) {
    std::vector<SplitItem> items;
    SQLite::Statement query(
        db,
        "SELECT items.id, path, stem, hash, grp, split, columns, complete, "
        "COALESCE((SELECT SUM(area) FROM objects WHERE item = items.id AND class <> 0), 0), "
        "EXISTS(SELECT 1 FROM objects WHERE item = items.id), width * height FROM items ORDER BY items.id");
    while (query.executeStep()) {
        SplitItem item;
        item.id = query.getColumn(0).getInt64();
        item.path = database.absolute_path(query.getColumn(1).getString());
        item.stem = query.getColumn(2).getString();
        item.hash = query.getColumn(3).getString();
        item.group = query.getColumn(4).getString();
        item.split = query.getColumn(5).getString();
        if (const std::string columns = query.getColumn(6).getString(); !columns.empty())
            item.columns = Json::parse(columns, nullptr, false);
        if (!item.columns.is_object())
            item.columns = Json::object();
        item.labelled = query.getColumn(7).getInt() != 0 || query.getColumn(9).getInt() != 0;
        const double pixels = static_cast<double>(query.getColumn(10).getInt64());
        item.foreground = static_cast<double>(query.getColumn(8).getInt64()) / (pixels > 0 ? pixels : 1);
        items.push_back(std::move(item));
    }
    return items;
}

void store_splits(SQLite::Database& db, const std::map<ItemId, std::string>& assigned) {
    SQLite::Statement update(db, "UPDATE items SET split = ?1 WHERE id = ?2 AND split <> ?1");
    for (const auto& [item, side] : assigned) {
        update.bind(1, side);
        update.bind(2, item);
        update.exec();
        update.reset();
    }
}

void store_record(SQLite::Database& db, const Json& record) {
    SQLite::Statement upsert(db, "INSERT INTO records(key, value) VALUES('split', ?) "
                                 "ON CONFLICT(key) DO UPDATE SET value = excluded.value");
    upsert.bind(1, record.dump());
    upsert.exec();
}

Json read_record(SQLite::Database& db) {
    SQLite::Statement query(db, "SELECT value FROM records WHERE key = 'split'");
    if (!query.executeStep())
        return nullptr;
    Json record = Json::parse(query.getColumn(0).getString(), nullptr, false);
    return record.is_discarded() ? Json(nullptr) : record;
}

SplitResult result_of(const SplitPlan& plan) {
    SplitResult result;
    for (const auto& [item, side] : plan.sides) {
        result.train += side == "train";
        result.val += side == "val";
        result.test += side == "test";
    }
    result.torn_groups = plan.torn_groups;
    result.warnings = plan.warnings;
    return result;
}

std::regex parse_pattern(const std::string& pattern) {
    try {
        std::regex expression(pattern);
        if (expression.mark_count() == 0)
            throw Error(ErrorCode::BadInput, "The pattern \"" + pattern +
                                                 "\" has no part in parentheses; that part is the "
                                                 "group. For instance: name:^(.*)_[0-9]+$");
        return expression;
    } catch (const std::regex_error& error) {
        throw Error(ErrorCode::BadInput,
                    "The pattern \"" + pattern + "\" is not a regular expression: " + error.what());
    }
}

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : value.dump();
}

} // namespace

SplitStore::SplitStore(Database& database, ProjectChanges& changes)
    : database_(database), changes_(changes) {}

SplitResult SplitStore::preview(const SplitRequest& request) const {
    const auto items = database_.read([&](SQLite::Database& db) { return read_items(db, database_); });
    return result_of(plan_split(items, request));
}

SplitResult SplitStore::apply(const SplitRequest& request) {
    SplitResult result;
    database_.edit(changes_, "split", 0, [&](SQLite::Database& db) {
        const SplitPlan plan = plan_split(read_items(db, database_), request);
        result = result_of(plan);
        store_splits(db, plan.sides);
        store_record(db,
                     {{"by", request.by == SplitBy::Group ? "group" : "item"},
                      {"shares", {{"train", request.train}, {"val", request.val}, {"test", request.test}}},
                      {"seed", request.seed},
                      {"only-labelled", request.only_labelled},
                      {"keep-existing", request.keep_existing},
                      {"made", utc_now()},
                      {"warnings", plan.warnings}});
    });
    return result;
}

void SplitStore::assign(const std::vector<ItemId>& items, const std::string& split) {
    if (!split.empty() && std::find(sides.begin(), sides.end(), split) == sides.end())
        throw Error(ErrorCode::BadInput,
                    "An image can be in \"train\", \"val\" or \"test\", not in \"" + split + "\".");
    const std::string title = split.empty() ? "take out of the split" : "put into " + split;
    database_.edit(changes_, title, items.size() == 1 ? items.front() : 0, [&](SQLite::Database& db) {
        std::map<ItemId, std::string> assigned;
        for (const ItemId item : items)
            assigned[item] = split;
        store_splits(db, assigned);
        Json record = read_record(db);
        if (!record.is_object())
            record = {{"by", "hand"}, {"made", utc_now()}, {"warnings", Json::array()}};
        else if (record.value("by", "") != "hand")
            record["changed-by-hand"] = true;
        store_record(db, record);
    });
}

Json SplitStore::record() const {
    return database_.read([&](SQLite::Database& db) {
        Json record = read_record(db);
        if (!record.is_object())
            record = {{"by", nullptr}, {"warnings", Json::array()}};
        // What holds now, whatever was done since: by hand, or by changing groups.
        std::map<std::string, std::set<std::string>> of_group, of_content;
        std::map<std::string, std::int64_t> counts;
        SQLite::Statement query(db, "SELECT grp, hash, split FROM items WHERE split <> ''");
        while (query.executeStep()) {
            const std::string split = query.getColumn(2).getString();
            ++counts[split];
            if (query.getColumn(0).getBytes() > 0)
                of_group[query.getColumn(0).getString()].insert(split);
            if (query.getColumn(1).getBytes() > 0)
                of_content[query.getColumn(1).getString()].insert(split);
        }
        const auto torn = [](const auto& map) {
            return std::count_if(map.begin(), map.end(),
                                 [](const auto& entry) { return entry.second.size() > 1; });
        };
        record["counts"] = Json::object();
        for (const char* side : sides)
            record["counts"][side] = counts[side];
        record["torn-groups"] = torn(of_group);
        record["torn-copies"] = torn(of_content);
        return record;
    });
}

std::int64_t SplitStore::group_by(const std::string& rule) {
    const auto after = [&](std::string_view prefix) { return rule.substr(prefix.size()); };
    std::function<std::string(const SplitItem&)> group_of;
    if (rule == "folder") {
        group_of = [](const SplitItem& item) { return item.path.parent_path().filename().string(); };
    } else if (rule.starts_with("column:")) {
        group_of = [column = after("column:")](const SplitItem& item) {
            const auto at = item.columns.find(column);
            return at == item.columns.end() ? std::string() : text_of(*at);
        };
    } else if (rule.starts_with("name:")) {
        group_of = [expression = parse_pattern(after("name:"))](const SplitItem& item) {
            std::smatch match;
            const std::string name = item.path.filename().string();
            if (std::regex_search(item.stem, match, expression) || std::regex_search(name, match, expression))
                return match[1].str();
            return std::string();
        };
    } else if (rule == "none") {
        group_of = [](const SplitItem&) { return std::string(); };
    } else {
        throw Error(ErrorCode::BadInput, "Images cannot be grouped by \"" + rule +
                                             "\". Give folder, column:NAME, name:REGEX or none.");
    }
    std::set<std::string> groups;
    database_.edit(changes_, "group by " + rule, 0, [&](SQLite::Database& db) {
        const auto items = read_items(db, database_);
        if (rule.starts_with("column:") && !items.empty() &&
            std::none_of(items.begin(), items.end(),
                         [&](const SplitItem& i) { return i.columns.contains(after("column:")); }))
            throw Error(ErrorCode::BadInput, "No image has a column named \"" + after("column:") + "\".");
        SQLite::Statement update(db, "UPDATE items SET grp = ?1 WHERE id = ?2 AND grp <> ?1");
        for (const SplitItem& item : items) {
            const std::string group = group_of(item);
            if (!group.empty())
                groups.insert(group);
            update.bind(1, group);
            update.bind(2, item.id);
            update.exec();
            update.reset();
        }
    });
    return static_cast<std::int64_t>(groups.size());
}

} // namespace eyepiece
