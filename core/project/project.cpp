// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/project.h"

#include "core/project/database.h"
#include "core/project/editor_lock.h"

namespace eyepiece {

namespace fs = std::filesystem;

struct Project::Watch {
    EditorLock lock;
    std::int64_t seen = 0; // data version of the database
};

Project::Project(fs::path folder, Access access) : folder_(std::move(folder)), access_(access) {
    watch_ = std::make_unique<Watch>();
    if (access == Access::Editor)
        watch_->lock = EditorLock(folder_);
    database_ = std::make_unique<Database>(folder_, access == Access::ReadOnly ? Database::Mode::ReadOnly
                                                                               : Database::Mode::ReadWrite);
    watch_->seen = database_->data_version();
    changes_ = std::make_unique<ProjectChanges>();
    history_ = std::make_unique<EditHistory>(*database_, *changes_);
    items_ = std::make_unique<ItemStore>(*database_, *changes_);
    classes_ = std::make_unique<ClassStore>(*database_, *changes_);
    labels_ = std::make_unique<LabelStore>(*database_, *changes_);
    marks_ = std::make_unique<MarkStore>(*database_, *changes_);
    skeletons_ = std::make_unique<SkeletonStore>(*database_, *changes_);
    image_classes_ = std::make_unique<ImageClassStore>(*database_, *changes_);
    reviews_ = std::make_unique<ReviewStore>(*database_, *changes_);
    splits_ = std::make_unique<SplitStore>(*database_, *changes_);
    runs_ = std::make_unique<RunStore>(folder_, *changes_);
}

Project::~Project() = default;

std::unique_ptr<Project> Project::create(const fs::path& folder, const std::string& name) {
    const fs::path place = fs::weakly_canonical(fs::absolute(folder));
    Database::create(place);
    auto project = open(place, Access::Editor);
    const std::string shown =
        place.has_filename() ? place.filename().string() : place.parent_path().filename().string();
    project->rename(name.empty() ? shown : name);
    return project;
}

std::unique_ptr<Project> Project::open(const fs::path& folder, Access access) {
    std::error_code problem;
    fs::path place = fs::weakly_canonical(fs::absolute(folder), problem);
    if (problem)
        place = fs::absolute(folder).lexically_normal();
    if (place.filename().empty())
        place = place.parent_path();
    // The file itself may be given, as a file manager does.
    if (place.filename() == "project.eyepiece")
        place = place.parent_path();
    if (!is_project(place))
        throw Error(ErrorCode::NotFound,
                    "There is no project in \"" + place.string() +
                        "\". Choose a folder that holds a project.eyepiece, or make one there.");
    return std::unique_ptr<Project>(new Project(std::move(place), access));
}

bool Project::is_project(const fs::path& folder) {
    std::error_code problem;
    return fs::exists(Database::file_in(folder), problem);
}

std::string Project::name() const {
    return database_->read([&](SQLite::Database& db) {
        SQLite::Statement query(db, "SELECT value FROM meta WHERE key = 'name'");
        return query.executeStep() ? query.getColumn(0).getString() : folder_.filename().string();
    });
}

void Project::rename(const std::string& name) {
    database_->write([&](SQLite::Database& db) {
        SQLite::Statement upsert(db, "INSERT OR REPLACE INTO meta(key, value) VALUES('name', ?)");
        upsert.bind(1, name);
        upsert.exec();
    });
}

Json Project::setting(const std::string& key, const Json& fallback) const {
    return database_->read([&](SQLite::Database& db) {
        SQLite::Statement query(db, "SELECT value FROM settings WHERE key = ?");
        query.bind(1, key);
        if (!query.executeStep())
            return fallback;
        Json value = Json::parse(query.getColumn(0).getString(), nullptr, false);
        return value.is_discarded() ? fallback : value;
    });
}

void Project::set_setting(const std::string& key, const Json& value) {
    database_->write([&](SQLite::Database& db) {
        SQLite::Statement upsert(db, "INSERT OR REPLACE INTO settings(key, value) VALUES(?, ?)");
        upsert.bind(1, key);
        upsert.bind(2, value.dump());
        upsert.exec();
    });
}

bool Project::notice_external_changes() {
    const std::int64_t version = database_->data_version();
    if (version == watch_->seen)
        return false;
    watch_->seen = version;
    changes_->tell(ExternalChange{});
    return true;
}

void Project::skip_external_changes() {
    watch_->seen = database_->data_version();
}

Json Project::summary() {
    Json summary = database_->read([&](SQLite::Database& db) {
        Json json;
        json["name"] = name();
        json["folder"] = folder_.string();
        json["items"] = db.execAndGet("SELECT COUNT(*) FROM items").getInt64();
        const auto count = [&](const std::string& what) {
            return db.execAndGet("SELECT COUNT(*) FROM " + what).getInt64();
        };
        json["labelled"] = count("(SELECT item FROM objects UNION SELECT item FROM marks UNION SELECT item "
                                 "FROM image_classes)");
        json["complete"] = db.execAndGet("SELECT COUNT(*) FROM items WHERE complete = 1").getInt64();
        json["points"] = count("marks WHERE kind = 0");
        json["keypoint-instances"] = count("marks WHERE kind = 1");
        json["image-classes"] = count("image_classes");
        json["annotations"] = count("objects") + count("marks") + count("image_classes");
        json["revision"] = labels_->revision();
        Json states = Json::object(), sides = Json::object();
        SQLite::Statement state(db, "SELECT state, COUNT(*) FROM items GROUP BY state");
        while (state.executeStep())
            states[std::string(to_string(static_cast<ItemState>(state.getColumn(0).getInt())))] =
                state.getColumn(1).getInt64();
        SQLite::Statement split(db, "SELECT split, COUNT(*) FROM items WHERE split <> '' GROUP BY split");
        while (split.executeStep())
            sides[split.getColumn(0).getString()] = split.getColumn(1).getInt64();
        json["states"] = std::move(states);
        json["splits"] = std::move(sides);
        json["groups"] = db.execAndGet("SELECT COUNT(DISTINCT grp) FROM items WHERE grp <> ''").getInt64();
        return json;
    });
    summary["review"] = Json::object();
    for (const auto& [status, count] : reviews_->counts())
        summary["review"][std::string(to_string(status))] = count;
    summary["split-record"] = splits_->record();
    summary["classes"] = Json::array();
    for (const LabelClass& known : classes_->all())
        summary["classes"].push_back(
            {{"id", known.id}, {"name", known.name}, {"color", known.color}, {"key", known.key}});
    summary["runs"] = Json::array();
    for (const RunInfo& run : runs_->all())
        summary["runs"].push_back({{"run", run.id},
                                   {"state", run.state()},
                                   {"alive", run.alive},
                                   {"task", run.spec.value("task", "")},
                                   {"model", run.spec.value("model", "")}});
    return summary;
}

} // namespace eyepiece
