// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/items.h"

#include "core/base/natural_order.h"
#include "core/project/database.h"
#include "core/project/mark_rows.h"
#include "core/project/review_steps.h"

#include <algorithm>
#include <sstream>
#include <sys/stat.h>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

const std::string item_fields = std::string("SELECT items.id, path, file, state, problem, hash, width, "
                                            "height, channels, grp, split, complete, columns, "
                                            "(SELECT COUNT(*) FROM objects WHERE objects.item = items.id), "
                                            "(SELECT COUNT(*) FROM marks WHERE marks.item = items.id), "
                                            "(SELECT GROUP_CONCAT(class, ' ') FROM image_classes "
                                            "WHERE image_classes.item = items.id), ") +
                                status_of_items + ", " + review_word_of_items + " FROM items";
// Whether anything is said of an item, which a change of its file may put in doubt.
constexpr const char* is_labelled =
    "(EXISTS(SELECT 1 FROM objects WHERE item = items.id) OR EXISTS(SELECT 1 FROM marks WHERE item = "
    "items.id) OR EXISTS(SELECT 1 FROM image_classes WHERE item = items.id))";

// Size and time of a file, by which a look tells whether its content can have changed.
struct FileStamp {
    bool exists = false;
    std::int64_t size = -1, mtime = 0; // bytes, ns
};

FileStamp stamp_of(const fs::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
        return {};
    return {true, info.st_size, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

Item item_from(SQLite::Statement& row, const Database& database) {
    Item item;
    item.id = row.getColumn(0).getInt64();
    item.path = database.absolute_path(row.getColumn(1).getString());
    item.name = row.getColumn(2).getString();
    item.state = static_cast<ItemState>(row.getColumn(3).getInt());
    item.problem = row.getColumn(4).getString();
    item.hash = row.getColumn(5).getString();
    item.width = row.getColumn(6).getInt64();
    item.height = row.getColumn(7).getInt64();
    item.channels = row.getColumn(8).getInt();
    item.group = row.getColumn(9).getString();
    item.split = row.getColumn(10).getString();
    item.complete = row.getColumn(11).getInt() != 0;
    if (const auto columns = row.getColumn(12); columns.getBytes() > 0)
        item.columns = Json::parse(columns.getString(), nullptr, false);
    if (!item.columns.is_object())
        item.columns = Json::object();
    item.objects = row.getColumn(13).getInt64();
    item.marks = row.getColumn(14).getInt64();
    if (const auto classes = row.getColumn(15); classes.getBytes() > 0) {
        std::istringstream ids(classes.getString());
        for (ClassId id = 0; ids >> id;)
            item.classes.push_back(id);
        std::sort(item.classes.begin(), item.classes.end());
    }
    item.status = static_cast<ReviewStatus>(row.getColumn(16).getInt());
    if (item.status > ReviewStatus::Labelled)
        item.review_word = row.getColumn(17).getString();
    return item;
}

// The parent folder's name in front, for files of the same name.
std::string long_name(const Item& item, int parents) {
    std::string name = item.path.filename().string();
    fs::path folder = item.path.parent_path();
    for (int i = 0; i < parents && folder.has_filename(); ++i, folder = folder.parent_path())
        name = folder.filename().string() + "/" + name;
    return name;
}

// Makes shown names unique by as many parent folders as it takes.
void disambiguate(std::vector<Item>& items) {
    constexpr int enough = 8;
    for (int parents = 1; parents <= enough; ++parents) {
        std::unordered_map<std::string, int> seen;
        for (const Item& item : items)
            ++seen[item.name];
        if (seen.size() == items.size())
            return;
        for (Item& item : items)
            if (seen[item.name] > 1)
                item.name = long_name(item, parents);
    }
}

void update_state(SQLite::Database& db, ItemId id, ItemState state) {
    SQLite::Statement update(db, "UPDATE items SET state = ?, problem = '' WHERE id = ?");
    update.bind(1, static_cast<int>(state));
    update.bind(2, id);
    update.exec();
}

std::string count_title(const std::string& verb, std::size_t count, const std::string& single) {
    return verb + " " + (count == 1 ? single : std::to_string(count) + " images");
}

std::string file_of(SQLite::Database& db, ItemId id) {
    SQLite::Statement query(db, "SELECT file FROM items WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep())
        throw Error(ErrorCode::NotFound, "This image is no longer in the project.");
    return query.getColumn(0).getString();
}

// Spells a path without links and dots; one look at the disk per folder, none per file.
class Canonical {
public:
    fs::path operator()(const fs::path& path) {
        const fs::path absolute = path.is_absolute() ? path : fs::absolute(path);
        const fs::path parent = absolute.parent_path();
        auto [at, fresh] = folders_.try_emplace(parent.native());
        if (fresh) {
            std::error_code problem;
            const fs::path real = fs::weakly_canonical(parent, problem);
            at->second = problem ? parent.lexically_normal() : real;
        }
        return at->second / absolute.filename();
    }

private:
    std::unordered_map<std::string, fs::path> folders_;
};

} // namespace

std::string_view to_string(ItemState state) {
    switch (state) {
    case ItemState::Unread:
        return "unread";
    case ItemState::Ready:
        return "ready";
    case ItemState::Changed:
        return "changed";
    case ItemState::Missing:
        return "missing";
    case ItemState::Broken:
        return "broken";
    }
    return "unread";
}

std::string_view to_string(ReviewStatus status) {
    switch (status) {
    case ReviewStatus::New:
        return "new";
    case ReviewStatus::Labelled:
        return "labelled";
    case ReviewStatus::Submitted:
        return "submitted";
    case ReviewStatus::Accepted:
        return "accepted";
    case ReviewStatus::SentBack:
        return "sent-back";
    }
    return "new";
}

ItemStore::ItemStore(Database& database, ProjectChanges& changes) : database_(database), changes_(changes) {}
ItemStore::~ItemStore() = default;

std::int64_t ItemStore::count() const {
    return database_.read(
        [](SQLite::Database& db) { return db.execAndGet("SELECT COUNT(*) FROM items").getInt64(); });
}

std::vector<Item> ItemStore::select(const std::string& condition, const std::string& value) const {
    return database_.read([&](SQLite::Database& db) {
        std::vector<Item> items;
        SQLite::Statement query(db, item_fields + (condition.empty() ? "" : " WHERE " + condition));
        if (!condition.empty())
            query.bind(1, value);
        while (query.executeStep())
            items.push_back(item_from(query, database_));
        return items;
    });
}

std::vector<Item> ItemStore::all() const {
    auto items = select("", "");
    disambiguate(items);
    std::vector<std::size_t> order(items.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (items[a].name != items[b].name)
            return natural_less(items[a].name, items[b].name);
        return items[a].id < items[b].id;
    });
    std::vector<Item> sorted;
    sorted.reserve(items.size());
    for (const std::size_t index : order)
        sorted.push_back(std::move(items[index]));
    return sorted;
}

std::optional<Item> ItemStore::find(ItemId id) const {
    auto found = select("items.id = CAST(? AS INTEGER)", std::to_string(id));
    if (found.empty())
        return {};
    const std::string file = found.front().name;
    auto namesakes = select("stem = ?", found.front().path.stem().string());
    std::erase_if(namesakes, [&](const Item& item) { return item.name != file; });
    disambiguate(namesakes);
    for (Item& item : namesakes)
        if (item.id == id)
            return std::move(item);
    return std::move(found.front());
}

Item ItemStore::at(ItemId id) const {
    if (auto item = find(id))
        return std::move(*item);
    throw Error(ErrorCode::NotFound, "The image number " + std::to_string(id) + " is not in the project.");
}

std::optional<Item> ItemStore::find_path(const fs::path& path) const {
    const auto found = select("path = ?", database_.stored_path(Canonical()(path)));
    if (found.empty())
        return {};
    return find(found.front().id);
}

std::vector<Item> ItemStore::find_stem(const std::string& stem) const {
    return select("stem = ?", stem);
}

AddReport ItemStore::add(const std::vector<fs::path>& paths, const std::vector<std::string>& groups) {
    if (!groups.empty() && groups.size() != paths.size())
        throw Error(ErrorCode::Internal, "As many groups as images are needed, or none.");
    AddReport report;
    const std::string title = paths.size() == 1 ? "add " + paths.front().filename().string()
                                                : "add " + std::to_string(paths.size()) + " images";
    database_.edit(changes_, title, 0, [&](SQLite::Database& db) {
        report = {};
        std::unordered_map<std::string, ItemId> known;
        std::unordered_map<std::int64_t, std::vector<ItemId>>
            lost; // by size: known content whose file is gone
        {
            SQLite::Statement query(db, "SELECT id, path, size, hash <> '' FROM items");
            std::vector<std::pair<std::int64_t, ItemId>> candidates;
            while (query.executeStep()) {
                const ItemId id = query.getColumn(0).getInt64();
                known.emplace(query.getColumn(1).getString(), id);
                if (query.getColumn(3).getInt() != 0 &&
                    !stamp_of(database_.absolute_path(query.getColumn(1).getString())).exists)
                    lost[query.getColumn(2).getInt64()].push_back(id);
            }
        }
        Canonical canonical;
        SQLite::Statement insert(db, "INSERT INTO items(path, file, stem, grp) VALUES(?, ?, ?, ?)");
        for (std::size_t i = 0; i < paths.size(); ++i) {
            const fs::path path = canonical(paths[i]);
            const std::string stored = database_.stored_path(path);
            if (const auto at = known.find(stored); at != known.end()) {
                report.known.push_back(at->second);
                continue;
            }
            // A file is opened only when one of its size was lost: it may be that one under a new name.
            if (!lost.empty()) {
                if (const ItemId moved = moved_item(db, path, lost)) {
                    known.emplace(stored, moved);
                    report.relinked.push_back(moved);
                    continue;
                }
            }
            insert.bindNoCopy(1, stored);
            insert.bind(2, path.filename().string());
            insert.bind(3, path.stem().string());
            insert.bind(4, groups.empty() ? std::string() : groups[i]);
            insert.exec();
            insert.reset();
            const ItemId id = db.getLastInsertRowid();
            known.emplace(stored, id);
            report.added.push_back(id);
        }
    });
    return report;
}

ItemId ItemStore::moved_item(SQLite::Database& db, const fs::path& path,
                             std::unordered_map<std::int64_t, std::vector<ItemId>>& lost) {
    const FileStamp stamp = stamp_of(path);
    const auto at = lost.find(stamp.size);
    if (!stamp.exists || at == lost.end() || at->second.empty())
        return 0;
    std::string hash;
    try {
        hash = content_hash(path);
    } catch (const Error&) {
        return 0; // unreadable: listed as a new item, which will say why
    }
    for (ItemId& id : at->second) {
        SQLite::Statement query(db, "SELECT 1 FROM items WHERE id = ? AND hash = ?");
        query.bind(1, id);
        query.bind(2, hash);
        if (!query.executeStep())
            continue;
        const ItemId moved = id;
        at->second.erase(at->second.begin() + (&id - at->second.data()));
        relink(db, moved, path);
        return moved;
    }
    return 0;
}

void ItemStore::relink(SQLite::Database& db, ItemId id, const fs::path& path) {
    const FileStamp stamp = stamp_of(path);
    SQLite::Statement update(
        db, "UPDATE items SET path = ?, file = ?, stem = ?, state = ?, problem = '', size = ?, mtime = ? "
            "WHERE id = ?");
    update.bind(1, database_.stored_path(path));
    update.bind(2, path.filename().string());
    update.bind(3, path.stem().string());
    update.bind(4, static_cast<int>(ItemState::Ready));
    update.bind(5, stamp.size);
    update.bind(6, stamp.mtime);
    update.bind(7, id);
    update.exec();
}

void ItemStore::remove(const std::vector<ItemId>& ids) {
    if (ids.empty())
        return;
    const std::string single =
        ids.size() == 1 ? database_.read([&](SQLite::Database& db) { return file_of(db, ids.front()); }) : "";
    database_.edit(changes_, count_title("remove", ids.size(), single), 0, [&](SQLite::Database& db) {
        for (const ItemId id : ids)
            remove_marks_of_item(db, id);
        for (const char* rows : {"DELETE FROM tiles WHERE item = ?", "DELETE FROM objects WHERE item = ?",
                                 "DELETE FROM work WHERE item = ?", "DELETE FROM reviews WHERE item = ?",
                                 "DELETE FROM items WHERE id = ?"}) {
            SQLite::Statement remove(db, rows);
            for (const ItemId id : ids) {
                remove.bind(1, id);
                remove.exec();
                remove.reset();
            }
        }
    });
}

ItemId ItemStore::set_facts(ItemId id, const ItemFacts& facts) {
    ItemId remaining = id;
    bool merged = false;
    database_.write([&](SQLite::Database& db) {
        SQLite::Statement query(db, std::string("SELECT path, hash, state, ") + is_labelled +
                                        " FROM items WHERE id = ?");
        query.bind(1, id);
        if (!query.executeStep())
            throw Error(ErrorCode::NotFound, "This image is no longer in the project.");
        const fs::path path = database_.absolute_path(query.getColumn(0).getString());
        const std::string old_hash = query.getColumn(1).getString();
        const bool labelled = query.getColumn(3).getInt() != 0;
        if (old_hash.empty() && !labelled) {
            SQLite::Statement twins(
                db, "SELECT id, path FROM items WHERE hash = ? AND hash <> '' AND id <> ? ORDER BY id");
            twins.bind(1, facts.hash);
            twins.bind(2, id);
            while (twins.executeStep()) {
                if (stamp_of(database_.absolute_path(twins.getColumn(1).getString())).exists)
                    continue;
                remaining = twins.getColumn(0).getInt64();
                break;
            }
        }
        if (remaining != id) {
            for (const char* sql : {"DELETE FROM tiles WHERE item = ?", "DELETE FROM work WHERE item = ?",
                                    "DELETE FROM reviews WHERE item = ?", "DELETE FROM items WHERE id = ?"}) {
                SQLite::Statement remove(db, sql);
                remove.bind(1, id);
                remove.exec();
            }
            relink(db, remaining, path);
            merged = true;
            return;
        }
        const FileStamp stamp = stamp_of(path);
        if (labelled && !old_hash.empty() && old_hash != facts.hash) {
            // The size is left as it was: refresh() finds the difference again until it is accepted.
            update_state(db, id, ItemState::Changed);
            return;
        }
        SQLite::Statement update(
            db, "UPDATE items SET hash = ?, width = ?, height = ?, channels = ?, size = ?, mtime = ?, "
                "state = ?, problem = '' WHERE id = ?");
        update.bind(1, facts.hash);
        update.bind(2, facts.width);
        update.bind(3, facts.height);
        update.bind(4, facts.channels);
        update.bind(5, stamp.size);
        update.bind(6, stamp.mtime);
        update.bind(7, static_cast<int>(ItemState::Ready));
        update.bind(8, id);
        update.exec();
    });
    if (merged)
        database_.tell(changes_, ItemsRemoved{{id}});
    database_.tell(changes_, ItemsChanged{{remaining}});
    return remaining;
}

void ItemStore::set_problem(ItemId id, const std::string& problem) {
    database_.write([&](SQLite::Database& db) {
        const FileStamp stamp = stamp_of(database_.absolute_path(path_of(db, id)));
        SQLite::Statement update(db,
                                 "UPDATE items SET state = ?, problem = ?, size = ?, mtime = ? WHERE id = ?");
        update.bind(1, static_cast<int>(stamp.exists ? ItemState::Broken : ItemState::Missing));
        update.bind(2, problem);
        update.bind(3, stamp.size);
        update.bind(4, stamp.mtime);
        update.bind(5, id);
        update.exec();
    });
    database_.tell(changes_, ItemsChanged{{id}});
}

std::string ItemStore::path_of(SQLite::Database& db, ItemId id) {
    SQLite::Statement query(db, "SELECT path FROM items WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep())
        throw Error(ErrorCode::NotFound, "This image is no longer in the project.");
    return query.getColumn(0).getString();
}

void ItemStore::accept_change(ItemId id) {
    database_.write([&](SQLite::Database& db) {
        // Read anew from scratch: its size may be another.
        SQLite::Statement update(db, "UPDATE items SET state = ?, hash = '', problem = '' WHERE id = ?");
        update.bind(1, static_cast<int>(ItemState::Unread));
        update.bind(2, id);
        if (update.exec() == 0)
            throw Error(ErrorCode::NotFound, "This image is no longer in the project.");
    });
    database_.tell(changes_, ItemsChanged{{id}});
}

std::vector<ItemId> ItemStore::refresh(JobContext& context) {
    struct Known {
        ItemId id = 0;
        fs::path path;
        ItemState state = ItemState::Unread;
        std::string hash;
        std::int64_t size = -1, mtime = 0;
        bool labelled = false;
    };
    const auto known = database_.read([&](SQLite::Database& db) {
        std::vector<Known> list;
        SQLite::Statement query(db, std::string("SELECT id, path, state, hash, size, mtime, ") + is_labelled +
                                        " FROM items");
        while (query.executeStep())
            list.push_back({query.getColumn(0).getInt64(),
                            database_.absolute_path(query.getColumn(1).getString()),
                            static_cast<ItemState>(query.getColumn(2).getInt()),
                            query.getColumn(3).getString(), query.getColumn(4).getInt64(),
                            query.getColumn(5).getInt64(), query.getColumn(6).getInt() != 0});
        return list;
    });
    struct Found {
        ItemId id = 0;
        ItemState state = ItemState::Unread;
        FileStamp stamp;
        bool forget_hash = false;
    };
    std::vector<Found> found;
    std::vector<ItemId> changed;
    for (std::size_t i = 0; i < known.size(); ++i) {
        context.throw_if_cancelled();
        if (i % 256 == 0)
            context.progress(static_cast<double>(i) / static_cast<double>(known.size()), "looking at files");
        const Known& item = known[i];
        Found now{item.id, item.state, stamp_of(item.path), false};
        if (!now.stamp.exists) {
            now.state = ItemState::Missing;
        } else if (now.stamp.size == item.size && now.stamp.mtime == item.mtime) {
            if (item.state == ItemState::Missing)
                now.state = item.hash.empty() ? ItemState::Unread : ItemState::Ready;
        } else if (item.hash.empty()) {
            now.state = ItemState::Unread; // never read, or broken and written anew
        } else {
            std::string hash;
            try {
                hash = content_hash(item.path);
            } catch (const Error& error) {
                context.warn(error.what());
                continue;
            }
            if (hash == item.hash)
                now.state = ItemState::Ready;
            else if (item.labelled)
                now.state = ItemState::Changed;
            else {
                now.state = ItemState::Unread;
                now.forget_hash = true;
            }
        }
        const bool touched =
            now.state == ItemState::Ready && (now.stamp.size != item.size || now.stamp.mtime != item.mtime);
        if (now.state != item.state || touched || now.forget_hash)
            found.push_back(now);
        if (now.state != item.state || now.forget_hash)
            changed.push_back(item.id);
    }
    if (found.empty())
        return {};
    database_.write([&](SQLite::Database& db) {
        for (const Found& now : found) {
            update_state(db, now.id, now.state);
            if (now.state == ItemState::Ready || now.forget_hash) {
                SQLite::Statement update(
                    db, now.forget_hash ? "UPDATE items SET size = ?, mtime = ?, hash = '' WHERE id = ?"
                                        : "UPDATE items SET size = ?, mtime = ? WHERE id = ?");
                update.bind(1, now.stamp.size);
                update.bind(2, now.stamp.mtime);
                update.bind(3, now.id);
                update.exec();
            }
        }
    });
    if (!changed.empty())
        database_.tell(changes_, ItemsChanged{changed});
    return changed;
}

void ItemStore::set_group(const std::vector<ItemId>& ids, const std::string& group) {
    database_.edit(changes_, count_title("group", ids.size(), "one image"), 0, [&](SQLite::Database& db) {
        SQLite::Statement update(db, "UPDATE items SET grp = ? WHERE id = ?");
        for (const ItemId id : ids) {
            update.bind(1, group);
            update.bind(2, id);
            update.exec();
            update.reset();
        }
    });
}

void ItemStore::set_complete(ItemId id, bool complete) {
    const std::string file = database_.read([&](SQLite::Database& db) { return file_of(db, id); });
    database_.edit(changes_, (complete ? "mark as complete: " : "mark as incomplete: ") + file, id,
                   [&](SQLite::Database& db) {
                       SQLite::Statement update(
                           db, "UPDATE items SET complete = ?1 WHERE id = ?2 AND complete <> ?1");
                       update.bind(1, complete ? 1 : 0);
                       update.bind(2, id);
                       if (update.exec() > 0)
                           note_labels_changed(db, id, annotator_here(db));
                   });
}

void ItemStore::set_columns(ItemId id, const Json& columns) {
    const std::string file = database_.read([&](SQLite::Database& db) { return file_of(db, id); });
    database_.edit(changes_, "columns of " + file, id, [&](SQLite::Database& db) {
        SQLite::Statement update(db, "UPDATE items SET columns = ? WHERE id = ?");
        update.bind(1, columns.empty() ? std::string() : columns.dump());
        update.bind(2, id);
        update.exec();
    });
}

} // namespace eyepiece
