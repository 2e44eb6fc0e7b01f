// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/data/table.h"

#include <limits>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace eyepiece {

// Columns of float or double that become known as rows come in, in that order: what a row says nothing of is
// missing there.
template<class Value>
class NumberColumns {
public:
    // Throws Error(Memory) where a new column would not fit any more.
    explicit NumberColumns(std::size_t rows) : rows_(rows) {}

    void set(std::size_t row, const std::vector<std::string>& names, std::span<const Value> values) {
        if (names != last_names_)
            find(names);
        for (std::size_t i = 0; i < values.size(); ++i)
            values_[last_places_[i]][row] = values[i];
    }

    // The first `rows` of them: fewer than were expected where some could not be read.
    std::vector<Column> take(ColumnRole role, std::size_t rows) && {
        std::vector<Column> columns;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            values_[i].resize(rows);
            columns.push_back(Column::reals(names_[i], std::move(values_[i])).with_role(role));
        }
        return columns;
    }

private:
    void find(const std::vector<std::string>& names) {
        last_places_.clear();
        std::vector<std::string> added;
        for (const std::string& name : names) {
            const auto [place, fresh] = places_.emplace(name, places_.size());
            if (fresh)
                added.push_back(name);
            last_places_.push_back(place->second);
        }
        // Twice: whoever reads the table holds the numbers beside these.
        const double bytes =
            2.0 * static_cast<double>(added.size()) * static_cast<double>(rows_) * sizeof(Value);
        if (bytes > static_cast<double>(free_memory()))
            throw Error(ErrorCode::Memory, std::to_string(rows_) + " rows of " +
                                               std::to_string(places_.size()) +
                                               " columns do not fit into the memory that is free. Choose "
                                               "fewer or smaller pictures.");
        for (std::string& name : added) {
            names_.push_back(std::move(name));
            values_.emplace_back(rows_, std::numeric_limits<Value>::quiet_NaN());
        }
        last_names_ = names;
    }

    std::size_t rows_;
    std::vector<std::string> names_, last_names_;
    std::vector<std::vector<Value>> values_;
    std::unordered_map<std::string, std::size_t> places_;
    std::vector<std::size_t> last_places_;
};

} // namespace eyepiece
