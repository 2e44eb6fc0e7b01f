// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "core/data/table.h"
#include "core/project/items.h"

#include <vector>

namespace eyepiece {

// Which item of the project, and which object of it, each row of a table is of. A value.
struct RowItems {
    std::vector<ItemId> items;     // 0: none
    std::vector<ObjectId> objects; // 0: none; empty: no row is of an object
    bool any() const { return !items.empty(); }
};

// By the ids that ProjectTable wrote, where the table was `made` of this project; else by the names that the
// rows go by (their own, or the columns item, image, file, name, path or the first text): an item's name, its
// path, its file's name or stem where that is one item's alone, and "NAME #ID" for an object. Empty when no
// row is of an item.
RowItems row_items(const Table& table, const std::vector<Item>& items, bool made);

} // namespace eyepiece
