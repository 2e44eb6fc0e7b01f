// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/estimator_input.h"

#include "core/operations/part_of_job.h"
#include "core/operations/table_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

namespace eyepiece {
namespace {

constexpr std::size_t most_categories = 50;
constexpr std::size_t most_classes = 1000;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

bool has_few_whole_numbers(const Column& column) {
    std::set<double> distinct;
    for (std::size_t row = 0; row < column.size(); ++row) {
        const double value = column.number(row);
        if (std::isnan(value))
            continue;
        if (value != std::floor(value))
            return false;
        distinct.insert(value);
        if (distinct.size() > 20)
            return false;
    }
    return distinct.size() * 5 <= column.size();
}

bool has_classes(const Column& column, const std::string& problem) {
    if (problem == "classification")
        return true;
    const bool texts = column.type() == ColumnType::Text || column.type() == ColumnType::Categorical;
    if (problem == "regression") {
        if (texts)
            throw Error(ErrorCode::BadInput,
                        "The target \"" + column.name() +
                            "\" holds texts, which no regression predicts. Choose a column "
                            "of numbers, or classification.");
        return false;
    }
    return texts || column.type() == ColumnType::Boolean || has_few_whole_numbers(column);
}

// Classes by name: numbers by size, so that 10 comes after 9.
void fill_labels(EstimatorTable& result, const Column& column) {
    const Column categorical = column.as_categorical();
    const auto& codes = std::get<std::vector<std::int32_t>>(categorical.values());
    std::vector<std::size_t> count(categorical.categories().size(), 0);
    std::vector<double> size(count.size(), 0.0);
    for (const std::size_t row : result.rows) {
        ++count[static_cast<std::size_t>(codes[row])];
        if (column.numeric())
            size[static_cast<std::size_t>(codes[row])] = column.number(row);
    }
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < count.size(); ++k)
        if (count[k] > 0)
            order.push_back(k);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return size[a] != size[b] ? size[a] < size[b]
                                  : categorical.categories()[a] < categorical.categories()[b];
    });
    if (order.size() > most_classes)
        throw Error(ErrorCode::BadInput, "The target \"" + column.name() + "\" has " +
                                             std::to_string(order.size()) +
                                             " different values: it is no class. Choose a column that names "
                                             "classes, or regression.");
    std::vector<std::int32_t> place(count.size(), -1);
    for (std::size_t k = 0; k < order.size(); ++k) {
        place[order[k]] = static_cast<std::int32_t>(k);
        result.classes.push_back(categorical.categories()[order[k]]);
    }
    for (const std::size_t row : result.rows)
        result.labels.push_back(place[static_cast<std::size_t>(codes[row])]);
}

// Neither the target nor the groups are features of a step: what scales features leaves them alone.
Table with_roles(const Table& table, const std::string& target, const std::string& group) {
    std::vector<Column> columns;
    for (const Column& column : table.dense())
        columns.push_back(column.name() == target  ? column.with_role(ColumnRole::Target)
                          : column.name() == group ? column.with_role(ColumnRole::Annotation)
                                                   : column);
    Table marked(std::move(columns));
    if (table.sparse())
        marked.set_sparse(table.shared_sparse(), table.sparse_names());
    if (table.row_names())
        marked.set_row_names(*table.row_names());
    return marked;
}

// What a column is as a feature; nothing where it is none.
std::optional<FeatureColumn> feature_of(const Column& column, std::vector<std::string>& left_out) {
    FeatureColumn feature{column.name(), {}};
    if (column.type() != ColumnType::Text && column.type() != ColumnType::Categorical)
        return feature;
    const Column categorical = column.as_categorical();
    feature.categories = categorical.categories();
    if (feature.categories.empty()) {
        left_out.push_back("\"" + column.name() + "\" has no values.");
        return std::nullopt;
    }
    if (feature.categories.size() > most_categories || feature.categories.size() * 2 > column.size()) {
        left_out.push_back("\"" + column.name() + "\" holds " + std::to_string(feature.categories.size()) +
                           " different texts, too many for categories.");
        return std::nullopt;
    }
    return feature;
}

void fill_column(const Column& column, const FeatureColumn& feature, const std::vector<std::size_t>& rows,
                 std::size_t width, std::size_t place, std::vector<float>& out) {
    if (feature.categorical()) {
        std::unordered_map<std::string, float> code;
        for (std::size_t k = 0; k < feature.categories.size(); ++k)
            code.emplace(feature.categories[k], static_cast<float>(k));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto found = column.missing(rows[i]) ? code.end() : code.find(column.shown(rows[i]));
            out[i * width + place] = found == code.end() ? nan : found->second;
        }
        return;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const double value = column.number(rows[i]);
        // Not only infinite numbers but those that no float holds.
        if (std::isinf(static_cast<float>(value)))
            throw Error(ErrorCode::BadInput,
                        "The column \"" + column.name() + "\" in row " + std::to_string(rows[i] + 1) +
                            " is infinite, or too large for a float. Correct the value, or "
                            "leave the column out.");
        out[i * width + place] = static_cast<float>(value);
    }
}

// "new.csv lacks 2 of the 5 columns that are needed: ..."
std::string lacking(const std::string& file, const std::vector<std::string>& absent, std::size_t needed) {
    constexpr std::size_t most_listed = 10;
    std::string names;
    for (std::size_t i = 0; i < std::min(most_listed, absent.size()); ++i)
        names += (i == 0 ? "\"" : ", \"") + absent[i] + "\"";
    return file + " lacks " + std::to_string(absent.size()) + " of the " + std::to_string(needed) +
           (needed == 1 ? " column that is needed: " : " columns that are needed: ") + names +
           (absent.size() > most_listed ? ", ..." : "") + ". Give a table with columns of the same names.";
}

// What a column of another table must be, where it was `feature` in the first; and what it has that is new.
void compare(const Column& column, const FeatureColumn& feature, const std::string& file,
             std::vector<std::string>& notes) {
    if (!feature.categorical()) {
        const bool texts = column.type() == ColumnType::Text || column.type() == ColumnType::Categorical;
        if (texts && column.missing_count() < column.size())
            throw Error(ErrorCode::BadInput, "The column \"" + column.name() + "\" of " + file +
                                                 " holds texts, where numbers are needed. Correct them, or "
                                                 "say how the file is to be read.");
        return;
    }
    const std::set<std::string> categories(feature.categories.begin(), feature.categories.end());
    std::size_t rows = 0;
    std::string first;
    for (std::size_t row = 0; row < column.size(); ++row)
        if (!column.missing(row) && !categories.contains(column.shown(row)) && ++rows == 1)
            first = column.shown(row);
    if (rows > 0)
        notes.push_back("In " + std::to_string(rows) + (rows == 1 ? " row" : " rows") + " of " + file +
                        " the column \"" + column.name() + "\" holds what is not known (\"" + first +
                        "\"): it counts as missing.");
}

void fill_sparse(const Table& table, const std::vector<std::size_t>& rows,
                 const std::vector<std::size_t>& places, std::vector<float>& out) {
    const SparseMatrix& matrix = *table.sparse();
    const std::size_t dense = table.dense().size();
    constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> feature(matrix.columns, none);
    for (std::size_t f = 0; f < places.size(); ++f)
        if (places[f] >= dense)
            feature[places[f] - dense] = f;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto indices = matrix.row_indices(rows[i]);
        const auto values = matrix.row_values(rows[i]);
        for (std::size_t k = 0; k < indices.size(); ++k)
            if (feature[indices[k]] != none)
                out[i * places.size() + feature[indices[k]]] = values[k];
    }
}

void fill_features(EstimatorTable& result) {
    const std::size_t width = result.columns.size(), bytes = result.rows.size() * width * sizeof(float);
    if (bytes > free_memory() / 4) // every fold under way holds a copy
        throw Error(ErrorCode::Memory,
                    "The table's " + std::to_string(result.rows.size()) + " rows of " +
                        std::to_string(width) +
                        " columns do not fit in memory as numbers. Choose fewer columns, or "
                        "draw rows with the step subsample.");
    result.features.assign(result.rows.size() * width, 0.0F);
    for (std::size_t f = 0; f < width; ++f)
        if (result.places[f] < result.table.dense().size())
            fill_column(result.table.dense()[result.places[f]], result.columns[f], result.rows, width, f,
                        result.features);
    if (result.table.sparse())
        fill_sparse(result.table, result.rows, result.places, result.features);
}

} // namespace

EstimatorData EstimatorTable::data() const {
    return {.features = {features, static_cast<std::int64_t>(rows.size()),
                         static_cast<std::int64_t>(columns.size()), nullptr},
            .columns = columns,
            .classes = static_cast<int>(classes.size()),
            .labels = labels,
            .values = values,
            .groups = groups};
}

EstimatorTable read_estimator_table(const Json& spec, const EstimatorTableOptions& options,
                                    const ProjectTableRegistry& tables, JobContext& context) {
    PreprocessingRegistry registry("preprocessing step");
    register_preprocessing(registry);
    // Before the reading, which may take long.
    const std::vector<RecordedStep> steps = steps_in(spec, registry);
    EstimatorTable result;
    result.target = text_member(spec, "target");
    const std::string group = text_member(spec, "group");
    if (result.target.empty() && options.needs_target)
        throw Error(ErrorCode::BadInput, "What is to be predicted? Name the column as \"target\".");
    PartOfJob reading(context, 0, 0.8), preparing(context, 0.8, 1);
    reading.progress(0, "Reading the table");
    const OpenedTable opened = open_table_in(spec, "input", tables, reading);
    context.throw_if_cancelled();
    for (const std::string& name : {result.target, group})
        if (!name.empty() && opened.table.at(name) >= opened.table.dense().size())
            throw Error(ErrorCode::BadInput,
                        "The column \"" + name +
                            "\" is one of the wide counts: choose a column beside them.");
    Preprocessed prepared =
        preprocess(registry, with_roles(opened.table, result.target, group), steps, preparing);
    context.throw_if_cancelled();
    result.table = std::move(prepared.table);
    result.kept = std::move(prepared.rows);
    result.rows_read = opened.table.rows();
    result.steps = std::move(prepared.steps);
    result.notes = std::move(prepared.notes);
    const Table& table = result.table;

    std::set<std::string> listed;
    for (const std::string& name : listed_columns(spec, "input")) {
        table.at(name); // throws
        listed.insert(name);
    }
    for (std::size_t place = 0; place < table.columns(); ++place) {
        const std::string& name = table.name(place);
        if (name == result.target || name == group ||
            (listed.empty() ? table.role(place) != ColumnRole::Feature : !listed.contains(name)))
            continue;
        if (place >= table.dense().size()) {
            result.columns.push_back({name, {}});
            result.places.push_back(place);
        } else if (auto feature = feature_of(table.dense()[place], result.left_out)) {
            result.columns.push_back(std::move(*feature));
            result.places.push_back(place);
        }
    }
    if (result.columns.empty() && options.needs_target)
        throw Error(ErrorCode::BadInput,
                    "There is no column left to predict from: all are the target, groups, "
                    "annotations or texts.");

    const Column* const target = result.target.empty() ? nullptr : &table.dense().at(table.at(result.target));
    for (std::size_t row = 0; row < table.rows(); ++row)
        if (!target || !target->missing(row))
            result.rows.push_back(row);
    if (result.rows.empty())
        throw Error(ErrorCode::BadInput, "The target \"" + result.target + "\" has no values.");
    if (result.rows.size() < table.rows())
        result.notes.push_back(std::to_string(table.rows() - result.rows.size()) +
                               " rows have no value of \"" + result.target + "\" and are left out.");
    if (target && has_classes(*target, options.problem)) {
        fill_labels(result, *target);
    } else if (target) {
        for (const std::size_t row : result.rows) {
            const double value = target->number(row);
            if (!std::isfinite(value))
                throw Error(ErrorCode::BadInput,
                            "The target \"" + result.target + "\" in row " +
                                std::to_string(result.kept[row] + 1) +
                                " is infinite. Correct the value, or leave the row out.");
            result.values.push_back(value);
        }
    }
    if (!group.empty()) {
        const Column column = table.dense().at(table.at(group)).as_categorical();
        const auto& codes = std::get<std::vector<std::int32_t>>(column.values());
        auto next = static_cast<std::int32_t>(column.categories().size());
        for (const std::size_t row : result.rows) // a row without a group is a group of its own
            result.groups.push_back(codes[row] >= 0 ? codes[row] : next++);
    }
    fill_features(result);
    return result;
}

EstimatorTable read_more_rows(const Json& file, const EstimatorTable& known,
                              const ProjectTableRegistry& tables, JobContext& context) {
    const OpenedTable opened = open_table_in({{"other", file}}, "other", tables, context);
    Preprocessed prepared =
        prepare_more_rows(with_roles(opened.table, known.target, {}), known.steps, context);
    const std::string name = path_in({{"other", file}}, "other").filename().string();
    EstimatorTable result;
    result.table = std::move(prepared.table);
    result.kept = std::move(prepared.rows);
    result.rows_read = opened.table.rows();
    result.steps = std::move(prepared.steps);
    result.notes = std::move(prepared.notes);
    result.target = known.target;
    std::unordered_map<std::string, std::size_t> place_of;
    for (std::size_t i = 0; i < result.table.columns(); ++i)
        place_of.emplace(result.table.name(i), i);
    std::vector<std::string> absent;
    for (const FeatureColumn& column : known.columns) {
        const auto found = place_of.find(column.name);
        if (found == place_of.end()) {
            absent.push_back(column.name);
            continue;
        }
        result.columns.push_back(column);
        result.places.push_back(found->second);
    }
    if (!absent.empty())
        throw Error(ErrorCode::BadInput, lacking(name, absent, known.columns.size()));
    for (std::size_t f = 0; f < result.columns.size(); ++f)
        if (result.places[f] < result.table.dense().size())
            compare(result.table.dense()[result.places[f]], result.columns[f], name, result.notes);
    for (std::size_t row = 0; row < result.table.rows(); ++row)
        result.rows.push_back(row);
    if (result.rows.empty())
        throw Error(ErrorCode::BadInput, "The steps leave no row of " + name + ". Choose another table.");
    fill_features(result);
    return result;
}

} // namespace eyepiece
