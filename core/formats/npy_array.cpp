// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/npy_array.h"

#include "core/formats/delimited_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <limits>

namespace eyepiece {
namespace {

// Reads the few forms of Python that a header has: {'descr': ..., 'fortran_order': False, 'shape': (3, 4)}.
class Literal {
public:
    Literal(std::string_view text, const std::filesystem::path& path, const std::string& what)
        : text_(text), path_(path), what_(what) {}

    Error bad(const std::string& why) const {
        return file_error(ErrorCode::BadInput, path_, "is damaged: the header of " + what_ + " " + why + ".");
    }
    void space() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])))
            ++at_;
    }
    bool take(char c) {
        space();
        if (at_ >= text_.size() || text_[at_] != c)
            return false;
        ++at_;
        return true;
    }
    void need(char c) {
        if (!take(c))
            throw bad(std::string("lacks a \"") + c + "\"");
    }
    std::string string() {
        space();
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        if (quote != '\'' && quote != '"')
            throw bad("lacks a text");
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos)
            throw bad("does not end a text");
        std::string result(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return result;
    }
    bool boolean() {
        space();
        for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return value;
            }
        throw bad("lacks True or False");
    }
    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> values;
        need('(');
        while (!take(')')) {
            space();
            std::size_t value = 0;
            const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
            if (error != std::errc() || values.size() >= 32)
                throw bad("has a shape that is none");
            values.push_back(value);
            at_ = static_cast<std::size_t>(end - text_.data());
            take('L'); // Python 2
            if (!take(',')) {
                need(')');
                break;
            }
        }
        return values;
    }
    bool next_is(char c) {
        space();
        return at_ < text_.size() && text_[at_] == c;
    }

private:
    std::string_view text_;
    const std::filesystem::path& path_;
    const std::string& what_;
    std::size_t at_ = 0;
};

double date_unit(std::string_view unit) {
    for (const auto& [name, value] : {std::pair<std::string_view, double>{"D", 86400e6},
                                      {"h", 3600e6},
                                      {"m", 60e6},
                                      {"s", 1e6},
                                      {"ms", 1e3},
                                      {"us", 1},
                                      {"ns", 1e-3}})
        if (unit == name)
            return value;
    return 0;
}

NpyField parse_field(const std::string& descr, const std::filesystem::path& path, const std::string& what) {
    using Kind = ElementType::Kind;
    NpyField field;
    std::string_view text = descr;
    if (!text.empty() && std::strchr("<>|=", text.front())) {
        field.big_endian = text.front() == '>';
        text.remove_prefix(1);
    }
    const auto unsupported = [&](const std::string& why) {
        return file_error(ErrorCode::Unsupported, path, "cannot be read: " + what + " holds " + why + ".");
    };
    if (text.empty())
        throw unsupported("elements of an unknown type");
    const char code = text.front();
    text.remove_prefix(1);
    if (code == 'O')
        throw unsupported(
            "Python objects, which only Python can load; save it as numbers or text (astype) instead");
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || size == 0 || size > (1u << 20))
        throw unsupported("elements of the type \"" + descr + "\"");
    field.size = size;
    field.type = {Kind::Float, size, field.big_endian};
    switch (code) {
    case 'b':
        field.type.kind = Kind::Boolean;
        break;
    case 'i':
        field.type.kind = Kind::Signed;
        break;
    case 'u':
        field.type.kind = Kind::Unsigned;
        break;
    case 'f':
        break;
    case 'S':
    case 'a':
        field.kind = NpyField::Kind::Bytes;
        return field;
    case 'U':
        field.kind = NpyField::Kind::Unicode;
        field.size = size * 4;
        return field;
    case 'M': {
        field.kind = NpyField::Kind::Date;
        const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
        if (rest.size() > 2)
            field.date_unit = date_unit(rest.substr(1, rest.size() - 2));
        if (size != 8 || field.date_unit == 0)
            throw unsupported("dates of the type \"" + descr + "\"");
        return field;
    }
    default:
        throw unsupported("elements of the type \"" + descr + "\"" +
                          (code == 'c' ? ", complex numbers: save their real and imaginary parts" : ""));
    }
    const bool known = code == 'f'   ? size == 2 || size == 4 || size == 8
                       : code == 'b' ? size == 1
                                     : size == 1 || size == 2 || size == 4 || size == 8;
    if (!known)
        throw unsupported("numbers of " + std::to_string(size) + " bytes");
    return field;
}

void parse_record(Literal& literal, NpyHeader& header, const std::filesystem::path& path,
                  const std::string& what) {
    header.record = true;
    literal.need('[');
    while (!literal.take(']')) {
        literal.need('(');
        const std::string name = literal.string();
        literal.need(',');
        if (literal.next_is('['))
            throw file_error(ErrorCode::Unsupported, path,
                             "cannot be read: " + what + " holds records within records.");
        const std::string type = literal.string();
        if (literal.take(','))
            if (literal.next_is('('))
                throw file_error(ErrorCode::Unsupported, path,
                                 "cannot be read: " + what + " holds records with arrays in them.");
        literal.need(')');
        literal.take(',');
        NpyField field = parse_field(type, path, what);
        field.name = name;
        field.offset = header.element_size;
        header.element_size += field.size;
        header.fields.push_back(std::move(field));
        header.descr += (header.descr.empty() ? "" : ",") + type;
    }
    if (header.fields.empty())
        throw literal.bad("names no fields");
}

// Text of fixed length, padded with zeros.
std::string text_of(const NpyField& field, const char* from) {
    if (field.kind == NpyField::Kind::Bytes) {
        std::size_t length = field.size;
        while (length > 0 && from[length - 1] == '\0')
            --length;
        const std::string_view bytes(from, length);
        return valid_utf8(bytes) ? std::string(bytes) : to_utf8(bytes, TextEncoding::Latin1);
    }
    std::string utf16; // through the one writer of UTF-8 that there is
    for (std::size_t i = 0; i + 3 < field.size; i += 4) {
        std::uint32_t sign = 0;
        for (std::size_t k = 0; k < 4; ++k)
            sign |= static_cast<std::uint32_t>(
                        static_cast<unsigned char>(from[i + (field.big_endian ? 3 - k : k)]))
                    << (8 * k);
        if (sign == 0)
            break;
        const auto unit = [&](std::uint32_t value) {
            utf16 += static_cast<char>(value & 0xFF);
            utf16 += static_cast<char>(value >> 8 & 0xFF);
        };
        if (sign >= 0x10000 && sign < 0x110000) {
            unit(0xD800 + ((sign - 0x10000) >> 10));
            unit(0xDC00 + ((sign - 0x10000) & 0x3FF));
        } else {
            unit(sign < 0x10000 ? sign : 0xFFFD);
        }
    }
    return to_utf8(utf16, TextEncoding::Utf16Le);
}

// A column of a record array, or of a plain array of text or dates.
Column column_of(const NpyField& field, const std::string& name, std::span<const char> bytes,
                 std::size_t stride, std::size_t rows) {
    const char* from = bytes.data() + field.offset;
    if (field.kind == NpyField::Kind::Number) {
        std::vector<std::byte> run(rows * field.size);
        for (std::size_t row = 0; row < rows; ++row)
            std::memcpy(run.data() + row * field.size, from + row * stride, field.size);
        ArrayColumns numbers(rows, 1, field.type);
        numbers.add_run(0, 0, run);
        return std::move(numbers.finish({name}).front());
    }
    if (field.kind == NpyField::Kind::Date) {
        std::vector<std::int64_t> dates(rows);
        Column::Missing missing(rows);
        for (std::size_t row = 0; row < rows; ++row) {
            std::uint64_t bits = 0;
            for (std::size_t k = 0; k < 8; ++k)
                bits |= static_cast<std::uint64_t>(
                            static_cast<unsigned char>(from[row * stride + (field.big_endian ? 7 - k : k)]))
                        << (8 * k);
            const auto value = static_cast<std::int64_t>(bits);
            missing[row] = value == std::numeric_limits<std::int64_t>::min(); // NaT
            dates[row] = missing[row]           ? 0
                         : field.date_unit >= 1 ? value * static_cast<std::int64_t>(field.date_unit)
                                                : value / 1000;
        }
        return Column::dates(name, std::move(dates), std::move(missing));
    }
    TextValues texts;
    for (std::size_t row = 0; row < rows; ++row)
        texts.push_back(text_of(field, from + row * stride));
    return Column::text(name, std::move(texts));
}

} // namespace

std::string NpyField::type_name() const {
    switch (kind) {
    case Kind::Bytes:
    case Kind::Unicode:
        return "text";
    case Kind::Date:
        return "date";
    case Kind::Number:
        break;
    }
    return type.name();
}

NpyHeader read_npy_header(ByteSource& source, const std::filesystem::path& path, const std::string& what) {
    std::array<char, 8> magic{};
    source.read_all(magic, "the numbers of " + what);
    if (std::string_view(magic.data(), 6) != "\x93NUMPY" || magic[6] < 1 || magic[6] > 3)
        throw file_error(ErrorCode::BadInput, path,
                         "cannot be read: " + what + " does not begin as a NumPy array.");
    std::array<char, 4> length{};
    const std::size_t width = magic[6] == 1 ? 2 : 4;
    source.read_all(std::span(length).first(width), "the header of " + what);
    std::size_t size = 0;
    for (std::size_t i = width; i-- > 0;)
        size = size << 8 | static_cast<unsigned char>(length[i]);
    if (size > (1u << 20))
        throw file_error(ErrorCode::BadInput, path,
                         "is damaged: the header of " + what + " claims to be huge.");
    std::string text(size, '\0');
    source.read_all(text, "the header of " + what);
    NpyHeader header;
    Literal literal(text, path, what);
    bool has_descr = false, has_order = false, has_shape = false;
    literal.need('{');
    while (!literal.take('}')) {
        const std::string key = literal.string();
        literal.need(':');
        if (key == "descr" && literal.next_is('[')) {
            parse_record(literal, header, path, what);
            has_descr = true;
        } else if (key == "descr") {
            header.descr = literal.string();
            header.fields = {parse_field(header.descr, path, what)};
            header.element_size = header.single().size;
            has_descr = true;
        } else if (key == "fortran_order") {
            header.fortran_order = literal.boolean();
            has_order = true;
        } else if (key == "shape") {
            header.shape = literal.tuple();
            has_shape = true;
        } else {
            throw literal.bad("has an unknown entry \"" + key + "\"");
        }
        literal.take(',');
    }
    if (!has_descr || !has_order || !has_shape)
        throw literal.bad("is not complete");
    return header;
}

std::vector<Column> read_npy_columns(ByteSource& source, const NpyHeader& header,
                                     const std::filesystem::path& path, const std::string& what,
                                     std::optional<std::size_t> max_rows, std::size_t memory_limit) {
    auto [rows, columns] = as_matrix(header.shape, path);
    if (rows == 0 || columns == 0)
        throw file_error(ErrorCode::BadInput, path,
                         "cannot be read as a table: " + what + " holds no values.");
    const std::size_t all_rows = rows;
    if (rows * columns > source.at_most() / header.element_size)
        throw file_error(ErrorCode::BadInput, path,
                         "is cut short: " + what + " should have " + std::to_string(rows * columns) +
                             " values, more than the file can hold. Copy or download it again.");
    if (max_rows)
        rows = std::min(rows, *max_rows);
    const std::string advice = "read only the first rows (max-rows)";
    if (columns > 5'000'000)
        throw file_error(ErrorCode::Unsupported, path, "has more than 5 million values in a row.");
    if (!header.is_number()) {
        if (header.shape.size() > 1 && columns > 1)
            throw file_error(ErrorCode::Unsupported, path,
                             "cannot be read as a table: " + what +
                                 " holds text or records in several dimensions.");
        const double bytes = static_cast<double>(rows) * static_cast<double>(header.element_size);
        require_memory(path, 2 * bytes, memory_limit, advice);
        std::vector<char> all(rows * header.element_size);
        source.read_all(all, "the values of " + what);
        std::vector<Column> result;
        for (const NpyField& field : header.fields) {
            Column column =
                column_of(field, header.record ? field.name : "value", all, header.element_size, rows);
            if (column.type() == ColumnType::Text)
                if (Column short_list = column.as_categorical(); short_list.categories().size() * 2 <= rows)
                    column = std::move(short_list);
            result.push_back(std::move(column));
        }
        return result;
    }
    const ElementType type = header.single().type;
    require_memory(path, ArrayColumns::memory(static_cast<double>(rows), static_cast<double>(columns), type),
                   memory_limit, advice);
    ArrayColumns numbers(rows, columns, type);
    constexpr std::size_t piece_bytes = 8u << 20;
    std::vector<char> bytes;
    if (header.fortran_order && header.shape.size() > 1) {
        // Column after column; of more than two dimensions the first varies fastest, so the order of the
        // columns is that of the reversed item shape.
        std::vector<std::size_t> extents(header.shape.begin() + 1, header.shape.end());
        bytes.resize(all_rows * type.size);
        for (std::size_t k = 0; k < columns; ++k) {
            std::size_t rest = k, column = 0, stride = columns;
            for (const std::size_t extent : extents) {
                stride /= extent;
                column += rest % extent * stride;
                rest /= extent;
            }
            source.read_all(bytes, "the numbers of " + what);
            numbers.add_run(column, 0, std::as_bytes(std::span(bytes).first(rows * type.size)));
        }
    } else {
        const std::size_t row_bytes = columns * type.size;
        const std::size_t piece = std::max<std::size_t>(1, piece_bytes / row_bytes);
        bytes.resize(std::min(piece, rows) * row_bytes);
        for (std::size_t row = 0; row < rows; row += piece) {
            const auto part = std::span(bytes).first(std::min(piece, rows - row) * row_bytes);
            source.read_all(part, "the numbers of " + what);
            numbers.add_rows(std::as_bytes(part));
        }
    }
    return numbers.finish(header.shape.size() < 2
                              ? std::vector<std::string>{"value"}
                              : element_names({header.shape.begin() + 1, header.shape.end()}));
}

} // namespace eyepiece
