// SPDX-License-Identifier: GPL-3.0-or-later
// What the beginning of a text table lets on of how it is written.
#include "core/formats/delimited_table.h"

#include <algorithm>
#include <set>

namespace eyepiece {
namespace {

constexpr std::size_t sample_size = 1 << 18;
constexpr std::size_t most_rows = 500;

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

bool is_value(std::string_view text, char decimal) {
    double number = 0;
    if (parse_number(text, decimal, number) || parse_date(text) || parse_date(text, DateOrder::DayFirst) ||
        parse_date(text, DateOrder::MonthFirst))
        return true;
    return text == "true" || text == "false" || text == "TRUE" || text == "FALSE" || text == "True" ||
           text == "False";
}

// Whether the first row names the columns: its fields are unlike those below.
bool has_header(const std::vector<std::vector<std::string>>& rows, char decimal,
                const std::filesystem::path& path) {
    if (rows.empty())
        return false;
    const auto& first = rows.front();
    const MissingTexts missing;
    double number = 0;
    for (const std::string& field : first)
        if (parse_number(field, decimal, number))
            return false;
    // 10x's lists of genes and cells never have one.
    const std::string name = plain_name(path);
    if (rows.size() == 1)
        return true;
    for (const char* list : {"genes.tsv", "features.tsv", "barcodes.tsv"})
        if (name.ends_with(list))
            return false;
    int votes = 0;
    std::set<std::string_view> seen;
    for (const std::string& field : first)
        if (!is_blank(field) && !seen.insert(field).second)
            --votes; // names differ
    const std::size_t shift = rows[1].size() == first.size() + 1 ? 1 : 0;
    for (std::size_t column = 0; column < first.size(); ++column) {
        const std::string& title = first[column];
        std::size_t filled = 0, values = 0, same = 0, as_long = 0;
        std::set<std::size_t> lengths;
        for (std::size_t row = 1; row < rows.size(); ++row) {
            if (column + shift >= rows[row].size())
                continue;
            const std::string& field = rows[row][column + shift];
            if (missing.always(field))
                continue;
            ++filled;
            values += is_value(field, decimal);
            same += field == title;
            as_long += field.size() == title.size();
            lengths.insert(field.size());
        }
        if (filled == 0)
            continue;
        if (values * 10 >= filled * 8 && !is_blank(title))
            return !is_value(title, decimal);
        if (same > 0)
            --votes;
        else if (lengths.size() == 1 && filled > 2)
            votes += as_long == filled ? -1 : 1;
    }
    return votes >= 0;
}

// A comma between digits in most numbers of a table whose fields are not separated by commas.
char decimal_of(const SplitRows& rows, char separator) {
    if (separator == ',')
        return '.';
    std::size_t commas = 0, points = 0;
    double number = 0;
    for (const Field& field : rows.fields) {
        const std::string_view text = field.raw();
        if (text.find('.') != std::string_view::npos)
            points += parse_number(text, '.', number);
        else if (text.find(',') != std::string_view::npos)
            commas += parse_number(text, ',', number);
    }
    return commas > points ? ',' : '.';
}

std::string decoded_sample(const std::filesystem::path& path, TextEncoding encoding, std::size_t mark) {
    std::string bytes = read_head(path, sample_size);
    bytes.erase(0, std::min(mark, bytes.size()));
    if (encoding != TextEncoding::Latin1 && encoding != TextEncoding::Utf8)
        bytes.resize(bytes.size() / 2 * 2);
    return to_utf8(bytes, encoding);
}

SplitRows split_sample(std::string_view text, const DelimitedOptions& options, bool whole,
                       const std::filesystem::path& path) {
    SplitRows rows;
    std::uint64_t line = 1;
    try {
        split_rows(text, options.dialect, whole, line, path, rows);
    } catch (const Error& error) {
        if (error.details() != unclosed_quote) // which reading the file will complain of
            throw;
    }
    return rows;
}

} // namespace

DelimitedGuess guess_delimited(const std::filesystem::path& path, bool prefer_tab,
                               std::optional<TextEncoding> encoding) {
    DelimitedGuess guess;
    FoundEncoding found = find_encoding(read_head(path, sample_size));
    if (encoding)
        found = {*encoding, *encoding == found.encoding ? found.mark : 0, true};
    guess.options.encoding = found.encoding;
    guess.options.mark = found.mark;
    guess.options.encoding_fixed = found.certain;
    std::string text = decoded_sample(path, found.encoding, found.mark);
    // Lines of remarks at the top, as numpy.savetxt writes them.
    const char line_end = text.find('\n') == std::string::npos ? '\r' : '\n';
    while (text.starts_with('#') && text.find(line_end) != std::string::npos) {
        text.erase(0, text.find(line_end) + 1);
        ++guess.options.skip_lines;
    }
    guess.options.dialect = find_dialect(text, prefer_tab);
    return guess;
}

void guess_header_and_decimal(const std::filesystem::path& path, DelimitedGuess& guess) {
    std::string text = decoded_sample(path, guess.options.encoding, guess.options.mark);
    const bool whole = text.size() < sample_size / 2;
    for (std::size_t i = 0; i < guess.options.skip_lines; ++i) {
        const std::size_t end = text.find(guess.options.dialect.line_end);
        text.erase(0, end == std::string::npos ? text.size() : end + 1);
    }
    SplitRows rows = split_sample(text, guess.options, whole, path);
    if (rows.rows() == 0 && !whole) // a first line longer than the sample
        rows = split_sample(text, guess.options, true, path);
    guess.options.decimal = decimal_of(rows, guess.options.dialect.separator);
    guess.rows.clear();
    for (std::size_t row = 0; row < std::min(rows.rows(), most_rows); ++row) {
        std::vector<std::string> fields;
        for (std::size_t i = rows.row_begin(row); i < rows.row_ends[row]; ++i)
            fields.push_back(rows.fields[i].text(guess.options.dialect.quote));
        guess.rows.push_back(std::move(fields));
    }
    guess.options.header = has_header(guess.rows, guess.options.decimal, path);
}

} // namespace eyepiece
