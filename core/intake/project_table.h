// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/registry.h"
#include "core/data/image.h"
#include "core/data/table.h"
#include "core/project/items.h"

#include <filesystem>
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

// Those that need no network. Adding one means one file beside this one and one line there.
EYEPIECE_EXPORT void register_project_tables(ProjectTableRegistry& tables);
void register_image_table(ProjectTableRegistry& tables);
void register_object_table(ProjectTableRegistry& tables);

// The images of a project; or of a folder, by name, with neither id, group nor split. Throws Error(NotFound).
EYEPIECE_EXPORT std::vector<Item> items_of(const std::filesystem::path& folder);

// What the project says of each of these rows' items: their names, ids, groups and splits, each where it says
// anything; and the columns of an imported index. All are annotations.
EYEPIECE_EXPORT std::vector<Column> item_columns(const std::vector<const Item*>& rows);

// What columns call an image's channels: their names, "red", "green" and "blue", or "1", "2", ...
std::vector<std::string> channel_names(const ImageInfo& info);

} // namespace eyepiece
