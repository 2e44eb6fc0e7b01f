// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/byte_source.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

enum class TextEncoding { Utf8, Utf16Le, Utf16Be, Latin1 }; // Latin-1: with Windows-1252's signs
std::string_view to_string(TextEncoding encoding);          // "utf-8", "utf-16-le", "utf-16-be", "latin-1"

// A byte order mark, or the zeros of UTF-16, or bytes that are no UTF-8; `mark` is its length.
struct FoundEncoding {
    TextEncoding encoding = TextEncoding::Utf8;
    std::size_t mark = 0;
    bool certain = false; // by a mark; else only as far as this piece goes
};
FoundEncoding find_encoding(std::string_view head);
bool valid_utf8(std::string_view text); // an incomplete sign at the end is not valid
// UTF-8 of a whole piece. Throws nothing: a broken pair becomes U+FFFD.
std::string to_utf8(std::string_view bytes, TextEncoding encoding);

// How a text table is written down.
struct Dialect {
    char separator = ','; // ' ': runs of spaces and tabs
    char quote = '"';     // 0: none
    char line_end = '\n'; // or '\r' alone; a '\r' before '\n' never belongs to a field
};

struct Field {
    const char* begin = nullptr;
    std::uint32_t length = 0;
    bool quoted = false;
    bool doubled = false; // holds doubled quotes, each of which means one
    std::string_view raw() const { return {begin, length}; }
    std::string text(char quote) const; // with doubled quotes made single
};

// The rows of one piece of text, split into fields that point into it.
struct SplitRows {
    std::vector<Field> fields;         // all rows, one after the other
    std::vector<std::size_t> row_ends; // row i is fields[row_ends[i - 1], row_ends[i])
    std::vector<std::uint64_t> lines;  // on which each begins, from 1
    std::size_t consumed = 0;          // bytes up to the end of the last whole row

    std::size_t rows() const { return row_ends.size(); }
    std::size_t row_begin(std::size_t row) const { return row == 0 ? 0 : row_ends[row - 1]; }
    std::size_t row_size(std::size_t row) const { return row_ends[row] - row_begin(row); }
};

// The details of split_rows' Error of a quote that is never closed: some readers know more to do.
inline constexpr const char* unclosed_quote = "unclosed quote";

// Splits by RFC 4180: quotes around a field, doubled quotes within, line breaks within quotes. Blank lines
// are no rows. What follows the last whole row is left for the next piece; with `last`, it is a row. `line`
// is the number of the first line, and is moved on. Throws Error(BadInput) that names the line: binary data,
// a quote that is never closed.
void split_rows(std::string_view text, const Dialect& dialect, bool last, std::uint64_t& line,
                const std::filesystem::path& path, SplitRows& out);

// The separator, quote and line end that fit the text best. `prefer_tab`: the file's name says so.
Dialect find_dialect(std::string_view sample, bool prefer_tab);

// A file's text in pieces of UTF-8.
class TextSource {
public:
    TextSource(const std::filesystem::path& path, TextEncoding encoding, std::size_t mark);
    // Appends about `count` bytes; false at the end. With Utf8, throws NotUtf8 when a piece is not valid.
    bool read(std::string& text, std::size_t count);
    double fraction() const { return source_->fraction(); }
    std::uintmax_t size() const { return source_->size(); }

    struct NotUtf8 {};

private:
    std::unique_ptr<ByteSource> source_;
    TextEncoding encoding_;
    std::string rest_; // bytes of a sign that is not whole yet
};

} // namespace eyepiece
