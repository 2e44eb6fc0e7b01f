// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/remade.h"

#include "core/intake/project_table.h"

#include <cmath>
#include <map>
#include <utility>

namespace eyepiece {

namespace {

using RowKey = std::pair<double, double>; // ids of the item and the object

std::vector<RowKey> keys_of(const Table& table) {
    std::vector<RowKey> keys(table.rows());
    const auto read = [&](const char* name, double RowKey::*part) {
        if (const auto place = table.find(name))
            for (std::size_t row = 0; row < keys.size(); ++row)
                keys[row].*part = table.column(*place).number(row);
    };
    read(item_id_column, &RowKey::first);
    read(object_id_column, &RowKey::second);
    return keys;
}

std::vector<Column> features_of(const Table& table) {
    std::vector<Column> features;
    for (const Column& column : table.dense())
        if (column.role() == ColumnRole::Feature)
            features.push_back(column);
    return features;
}

bool same_values(const Column& a, const Column& b) {
    if (a.name() != b.name() || a.size() != b.size() || a.type() != b.type())
        return false;
    std::vector<double> x(a.size()), y(b.size());
    a.numbers(0, x);
    b.numbers(0, y);
    for (std::size_t row = 0; row < x.size(); ++row)
        if (x[row] != y[row] && !(std::isnan(x[row]) && std::isnan(y[row])))
            return false;
    return true;
}

bool same_features(const Table& before, const Table& now) {
    const auto a = features_of(before), b = features_of(now);
    if (a.size() != b.size())
        return false;
    for (std::size_t at = 0; at < a.size(); ++at)
        if (!same_values(a[at], b[at]))
            return false;
    return true;
}

} // namespace

void keep_what_holds(ExplorationRecord& record, const Table& before, const Table& now) {
    const auto old_keys = keys_of(before), new_keys = keys_of(now);
    const bool same_rows = old_keys == new_keys;
    if (!same_rows || !same_features(before, now))
        for (ExplorationStep& step : record.steps)
            step.outcome.reset();
    if (same_rows)
        return;
    std::map<RowKey, std::size_t> new_row;
    for (std::size_t row = 0; row < new_keys.size(); ++row)
        new_row[new_keys[row]] = row;
    std::vector<LabelDecision> decisions;
    for (LabelDecision& one : record.decisions)
        if (const auto found = one.row < old_keys.size() ? new_row.find(old_keys[one.row]) : new_row.end();
            found != new_row.end()) {
            one.row = found->second;
            decisions.push_back(std::move(one));
        }
    record.decisions = std::move(decisions);
    if (!record.class_of_row || record.class_of_row->size() != old_keys.size())
        return;
    std::map<RowKey, std::int32_t> class_of;
    for (std::size_t row = 0; row < old_keys.size(); ++row)
        class_of[old_keys[row]] = (*record.class_of_row)[row];
    auto classes = std::make_shared<std::vector<std::int32_t>>(new_keys.size(), -1);
    for (std::size_t row = 0; row < new_keys.size(); ++row)
        if (const auto found = class_of.find(new_keys[row]); found != class_of.end())
            (*classes)[row] = found->second;
    record.class_of_row = std::move(classes);
    ++record.class_revision;
}

} // namespace eyepiece
