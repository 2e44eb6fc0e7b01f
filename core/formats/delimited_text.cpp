// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/delimited_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <map>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace eyepiece {
namespace {

Error bad_line(const std::filesystem::path& path, std::uint64_t line, const std::string& what,
               const char* details = "") {
    return file_error(ErrorCode::BadInput, path,
                      "is not a readable table: line " + std::to_string(line) + " " + what, details);
}

// The signs at which the splitter stops: the others are passed sixteen at a time.
class Stops {
public:
    explicit Stops(const Dialect& dialect) {
        special_[static_cast<unsigned char>(dialect.separator)] = true;
        special_[static_cast<unsigned char>(dialect.line_end)] = true;
        special_[0] = true;
        if (dialect.quote)
            special_[static_cast<unsigned char>(dialect.quote)] = true;
#ifdef __SSE2__
        separator_ = _mm_set1_epi8(dialect.separator);
        line_end_ = _mm_set1_epi8(dialect.line_end);
        quote_ = _mm_set1_epi8(dialect.quote);
#endif
    }

    // The first stop in [from, end), or end.
    const char* next(const char* from, const char* end) {
#ifdef __SSE2__
        for (;;) {
            if (from < block_ || from >= block_ + 16) {
                if (end - from < 16)
                    break;
                load(from);
            }
            const unsigned left = mask_ >> (from - block_);
            if (left)
                return from + std::countr_zero(left);
            from = block_ + 16;
        }
#endif
        while (from < end && !special_[static_cast<unsigned char>(*from)])
            ++from;
        return from;
    }

private:
#ifdef __SSE2__
    void load(const char* from) {
        block_ = from;
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        const __m128i found = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, separator_), _mm_cmpeq_epi8(bytes, line_end_)),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote_), _mm_cmpeq_epi8(bytes, _mm_setzero_si128())));
        mask_ = static_cast<unsigned>(_mm_movemask_epi8(found));
    }
    __m128i separator_, line_end_, quote_;
    const char* block_ = reinterpret_cast<const char*>(std::uintptr_t{1} << 8); // no text lies there
    unsigned mask_ = 0;
#endif
    std::array<bool, 256> special_{};
};

Field field_of(const char* begin, const char* end) {
    return {begin, static_cast<std::uint32_t>(end - begin), false, false};
}

// Runs of spaces and tabs between the fields; one line at a time.
void split_by_spaces(std::string_view text, const Dialect& dialect, bool last, std::uint64_t& line,
                     const std::filesystem::path& path, SplitRows& out) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t end = text.find(dialect.line_end, at);
        if (end == std::string_view::npos) {
            if (!last)
                break;
            end = text.size();
        }
        const std::size_t before = out.fields.size();
        for (std::size_t i = at; i < end;) {
            if (blank(text[i])) {
                ++i;
                continue;
            }
            if (text[i] == '\0')
                throw bad_line(path, line, "holds binary data.");
            if (dialect.quote && text[i] == dialect.quote) {
                const std::size_t close = text.find(dialect.quote, i + 1);
                if (close == std::string_view::npos || close >= end)
                    throw bad_line(path, line, "opens a quote that is never closed.", unclosed_quote);
                Field field = field_of(text.data() + i + 1, text.data() + close);
                field.quoted = true;
                out.fields.push_back(field);
                i = close + 1;
                continue;
            }
            std::size_t stop = i;
            while (stop < end && !blank(text[stop]))
                ++stop;
            out.fields.push_back(field_of(text.data() + i, text.data() + stop));
            i = stop;
        }
        if (out.fields.size() > before) {
            out.row_ends.push_back(out.fields.size());
            out.lines.push_back(line);
        }
        ++line;
        at = std::min(end + 1, text.size());
        out.consumed = at;
    }
}

} // namespace

std::string_view to_string(TextEncoding encoding) {
    switch (encoding) {
    case TextEncoding::Utf16Le:
        return "utf-16-le";
    case TextEncoding::Utf16Be:
        return "utf-16-be";
    case TextEncoding::Latin1:
        return "latin-1";
    case TextEncoding::Utf8:
        break;
    }
    return "utf-8";
}

std::string Field::text(char quote) const {
    if (!doubled)
        return std::string(raw());
    std::string result;
    result.reserve(length);
    for (std::size_t i = 0; i < length; ++i) {
        result += begin[i];
        if (begin[i] == quote)
            ++i; // the second of the two
    }
    return result;
}

void split_rows(std::string_view text, const Dialect& dialect, bool last, std::uint64_t& line,
                const std::filesystem::path& path, SplitRows& out) {
    out.fields.clear();
    out.row_ends.clear();
    out.lines.clear();
    out.consumed = 0;
    if (dialect.separator == ' ')
        return split_by_spaces(text, dialect, last, line, path, out);
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    Stops stops(dialect);
    const char* field = begin;
    const char* at = begin;
    std::uint64_t row_line = line, current = line;
    bool closed = false; // the field was quoted, and its quotes are closed: Field is in the list already
    const auto finish_field = [&](const char* stop) {
        if (!closed)
            out.fields.push_back(field_of(field, stop));
        closed = false;
    };
    const auto finish_row = [&](const char* stop) {
        if (dialect.line_end == '\n' && stop > field && stop[-1] == '\r')
            --stop;
        const std::size_t first = out.row_ends.empty() ? 0 : out.row_ends.back();
        const bool blank = out.fields.size() == first && !closed && stop == field;
        if (!blank) {
            finish_field(stop);
            out.row_ends.push_back(out.fields.size());
            out.lines.push_back(row_line);
        }
    };
    while (true) {
        const char* stop = stops.next(at, end);
        if (stop == end)
            break;
        if (*stop == dialect.separator) {
            finish_field(stop);
            field = at = stop + 1;
        } else if (*stop == dialect.line_end) {
            finish_row(stop);
            field = at = stop + 1;
            row_line = ++current;
            line = current;
            out.consumed = static_cast<std::size_t>(at - begin);
        } else if (*stop == '\0') {
            throw bad_line(path, row_line, "holds binary data.");
        } else if (stop == field && !closed) { // a quote that opens
            Field quoted;
            quoted.quoted = true;
            const char* close = stop + 1;
            bool whole = false;
            while (true) {
                close = static_cast<const char*>(
                    std::memchr(close, dialect.quote, static_cast<std::size_t>(end - close)));
                if (!close || (close + 1 == end && !last))
                    break; // not in this piece, or perhaps the first of two
                if (close + 1 < end && close[1] == dialect.quote) {
                    quoted.doubled = true;
                    close += 2;
                    continue;
                }
                whole = true;
                break;
            }
            if (!whole) {
                if (last)
                    throw bad_line(path, current, "opens a quote that is never closed.", unclosed_quote);
                break;
            }
            quoted.begin = stop + 1;
            quoted.length = static_cast<std::uint32_t>(close - quoted.begin);
            if (std::memchr(quoted.begin, 0, quoted.length))
                throw bad_line(path, row_line, "holds binary data.");
            current += static_cast<std::uint64_t>(std::count(quoted.begin, close, dialect.line_end));
            out.fields.push_back(quoted);
            closed = true;
            at = close + 1; // anything between the closing quote and the separator is dropped
        } else {
            at = stop + 1; // a quote within a field is a sign like others
        }
    }
    if (last && out.consumed < text.size()) {
        finish_row(end);
        out.consumed = text.size();
        line = current + 1;
        return;
    }
    // Fields of a row that is not whole yet are read again with the next piece.
    out.fields.resize(out.row_ends.empty() ? 0 : out.row_ends.back());
}

namespace {

// A number as a table may write it; with either decimal sign.
bool looks_numeric(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    if (!text.empty() && text.front() == '+')
        text.remove_prefix(1);
    std::string copy(text);
    if (std::count(copy.begin(), copy.end(), ',') == 1 && copy.find('.') == std::string::npos)
        std::replace(copy.begin(), copy.end(), ',', '.');
    double value = 0;
    const auto [end, error] = std::from_chars(copy.data(), copy.data() + copy.size(), value);
    return error == std::errc() && end == copy.data() + copy.size();
}

struct Trial {
    std::size_t fields = 0; // that most rows have
    double agreement = 0;   // the share of rows that have as many
    double numbers = 0;     // the share of fields that are numbers
};

Trial try_dialect(std::string_view sample, const Dialect& dialect) {
    SplitRows rows;
    std::uint64_t line = 1;
    try {
        split_rows(sample, dialect, true, line, {}, rows);
    } catch (const Error&) {
        return {};
    }
    std::map<std::size_t, std::size_t> counts;
    // A first line with one field less names the columns beside row names, as R writes them.
    const bool row_names =
        rows.rows() > 1 && rows.row_size(0) + 1 == rows.row_size(1) && rows.row_size(0) > 1;
    for (std::size_t row = row_names ? 1 : 0; row < rows.rows(); ++row)
        ++counts[rows.row_size(row)];
    if (row_names)
        ++counts[rows.row_size(1)];
    Trial trial;
    std::size_t best = 0;
    for (const auto& [fields, count] : counts)
        if (count > best) {
            best = count;
            trial.fields = fields;
        }
    if (rows.rows() > 0)
        trial.agreement = static_cast<double>(best) / static_cast<double>(rows.rows());
    const auto numbers = std::count_if(rows.fields.begin(), rows.fields.end(),
                                       [](const Field& field) { return looks_numeric(field.raw()); });
    if (!rows.fields.empty())
        trial.numbers = static_cast<double>(numbers) / static_cast<double>(rows.fields.size());
    return trial;
}

} // namespace

Dialect find_dialect(std::string_view sample, bool prefer_tab) {
    Dialect dialect;
    if (sample.find('\n') == std::string_view::npos && sample.find('\r') != std::string_view::npos)
        dialect.line_end = '\r';
    // At most some hundred whole lines: each candidate reads them all.
    std::size_t end = 0;
    for (int lines = 0; lines < 300 && end != std::string_view::npos; ++lines)
        end = sample.find(dialect.line_end, end + (lines > 0));
    if (end == std::string_view::npos) {
        end = sample.rfind(dialect.line_end);
        if (end == std::string_view::npos || end == 0)
            end = sample.size();
    }
    sample = sample.substr(0, end);
    // Single quotes only where they stand around fields and double ones do not occur.
    if (sample.find('"') == std::string_view::npos && sample.find("','") != std::string_view::npos)
        dialect.quote = '\'';
    const std::string_view order = prefer_tab ? "\t;,|" : ";,\t|";
    double best = 0;
    char chosen = 0;
    for (const char candidate : order) {
        Dialect trial = dialect;
        trial.separator = candidate;
        const Trial found = try_dialect(sample, trial);
        if (found.fields < 2)
            continue;
        // The first that all rows agree on; else the one that most agree on.
        if (found.agreement > best + 0.05 || (found.agreement > best && found.agreement == 1)) {
            best = found.agreement;
            chosen = candidate;
        }
    }
    // Spaces only between numbers: names have spaces in them.
    Dialect spaced = dialect;
    spaced.separator = ' ';
    if (best < 0.9) {
        const Trial found = try_dialect(sample, spaced);
        if (found.fields >= 2 && found.agreement > std::max(best, 0.8) && found.numbers >= 0.5)
            chosen = ' ';
    }
    dialect.separator = chosen ? chosen : prefer_tab ? '\t' : ',';
    return dialect;
}

} // namespace eyepiece
