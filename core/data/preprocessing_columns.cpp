// SPDX-License-Identifier: GPL-3.0-or-later
// Steps that choose or make columns: highly variable ones, one-hot, select.
#include "core/data/preprocessing_steps.h"
#include "core/data/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {
namespace {

Table keep_names(const Table& table, const std::unordered_set<std::string>& dropped) {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < table.columns(); ++i)
        if (!dropped.contains(table.name(i)))
            kept.push_back(i);
    return table.select(kept);
}

struct Moments {
    double mean = 0, variance = 0;
};

// Of the values, or of exp(x) - 1, which undoes log1p.
std::vector<Moments> moments_of(const Table& table, const std::vector<std::size_t>& places, bool undo_log) {
    std::vector<Moments> result(places.size());
    const auto rows = static_cast<double>(table.rows());
    const auto finish = [&](Moments& one, double sum, double squares, double missing) {
        const double count = rows - missing;
        one.mean = count > 0 ? sum / count : 0;
        one.variance = count > 1 ? std::max(0.0, (squares - sum * one.mean) / (count - 1)) : 0;
    };
    std::vector<double> strip(table.rows());
    const std::size_t dense = table.dense().size();
    std::vector<std::int64_t> index(table.sparse() ? table.sparse()->columns : 0, -1);
    for (std::size_t k = 0; k < places.size(); ++k) {
        if (places[k] >= dense) {
            index[places[k] - dense] = static_cast<std::int64_t>(k);
            continue;
        }
        table.dense()[places[k]].numbers(0, strip);
        double sum = 0, squares = 0, missing = 0;
        for (const double raw : strip) {
            const double value = undo_log ? std::expm1(raw) : raw;
            if (std::isnan(value)) {
                ++missing;
                continue;
            }
            sum += value;
            squares += value * value;
        }
        finish(result[k], sum, squares, missing);
    }
    if (const SparseMatrix* sparse = table.sparse()) {
        std::vector<double> sums(places.size()), squares(places.size()), missing(places.size());
        for (std::size_t i = 0; i < sparse->stored(); ++i) {
            const std::int64_t found = index[sparse->indices[i]];
            if (found < 0)
                continue;
            const auto k = static_cast<std::size_t>(found);
            const double value =
                undo_log ? std::expm1(static_cast<double>(sparse->values[i])) : sparse->values[i];
            if (std::isnan(value)) {
                ++missing[k];
                continue;
            }
            sums[k] += value;
            squares[k] += value * value;
        }
        for (std::size_t k = 0; k < places.size(); ++k)
            if (places[k] >= dense)
                finish(result[k], sums[k], squares[k], missing[k]);
    }
    return result;
}

// Dispersion against columns of like mean: Satija et al., "Spatial reconstruction of single-cell gene
// expression data", Nature Biotechnology 33 (2015), as Seurat and scanpy ("seurat") compute it.
std::vector<double> normalised_dispersions(const std::vector<Moments>& moments) {
    constexpr std::size_t bins = 20;
    const std::size_t count = moments.size();
    std::vector<double> means(count), dispersions(count);
    for (std::size_t k = 0; k < count; ++k) {
        const double mean = moments[k].mean == 0 ? 1e-12 : moments[k].mean;
        const double dispersion = moments[k].variance / mean;
        dispersions[k] = dispersion == 0 ? std::numeric_limits<double>::quiet_NaN() : std::log(dispersion);
        means[k] = std::log1p(mean);
    }
    const auto [low_at, high_at] = std::minmax_element(means.begin(), means.end());
    const double low = *low_at, width = (*high_at - low) / bins;
    std::vector<std::size_t> bin_of(count);
    std::vector<std::vector<double>> members(bins);
    for (std::size_t k = 0; k < count; ++k) {
        // Bins are open on the left: a value on an edge belongs to the bin below.
        const double place = width > 0 ? std::ceil((means[k] - low) / width) - 1 : 0;
        bin_of[k] = static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)));
        if (!std::isnan(dispersions[k]))
            members[bin_of[k]].push_back(dispersions[k]);
    }
    std::vector<double> bin_mean(bins), bin_sd(bins);
    for (std::size_t bin = 0; bin < bins; ++bin) {
        const auto& values = members[bin];
        if (values.empty())
            continue;
        bin_mean[bin] =
            std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
        double squares = 0;
        for (const double value : values)
            squares += (value - bin_mean[bin]) * (value - bin_mean[bin]);
        if (values.size() > 1) {
            bin_sd[bin] = std::sqrt(squares / static_cast<double>(values.size() - 1));
        } else { // a single one counts as one deviation off
            bin_sd[bin] = bin_mean[bin];
            bin_mean[bin] = 0;
        }
    }
    std::vector<double> result(count);
    for (std::size_t k = 0; k < count; ++k)
        result[k] = (dispersions[k] - bin_mean[bin_of[k]]) / bin_sd[bin_of[k]];
    return result;
}

class HighlyVariable final : public PreprocessingStep {
public:
    Json learn(const Table& table, const Json& set) const override {
        const auto places = number_columns(table, "");
        const bool plain = set["method"] == "variance";
        const auto moments = moments_of(table, places, !plain);
        std::vector<double> scores(places.size());
        if (plain)
            std::transform(moments.begin(), moments.end(), scores.begin(),
                           [](const Moments& one) { return one.variance; });
        else
            scores = normalised_dispersions(moments);
        if (!plain && std::any_of(moments.begin(), moments.end(),
                                  [](const Moments& one) { return !std::isfinite(one.mean); }))
            throw Error(ErrorCode::BadInput, "The values are too large to be logarithms of counts: take the "
                                             "logarithm (log1p) first, or choose the method variance.");
        std::vector<std::size_t> order(places.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto score = [&](std::size_t k) { return std::isfinite(scores[k]) ? scores[k] : -1e300; };
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return score(a) > score(b); });
        order.resize(std::min(order.size(), set["count"].get<std::size_t>()));
        std::sort(order.begin(), order.end());
        Json names = Json::array();
        for (const std::size_t k : order)
            names.push_back(table.name(places[k]));
        return {{"columns", std::move(names)}};
    }

    StepResult apply(const Table& table, const Json&, const Json& learnt) const override {
        std::unordered_set<std::string> kept, dropped;
        for (const Json& name : learnt.at("columns"))
            kept.insert(name.get<std::string>());
        std::size_t found = 0;
        for (const std::size_t place : number_columns(table, ""))
            if (kept.contains(table.name(place)))
                ++found;
            else
                dropped.insert(table.name(place));
        if (found < kept.size())
            throw Error(ErrorCode::BadInput, "The table lacks " + std::to_string(kept.size() - found) +
                                                 " of the columns that were chosen.");
        StepResult result;
        result.table = keep_names(table, dropped);
        result.notes.push_back(std::to_string(found) + " of " + std::to_string(found + dropped.size()) +
                               " columns kept.");
        return result;
    }
};

class OneHot final : public PreprocessingStep {
public:
    Json learn(const Table& table, const Json& set) const override {
        Json columns = Json::array();
        const auto most = set["most"].get<std::size_t>();
        for (const std::size_t place : chosen(table, set)) {
            const Column column = table.dense()[place].as_categorical();
            Json categories = Json::array();
            std::vector<bool> used(column.categories().size());
            for (const std::int32_t code : std::get<std::vector<std::int32_t>>(column.values()))
                if (code >= 0)
                    used[static_cast<std::size_t>(code)] = true;
            for (std::size_t i = 0; i < used.size(); ++i)
                if (used[i])
                    categories.push_back(column.categories()[i]);
            if (categories.size() > most)
                throw Error(ErrorCode::BadInput,
                            "The column \"" + column.name() + "\" has " + std::to_string(categories.size()) +
                                " different values, more than \"most\" (" + std::to_string(most) +
                                "): leave it out (it may be a name), or raise \"most\".");
            columns.push_back({{"name", column.name()}, {"categories", std::move(categories)}});
        }
        return {{"columns", std::move(columns)}};
    }

    StepResult apply(const Table& table, const Json& set, const Json& learnt) const override {
        StepResult result;
        std::unordered_map<std::string, Json> plan;
        for (const Json& one : learnt.at("columns"))
            plan.emplace(one.at("name").get<std::string>(), one.at("categories"));
        const bool drop_first = set["drop-first"].get<bool>();
        std::vector<Column> columns;
        std::size_t unknown = 0;
        for (const Column& column : table.dense()) {
            const auto found = plan.find(column.name());
            if (found == plan.end()) {
                columns.push_back(column);
                continue;
            }
            const Column coded = column.as_categorical();
            std::unordered_map<std::string, std::size_t> place;
            for (const Json& category : found->second)
                place.emplace(category.get<std::string>(), place.size());
            std::vector<std::vector<std::uint8_t>> flags(place.size(),
                                                         std::vector<std::uint8_t>(column.size()));
            std::vector<std::int64_t> of_code;
            for (const std::string& category : coded.categories()) {
                const auto known = place.find(category);
                of_code.push_back(known == place.end() ? -1 : static_cast<std::int64_t>(known->second));
            }
            const auto& codes = std::get<std::vector<std::int32_t>>(coded.values());
            for (std::size_t row = 0; row < codes.size(); ++row) {
                const std::int64_t at = codes[row] < 0 ? -1 : of_code[static_cast<std::size_t>(codes[row])];
                unknown += codes[row] >= 0 && at < 0;
                if (at >= 0)
                    flags[static_cast<std::size_t>(at)][row] = 1;
            }
            for (std::size_t i = drop_first ? 1 : 0; i < flags.size(); ++i)
                columns.push_back(Column::integers(column.name() + "=" + found->second[i].get<std::string>(),
                                                   std::move(flags[i])));
        }
        if (unknown > 0)
            result.notes.push_back(
                std::to_string(unknown) +
                " values are of categories that were not there when the step was learnt: all zero.");
        result.table = with_columns(table, std::move(columns), table.shared_sparse());
        return result;
    }

private:
    static std::vector<std::size_t> chosen(const Table& table, const Json& set) {
        std::vector<std::size_t> places;
        for (const std::string& name : listed_columns(set["columns"])) {
            const std::size_t place = table.at(name);
            if (place >= table.dense().size())
                throw Error(ErrorCode::BadInput, "The column \"" + name + "\" holds counts, no categories.");
            places.push_back(place);
        }
        if (places.empty())
            for (std::size_t i = 0; i < table.dense().size(); ++i)
                if (table.dense()[i].type() == ColumnType::Categorical &&
                    table.dense()[i].role() == ColumnRole::Feature)
                    places.push_back(i);
        return places;
    }
};

class Select final : public PreprocessingStep {
public:
    StepResult apply(const Table& table, const Json& set, const Json&) const override {
        const auto names = listed_columns(set["columns"]);
        if (names.empty())
            throw Error(ErrorCode::BadInput, "No column is named: list them in \"columns\".");
        std::vector<std::size_t> listed;
        for (const std::string& name : names)
            listed.push_back(table.at(name));
        StepResult result;
        if (set["what"] == "keep") {
            // What is no feature stays beside them, unless it is listed for its place.
            for (std::size_t i = 0; i < table.dense().size(); ++i)
                if (table.role(i) != ColumnRole::Feature &&
                    std::find(listed.begin(), listed.end(), i) == listed.end())
                    listed.push_back(i);
            result.table = table.select(listed);
        } else {
            std::unordered_set<std::string> dropped(names.begin(), names.end());
            result.table = keep_names(table, dropped);
        }
        return result;
    }
};

} // namespace

void register_column_steps(PreprocessingRegistry& steps) {
    steps.add({.name = "highly-variable",
               .title = "Highly variable columns",
               .help = "Keeps the columns that vary most, by dispersion against columns of like mean, or by "
                       "plain variance.",
               .parameters = {integer_parameter("count", 2000, "Columns", "How many are kept.").range(1, 1e6),
                              choice_parameter("method", "dispersion", {"dispersion", "variance"}, "Method",
                                               "Dispersion: of logarithms of counts, as Seurat does it; "
                                               "variance: of the values as they are.")},
               .make = [] { return std::make_unique<HighlyVariable>(); }});
    steps.add({.name = "one-hot",
               .title = "One-hot",
               .help = "Turns each category into a column of 0 and 1; a missing value is 0 in all of them.",
               .parameters =
                   {columns_parameter(
                        "Columns to turn, with commas between; empty: all features that are categories."),
                    boolean_parameter(
                        "drop-first", false, "Leave out the first",
                        "Leaves the first category of each out, as linear models without penalty ask for."),
                    integer_parameter("most", 100, "Categories at most",
                                      "A column with more is refused, for it may hold names.")
                        .range(2, 100000)},
               .make = [] { return std::make_unique<OneHot>(); }});
    steps.add(
        {.name = "select",
         .title = "Select columns",
         .help = "Keeps or drops columns by name; targets and annotations stay unless they are dropped.",
         .parameters = {columns_parameter("Their names, with commas between, or as a JSON list."),
                        choice_parameter("what", "keep", {"keep", "drop"}, "What to do",
                                         "Keep only these features, or drop these columns.")},
         .make = [] { return std::make_unique<Select>(); }});
}

} // namespace eyepiece
