// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/project_table.h"

#include "core/base/natural_order.h"
#include "core/formats/image_reader.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

Column texts(const std::string& name, std::size_t rows, const std::function<std::string(std::size_t)>& text) {
    TextValues values;
    Column::Missing missing(rows, false);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::string one = text(row);
        missing[row] = one.empty();
        values.push_back(one);
    }
    return Column::text(name, std::move(values), std::move(missing));
}

// One column of an imported index: numbers where every value is one.
Column index_column(const std::string& name, const std::vector<const Item*>& rows) {
    const auto value_of = [&](std::size_t row) -> const Json* {
        const auto found = rows[row]->columns.find(name);
        return found == rows[row]->columns.end() || found->is_null() ? nullptr : &*found;
    };
    bool numbers = true;
    for (std::size_t row = 0; numbers && row < rows.size(); ++row)
        numbers = !value_of(row) || value_of(row)->is_number();
    if (numbers) {
        std::vector<double> values(rows.size(), std::numeric_limits<double>::quiet_NaN());
        for (std::size_t row = 0; row < rows.size(); ++row)
            if (const Json* value = value_of(row))
                values[row] = value->get<double>();
        return Column::reals(name, std::move(values));
    }
    return texts(name, rows.size(),
                 [&](std::size_t row) {
                     const Json* value = value_of(row);
                     return !value               ? std::string()
                            : value->is_string() ? value->get<std::string>()
                                                 : value->dump();
                 })
        .as_categorical();
}

std::vector<Item> files_of(const fs::path& folder) {
    std::vector<Item> items;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (!has_image_extension(entry->path()) || !entry->is_regular_file(problem))
            continue;
        Item item;
        item.path = entry->path();
        item.name = entry->path().filename().string();
        items.push_back(std::move(item));
    }
    if (problem)
        throw Error(ErrorCode::Storage,
                    "The folder \"" + folder.string() + "\" cannot be read: " + problem.message() + ".");
    std::sort(items.begin(), items.end(),
              [](const Item& a, const Item& b) { return natural_less(a.name, b.name); });
    return items;
}

} // namespace

ProjectTable::~ProjectTable() = default;

void register_project_tables(ProjectTableRegistry& tables) {
    register_image_table(tables);
    register_object_table(tables);
}

std::vector<Item> items_of(const fs::path& folder) {
    std::error_code problem;
    if (!fs::is_directory(folder, problem))
        throw Error(ErrorCode::NotFound,
                    "There is no folder \"" + folder.string() + "\". Give a project, or a folder of images.");
    const bool project = Project::is_project(folder);
    std::vector<Item> items =
        project ? Project::open(folder, Project::Access::ReadOnly)->items().all() : files_of(folder);
    if (items.empty())
        throw Error(ErrorCode::NotFound,
                    project ? "The project \"" + folder.string() + "\" has no images. Add some first."
                            : "There are no images in the folder \"" + folder.string() + "\".");
    return items;
}

std::vector<Column> item_columns(const std::vector<const Item*>& rows) {
    const auto any = [&](const auto& says) { return std::any_of(rows.begin(), rows.end(), says); };
    std::vector<Column> columns;
    columns.push_back(texts(item_column, rows.size(), [&](std::size_t row) { return rows[row]->name; }));
    if (any([](const Item* item) { return item->id != 0; })) {
        std::vector<std::int64_t> ids;
        for (const Item* item : rows)
            ids.push_back(item->id);
        columns.push_back(Column::integers(item_id_column, std::move(ids)));
    }
    for (const auto& [name, member] : {std::pair{"split", &Item::split}, std::pair{"group", &Item::group}})
        if (any([member = member](const Item* item) { return !(item->*member).empty(); }))
            columns.push_back(texts(name, rows.size(), [&, member = member](std::size_t row) {
                                  return rows[row]->*member;
                              }).as_categorical());
    std::vector<std::string> names;
    for (const Item* item : rows)
        for (const auto& [name, value] : item->columns.items())
            if (std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
    for (const std::string& name : names)
        // The project's own word on a group counts: it may have been changed since.
        if (std::none_of(columns.begin(), columns.end(),
                         [&](const Column& column) { return column.name() == name; }))
            columns.push_back(index_column(name, rows));
    for (Column& column : columns)
        column = column.with_role(ColumnRole::Annotation);
    return columns;
}

Table table_of_images(const std::vector<const Item*>& rows, std::vector<Column> numbers) {
    std::vector<Column> columns = item_columns(rows);
    Table table;
    table.set_row_names(columns.front());
    columns.erase(columns.begin());
    for (Column& column : columns)
        table.add(std::move(column));
    for (Column& column : numbers)
        table.add(std::move(column));
    return table;
}

Table table_of_objects(const std::vector<ObjectRow>& rows, std::vector<Column> numbers) {
    TextValues names, classes;
    std::vector<const Item*> items;
    std::vector<std::int64_t> ids;
    for (const ObjectRow& row : rows) {
        names.push_back(row.item->name + " #" + std::to_string(row.id));
        classes.push_back(row.class_name);
        items.push_back(row.item);
        ids.push_back(row.id);
    }
    Table table;
    table.add(Column::text("class", std::move(classes)).as_categorical().with_role(ColumnRole::Target));
    for (Column& column : item_columns(items))
        table.add(std::move(column));
    table.add(Column::integers(object_id_column, std::move(ids)).with_role(ColumnRole::Annotation));
    for (Column& column : numbers)
        table.add(std::move(column));
    table.set_row_names(Column::text("object", std::move(names)));
    return table;
}

LabelledProject open_labelled(const fs::path& folder) {
    if (!Project::is_project(folder))
        throw Error(ErrorCode::BadInput, "\"" + folder.string() +
                                             "\" is no project, so it has no labelled objects. Give a "
                                             "project, or take its images.");
    LabelledProject opened;
    opened.project = Project::open(folder, Project::Access::ReadOnly);
    opened.items = opened.project->items().all();
    std::erase_if(opened.items, [](const Item& item) { return item.objects == 0; });
    if (opened.items.empty())
        throw Error(ErrorCode::NotFound, "No object is labelled in the project \"" + folder.string() +
                                             "\". Label some, or import masks, and then measure them.");
    for (const Item& item : opened.items)
        opened.objects += static_cast<std::size_t>(item.objects);
    return opened;
}

std::vector<LabelObject> labelled_objects(Project& project, const Item& item) {
    std::vector<LabelObject> objects = project.labels().objects(item.id);
    std::sort(objects.begin(), objects.end(),
              [](const LabelObject& a, const LabelObject& b) { return a.id < b.id; });
    if (static_cast<std::int64_t>(objects.size()) != item.objects)
        throw Error(ErrorCode::Conflict,
                    "The labels of " + item.name +
                        " were changed while they were being measured. Measure them once more.");
    return objects;
}

std::vector<std::string> channel_names(const ImageInfo& info) {
    const auto channels = static_cast<std::size_t>(info.channels);
    std::vector<std::string> names;
    for (std::size_t channel = 0; channel < channels; ++channel)
        names.push_back(info.rgb && channels == 3 ? std::array{"red", "green", "blue"}[channel]
                        : channel < info.channel_names.size() && !info.channel_names[channel].empty()
                            ? info.channel_names[channel]
                            : std::to_string(channel + 1));
    return names;
}

} // namespace eyepiece
