// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/row_items.h"

#include "core/intake/project_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {

namespace {

RowItems by_ids(const Table& table, const std::vector<Item>& items, std::size_t column) {
    std::unordered_set<ItemId> known;
    for (const Item& item : items)
        known.insert(item.id);
    RowItems found{std::vector<ItemId>(table.rows()), {}};
    const Column ids = table.column(column);
    for (std::size_t row = 0; row < table.rows(); ++row)
        if (const double id = ids.number(row); std::isfinite(id) && known.contains(static_cast<ItemId>(id)))
            found.items[row] = static_cast<ItemId>(id);
    if (const auto objects = table.find(object_id_column)) {
        const Column numbers = table.column(*objects);
        found.objects.resize(table.rows());
        for (std::size_t row = 0; row < table.rows(); ++row)
            if (const double id = numbers.number(row); id >= 1)
                found.objects[row] = static_cast<ObjectId>(id);
    }
    return found;
}

// Items by all that one may be called; a word that two share names neither.
class Names {
public:
    explicit Names(const std::vector<Item>& items) {
        for (const Item& item : items)
            for (const std::string& word : std::unordered_set<std::string>{
                     item.name, item.path.string(), item.path.filename().string(), item.path.stem().string()})
                if (const auto [place, fresh] = of_.emplace(word, item.id); !fresh)
                    place->second = 0;
        for (const Item& item : items) // shown names are unique, whatever others' stems are
            of_[item.name] = item.id;
    }
    ItemId find(const std::string& word) const {
        const auto found = of_.find(word);
        return found == of_.end() ? 0 : found->second;
    }

private:
    std::unordered_map<std::string, ItemId> of_;
};

RowItems by_names(const Column& column, const Names& names) {
    RowItems found{std::vector<ItemId>(column.size()), std::vector<ObjectId>(column.size())};
    for (std::size_t row = 0; row < column.size(); ++row) {
        const std::string word = column.shown(row);
        found.items[row] = names.find(word);
        const std::size_t mark = word.rfind(" #");
        if (found.items[row] != 0 || mark == std::string::npos)
            continue;
        ObjectId id = 0;
        const char* end = word.data() + word.size();
        const auto [last, problem] = std::from_chars(word.data() + mark + 2, end, id);
        if (problem == std::errc() && last == end &&
            (found.items[row] = names.find(word.substr(0, mark))) != 0)
            found.objects[row] = id;
    }
    const auto none = [](auto id) { return id == 0; };
    if (std::all_of(found.objects.begin(), found.objects.end(), none))
        found.objects.clear();
    if (std::all_of(found.items.begin(), found.items.end(), none))
        return {};
    return found;
}

} // namespace

RowItems row_items(const Table& table, const std::vector<Item>& items, bool made) {
    if (items.empty() || table.rows() == 0)
        return {};
    if (const auto ids = table.find(item_id_column); made && ids)
        return by_ids(table, items, *ids);
    const Names names(items);
    std::vector<Column> candidates;
    if (table.row_names())
        candidates.push_back(*table.row_names());
    for (const char* name : {item_column, "image", "file", "name", "path"})
        if (const auto place = table.find(name); place && *place < table.dense().size())
            candidates.push_back(table.dense()[*place]);
    for (const Column& column : table.dense())
        if (!column.numeric()) {
            candidates.push_back(column);
            break;
        }
    for (const Column& column : candidates)
        if (RowItems found = by_names(column, names); found.any())
            return found;
    return {};
}

} // namespace eyepiece
