// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/dates.h"
#include "core/data/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>
#include <unordered_map>

namespace eyepiece {
namespace {

constexpr std::array<std::pair<ColumnType, std::string_view>, 6> type_names{{
    {ColumnType::Real, "real"},
    {ColumnType::Integer, "integer"},
    {ColumnType::Text, "text"},
    {ColumnType::Categorical, "categorical"},
    {ColumnType::Date, "date"},
    {ColumnType::Boolean, "boolean"},
}};

std::size_t count_of(const Column::Missing& missing) {
    return static_cast<std::size_t>(std::count(missing.begin(), missing.end(), true));
}

template<class Number>
std::size_t count_nan(const std::vector<Number>& values) {
    return static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(), [](Number value) { return std::isnan(value); }));
}

template<class Vector>
constexpr bool is_text = std::is_same_v<std::decay_t<Vector>, TextValues>;
template<class Vector>
constexpr bool is_real = std::is_same_v<std::decay_t<Vector>, std::vector<float>> ||
                         std::is_same_v<std::decay_t<Vector>, std::vector<double>>;

std::string shortest(double value) {
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return error == std::errc() ? std::string(buffer.data(), end) : std::string();
}

std::string shortest(float value) {
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return error == std::errc() ? std::string(buffer.data(), end) : std::string();
}

} // namespace

std::string_view to_string(ColumnType type) {
    return std::find_if(type_names.begin(), type_names.end(), [&](const auto& t) { return t.first == type; })
        ->second;
}

std::optional<ColumnType> column_type_from_string(std::string_view name) {
    for (const auto& [type, known] : type_names)
        if (known == name)
            return type;
    return std::nullopt;
}

std::string_view to_string(ColumnRole role) {
    switch (role) {
    case ColumnRole::Target:
        return "target";
    case ColumnRole::Annotation:
        return "annotation";
    case ColumnRole::Feature:
        break;
    }
    return "feature";
}

Column::Column(std::string name, Data data) : name_(std::move(name)) {
    if (!data.missing.empty() && data.missing.size() != data.size)
        throw Error(ErrorCode::Internal,
                    "The column \"" + name_ + "\" marks more missing values than it has.");
    if (!data.missing.empty()) {
        data.missing_count = count_of(data.missing);
        if (data.missing_count == 0)
            data.missing = {};
    }
    data_ = std::make_shared<const Data>(std::move(data));
}

Column Column::reals(std::string name, std::vector<double> values) {
    Data data{ColumnType::Real, values.size(), count_nan(values), {}, {}, {}};
    data.values = std::move(values);
    return {std::move(name), std::move(data)};
}

Column Column::reals(std::string name, std::vector<float> values) {
    Data data{ColumnType::Real, values.size(), count_nan(values), {}, {}, {}};
    data.values = std::move(values);
    return {std::move(name), std::move(data)};
}

Column Column::integers(std::string name, std::vector<std::uint8_t> values, Missing missing) {
    Data data{ColumnType::Integer, values.size(), 0, {}, std::move(missing), {}};
    data.values = std::move(values);
    return {std::move(name), std::move(data)};
}

Column Column::integers(std::string name, std::vector<std::int32_t> values, Missing missing) {
    Data data{ColumnType::Integer, values.size(), 0, {}, std::move(missing), {}};
    data.values = std::move(values);
    return {std::move(name), std::move(data)};
}

Column Column::integers(std::string name, std::vector<std::int64_t> values, Missing missing) {
    Data data{ColumnType::Integer, values.size(), 0, {}, std::move(missing), {}};
    data.values = std::move(values);
    return {std::move(name), std::move(data)};
}

Column Column::booleans(std::string name, std::vector<std::uint8_t> values, Missing missing) {
    Data data{ColumnType::Boolean, values.size(), 0, {}, std::move(missing), {}};
    data.values = std::move(values);
    return {std::move(name), std::move(data)};
}

Column Column::categorical(std::string name, std::vector<std::int32_t> codes, Categories categories) {
    Data data{ColumnType::Categorical, codes.size(), 0, {}, {}, {}};
    for (const std::int32_t code : codes) {
        if (code < -1 || code >= static_cast<std::int64_t>(categories.size()))
            throw Error(ErrorCode::Internal, "The column \"" + name + "\" has a category without a name.");
        data.missing_count += code < 0;
    }
    data.values = std::move(codes);
    data.categories = std::move(categories);
    return {std::move(name), std::move(data)};
}

Column Column::text(std::string name, TextValues values, Missing missing) {
    Data data{ColumnType::Text, values.size(), 0, {}, std::move(missing), {}};
    data.values = std::move(values);
    return {std::move(name), std::move(data)};
}

Column Column::dates(std::string name, std::vector<std::int64_t> microseconds, Missing missing) {
    Data data{ColumnType::Date, microseconds.size(), 0, {}, std::move(missing), {}};
    data.values = std::move(microseconds);
    return {std::move(name), std::move(data)};
}

bool Column::numeric() const {
    return type() == ColumnType::Real || type() == ColumnType::Integer || type() == ColumnType::Boolean;
}

bool Column::missing(std::size_t row) const {
    if (data_->missing_count == 0)
        return false;
    if (!data_->missing.empty())
        return data_->missing[row];
    if (type() == ColumnType::Categorical)
        return std::get<std::vector<std::int32_t>>(data_->values)[row] < 0;
    return std::isnan(number(row));
}

std::size_t Column::memory() const {
    std::size_t bytes = data_->missing.size() / 8;
    std::visit(
        [&](const auto& values) {
            if constexpr (is_text<decltype(values)>)
                bytes += values.bytes.size() + values.ends.size() * sizeof(std::uint64_t);
            else
                bytes += values.size() * sizeof(values[0]);
        },
        data_->values);
    for (const std::string& category : data_->categories)
        bytes += sizeof(category) + category.size();
    return bytes;
}

double Column::number(std::size_t row) const {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (!data_->missing.empty() && data_->missing[row])
        return none;
    return std::visit(
        [&](const auto& values) -> double {
            if constexpr (is_text<decltype(values)>) {
                return none;
            } else {
                const auto value = static_cast<double>(values[row]);
                if (type() == ColumnType::Categorical && value < 0)
                    return none;
                return type() == ColumnType::Date ? value * 1e-6 : value;
            }
        },
        data_->values);
}

template<class Number>
static void copy_numbers(const Column& column, const Column::Values& all, std::size_t first,
                         std::span<Number> out) {
    constexpr Number none = std::numeric_limits<Number>::quiet_NaN();
    std::visit(
        [&](const auto& values) {
            if constexpr (is_text<decltype(values)>)
                std::fill(out.begin(), out.end(), none);
            else if (column.type() == ColumnType::Date)
                for (std::size_t i = 0; i < out.size(); ++i)
                    out[i] = static_cast<Number>(static_cast<double>(values[first + i]) * 1e-6);
            else
                for (std::size_t i = 0; i < out.size(); ++i)
                    out[i] = static_cast<Number>(values[first + i]);
        },
        all);
    if (column.missing_count() > 0 && column.type() != ColumnType::Real)
        for (std::size_t i = 0; i < out.size(); ++i)
            if (column.missing(first + i))
                out[i] = none;
}

void Column::numbers(std::size_t first, std::span<float> out) const {
    copy_numbers(*this, data_->values, first, out);
}

void Column::numbers(std::size_t first, std::span<double> out) const {
    copy_numbers(*this, data_->values, first, out);
}

std::string_view Column::view(std::size_t row) const {
    if (type() != ColumnType::Text || missing(row))
        return {};
    return std::get<TextValues>(data_->values)[row];
}

std::string Column::shown(std::size_t row) const {
    if (missing(row))
        return {};
    switch (type()) {
    case ColumnType::Text:
        return std::string(view(row));
    case ColumnType::Categorical:
        return data_
            ->categories[static_cast<std::size_t>(std::get<std::vector<std::int32_t>>(data_->values)[row])];
    case ColumnType::Date:
        return format_date(std::get<std::vector<std::int64_t>>(data_->values)[row]);
    case ColumnType::Boolean:
        return std::get<std::vector<std::uint8_t>>(data_->values)[row] ? "true" : "false";
    default:
        break;
    }
    return std::visit(
        [&](const auto& values) -> std::string {
            if constexpr (is_text<decltype(values)>)
                return {};
            else if constexpr (is_real<decltype(values)>)
                return shortest(values[row]);
            else
                return std::to_string(values[row]);
        },
        data_->values);
}

Column Column::renamed(std::string name) const {
    Column copy = *this;
    copy.name_ = std::move(name);
    return copy;
}

Column Column::with_role(ColumnRole role) const {
    Column copy = *this;
    copy.role_ = role;
    return copy;
}

Column Column::take(std::span<const std::size_t> rows) const {
    Data taken{type(), rows.size(), 0, {}, {}, data_->categories};
    std::visit(
        [&](const auto& values) {
            std::decay_t<decltype(values)> kept;
            if constexpr (is_text<decltype(values)>) {
                kept.ends.reserve(rows.size());
                for (const std::size_t row : rows)
                    kept.push_back(values[row]);
            } else {
                kept.reserve(rows.size());
                for (const std::size_t row : rows)
                    kept.push_back(values[row]);
                if constexpr (is_real<decltype(values)>)
                    taken.missing_count = count_nan(kept);
                else if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<std::int32_t>>)
                    if (type() == ColumnType::Categorical)
                        taken.missing_count =
                            static_cast<std::size_t>(std::count(kept.begin(), kept.end(), -1));
            }
            taken.values = std::move(kept);
        },
        data_->values);
    if (!data_->missing.empty()) {
        taken.missing.reserve(rows.size());
        for (const std::size_t row : rows)
            taken.missing.push_back(data_->missing[row]);
    }
    Column column(name_, std::move(taken));
    column.role_ = role_;
    return column;
}

Column Column::as_categorical() const {
    if (type() == ColumnType::Categorical)
        return *this;
    Categories categories;
    std::unordered_map<std::string, std::int32_t> known;
    std::vector<std::int32_t> codes(size(), -1);
    for (std::size_t row = 0; row < size(); ++row) {
        if (missing(row))
            continue;
        const auto [entry, fresh] =
            known.try_emplace(shown(row), static_cast<std::int32_t>(categories.size()));
        if (fresh)
            categories.push_back(entry->first);
        codes[row] = entry->second;
    }
    return categorical(name_, std::move(codes), std::move(categories)).with_role(role_);
}

} // namespace eyepiece
