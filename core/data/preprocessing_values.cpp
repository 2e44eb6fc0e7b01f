// SPDX-License-Identifier: GPL-3.0-or-later
// Steps that change values: scale, log1p, total counts, impute.
#include "core/data/parallel.h"
#include "core/data/preprocessing_steps.h"
#include "core/data/statistics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace eyepiece {

ParameterSpec columns_parameter(std::string help) {
    return text_parameter("columns", "", "Columns", std::move(help));
}

std::vector<std::string> listed_columns(const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : std::string();
    std::vector<std::string> names;
    if (text.starts_with('[')) {
        const Json list = Json::parse(text, nullptr, false);
        if (!list.is_array())
            throw Error(ErrorCode::BadInput,
                        "\"columns\" is not readable: give name,name or a JSON list of names.");
        for (const Json& name : list)
            names.push_back(name.is_string() ? name.get<std::string>() : name.dump());
        return names;
    }
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        names.push_back(text.substr(at, comma - at));
        at = comma + 1;
    }
    return names;
}

std::vector<std::size_t> number_columns(const Table& table, const Json& listed) {
    std::vector<std::size_t> places;
    for (const std::string& name : listed_columns(listed)) {
        const std::size_t place = table.at(name);
        if (place < table.dense().size() && !table.dense()[place].numeric())
            throw Error(ErrorCode::BadInput,
                        "The column \"" + name + "\" holds " + std::string(to_string(table.type(place))) +
                            ", no numbers: leave it out, or turn it into numbers (one-hot).");
        places.push_back(place);
    }
    if (!places.empty())
        return places;
    for (std::size_t i = 0; i < table.columns(); ++i)
        if (table.role(i) == ColumnRole::Feature && (i >= table.dense().size() || table.dense()[i].numeric()))
            places.push_back(i);
    if (places.empty())
        throw Error(ErrorCode::BadInput, "The table has no columns of numbers.");
    return places;
}

Table with_columns(const Table& table, std::vector<Column> dense,
                   std::shared_ptr<const SparseMatrix> sparse) {
    Table result(std::move(dense));
    if (sparse)
        result.set_sparse(std::move(sparse), table.sparse_names());
    if (table.row_names())
        result.set_row_names(*table.row_names());
    return result;
}

Table made_dense(const Table& table) {
    if (!table.sparse())
        return table;
    const SparseMatrix& sparse = *table.sparse();
    const double bytes =
        static_cast<double>(sparse.rows) * static_cast<double>(sparse.columns) * sizeof(float);
    if (bytes > static_cast<double>(free_memory()) * 0.8)
        throw Error(ErrorCode::Memory, "The sparse columns would take " +
                                           std::to_string(static_cast<long>(bytes / 1e6)) +
                                           " MB once they are dense: keep the highly variable ones first.");
    std::vector<Column> columns = table.dense();
    std::vector<std::vector<float>> values(sparse.columns, std::vector<float>(sparse.rows));
    for (std::size_t row = 0; row < sparse.rows; ++row)
        for (std::uint64_t i = sparse.starts[row]; i < sparse.starts[row + 1]; ++i)
            values[sparse.indices[i]][row] = sparse.values[i];
    for (std::size_t i = 0; i < sparse.columns; ++i)
        columns.push_back(Column::reals(table.sparse_names()[i], std::move(values[i])));
    return with_columns(table, std::move(columns), nullptr);
}

namespace {

// Applies `change(place, value)` to each number of those columns; missing ones stay missing. Floats stay
// floats, everything else becomes double.
template<class Change>
std::vector<Column> changed_columns(const Table& table, const std::vector<std::size_t>& places,
                                    const Change& change) {
    std::vector<Column> columns = table.dense();
    parallel_for(places.size(), [&](std::size_t k) {
        const std::size_t place = places[k];
        if (place >= columns.size())
            return;
        const Column& column = columns[place];
        const bool narrow = std::holds_alternative<std::vector<float>>(column.values()) ||
                            std::holds_alternative<std::vector<std::uint8_t>>(column.values());
        const auto run = [&](auto values) {
            column.numbers(0, values);
            for (std::size_t row = 0; row < values.size(); ++row)
                values[row] = static_cast<typename decltype(values)::value_type>(
                    change(k, row, static_cast<double>(values[row])));
            columns[place] = Column::reals(column.name(), std::move(values)).with_role(column.role());
        };
        if (narrow)
            run(std::vector<float>(column.size()));
        else
            run(std::vector<double>(column.size()));
    });
    return columns;
}

// Place in the sparse matrix -> index in `places`; -1: the step leaves that column alone.
std::vector<std::int64_t> sparse_places(const Table& table, const std::vector<std::size_t>& places) {
    std::vector<std::int64_t> index(table.sparse() ? table.sparse()->columns : 0, -1);
    for (std::size_t k = 0; k < places.size(); ++k)
        if (places[k] >= table.dense().size())
            index[places[k] - table.dense().size()] = static_cast<std::int64_t>(k);
    return index;
}

// Statistics of the columns, whether dense or sparse.
std::vector<ColumnStatistics> statistics_of(const Table& table, const std::vector<std::size_t>& places) {
    std::vector<ColumnStatistics> result(places.size());
    SparseMatrix by_columns;
    const std::size_t dense = table.dense().size();
    if (std::any_of(places.begin(), places.end(), [&](std::size_t place) { return place >= dense; }))
        by_columns = table.sparse()->transposed();
    parallel_for(places.size(), [&](std::size_t k) {
        if (places[k] < dense) {
            result[k] = statistics(table.dense()[places[k]], 1);
        } else {
            const auto stored = by_columns.row_values(places[k] - dense);
            result[k] = sparse_statistics(stored, by_columns.columns - stored.size(), 1);
        }
    });
    return result;
}

class Scale final : public PreprocessingStep {
public:
    Json learn(const Table& table, const Json& set) const override {
        const auto places = number_columns(table, set["columns"]);
        const auto all = statistics_of(table, places);
        const std::string method = set["method"].get<std::string>();
        Json columns = Json::array();
        for (std::size_t k = 0; k < places.size(); ++k) {
            const ColumnStatistics& one = all[k];
            double shift = 0, width = 1;
            if (method == "standard") { // of the population, as scikit-learn has it
                shift = one.mean;
                width = one.count > 1 ? one.sd * std::sqrt((static_cast<double>(one.count) - 1) /
                                                           static_cast<double>(one.count))
                                      : 0;
            } else if (method == "min-max") {
                shift = one.minimum;
                width = one.maximum - one.minimum;
            } else {
                shift = one.median;
                width = one.upper_quartile - one.lower_quartile;
            }
            if (!set["center"].get<bool>())
                shift = 0;
            if (one.infinite > 0)
                throw Error(ErrorCode::BadInput,
                            "The column \"" + table.name(places[k]) +
                                "\" has infinite values, which have no scale: impute or drop them first.");
            const bool constant =
                !(width > 0) || width < 1e-12 * std::max(std::abs(one.minimum), std::abs(one.maximum));
            columns.push_back({{"name", table.name(places[k])},
                               {"shift", shift},
                               {"width", constant ? 1.0 : width},
                               {"constant", constant}});
        }
        return {{"columns", std::move(columns)}};
    }

    StepResult apply(const Table& given, const Json&, const Json& learnt) const override {
        StepResult result;
        std::vector<double> shifts, factors;
        std::vector<std::size_t> places;
        std::size_t constant = 0;
        const auto names = places_by_name(given);
        for (const Json& column : learnt.at("columns")) {
            const auto found = names.find(column.at("name").get<std::string>());
            if (found == names.end())
                throw Error(ErrorCode::BadInput,
                            "The table lacks the column " + column.at("name").dump() + ".");
            places.push_back(found->second);
            shifts.push_back(column.at("shift").get<double>());
            factors.push_back(1 / column.at("width").get<double>());
            constant += column.at("constant").get<bool>();
        }
        bool shifted = false;
        for (std::size_t k = 0; k < places.size(); ++k)
            shifted = shifted || (places[k] >= given.dense().size() && shifts[k] != 0);
        const Table table = shifted ? made_dense(given) : given;
        if (shifted)
            result.notes.push_back(
                "zeros were shifted, so the sparse columns are dense now; center=false keeps them sparse.");
        auto columns = changed_columns(table, places, [&](std::size_t k, std::size_t, double value) {
            return (value - shifts[k]) * factors[k];
        });
        std::shared_ptr<const SparseMatrix> sparse = table.shared_sparse();
        if (sparse) {
            const auto index = sparse_places(table, places);
            auto scaled = std::make_shared<SparseMatrix>(*sparse);
            for (std::size_t i = 0; i < scaled->stored(); ++i)
                if (const std::int64_t k = index[scaled->indices[i]]; k >= 0)
                    scaled->values[i] =
                        static_cast<float>(scaled->values[i] * factors[static_cast<std::size_t>(k)]);
            sparse = std::move(scaled);
        }
        if (constant > 0)
            result.notes.push_back(std::to_string(constant) +
                                   (constant == 1 ? " column is" : " columns are") +
                                   " constant and were only shifted.");
        result.table = with_columns(table, std::move(columns), std::move(sparse));
        return result;
    }

    static std::map<std::string, std::size_t> places_by_name(const Table& table) {
        std::map<std::string, std::size_t> places;
        for (std::size_t i = 0; i < table.columns(); ++i)
            places.emplace(table.name(i), i);
        return places;
    }
};

class Log1p final : public PreprocessingStep {
public:
    StepResult apply(const Table& table, const Json& set, const Json&) const override {
        const auto places = number_columns(table, set["columns"]);
        const auto checked = [&](double value, const std::string& name) {
            if (value <= -1)
                throw Error(ErrorCode::BadInput, "The column \"" + name +
                                                     "\" has values of -1 and less, which have no "
                                                     "logarithm of 1 + x: leave it out, or shift it first.");
            return std::log1p(value);
        };
        auto columns = changed_columns(table, places, [&](std::size_t k, std::size_t, double value) {
            return checked(value, table.name(places[k]));
        });
        std::shared_ptr<const SparseMatrix> sparse = table.shared_sparse();
        if (sparse) {
            const auto index = sparse_places(table, places);
            auto logged = std::make_shared<SparseMatrix>(*sparse);
            for (std::size_t i = 0; i < logged->stored(); ++i)
                if (index[logged->indices[i]] >= 0)
                    logged->values[i] = static_cast<float>(
                        checked(logged->values[i], table.sparse_names()[logged->indices[i]]));
            sparse = std::move(logged);
        }
        return {with_columns(table, std::move(columns), std::move(sparse)), {}, {}, false};
    }
};

// Each row's numbers add up to the same total, so that cells of different depth can be compared.
class TotalCount final : public PreprocessingStep {
public:
    Json learn(const Table& table, const Json& set) const override {
        if (!set["target"].is_null())
            return {{"target", set["target"]}};
        auto totals = row_totals(table, number_columns(table, set["columns"]));
        std::erase_if(totals, [](double total) { return !(total > 0); });
        if (totals.empty())
            throw Error(ErrorCode::BadInput, "All rows add up to zero.");
        sort_numbers(totals);
        return {{"target", quantile(totals, 0.5)}};
    }

    StepResult apply(const Table& table, const Json& set, const Json& learnt) const override {
        const auto places = number_columns(table, set["columns"]);
        const double target = learnt.at("target").get<double>();
        std::vector<double> factors = row_totals(table, places);
        StepResult result;
        std::size_t empty = 0;
        for (double& factor : factors) {
            empty += !(factor > 0);
            factor = factor > 0 ? target / factor : 0;
        }
        if (empty > 0)
            result.notes.push_back(std::to_string(empty) + (empty == 1 ? " row adds" : " rows add") +
                                   " up to zero and stayed so.");
        auto columns = changed_columns(
            table, places, [&](std::size_t, std::size_t row, double value) { return value * factors[row]; });
        std::shared_ptr<const SparseMatrix> sparse = table.shared_sparse();
        if (sparse) {
            const auto index = sparse_places(table, places);
            auto scaled = std::make_shared<SparseMatrix>(*sparse);
            for (std::size_t row = 0; row < scaled->rows; ++row)
                for (std::uint64_t i = scaled->starts[row]; i < scaled->starts[row + 1]; ++i)
                    if (index[scaled->indices[i]] >= 0)
                        scaled->values[i] = static_cast<float>(scaled->values[i] * factors[row]);
            sparse = std::move(scaled);
        }
        result.table = with_columns(table, std::move(columns), std::move(sparse));
        return result;
    }

private:
    static std::vector<double> row_totals(const Table& table, const std::vector<std::size_t>& places) {
        std::vector<double> totals(table.rows()), strip(table.rows());
        const auto refuse = [&](const std::string& name) {
            return Error(ErrorCode::BadInput,
                         "The column \"" + name +
                             "\" has negative values, which are no counts: leave it out.");
        };
        for (const std::size_t place : places) {
            if (place >= table.dense().size())
                continue;
            table.dense()[place].numbers(0, strip);
            for (std::size_t row = 0; row < strip.size(); ++row) {
                if (strip[row] < 0)
                    throw refuse(table.name(place));
                totals[row] += std::isnan(strip[row]) ? 0 : strip[row];
            }
        }
        if (const SparseMatrix* sparse = table.sparse()) {
            const auto index = sparse_places(table, places);
            for (std::size_t row = 0; row < sparse->rows; ++row)
                for (std::uint64_t i = sparse->starts[row]; i < sparse->starts[row + 1]; ++i) {
                    if (index[sparse->indices[i]] < 0 || std::isnan(sparse->values[i]))
                        continue;
                    if (sparse->values[i] < 0)
                        throw refuse(table.sparse_names()[sparse->indices[i]]);
                    totals[row] += sparse->values[i];
                }
        }
        return totals;
    }
};

class Impute final : public PreprocessingStep {
public:
    Json learn(const Table& table, const Json& set) const override {
        const std::string method = set["method"].get<std::string>();
        const auto listed = listed_columns(set["columns"]);
        std::vector<std::size_t> places;
        for (const std::string& name : listed)
            places.push_back(table.at(name));
        if (listed.empty())
            for (std::size_t i = 0; i < table.columns(); ++i)
                if (table.role(i) == ColumnRole::Feature)
                    places.push_back(i);
        Json columns = Json::array();
        for (const std::size_t place : places) {
            if (place >= table.dense().size())
                continue; // below, all at once
            const Column& column = table.dense()[place];
            Json value = value_for(column, method, set["value"]);
            if (!value.is_null())
                columns.push_back({{"name", column.name()}, {"value", std::move(value)}});
        }
        learn_sparse(table, places, method, set["value"], columns);
        return {{"columns", std::move(columns)}};
    }

    StepResult apply(const Table& table, const Json&, const Json& learnt) const override {
        StepResult result;
        std::vector<Column> columns = table.dense();
        auto sparse = table.sparse() && table.sparse()->missing() > 0
                          ? std::make_shared<SparseMatrix>(*table.sparse())
                          : nullptr;
        const auto names = Scale::places_by_name(table);
        std::map<std::uint32_t, float> sparse_values;
        std::size_t filled = 0;
        for (const Json& one : learnt.at("columns")) {
            const auto found = names.find(one.at("name").get<std::string>());
            if (found == names.end())
                throw Error(ErrorCode::BadInput, "The table lacks the column " + one.at("name").dump() + ".");
            const std::size_t place = found->second;
            if (place >= columns.size()) {
                sparse_values[static_cast<std::uint32_t>(place - columns.size())] =
                    one.at("value").get<float>();
                continue;
            }
            filled += columns[place].missing_count();
            if (columns[place].missing_count() > 0)
                columns[place] = imputed(columns[place], one.at("value"));
        }
        for (std::size_t i = 0; sparse && i < sparse->stored(); ++i)
            if (std::isnan(sparse->values[i]))
                if (const auto value = sparse_values.find(sparse->indices[i]); value != sparse_values.end()) {
                    sparse->values[i] = value->second;
                    ++filled;
                }
        std::size_t left = 0;
        for (const Column& column : columns)
            left += column.role() == ColumnRole::Feature ? column.missing_count() : 0;
        if (left > 0)
            result.notes.push_back(std::to_string(left) +
                                   " missing values are left, in columns that have no such value.");
        result.notes.push_back(std::to_string(filled) + (filled == 1 ? " value was" : " values were") +
                               " filled in.");
        result.table =
            with_columns(table, std::move(columns), sparse ? std::move(sparse) : table.shared_sparse());
        return result;
    }

private:
    // Null: the method does not apply to the column.
    static Json value_for(const Column& column, const std::string& method, const Json& constant) {
        if (column.missing_count() == column.size() && method != "constant")
            return nullptr;
        const bool words = column.type() == ColumnType::Text || column.type() == ColumnType::Categorical;
        if (method == "constant") {
            if (words)
                return constant.is_string() ? constant : Json(constant.dump());
            double number = 0;
            const std::string text = constant.is_string() ? constant.get<std::string>() : constant.dump();
            const char* end = text.data() + text.size();
            if (column.type() == ColumnType::Date || std::from_chars(text.data(), end, number).ptr != end)
                return nullptr;
            return number;
        }
        const ColumnStatistics one = statistics(column, 1);
        if (method == "most-frequent") {
            if (words || column.type() == ColumnType::Boolean)
                return words ? Json(one.frequent.front().first)
                             : Json(one.frequent.front().first == "true" ? 1.0 : 0.0);
            return most_frequent(column);
        }
        if (!column.numeric() && column.type() != ColumnType::Date)
            return nullptr;
        if (column.type() == ColumnType::Boolean) // a mean of yes and no is neither
            return one.median >= 0.5 ? 1.0 : 0.0;
        return method == "mean" ? one.mean : one.median;
    }

    static double most_frequent(const Column& column) {
        std::vector<double> values(column.size());
        column.numbers(0, values);
        std::erase_if(values, [](double value) { return std::isnan(value); });
        sort_numbers(values);
        double best = values.front(); // the smallest of the most frequent, as scikit-learn has it
        std::size_t most = 0;
        for (std::size_t i = 0; i < values.size();) {
            std::size_t end = i;
            while (end < values.size() && values[end] == values[i])
                ++end;
            if (end - i > most) {
                most = end - i;
                best = values[i];
            }
            i = end;
        }
        return best;
    }

    static void learn_sparse(const Table& table, const std::vector<std::size_t>& places,
                             const std::string& method, const Json& constant, Json& columns) {
        if (!table.sparse() || table.sparse()->missing() == 0)
            return;
        for (const std::size_t place : places) {
            if (place < table.dense().size())
                continue;
            const Column column = table.column(place);
            if (column.missing_count() == 0)
                continue;
            Json value = value_for(column, method, constant);
            if (!value.is_null())
                columns.push_back({{"name", column.name()}, {"value", std::move(value)}});
        }
    }

    static Column imputed(const Column& column, const Json& value) {
        if (column.type() == ColumnType::Categorical || column.type() == ColumnType::Text) {
            const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
            if (column.type() == ColumnType::Text) {
                TextValues texts;
                for (std::size_t row = 0; row < column.size(); ++row)
                    texts.push_back(column.missing(row) ? std::string_view(text) : column.view(row));
                return Column::text(column.name(), std::move(texts)).with_role(column.role());
            }
            auto codes = std::get<std::vector<std::int32_t>>(column.values());
            Column::Categories categories = column.categories();
            auto found = std::find(categories.begin(), categories.end(), text);
            if (found == categories.end())
                found = categories.insert(categories.end(), text);
            std::replace(codes.begin(), codes.end(), -1,
                         static_cast<std::int32_t>(found - categories.begin()));
            return Column::categorical(column.name(), std::move(codes), std::move(categories))
                .with_role(column.role());
        }
        const double number = value.get<double>();
        if (column.type() == ColumnType::Boolean) {
            auto flags = std::get<std::vector<std::uint8_t>>(column.values());
            for (std::size_t row = 0; row < flags.size(); ++row)
                if (column.missing(row))
                    flags[row] = number >= 0.5;
            return Column::booleans(column.name(), std::move(flags)).with_role(column.role());
        }
        if (column.type() == ColumnType::Date) {
            auto moments = std::get<std::vector<std::int64_t>>(column.values());
            for (std::size_t row = 0; row < moments.size(); ++row)
                if (column.missing(row))
                    moments[row] = std::llround(number * 1e6);
            return Column::dates(column.name(), std::move(moments)).with_role(column.role());
        }
        std::vector<double> values(column.size());
        column.numbers(0, values);
        for (double& one : values)
            if (std::isnan(one))
                one = number;
        // Whole numbers stay so where the value put in is one.
        if (column.type() == ColumnType::Integer && number == std::floor(number))
            return Column::integers(column.name(), std::vector<std::int64_t>(values.begin(), values.end()))
                .with_role(column.role());
        return Column::reals(column.name(), std::move(values)).with_role(column.role());
    }
};

} // namespace

void register_value_steps(PreprocessingRegistry& steps) {
    steps.add(
        {.name = "scale",
         .title = "Scale",
         .help = "Brings columns to one scale: standard (mean 0, sd 1), min-max (0 to 1), or robust (median, "
                 "quartiles).",
         .parameters =
             {choice_parameter("method", "standard", {"standard", "min-max", "robust"}, "Method",
                               "Standard: mean and standard deviation; min-max: to 0..1; robust: median "
                               "and distance of the quartiles."),
              boolean_parameter("center", true, "Centre",
                                "Shifts as well as stretches; without, sparse columns stay sparse."),
              columns_parameter(
                  "Columns to scale, with commas between; empty: all features that are numbers.")},
         .make = [] { return std::make_unique<Scale>(); }});
    steps.add({.name = "log1p",
               .title = "Logarithm",
               .help = "The natural logarithm of 1 + x, which tames counts; sparse columns stay sparse.",
               .parameters = {columns_parameter(
                   "Columns to change, with commas between; empty: all features that are numbers.")},
               .make = [] { return std::make_unique<Log1p>(); }});
    steps.add(
        {.name = "total-count",
         .title = "Total count",
         .help = "Divides each row so that its counts add up to the same total; sparse columns stay sparse.",
         .parameters = {real_parameter("target", nullptr, "Total",
                                       "What each row adds up to; automatic: the median of the rows' totals.")
                            .range(1e-12, 1e15),
                        columns_parameter(
                            "Columns of counts, with commas between; empty: all features that are numbers.")},
         .make = [] { return std::make_unique<TotalCount>(); }});
    steps.add(
        {.name = "impute",
         .title = "Impute",
         .help = "Fills missing values in: the column's mean, median or most frequent value, or a constant.",
         .parameters =
             {choice_parameter("method", "median", {"mean", "median", "constant", "most-frequent"}, "Method",
                               "What is filled in; mean and median only where the column has them."),
              text_parameter("value", "0", "Constant", "What is filled in with the method constant.")
                  .when("method=constant"),
              columns_parameter("Columns to fill, with commas between; empty: all features.")},
         .make = [] { return std::make_unique<Impute>(); }});
}

} // namespace eyepiece
