// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/row_labels.h"

#include "core/base/error.h"

#include <charconv>
#include <limits>
#include <type_traits>
#include <unordered_map>

namespace eyepiece {
namespace {

[[noreturn]] void refuse(const Column& column, std::size_t row, const std::string& label) {
    throw Error(ErrorCode::BadInput,
                "Row " + std::to_string(row + 1) + " of the column \"" + column.name() + "\" cannot be \"" +
                    label + "\": the column holds " +
                    (column.type() == ColumnType::Boolean ? "true or false" : "numbers of another kind") +
                    ".");
}

template<class Number>
Number number_of(const Column& column, std::size_t row, const std::string& label) {
    Number value{};
    if (column.type() == ColumnType::Boolean) {
        if (label != "true" && label != "false")
            refuse(column, row, label);
        return static_cast<Number>(label == "true");
    }
    const auto [end, problem] = std::from_chars(label.data(), label.data() + label.size(), value);
    if (problem != std::errc() || end != label.data() + label.size())
        refuse(column, row, label);
    return value;
}

template<class Number>
Number unknown() { // what else says so has a list of its own
    if constexpr (std::is_floating_point_v<Number>)
        return std::numeric_limits<Number>::quiet_NaN();
    else
        return 0;
}

Column::Missing missing_by(const Column& column, const RowLabels& labels) {
    Column::Missing missing(column.size(), false);
    for (std::size_t row = 0; row < column.size(); ++row)
        missing[row] = column.missing(row);
    for (const auto& [row, label] : labels)
        missing[row] = label.empty();
    return missing;
}

Column texts(const Column& column, const RowLabels& labels) {
    TextValues values;
    for (std::size_t row = 0; row < column.size(); ++row) {
        const auto found = labels.find(row);
        values.push_back(found == labels.end() ? column.view(row) : std::string_view(found->second));
    }
    return Column::text(column.name(), std::move(values), missing_by(column, labels));
}

Column categories(const Column& column, const RowLabels& labels) {
    auto codes = std::get<std::vector<std::int32_t>>(column.values());
    Column::Categories names = column.categories();
    std::unordered_map<std::string, std::int32_t> code_of;
    for (std::size_t at = 0; at < names.size(); ++at)
        code_of.emplace(names[at], static_cast<std::int32_t>(at));
    for (const auto& [row, label] : labels) {
        if (label.empty()) {
            codes[row] = -1;
            continue;
        }
        const auto [entry, fresh] = code_of.try_emplace(label, static_cast<std::int32_t>(names.size()));
        if (fresh)
            names.push_back(label);
        codes[row] = entry->second;
    }
    return Column::categorical(column.name(), std::move(codes), std::move(names));
}

Column numbers(const Column& column, const RowLabels& labels) {
    return std::visit(
        [&](const auto& values) -> Column {
            using Values = std::decay_t<decltype(values)>;
            if constexpr (std::is_same_v<Values, TextValues>) {
                throw Error(ErrorCode::Internal, "A column of numbers holds texts.");
            } else {
                using Number = typename Values::value_type;
                Values changed = values;
                for (const auto& [row, label] : labels)
                    changed[row] = label.empty() ? unknown<Number>() : number_of<Number>(column, row, label);
                if constexpr (std::is_floating_point_v<Number>) {
                    return Column::reals(column.name(), std::move(changed));
                } else {
                    if constexpr (std::is_same_v<Number, std::uint8_t>)
                        if (column.type() == ColumnType::Boolean)
                            return Column::booleans(column.name(), std::move(changed),
                                                    missing_by(column, labels));
                    return Column::integers(column.name(), std::move(changed), missing_by(column, labels));
                }
            }
        },
        column.values());
}

} // namespace

bool takes_labels(ColumnType type) {
    return type != ColumnType::Date;
}

Column relabelled(const Column& column, const RowLabels& labels) {
    if (labels.empty())
        return column;
    if (!takes_labels(column.type()))
        throw Error(ErrorCode::BadInput, "The column \"" + column.name() +
                                             "\" holds dates, which cannot be relabelled here. Correct them "
                                             "in the file.");
    if (const std::size_t last = labels.rbegin()->first; last >= column.size())
        throw Error(ErrorCode::BadInput, "There is no row " + std::to_string(last + 1) +
                                             " to relabel: the table has " + std::to_string(column.size()) +
                                             " rows. Is it another file by now?");
    const Column changed = column.type() == ColumnType::Text          ? texts(column, labels)
                           : column.type() == ColumnType::Categorical ? categories(column, labels)
                                                                      : numbers(column, labels);
    return changed.with_role(column.role());
}

Table relabelled(const Table& table, const TableLabels& labels) {
    std::vector<Column> columns = table.dense();
    for (const auto& [name, of_rows] : labels) {
        const std::size_t at = table.at(name);
        if (at >= columns.size())
            throw Error(ErrorCode::BadInput, "The column \"" + name +
                                                 "\" is one of the wide counts, which cannot be relabelled. "
                                                 "Correct them in the file.");
        columns[at] = relabelled(columns[at], of_rows);
    }
    Table changed(std::move(columns));
    if (table.sparse())
        changed.set_sparse(table.shared_sparse(), table.sparse_names());
    if (table.row_names())
        changed.set_row_names(*table.row_names());
    return changed;
}

Json to_json(const TableLabels& labels) {
    Json json = Json::object();
    for (const auto& [name, of_rows] : labels) {
        Json list = Json::array();
        for (const auto& [row, label] : of_rows)
            list.push_back({{"row", row}, {"label", label}});
        json[name] = std::move(list);
    }
    return json;
}

TableLabels labels_from_json(const Json& json) {
    TableLabels labels;
    try {
        for (const auto& [name, list] : json.items())
            for (const Json& one : list)
                labels[name][one.at("row").get<std::size_t>()] = one.at("label").get<std::string>();
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput,
                    "Rows are relabelled as {COLUMN: [{\"row\": NUMBER, \"label\": TEXT}]}; this is "
                    "something else.",
                    error.what());
    }
    return labels;
}

TableLabels labels_of(const std::vector<LabelDecision>& decisions) {
    TableLabels labels, of_file;
    for (const LabelDecision& one : decisions) {
        const auto [original, first] = of_file[one.column].try_emplace(one.row, one.before);
        if (one.after == original->second)
            labels[one.column].erase(one.row);
        else
            labels[one.column][one.row] = one.after;
    }
    std::erase_if(labels, [](const auto& entry) { return entry.second.empty(); });
    return labels;
}

Json to_json(const std::vector<LabelDecision>& decisions) {
    Json json = Json::array();
    for (const LabelDecision& one : decisions)
        json.push_back(
            {{"column", one.column}, {"row", one.row}, {"before", one.before}, {"after", one.after}});
    return json;
}

std::vector<LabelDecision> decisions_from_json(const Json& json) {
    std::vector<LabelDecision> decisions;
    try {
        for (const Json& one : json)
            decisions.push_back({one.at("column").get<std::string>(), one.at("row").get<std::size_t>(),
                                 one.at("before").get<std::string>(), one.at("after").get<std::string>()});
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput,
                    "What was said of the labels of rows is no list of {\"column\", \"row\", \"before\", "
                    "\"after\"}.",
                    error.what());
    }
    return decisions;
}

} // namespace eyepiece
