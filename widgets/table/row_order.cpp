// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/row_order.h"

#include "core/base/error.h"
#include "core/data/dates.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece {

namespace {

constexpr std::size_t check_every = 4096; // rows between two looks at `stop`
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
    return first == std::string_view::npos ? std::string()
                                           : std::string(text.substr(first, last - first + 1));
}

// ASCII only: enough to find "Setosa" by "setosa", and other letters still match as they are.
std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::optional<double> number_in(const std::string& text) {
    double value = 0;
    const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto [end, problem] = std::from_chars(begin, text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size())
        return {};
    return value;
}

bool contains(std::string_view text, const std::string& wanted) {
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    };
    return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), same) != text.end();
}

bool measurable(const Table& table, std::size_t column) {
    const ColumnType type = table.type(column);
    return type != ColumnType::Text && type != ColumnType::Categorical;
}

double bound(const Table& table, std::size_t column, const std::string& text, const std::string& typed) {
    std::optional<double> value = number_in(text);
    if (!value && table.type(column) == ColumnType::Date)
        if (const auto moment = parse_date(text))
            value = static_cast<double>(*moment) / 1e6;
    if (!value)
        throw Error(ErrorCode::BadInput, "\"" + typed + "\": \"" + text +
                                             "\" is no number. Write for instance 3..5, > 3 or missing.");
    return *value;
}

// Does each row fulfil the condition on this column? Clears the flags of those that do not.
template<class Test>
void keep(std::vector<std::uint8_t>& kept, const std::atomic<bool>& stop, const Test& test) {
    for (std::size_t row = 0; row < kept.size(); ++row) {
        if (row % check_every == 0 && stop)
            return;
        if (kept[row] && !test(row))
            kept[row] = 0;
    }
}

bool in_range(double value, const RowCondition& condition) {
    return (condition.low_open ? value > condition.low : value >= condition.low) &&
           (condition.high_open ? value < condition.high : value <= condition.high);
}

// Categories are few: each is compared once, not once a row.
std::vector<std::uint8_t> fitting_categories(const Column& column, const RowCondition& condition) {
    std::vector<std::uint8_t> fits;
    for (const std::string& name : column.categories())
        fits.push_back(condition.kind == RowCondition::Kind::Equals ? lower(name) == condition.text
                                                                    : contains(name, condition.text));
    return fits;
}

void apply(const Column& column, const RowCondition& condition, std::vector<std::uint8_t>& kept,
           const std::atomic<bool>& stop) {
    using Kind = RowCondition::Kind;
    if (condition.kind == Kind::Missing)
        return keep(kept, stop, [&](std::size_t row) { return column.missing(row); });
    if (condition.kind == Kind::Range)
        return keep(kept, stop, [&](std::size_t row) { return in_range(column.number(row), condition); });
    if (column.type() == ColumnType::Categorical) {
        const auto fits = fitting_categories(column, condition);
        return keep(kept, stop, [&](std::size_t row) {
            return !column.missing(row) && fits[static_cast<std::size_t>(column.number(row))];
        });
    }
    const bool whole = condition.kind == Kind::Equals;
    if (column.type() == ColumnType::Text)
        return keep(kept, stop, [&](std::size_t row) {
            return whole ? lower(std::string(column.view(row))) == condition.text
                         : contains(column.view(row), condition.text);
        });
    keep(kept, stop, [&](std::size_t row) {
        const std::string shown = column.shown(row);
        return whole ? lower(shown) == condition.text : contains(shown, condition.text);
    });
}

void apply_to_any(const Table& table, const RowCondition& condition, std::vector<std::uint8_t>& kept,
                  const std::atomic<bool>& stop) {
    std::vector<std::uint8_t> found(kept.size(), 0);
    const auto look = [&](const Column& column) {
        std::vector<std::uint8_t> open(kept.size());
        for (std::size_t row = 0; row < open.size(); ++row)
            open[row] = kept[row] && !found[row];
        apply(column, condition, open, stop);
        for (std::size_t row = 0; row < open.size(); ++row)
            found[row] |= open[row];
    };
    if (table.row_names())
        look(*table.row_names());
    for (const Column& column : table.dense()) {
        if (stop)
            return;
        look(column);
    }
    kept = std::move(found);
}

void sort_by_number(const Column& column, std::vector<std::uint32_t>& rows, bool descending,
                    const std::atomic<bool>& stop) {
    std::vector<double> values(column.size());
    column.numbers(0, values);
    if (stop)
        return;
    const auto missing =
        std::stable_partition(rows.begin(), rows.end(), [&](auto row) { return !std::isnan(values[row]); });
    if (descending)
        std::stable_sort(rows.begin(), missing, [&](auto a, auto b) { return values[a] > values[b]; });
    else
        std::stable_sort(rows.begin(), missing, [&](auto a, auto b) { return values[a] < values[b]; });
}

// By name, through the rank of each category.
void sort_by_category(const Column& column, std::vector<std::uint32_t>& rows, bool descending) {
    std::vector<std::size_t> by_name(column.categories().size());
    std::iota(by_name.begin(), by_name.end(), std::size_t{0});
    std::sort(by_name.begin(), by_name.end(),
              [&](auto a, auto b) { return column.categories()[a] < column.categories()[b]; });
    std::vector<std::size_t> rank(by_name.size());
    for (std::size_t i = 0; i < by_name.size(); ++i)
        rank[by_name[i]] = i;
    const auto missing =
        std::stable_partition(rows.begin(), rows.end(), [&](auto row) { return !column.missing(row); });
    const auto at = [&](auto row) { return rank[static_cast<std::size_t>(column.number(row))]; };
    std::stable_sort(rows.begin(), missing,
                     [&](auto a, auto b) { return descending ? at(a) > at(b) : at(a) < at(b); });
}

void sort_by_text(const Column& column, std::vector<std::uint32_t>& rows, bool descending) {
    const auto missing =
        std::stable_partition(rows.begin(), rows.end(), [&](auto row) { return !column.missing(row); });
    std::stable_sort(rows.begin(), missing, [&](auto a, auto b) {
        return descending ? column.view(a) > column.view(b) : column.view(a) < column.view(b);
    });
}

} // namespace

std::optional<RowCondition> parse_condition(const Table& table, std::optional<std::size_t> column,
                                            const std::string& typed) {
    const std::string text = trimmed(typed);
    if (text.empty())
        return {};
    RowCondition condition;
    condition.column = column;
    condition.text = lower(text);
    if (column && condition.text == "missing") {
        condition.kind = RowCondition::Kind::Missing;
        return condition;
    }
    if (text.starts_with('=') && column) {
        condition.text = lower(trimmed(text.substr(1)));
        condition.kind = RowCondition::Kind::Equals;
        if (measurable(table, *column)) {
            condition.low = condition.high = bound(table, *column, trimmed(text.substr(1)), text);
            condition.kind = RowCondition::Kind::Range;
        }
        return condition;
    }
    if (!column || !measurable(table, *column))
        return condition;
    const auto range = [&](double low, double high, bool low_open, bool high_open) {
        condition.kind = RowCondition::Kind::Range;
        condition.low = low;
        condition.high = high;
        condition.low_open = low_open;
        condition.high_open = high_open;
        return condition;
    };
    if (text[0] == '<' || text[0] == '>') {
        const bool closed = text.size() > 1 && text[1] == '=';
        const double value = bound(table, *column, trimmed(text.substr(closed ? 2 : 1)), text);
        return text[0] == '<' ? range(-infinity, value, false, !closed)
                              : range(value, infinity, !closed, false);
    }
    if (const auto dots = text.find(".."); dots != std::string::npos) {
        const std::string low = trimmed(text.substr(0, dots)), high = trimmed(text.substr(dots + 2));
        return range(low.empty() ? -infinity : bound(table, *column, low, text),
                     high.empty() ? infinity : bound(table, *column, high, text), false, false);
    }
    if (const auto value = number_in(text))
        return range(*value, *value, false, false);
    return condition;
}

std::vector<std::uint32_t> ordered_rows(const Table& table, const RowQuery& query,
                                        const std::atomic<bool>& stop) {
    if (table.rows() > std::numeric_limits<std::uint32_t>::max())
        throw Error(ErrorCode::Unsupported, "The table has more rows than can be shown. Subsample it first.");
    std::vector<std::uint8_t> kept(table.rows(), 1);
    if (query.only_selected && query.only_selected->size() == kept.size())
        kept = *query.only_selected;
    for (const RowCondition& condition : query.conditions) {
        if (stop)
            return {};
        if (condition.column)
            apply(table.column(*condition.column), condition, kept, stop);
        else
            apply_to_any(table, condition, kept, stop);
    }
    std::vector<std::uint32_t> rows;
    rows.reserve(table.rows());
    for (std::size_t row = 0; row < kept.size(); ++row)
        if (kept[row])
            rows.push_back(static_cast<std::uint32_t>(row));
    if (!query.sort_column || stop) {
        if (query.descending)
            std::reverse(rows.begin(), rows.end());
        return rows;
    }
    const Column column = table.column(*query.sort_column);
    if (column.type() == ColumnType::Categorical)
        sort_by_category(column, rows, query.descending);
    else if (column.type() == ColumnType::Text)
        sort_by_text(column, rows, query.descending);
    else
        sort_by_number(column, rows, query.descending, stop);
    return rows;
}

} // namespace eyepiece
