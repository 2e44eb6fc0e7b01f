// SPDX-License-Identifier: GPL-3.0-or-later
// Steps that leave rows out: subsample, and those with missing values.
#include "core/data/preprocessing_steps.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

namespace eyepiece {
namespace {

// A number below `bound` from the generator's own bits: the standard's distributions differ between
// libraries, and the same seed has to give the same rows everywhere.
std::size_t below(std::mt19937_64& random, std::size_t bound) {
    const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % bound;
    std::uint64_t value = random();
    while (value >= limit)
        value = random();
    return static_cast<std::size_t>(value % bound);
}

// `count` of them, in their old order.
std::vector<std::size_t> draw(std::vector<std::size_t> rows, std::size_t count, std::mt19937_64& random) {
    for (std::size_t i = 0; i < count; ++i)
        std::swap(rows[i], rows[i + below(random, rows.size() - i)]);
    rows.resize(count);
    std::sort(rows.begin(), rows.end());
    return rows;
}

class Subsample final : public PreprocessingStep {
public:
    StepResult apply(const Table& table, const Json& set, const Json&) const override {
        const std::size_t all = table.rows();
        const std::size_t count = set["rows"].is_null()
                                      ? static_cast<std::size_t>(std::llround(set["fraction"].get<double>() *
                                                                              static_cast<double>(all)))
                                      : set["rows"].get<std::size_t>();
        StepResult result;
        if (count >= all) {
            result.table = table;
            result.notes.push_back("all " + std::to_string(all) + " rows were kept.");
            return result;
        }
        if (count == 0)
            throw Error(ErrorCode::BadInput,
                        "No row would be left: raise the fraction or the number of rows.");
        std::mt19937_64 random(set["seed"].get<std::uint64_t>());
        const std::string stratify = set["stratify"].get<std::string>();
        std::vector<std::size_t> rows(all);
        std::iota(rows.begin(), rows.end(), std::size_t{0});
        if (stratify.empty())
            rows = draw(std::move(rows), count, random);
        else
            rows = draw_by(table.column(table.at(stratify)), count, random);
        result.table = table.take_rows(rows);
        result.rows = std::move(rows);
        result.rows_changed = true;
        return result;
    }

private:
    // The shares of the categories stay as they are: the largest remainders get the rows left over.
    static std::vector<std::size_t> draw_by(const Column& column, std::size_t count,
                                            std::mt19937_64& random) {
        std::map<std::string, std::vector<std::size_t>> groups;
        for (std::size_t row = 0; row < column.size(); ++row)
            groups[column.shown(row)].push_back(row);
        std::vector<std::pair<double, std::string>> remainders;
        std::map<std::string, std::size_t> wanted;
        std::size_t given = 0;
        for (const auto& [name, rows] : groups) {
            const double share = static_cast<double>(rows.size()) * static_cast<double>(count) /
                                 static_cast<double>(column.size());
            wanted[name] = static_cast<std::size_t>(share);
            given += wanted[name];
            remainders.emplace_back(share - std::floor(share), name);
        }
        std::stable_sort(remainders.begin(), remainders.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        for (std::size_t i = 0; given < count && i < remainders.size(); ++i, ++given)
            ++wanted[remainders[i].second];
        std::vector<std::size_t> kept;
        for (auto& [name, rows] : groups) {
            const std::size_t some = std::min(wanted[name], rows.size());
            const auto drawn = draw(std::move(rows), some, random);
            kept.insert(kept.end(), drawn.begin(), drawn.end());
        }
        std::sort(kept.begin(), kept.end());
        return kept;
    }
};

class DropMissing final : public PreprocessingStep {
public:
    StepResult apply(const Table& table, const Json& set, const Json&) const override {
        std::vector<std::size_t> places;
        for (const std::string& name : listed_columns(set["columns"]))
            places.push_back(table.at(name));
        if (places.empty())
            for (std::size_t i = 0; i < table.columns(); ++i)
                if (table.role(i) == ColumnRole::Feature)
                    places.push_back(i);
        std::vector<std::uint32_t> missing(table.rows());
        std::vector<bool> sparse_chosen(table.sparse() ? table.sparse()->columns : 0);
        for (const std::size_t place : places) {
            if (place >= table.dense().size()) {
                sparse_chosen[place - table.dense().size()] = true;
                continue;
            }
            const Column& column = table.dense()[place];
            for (std::size_t row = 0; column.missing_count() > 0 && row < column.size(); ++row)
                missing[row] += column.missing(row);
        }
        if (const SparseMatrix* sparse = table.sparse())
            for (std::size_t row = 0; row < sparse->rows; ++row)
                for (std::uint64_t i = sparse->starts[row]; i < sparse->starts[row + 1]; ++i)
                    missing[row] += std::isnan(sparse->values[i]) && sparse_chosen[sparse->indices[i]];
        const bool any = set["when"] == "any";
        std::vector<std::size_t> rows;
        for (std::size_t row = 0; row < missing.size(); ++row)
            if (any ? missing[row] == 0 : missing[row] < places.size())
                rows.push_back(row);
        if (rows.empty())
            throw Error(ErrorCode::BadInput, "No row would be left: every one has a missing value. Impute, "
                                             "or drop the columns that are mostly missing.");
        StepResult result;
        result.notes.push_back(std::to_string(table.rows() - rows.size()) + " of " +
                               std::to_string(table.rows()) + " rows were left out.");
        if (rows.size() == table.rows()) {
            result.table = table;
            return result;
        }
        result.table = table.take_rows(rows);
        result.rows = std::move(rows);
        result.rows_changed = true;
        return result;
    }
};

} // namespace

void register_row_steps(PreprocessingRegistry& steps) {
    steps.add(
        {.name = "subsample",
         .title = "Subsample",
         .help =
             "Keeps some of the rows, drawn at random by a seed; by category in the shares that they have.",
         .parameters =
             {real_parameter("fraction", 0.1, "Fraction", "Share of the rows that are kept.").range(0, 1),
              integer_parameter("rows", nullptr, "Rows", "How many are kept; automatic: the fraction.")
                  .range(1, 1e12),
              integer_parameter("seed", 1, "Seed", "The same seed draws the same rows.").range(0, 9e15),
              text_parameter("stratify", "", "By category",
                             "A column whose categories keep their shares; empty: none.")},
         .make = [] { return std::make_unique<Subsample>(); }});
    steps.add(
        {.name = "drop-missing",
         .title = "Drop rows with missing values",
         .help = "Leaves out rows that lack a value.",
         .parameters = {choice_parameter("when", "any", {"any", "all"}, "When",
                                         "A row goes when any of the columns lacks a value, or when all do."),
                        columns_parameter("Columns that count, with commas between; empty: all features.")},
         .make = [] { return std::make_unique<DropMissing>(); }});
}

} // namespace eyepiece
