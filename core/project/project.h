// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/base/parameters.h"
#include "core/project/changes.h"
#include "core/project/classes.h"
#include "core/project/history.h"
#include "core/project/image_classes.h"
#include "core/project/items.h"
#include "core/project/labels.h"
#include "core/project/marks.h"
#include "core/project/reviews.h"
#include "core/project/runs.h"
#include "core/project/skeletons.h"
#include "core/project/splits.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

class Database; // core/project/database.h, internal

// A project on disk: a folder with project.eyepiece (SQLite, WAL), runs/ and cache/.
// One Project object is used from one thread; other threads and processes open their own on the same folder.
// Every change is one transaction, durable when the call returns. All members throw Error.
class EYEPIECE_EXPORT Project {
public:
    enum class Access {
        ReadOnly, // never writes, works on a read-only disk
        Shared,   // reads and writes beside others (command line, jobs)
        Editor    // as Shared, and the one editor: a second one gets Error(Conflict) naming the first
    };

    static std::unique_ptr<Project> create(const std::filesystem::path& folder, const std::string& name = {});
    static std::unique_ptr<Project> open(const std::filesystem::path& folder, Access access = Access::Shared);
    static bool is_project(const std::filesystem::path& folder);
    ~Project();

    const std::filesystem::path& folder() const { return folder_; }
    std::string name() const;
    void rename(const std::string& name);
    Access access() const { return access_; }

    ItemStore& items() { return *items_; }
    ClassStore& classes() { return *classes_; }
    LabelStore& labels() { return *labels_; }
    MarkStore& marks() { return *marks_; }
    SkeletonStore& skeletons() { return *skeletons_; }
    ImageClassStore& image_classes() { return *image_classes_; }
    ReviewStore& reviews() { return *reviews_; }
    SplitStore& splits() { return *splits_; }
    EditHistory& history() { return *history_; }
    RunStore& runs() { return *runs_; }
    ProjectChanges& changes() { return *changes_; }

    // Small named values that belong to the project (not to the user): for instance the last-used settings.
    Json setting(const std::string& key, const Json& fallback = nullptr) const;
    void set_setting(const std::string& key, const Json& value);

    // True once after another process or thread has written to the project; also tells changes().
    bool notice_external_changes();
    // What another connection of this same program has just written was told by other means: do not tell of
    // it.
    void skip_external_changes();

    // {"items": N, "annotations": N, "classes": [...], "runs": [...]} and more, for `eyepiece-cli info DIR`.
    Json summary();

    // Looks at every page, tile, object and mark; each fault is a sentence. Changes nothing.
    std::vector<std::string> check(JobContext& job);

private:
    Project(std::filesystem::path folder, Access access);
    struct Watch;
    std::filesystem::path folder_;
    Access access_;
    std::unique_ptr<Watch> watch_; // the editor's lock, and what was last seen of others' writing
    std::unique_ptr<Database> database_;
    std::unique_ptr<ProjectChanges> changes_;
    std::unique_ptr<EditHistory> history_;
    std::unique_ptr<ItemStore> items_;
    std::unique_ptr<ClassStore> classes_;
    std::unique_ptr<LabelStore> labels_;
    std::unique_ptr<MarkStore> marks_;
    std::unique_ptr<SkeletonStore> skeletons_;
    std::unique_ptr<ImageClassStore> image_classes_;
    std::unique_ptr<ReviewStore> reviews_;
    std::unique_ptr<SplitStore> splits_;
    std::unique_ptr<RunStore> runs_;
};

} // namespace eyepiece
