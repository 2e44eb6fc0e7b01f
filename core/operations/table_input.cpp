// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/table_input.h"

#include "core/formats/csv_file.h"
#include "core/operations/part_of_job.h"
#include "core/operations/table_source.h"

#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_classes = 1000;

// The table with the listed columns as its features (all that are, with an empty list), without the others;
// and the target's column marked as such, if it is not listed.
Table with_features(const Table& table, const std::vector<std::string>& listed, const std::string& target) {
    std::set<std::size_t> chosen;
    for (const std::string& name : listed)
        chosen.insert(table.at(name));
    const std::size_t target_at = target.empty() ? table.columns() : table.at(target);
    const std::size_t dense = table.dense().size();
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < table.columns(); ++i)
        if (listed.empty() || chosen.contains(i) || i == target_at || table.role(i) != ColumnRole::Feature)
            places.push_back(i);
    const Table some = places.size() == table.columns() ? table : table.select(places);
    std::vector<Column> columns;
    for (std::size_t i = 0; i < some.dense().size(); ++i) {
        const Column& column = some.dense()[i];
        const std::size_t place = places[i];
        if (place == target_at && !chosen.contains(place))
            columns.push_back(column.with_role(ColumnRole::Target));
        else if (chosen.contains(place))
            columns.push_back(column.with_role(ColumnRole::Feature));
        else if (!listed.empty() && column.role() == ColumnRole::Feature)
            columns.push_back(column.with_role(ColumnRole::Annotation));
        else
            columns.push_back(column);
    }
    if (target_at >= dense && target_at < table.columns())
        throw Error(ErrorCode::BadInput, "The column \"" + target +
                                             "\" is one of the wide counts and no class of the rows: choose "
                                             "a column that names one.");
    Table result(std::move(columns));
    if (some.sparse())
        result.set_sparse(some.shared_sparse(), some.sparse_names());
    if (some.row_names())
        result.set_row_names(*some.row_names());
    return result;
}

// A finite matrix, or an Error that names the first column that is not.
void check_values(const TableInput& input) {
    const auto complain = [&](std::size_t row, std::size_t column, float value) {
        const std::string place =
            "The column \"" + input.names[column] + "\" in row " + std::to_string(input.kept[row] + 1);
        if (std::isnan(value)) {
            std::size_t missing = 0;
            if (input.sparse)
                missing = input.sparse->missing();
            else
                for (const float one : input.values)
                    missing += std::isnan(one);
            throw Error(ErrorCode::BadInput,
                        place + " has no value (" + std::to_string(missing) +
                            " are missing in all). Fill missing values in with the step impute, or leave "
                            "those rows out with drop-missing.");
        }
        throw Error(ErrorCode::BadInput,
                    place + " is infinite, or too large for a float. Correct the value, or leave the column "
                            "or row out.");
    };
    if (input.sparse) {
        for (std::size_t row = 0; row < input.rows; ++row)
            for (std::uint64_t i = input.sparse->starts[row]; i < input.sparse->starts[row + 1]; ++i)
                if (!std::isfinite(input.sparse->values[i]))
                    complain(row, input.sparse->indices[i], input.sparse->values[i]);
        return;
    }
    for (std::size_t i = 0; i < input.values.size(); ++i)
        if (!std::isfinite(input.values[i]))
            complain(i / input.columns, i % input.columns, input.values[i]);
}

void fill_numbers(TableInput& input, const Table& table, bool keep_sparse, JobContext& context) {
    bool any_dense = false;
    for (const Column& column : table.dense())
        any_dense = any_dense || (column.role() == ColumnRole::Feature && column.numeric());
    input.rows = table.rows();
    if (keep_sparse && table.sparse() && !any_dense) {
        input.sparse = table.shared_sparse();
        input.columns = input.sparse->columns;
        input.names = table.sparse_names();
    } else {
        NumericMatrix numbers = numeric_matrix(table);
        input.columns = numbers.columns;
        input.values = std::move(numbers.values);
        input.names = std::move(numbers.names);
        if (!numbers.left_out.empty()) {
            const std::size_t count = numbers.left_out.size();
            context.warn((count == 1 ? "The column \"" + table.name(numbers.left_out.front()) + "\" is"
                                     : std::to_string(count) + " columns (\"" +
                                           table.name(numbers.left_out.front()) + "\", ...) are") +
                         " no numbers and left out; the step one-hot turns categories into numbers.");
        }
    }
    check_values(input);
}

void fill_target(TableInput& input, const Table& table, const std::string& name) {
    const Column column = table.column(table.at(name)).as_categorical();
    if (column.categories().size() > most_classes)
        throw Error(ErrorCode::BadInput, "The target \"" + name + "\" has " +
                                             std::to_string(column.categories().size()) +
                                             " different values: it is no class. Choose a column that names "
                                             "classes.");
    input.classes = column.categories();
    input.target = std::get<std::vector<std::int32_t>>(column.values());
}

// Its columns in the order of these names, which are the same ones.
void bring_into_order(TableInput& input, const std::vector<std::string>& names) {
    if (input.names == names)
        return;
    std::unordered_map<std::string, std::size_t> place_of;
    for (std::size_t i = 0; i < input.names.size(); ++i)
        place_of.emplace(input.names[i], i);
    std::vector<std::size_t> place;
    for (const std::string& name : names)
        place.push_back(place_of.at(name));
    if (input.sparse) {
        input.sparse = std::make_shared<const SparseMatrix>(input.sparse->take_columns(place));
    } else {
        std::vector<float> ordered(input.values.size());
        for (std::size_t row = 0; row < input.rows; ++row)
            for (std::size_t c = 0; c < place.size(); ++c)
                ordered[row * place.size() + c] = input.values[row * input.columns + place[c]];
        input.values = std::move(ordered);
    }
    input.names = names;
}

} // namespace

TableInput read_table_input(const Json& spec, bool keep_sparse, const ProjectTableRegistry& tables,
                            JobContext& context) {
    PreprocessingRegistry registry("preprocessing step");
    register_preprocessing(registry);
    // Before the reading, which may take long.
    const std::vector<RecordedStep> steps = steps_in(spec, registry);
    const std::string target = text_member(spec, "target");
    PartOfJob reading(context, 0, 0.7), preparing(context, 0.7, 1);
    reading.progress(0, "Reading the table");
    const OpenedTable opened = open_table_in(spec, "input", tables, reading);
    context.throw_if_cancelled();
    const Table table = with_features(opened.table, listed_columns(spec, "input"), target);
    Preprocessed prepared = preprocess(registry, table, steps, preparing);
    context.throw_if_cancelled();
    TableInput input;
    input.rows_read = opened.table.rows();
    input.kept = std::move(prepared.rows);
    input.steps = std::move(prepared.steps);
    input.notes = std::move(prepared.notes);
    fill_numbers(input, prepared.table, keep_sparse, context);
    input.items = item_names(prepared.table, input.kept);
    if (!target.empty())
        fill_target(input, prepared.table, target);
    return input;
}

TableInput read_more_rows(const Json& file, const TableInput& fitted, const ProjectTableRegistry& tables,
                          JobContext& context) {
    const OpenedTable opened = open_table_in({{"new", file}}, "new", tables, context);
    Preprocessed prepared = prepare_more_rows(opened.table, fitted.steps, context);
    const Table& all = prepared.table;
    std::unordered_map<std::string, std::size_t> place_of;
    for (std::size_t i = 0; i < all.columns(); ++i)
        place_of.emplace(all.name(i), i);
    std::vector<std::size_t> places;
    std::vector<std::string> absent;
    for (const std::string& name : fitted.names) {
        const auto found = place_of.find(name);
        if (found == place_of.end())
            absent.push_back(name);
        else
            places.push_back(found->second);
    }
    if (!absent.empty())
        throw Error(ErrorCode::BadInput, "The new rows lack " + std::to_string(absent.size()) + " of the " +
                                             std::to_string(fitted.names.size()) +
                                             " columns that the embedding was made of (\"" + absent.front() +
                                             "\"" + (absent.size() > 1 ? ", ..." : "") +
                                             "). Give a table with the same columns.");
    const Table chosen = all.select(places);
    std::vector<Column> columns;
    for (const Column& column : chosen.dense()) {
        if (!column.numeric())
            throw Error(ErrorCode::BadInput, "The column \"" + column.name() +
                                                 "\" of the new rows is no numbers, as it was in the table "
                                                 "that the embedding was made of.");
        columns.push_back(column.with_role(ColumnRole::Feature));
    }
    Table table(std::move(columns));
    if (chosen.sparse())
        table.set_sparse(chosen.shared_sparse(), chosen.sparse_names());
    TableInput input;
    input.rows_read = opened.table.rows();
    input.kept = std::move(prepared.rows);
    fill_numbers(input, table, fitted.sparse != nullptr, context);
    input.items = item_names(all, input.kept);
    bring_into_order(input, fitted.names);
    return input;
}

std::vector<std::string> item_names(const Table& table, const std::vector<std::size_t>& kept) {
    const Column* names = table.row_names() ? &*table.row_names() : nullptr;
    if (!names && !table.dense().empty() && table.dense().front().type() == ColumnType::Text) {
        const Column& first = table.dense().front();
        std::unordered_set<std::string_view> seen;
        bool apart = first.missing_count() == 0;
        for (std::size_t row = 0; apart && row < first.size(); ++row)
            apart = seen.insert(first.view(row)).second;
        if (apart)
            names = &first;
    }
    std::vector<std::string> items;
    items.reserve(kept.size());
    for (std::size_t row = 0; row < kept.size(); ++row)
        items.push_back(names ? names->shown(row) : std::to_string(kept[row] + 1));
    return items;
}

void write_item_table(const fs::path& path, const std::vector<std::string>& items,
                      const std::vector<std::string>& columns,
                      const std::function<void(std::size_t, std::vector<std::string>&)>& write) {
    std::vector<std::string> row{"item"};
    row.insert(row.end(), columns.begin(), columns.end());
    CsvWriter writer(path, row);
    for (std::size_t i = 0; i < items.size(); ++i) {
        row = {items[i]};
        write(i, row);
        writer.write(row);
    }
    writer.finish();
}

} // namespace eyepiece
