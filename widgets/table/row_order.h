// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/table.h"
#include "widgets/table/row_selection.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// One condition on the rows. What the user types: "setosa" (the text contains it), "3..5", ">= 3", "< 0.1",
// "= B", "missing". A comparison holds for numbers and dates (ISO); of texts only "=" does.
struct RowCondition {
    std::optional<std::size_t> column; // none: any column
    enum class Kind { Contains, Range, Equals, Missing } kind = Kind::Contains;
    std::string text; // lower case, of Contains and Equals
    double low = 0, high = 0;
    bool low_open = false, high_open = false; // the end itself does not count
};

// What a table shows, and in which order.
struct RowQuery {
    std::vector<RowCondition> conditions;                     // all of them hold
    std::shared_ptr<const RowSelection::Flags> only_selected; // null: all rows
    std::optional<std::size_t> sort_column;                   // none: as in the file
    bool descending = false;                                  // missing values come last either way
};

// "3..5" and the like for this column, or text for any. Throws Error(BadInput) that says what is wrong. Empty
// text: nothing.
EYEPIECE_EXPORT std::optional<RowCondition>
parse_condition(const Table& table, std::optional<std::size_t> column, const std::string& typed);

// The rows that the query asks for, in its order; rows that sort alike stay in the order of the file. Stops
// early, with what is then of no use, when told to. Any thread. Rows are numbered in 32 bits: throws
// Error(Unsupported) for more.
EYEPIECE_EXPORT std::vector<std::uint32_t> ordered_rows(const Table& table, const RowQuery& query,
                                                        const std::atomic<bool>& stop);

} // namespace eyepiece
