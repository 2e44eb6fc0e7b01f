// SPDX-License-Identifier: GPL-3.0-or-later
// What columns and classes are like.
#include "core/data/quality.h"

#include "core/data/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

namespace eyepiece {
namespace {

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, share > 0.995 && share < 1 ? "%.2f %%" : "%.0f %%", 100 * share);
    return text;
}

std::string counted(std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

// The share of the most frequent value among those there, and how it is shown.
std::pair<double, std::string> most_frequent(const Column& column) {
    std::size_t there = 0, most = 0, at = 0;
    if (column.type() == ColumnType::Text || column.type() == ColumnType::Categorical) {
        const Column categorical = column.as_categorical();
        std::vector<std::size_t> counts(categorical.categories().size(), 0);
        const auto& codes = std::get<std::vector<std::int32_t>>(categorical.values());
        for (std::size_t row = 0; row < codes.size(); ++row)
            if (codes[row] >= 0 && ++there > 0 && ++counts[static_cast<std::size_t>(codes[row])] > most)
                most = counts[static_cast<std::size_t>(codes[row])], at = row;
    } else {
        std::vector<double> values;
        for (std::size_t row = 0; row < column.size(); ++row)
            if (const double value = column.number(row); !std::isnan(value))
                values.push_back(value);
        there = values.size();
        sort_numbers(values);
        double value = 0;
        for (std::size_t from = 0; from < values.size();) {
            std::size_t to = from;
            while (to < values.size() && values[to] == values[from])
                ++to;
            if (to - from > most)
                most = to - from, value = values[from];
            from = to;
        }
        for (at = 0; at + 1 < column.size() && !(column.number(at) == value);)
            ++at;
    }
    return {there > 0 ? static_cast<double>(most) / static_cast<double>(there) : 0, column.shown(at)};
}

// P(X <= count) for a Poisson variable.
double poisson_below(std::size_t count, double expected) {
    double term = std::exp(-expected), sum = term;
    for (std::size_t k = 1; k <= count; ++k)
        sum += term *= expected / static_cast<double>(k);
    return sum;
}

} // namespace

const std::vector<std::string>& finding_kinds() {
    static const std::vector<std::string> kinds{
        "constant-column", "nearly-constant-column", "mostly-missing-column", "class-balance",
        "duplicates",      "conflicting-duplicates", "near-duplicates",       "outliers",
        "label-error",     "missing-subgroup",       "leaking-column",        "drift"};
    return kinds;
}

Json to_json(const Finding& finding, std::span<const std::size_t> rows) {
    Json numbers = Json::array();
    for (const std::size_t row : finding.rows)
        numbers.push_back(rows.empty() ? row : rows[row]);
    return {{"kind", finding.kind},      {"severity", finding.severity}, {"sentence", finding.sentence},
            {"column", finding.column},  {"rows", std::move(numbers)},   {"row_count", finding.rows.size()},
            {"figures", finding.figures}};
}

std::vector<Finding> check_columns(const Table& table, std::span<const std::size_t> columns,
                                   JobContext& context) {
    std::vector<Finding> findings;
    for (const std::size_t place : columns) {
        context.throw_if_cancelled();
        const Column column = table.column(place);
        const auto rows = static_cast<double>(column.size());
        const double missing = static_cast<double>(column.missing_count()) / std::max(1.0, rows);
        const std::string quoted = "\"" + column.name() + "\"";
        if (missing > 0.5) {
            Finding finding{"mostly-missing-column",
                            missing > 0.95 ? "serious" : "warning",
                            "The column " + quoted + " is missing in " + percent(missing) +
                                " of the rows: what is filled in outweighs what is known.",
                            column.name(),
                            {},
                            {{"missing", missing}}};
            for (std::size_t row = 0; row < column.size(); ++row)
                if (column.missing(row))
                    finding.rows.push_back(row);
            findings.push_back(std::move(finding));
        }
        if (column.missing_count() == column.size() || column.size() < 2)
            continue;
        const auto [share, value] = most_frequent(column);
        if (share == 1) {
            findings.push_back({"constant-column",
                                "warning",
                                "The column " + quoted + " has one value only (" + value +
                                    "): nothing can be learnt from it.",
                                column.name(),
                                {},
                                {{"value", value}}});
        } else if (share >= 0.99 && column.size() - column.missing_count() >= 50) {
            Finding finding{"nearly-constant-column",
                            "note",
                            "The column " + quoted + " is " + value + " in " + percent(share) +
                                " of the rows: the few others decide what is learnt from it.",
                            column.name(),
                            {},
                            {{"value", value}, {"share", share}}};
            for (std::size_t row = 0; row < column.size(); ++row)
                if (!column.missing(row) && column.shown(row) != value)
                    finding.rows.push_back(row);
            findings.push_back(std::move(finding));
        }
    }
    return findings;
}

std::vector<Finding> check_balance(std::span<const std::int32_t> labels,
                                   const std::vector<std::string>& classes) {
    std::vector<std::size_t> counts(classes.size(), 0);
    for (const std::int32_t label : labels)
        ++counts[static_cast<std::size_t>(label)];
    if (counts.size() < 2)
        return {};
    const auto smallest =
        static_cast<std::size_t>(std::min_element(counts.begin(), counts.end()) - counts.begin());
    const auto largest =
        static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
    const double ratio = static_cast<double>(counts[largest]) /
                         static_cast<double>(std::max<std::size_t>(1, counts[smallest]));
    const bool few = counts[smallest] < 10;
    if (ratio < 4 && !few)
        return {};
    Finding finding{"class-balance",
                    ratio >= 10 || counts[smallest] < 5 ? "serious" : "warning",
                    "The class \"" + classes[smallest] + "\" has " +
                        counted(counts[smallest], "row", "rows") + ", \"" + classes[largest] + "\" has " +
                        std::to_string(counts[largest]) +
                        ": judge by balanced accuracy, and collect more of the rare class.",
                    "",
                    {},
                    {{"ratio", ratio}}};
    for (std::size_t k = 0; k < classes.size(); ++k)
        finding.figures["counts"][classes[k]] = counts[k];
    for (std::size_t row = 0; row < labels.size(); ++row)
        if (static_cast<std::size_t>(labels[row]) == smallest)
            finding.rows.push_back(row);
    return {finding};
}

std::vector<Finding> check_subgroups(const Table& table, std::span<const std::size_t> columns,
                                     JobContext& context) {
    struct Categories {
        std::string name;
        std::vector<std::string> names;
        std::vector<std::int32_t> codes;
        std::vector<double> counts;
    };
    std::vector<Categories> all;
    for (const std::size_t place : columns) {
        if (place >= table.dense().size())
            continue;
        const Column& column = table.dense()[place];
        if (column.type() != ColumnType::Text && column.type() != ColumnType::Categorical &&
            column.type() != ColumnType::Boolean)
            continue;
        const Column categorical = column.as_categorical();
        if (categorical.categories().size() < 2 || categorical.categories().size() > 50)
            continue;
        Categories one{column.name(),
                       categorical.categories(),
                       std::get<std::vector<std::int32_t>>(categorical.values()),
                       {}};
        one.counts.assign(one.names.size(), 0.0);
        for (const std::int32_t code : one.codes)
            if (code >= 0)
                one.counts[static_cast<std::size_t>(code)] += 1;
        all.push_back(std::move(one));
    }
    double looked = 0;
    for (std::size_t a = 0; a < all.size(); ++a)
        for (std::size_t b = a + 1; b < all.size(); ++b)
            looked += static_cast<double>(all[a].names.size() * all[b].names.size());
    std::vector<Finding> findings;
    for (std::size_t a = 0; a < all.size(); ++a)
        for (std::size_t b = a + 1; b < all.size(); ++b) {
            context.throw_if_cancelled();
            const Categories &first = all[a], &second = all[b];
            std::vector<std::size_t> met(first.names.size() * second.names.size(), 0);
            double both = 0;
            for (std::size_t row = 0; row < first.codes.size(); ++row)
                if (first.codes[row] >= 0 && second.codes[row] >= 0) {
                    ++met[static_cast<std::size_t>(first.codes[row]) * second.names.size() +
                          static_cast<std::size_t>(second.codes[row])];
                    both += 1;
                }
            struct Absent {
                std::size_t i, j, rows;
                double expected;
            };
            std::vector<Absent> absent;
            for (std::size_t i = 0; i < first.names.size(); ++i)
                for (std::size_t j = 0; j < second.names.size(); ++j) {
                    const double expected = first.counts[i] * second.counts[j] / std::max(1.0, both);
                    const std::size_t rows = met[i * second.names.size() + j];
                    if (static_cast<double>(rows) <= expected / 10 &&
                        poisson_below(rows, expected) < 0.001 / looked)
                        absent.push_back({i, j, rows, expected});
                }
            if (absent.empty())
                continue;
            std::sort(absent.begin(), absent.end(),
                      [](const Absent& x, const Absent& y) { return x.expected > y.expected; });
            Json list = Json::array();
            for (const Absent& one : absent)
                list.push_back({{"values", {first.names[one.i], second.names[one.j]}},
                                {"rows", one.rows},
                                {"expected", one.expected}});
            const Absent& worst = absent.front();
            Finding finding{"missing-subgroup",
                            "note",
                            "There " + std::string(worst.rows == 1 ? "is " : "are ") +
                                (worst.rows == 0 ? "no rows" : counted(worst.rows, "row", "rows")) +
                                " with \"" + first.name + "\" = " + first.names[worst.i] + " and \"" +
                                second.name + "\" = " + second.names[worst.j] + ", where some " +
                                std::to_string(std::lround(worst.expected)) + " would be expected" +
                                (absent.size() > 1
                                     ? "; of these two columns " + std::to_string(absent.size()) +
                                           " combinations are missing"
                                     : std::string()) +
                                ": nothing can be said of them.",
                            first.name,
                            {},
                            {{"columns", {first.name, second.name}}, {"combinations", std::move(list)}}};
            for (std::size_t row = 0; row < first.codes.size(); ++row)
                for (const Absent& one : absent)
                    if (first.codes[row] == static_cast<std::int32_t>(one.i) &&
                        second.codes[row] == static_cast<std::int32_t>(one.j))
                        finding.rows.push_back(row);
            findings.push_back(std::move(finding));
        }
    return findings;
}

std::vector<Finding> check_labels(std::span<const std::int32_t> labels,
                                  const std::vector<std::string>& classes,
                                  std::span<const double> probabilities) {
    const std::size_t width = classes.size();
    std::vector<double> threshold(width, 0.0), count(width, 0.0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto label = static_cast<std::size_t>(labels[i]);
        threshold[label] += probabilities[i * width + label];
        count[label] += 1;
    }
    for (std::size_t k = 0; k < width; ++k)
        threshold[k] = count[k] > 0 ? std::min(0.8, threshold[k] / count[k]) : 2;
    struct Suspect {
        std::size_t row, other;
        double own, others;
    };
    std::vector<Suspect> suspects;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto label = static_cast<std::size_t>(labels[i]);
        const double own = probabilities[i * width + label];
        std::size_t best = width;
        for (std::size_t k = 0; k < width; ++k) {
            const double one = probabilities[i * width + k];
            if (one >= threshold[k] && (best == width || one > probabilities[i * width + best]))
                best = k;
        }
        if (best == width || best == label)
            continue;
        const double other = probabilities[i * width + best];
        if (own < 0.2 && own < other / 3)
            suspects.push_back({i, best, own, other});
    }
    if (suspects.empty())
        return {};
    std::stable_sort(suspects.begin(), suspects.end(),
                     [](const Suspect& a, const Suspect& b) { return a.own - a.others < b.own - b.others; });
    const double share = static_cast<double>(suspects.size()) / static_cast<double>(labels.size());
    Finding finding{"label-error",
                    share > 0.02 ? "serious" : "warning",
                    counted(suspects.size(), "row looks", "rows look") +
                        " as if another class were meant; the first, labelled \"" +
                        classes[static_cast<std::size_t>(labels[suspects.front().row])] +
                        "\", looks like \"" + classes[suspects.front().other] +
                        "\": look at them before training.",
                    "",
                    {},
                    {{"share", share}, {"suggested", Json::array()}}};
    for (const Suspect& suspect : suspects) {
        finding.rows.push_back(suspect.row);
        finding.figures["suggested"].push_back(
            {{"class", classes[suspect.other]}, {"probability", suspect.others}, {"own", suspect.own}});
    }
    return {finding};
}

} // namespace eyepiece
