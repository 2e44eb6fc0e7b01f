// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/registry.h"
#include "core/data/image.h"
#include "core/data/table.h"
#include "core/project/items.h"
#include "core/project/labels.h"
#include "core/project/project.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// Where the rows of a table come from, for whoever links them with the project again.
inline constexpr const char* item_column = "item";           // the item's shown name
inline constexpr const char* item_id_column = "item id";     // ItemId
inline constexpr const char* object_id_column = "object id"; // ObjectId within the item

// Makes a table of what a project holds: a row for each of its images, or of its objects. The first column
// is text and names each row apart; item_column and item_id_column say which item a row is of. Stateless;
// runs on any thread, with a connection of its own to the project, which it only reads.
class EYEPIECE_EXPORT ProjectTable {
public:
    virtual ~ProjectTable();
    // `folder`: a project or, where a kind says so, a folder of images. `set`: its parameters, complete.
    // An image that cannot be read is left out or its values are missing, with a warning that names it.
    // Throws Error(NotFound) when there is nothing to make rows of, Error(Memory) when the table would not
    // fit.
    virtual Table make(const std::filesystem::path& folder, const Json& set, JobContext& context) const = 0;
};

using ProjectTableRegistry = Registry<ProjectTable>;

// Those that need no network; the engine (core/operations/activation_table.h) and plugins add to them. Adding
// one means one file beside this one and one line there.
EYEPIECE_EXPORT void register_project_tables(ProjectTableRegistry& tables);
void register_image_table(ProjectTableRegistry& tables);
void register_object_table(ProjectTableRegistry& tables);

// The images of a project; or of a folder, by name, with neither id, group nor split. Throws Error(NotFound).
EYEPIECE_EXPORT std::vector<Item> items_of(const std::filesystem::path& folder);

// What the project says of each of these rows' items: their names, ids, groups and splits, each where it says
// anything; and the columns of an imported index. All are annotations.
EYEPIECE_EXPORT std::vector<Column> item_columns(const std::vector<const Item*>& rows);

// A table whose rows are images, or labelled objects: what the project says of them, and then the columns of
// `numbers`, all of as many rows.
EYEPIECE_EXPORT Table table_of_images(const std::vector<const Item*>& rows, std::vector<Column> numbers);
struct ObjectRow {
    const Item* item = nullptr;
    ObjectId id = 0;
    std::string class_name;
};
EYEPIECE_EXPORT Table table_of_objects(const std::vector<ObjectRow>& rows, std::vector<Column> numbers);

// A project that has labelled objects, and its items that do. Throws Error(BadInput | NotFound).
struct LabelledProject {
    std::unique_ptr<Project> project;
    std::vector<Item> items;
    std::size_t objects = 0; // of all of them
};
EYEPIECE_EXPORT LabelledProject open_labelled(const std::filesystem::path& folder);
// An item's objects by id. Throws Error(Conflict) when there are others than the item says.
EYEPIECE_EXPORT std::vector<LabelObject> labelled_objects(Project& project, const Item& item);

// What columns call an image's channels: their names, "red", "green" and "blue", or "1", "2", ...
std::vector<std::string> channel_names(const ImageInfo& info);

} // namespace eyepiece
