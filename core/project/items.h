// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace SQLite {
class Database;
}

namespace eyepiece {

class Database;

enum class ItemState {
    Unread,  // listed, its content not yet read
    Ready,   // read: size, type and hash are known
    Changed, // the file's content is not what it was when labelled
    Missing, // the file is not where it was
    Broken   // the file cannot be read; `problem` says why
};
EYEPIECE_EXPORT std::string_view to_string(ItemState state);

// How far an image's labels are. The first two come by themselves; the others are said (reviews.h). The
// numbers are stored.
enum class ReviewStatus {
    New = 0,       // nothing is said of it, and it is not declared complete
    Labelled = 1,  // has objects, points or a class, or is complete without
    Submitted = 2, // whoever labelled it is done
    Accepted = 3,  // and someone has looked at it; a change of its labels makes it Labelled again
    SentBack = 4   // something is to be mended; a word says what
};
EYEPIECE_EXPORT std::string_view to_string(ReviewStatus status); // "new", "sent-back", ...

// One image of the project. Images stay where they are; `path` is absolute, and kept relative to the
// project's folder on disk when it lies below it.
struct Item {
    ItemId id = 0;
    std::filesystem::path path;
    std::string name; // shown: the file's name, or longer where two are the same
    ItemState state = ItemState::Unread;
    std::string problem;                // one sentence when Broken
    std::string hash;                   // XXH3-128 of the file's bytes, hex; empty while Unread
    std::int64_t width = 0, height = 0; // px
    int channels = 0;
    std::string group;        // a video, slide, animal, stack: kept whole by splits; empty: on its own
    std::string split;        // "train", "val", "test" or empty
    bool complete = false;    // true: pixels without an object count as background, else they do not count
    std::int64_t objects = 0; // number of labelled objects
    std::int64_t marks = 0;   // number of points and keypoint instances
    std::vector<ClassId> classes = {}; // of the image as a whole, in order
    bool labelled() const { return objects > 0 || marks > 0 || !classes.empty(); }
    ReviewStatus status = ReviewStatus::New;
    std::string review_word;       // what was said when it came to Submitted, Accepted or SentBack
    Json columns = Json::object(); // further columns of an imported table (index.csv)
};

// Reading a file's header, injected so that core/project need not know formats.
struct ItemFacts {
    std::string hash;
    std::int64_t width = 0, height = 0;
    int channels = 0;
};

struct AddReport {
    std::vector<ItemId> added;
    std::vector<ItemId> known;    // already in the project, by path or by content
    std::vector<ItemId> relinked; // known content found at a new place: the item follows, labels kept
};

class EYEPIECE_EXPORT ItemStore {
public:
    ItemStore(Database& database, ProjectChanges& changes);
    ~ItemStore();

    std::int64_t count() const;
    // Ordered by natural name order ("img2" before "img10"), 50,000 in well under a second.
    std::vector<Item> all() const;
    std::optional<Item> find(ItemId id) const;
    Item at(ItemId id) const; // throws Error(NotFound)
    std::optional<Item> find_path(const std::filesystem::path& path) const;
    std::vector<Item> find_stem(const std::string& stem) const; // file name without extension

    // Lists files; opens none but those of the size of a known file that is gone, which may be it under a new
    // name. One transaction, undoable. `groups` is empty or as long as `paths`.
    AddReport add(const std::vector<std::filesystem::path>& paths,
                  const std::vector<std::string>& groups = {});
    void remove(const std::vector<ItemId>& ids); // with their labels; one undoable edit

    // What reading the file found. When another item has this hash and its own file is missing, that item
    // takes over this path (a rename or move) and the new one disappears; returns the id that remains.
    ItemId set_facts(ItemId id, const ItemFacts& facts);
    void set_problem(ItemId id, const std::string& problem);
    // Compares files on disk (existence, size, time, then hash) with what is known; marks Missing, Changed
    // and Ready. Returns those whose state changed.
    std::vector<ItemId> refresh(JobContext& context);
    void accept_change(ItemId id); // the user says that the changed file still fits its labels

    void set_group(const std::vector<ItemId>& ids, const std::string& group);
    void set_complete(ItemId id, bool complete); // undoable
    void set_columns(ItemId id, const Json& columns);

private:
    std::vector<Item> select(const std::string& condition, const std::string& value) const;
    ItemId moved_item(SQLite::Database& db, const std::filesystem::path& path,
                      std::unordered_map<std::int64_t, std::vector<ItemId>>& lost);
    void relink(SQLite::Database& db, ItemId id, const std::filesystem::path& path);
    static std::string path_of(SQLite::Database& db, ItemId id);
    Database& database_;
    ProjectChanges& changes_;
};

// XXH3-128 of a file's bytes as hex, read in blocks. Throws Error.
EYEPIECE_EXPORT std::string content_hash(const std::filesystem::path& path);

} // namespace eyepiece
