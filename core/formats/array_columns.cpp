// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/array_columns.h"

#include "core/data/parallel.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>

namespace eyepiece {
namespace {

template<class Number>
Number swapped(Number value) {
    auto bytes = std::bit_cast<std::array<std::byte, sizeof(Number)>>(value);
    std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<Number>(bytes);
}

template<class Number>
Number load(const std::byte* from, bool swap) {
    Number value;
    std::memcpy(&value, from, sizeof value);
    return swap ? swapped(value) : value;
}

template<class Source, class Target>
void convert(const std::byte* from, std::size_t stride, std::size_t count, bool swap, Target* to) {
    if constexpr (std::is_same_v<Source, Target>)
        if (!swap && stride == sizeof(Source)) {
            std::memcpy(to, from, count * sizeof(Source));
            return;
        }
    for (std::size_t i = 0; i < count; ++i, from += stride)
        to[i] = static_cast<Target>(load<Source>(from, swap));
}

// Of `count` elements that lie `stride` bytes apart, into the column's own kind of vector.
void fill(Column::Values& values, ElementType type, std::size_t first, const std::byte* from,
          std::size_t stride, std::size_t count) {
    using Kind = ElementType::Kind;
    const bool swap = type.big_endian != (std::endian::native == std::endian::big) && type.size > 1;
    std::visit(
        [&](auto& all) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(all)>, TextValues>) {
                auto* to = all.data() + first;
                if (type.kind == Kind::Float) {
                    if (type.size == 2)
                        for (std::size_t i = 0; i < count; ++i, from += stride)
                            to[i] = static_cast<std::decay_t<decltype(*to)>>(
                                half_to_double(load<std::uint16_t>(from, swap)));
                    else if (type.size == 4)
                        convert<float>(from, stride, count, swap, to);
                    else
                        convert<double>(from, stride, count, swap, to);
                } else if (type.kind == Kind::Signed) {
                    if (type.size == 1)
                        convert<std::int8_t>(from, stride, count, swap, to);
                    else if (type.size == 2)
                        convert<std::int16_t>(from, stride, count, swap, to);
                    else if (type.size == 4)
                        convert<std::int32_t>(from, stride, count, swap, to);
                    else
                        convert<std::int64_t>(from, stride, count, swap, to);
                } else {
                    if (type.size == 1)
                        convert<std::uint8_t>(from, stride, count, swap, to);
                    else if (type.size == 2)
                        convert<std::uint16_t>(from, stride, count, swap, to);
                    else if (type.size == 4)
                        convert<std::uint32_t>(from, stride, count, swap, to);
                    else
                        convert<std::uint64_t>(from, stride, count, swap, to);
                }
            }
        },
        values);
}

Column::Values storage_for(ElementType type, std::size_t rows) {
    using Kind = ElementType::Kind;
    if (type.kind == Kind::Float)
        return type.size == 8 ? Column::Values(std::vector<double>(rows))
                              : Column::Values(std::vector<float>(rows));
    if (type.size == 1 && type.kind != Kind::Signed)
        return std::vector<std::uint8_t>(rows);
    if (type.size < 4 || (type.size == 4 && type.kind == Kind::Signed))
        return std::vector<std::int32_t>(rows);
    // A whole number beyond 2^63 has no place among ours; as a real it keeps its size.
    if (type.kind == Kind::Unsigned && type.size == 8)
        return std::vector<double>(rows);
    return std::vector<std::int64_t>(rows);
}

// The narrowest kind of vector that holds them all.
Column narrowed(std::string name, std::vector<std::int64_t> values) {
    if (values.empty())
        return Column::integers(std::move(name), std::move(values));
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (*low >= 0 && *high <= 255)
        return Column::integers(std::move(name), std::vector<std::uint8_t>(values.begin(), values.end()));
    if (*low >= std::numeric_limits<std::int32_t>::min() && *high <= std::numeric_limits<std::int32_t>::max())
        return Column::integers(std::move(name), std::vector<std::int32_t>(values.begin(), values.end()));
    return Column::integers(std::move(name), std::move(values));
}

Column column_of(std::string name, ElementType type, Column::Values values) {
    if (type.kind == ElementType::Kind::Boolean) {
        auto& flags = std::get<std::vector<std::uint8_t>>(values);
        for (std::uint8_t& flag : flags)
            flag = flag != 0;
        return Column::booleans(std::move(name), std::move(flags));
    }
    if (auto* floats = std::get_if<std::vector<float>>(&values))
        return Column::reals(std::move(name), std::move(*floats));
    if (auto* doubles = std::get_if<std::vector<double>>(&values)) {
        if (type.kind == ElementType::Kind::Float)
            return Column::reals(std::move(name), std::move(*doubles));
        if (std::all_of(doubles->begin(), doubles->end(), [](double value) { return value <= 9e15; }))
            return narrowed(std::move(name), std::vector<std::int64_t>(doubles->begin(), doubles->end()));
        return Column::reals(std::move(name), std::move(*doubles));
    }
    if (auto* bytes = std::get_if<std::vector<std::uint8_t>>(&values))
        return Column::integers(std::move(name), std::move(*bytes));
    if (auto* ints = std::get_if<std::vector<std::int32_t>>(&values))
        return Column::integers(std::move(name), std::move(*ints));
    return narrowed(std::move(name), std::move(std::get<std::vector<std::int64_t>>(values)));
}

} // namespace

double half_to_double(std::uint16_t bits) {
    const double sign = bits & 0x8000 ? -1.0 : 1.0;
    const int exponent = (bits >> 10) & 0x1F;
    const int fraction = bits & 0x3FF;
    if (exponent == 31)
        return fraction ? std::numeric_limits<double>::quiet_NaN()
                        : sign * std::numeric_limits<double>::infinity();
    if (exponent == 0)
        return sign * std::ldexp(fraction, -24);
    return sign * std::ldexp(1024 + fraction, exponent - 25);
}

std::string ElementType::name() const {
    const std::string bits = std::to_string(size * 8);
    switch (kind) {
    case Kind::Boolean:
        return "bool";
    case Kind::Signed:
        return "int" + bits;
    case Kind::Unsigned:
        return "uint" + bits;
    case Kind::Float:
        break;
    }
    return "float" + bits;
}

ArrayColumns::ArrayColumns(std::size_t rows, std::size_t columns, ElementType type)
    : rows_(rows), columns_(columns), type_(type) {
    values_.reserve(columns);
    for (std::size_t column = 0; column < columns; ++column)
        values_.push_back(storage_for(type, rows));
}

double ArrayColumns::memory(double rows, double columns, ElementType type) {
    const double bytes = std::visit(
        [](const auto& all) {
            if constexpr (std::is_same_v<std::decay_t<decltype(all)>, TextValues>)
                return 0.0;
            else
                return static_cast<double>(sizeof(all[0]));
        },
        storage_for(type, 0));
    return rows * columns * bytes + columns * 400;
}

void ArrayColumns::add_rows(std::span<const std::byte> bytes) {
    const std::size_t row_bytes = columns_ * type_.size;
    const std::size_t count = row_bytes ? bytes.size() / row_bytes : 0;
    // Strips of rows that stay in the cache while their columns are written one after the other.
    const std::size_t strip =
        std::clamp<std::size_t>((1 << 18) / std::max<std::size_t>(row_bytes, 1), 16, 4096);
    const auto work = [&](std::size_t part, std::size_t parts) {
        const std::size_t begin = columns_ * part / parts, end = columns_ * (part + 1) / parts;
        for (std::size_t row = 0; row < count; row += strip) {
            const std::size_t here = std::min(strip, count - row);
            for (std::size_t column = begin; column < end; ++column)
                fill(values_[column], type_, at_ + row, bytes.data() + row * row_bytes + column * type_.size,
                     row_bytes, here);
        }
    };
    if (bytes.size() < (1 << 20))
        work(0, 1);
    else
        parallel_for(std::min<std::size_t>(columns_, 8),
                     [&](std::size_t part) { work(part, std::min<std::size_t>(columns_, 8)); });
    at_ += count;
}

void ArrayColumns::add_run(std::size_t column, std::size_t first, std::span<const std::byte> bytes) {
    fill(values_[column], type_, first, bytes.data(), type_.size, bytes.size() / type_.size);
}

std::vector<Column> ArrayColumns::finish(const std::vector<std::string>& names) {
    std::vector<Column> columns;
    columns.reserve(columns_);
    for (std::size_t column = 0; column < columns_; ++column)
        columns.push_back(column_of(names[column], type_, std::move(values_[column])));
    return columns;
}

std::vector<std::string> element_names(const std::vector<std::size_t>& item_shape) {
    std::size_t count = 1;
    for (const std::size_t extent : item_shape)
        count *= extent;
    std::vector<std::string> names;
    names.reserve(count);
    if (item_shape.empty())
        return {"value"};
    for (std::size_t i = 0; i < count; ++i) {
        if (item_shape.size() == 1) {
            names.push_back("column " + std::to_string(i + 1));
            continue;
        }
        std::string name;
        std::size_t rest = i;
        for (std::size_t axis = item_shape.size(); axis-- > 0;) {
            name.insert(0, std::to_string(rest % item_shape[axis]));
            name.insert(0, axis ? "," : "[");
            rest /= item_shape[axis];
        }
        names.push_back(name + "]");
    }
    return names;
}

std::pair<std::size_t, std::size_t> as_matrix(const std::vector<std::size_t>& shape,
                                              const std::filesystem::path& path) {
    std::size_t rows = shape.empty() ? 1 : shape.front(), columns = 1;
    for (std::size_t axis = 1; axis < shape.size(); ++axis)
        if (__builtin_mul_overflow(columns, shape[axis], &columns))
            throw file_error(ErrorCode::BadInput, path, "is damaged: it claims an impossible size.");
    std::size_t total = 0;
    if (__builtin_mul_overflow(rows, columns, &total) || total > (std::size_t{1} << 56))
        throw file_error(ErrorCode::BadInput, path, "is damaged: it claims an impossible size.");
    return {rows, columns};
}

ColumnRole role_by_name(const std::string& name) {
    std::string last = name;
    for (const char mark : {'/', '_', '-', ' ', '.'})
        if (const std::size_t at = last.rfind(mark); at != std::string::npos)
            last.erase(0, at + 1);
    for (char& c : last)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* known : {"label", "labels", "target", "targets", "y", "class", "classes"})
        if (last == known)
            return ColumnRole::Target;
    return ColumnRole::Annotation;
}

} // namespace eyepiece
