// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/file_errors.h"
#include "core/formats/orange_tab.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>

namespace eyepiece {
namespace {

constexpr std::size_t rows_at_once = 1000;

// How one text format of tables differs from another.
struct Style {
    char separator;
    std::string_view missing;
    std::string (*heading)(const Column&);
};

void append_text(std::string& line, std::string_view text, char separator) {
    if (text.find_first_of("\n\r\"") == std::string_view::npos &&
        text.find(separator) == std::string_view::npos) {
        line += text;
        return;
    }
    line += '"';
    for (const char c : text) {
        if (c == '"')
            line += '"';
        line += c;
    }
    line += '"';
}

// The line of names is read as a line: no break within.
std::string heading(const Column& column) {
    std::string text;
    if (column.role() == ColumnRole::Target)
        text += 'c';
    else if (column.role() == ColumnRole::Annotation)
        text += 'm';
    text += column.type() == ColumnType::Text          ? 'S'
            : column.type() == ColumnType::Categorical ? 'D'
            : column.type() == ColumnType::Date        ? 'T'
                                                       : 'C';
    text += '#';
    for (const char c : column.name())
        text += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    return text;
}

void append_value(std::string& line, const Column& column, std::size_t row, const Style& style) {
    if (column.missing(row)) {
        line += style.missing;
        return;
    }
    if (!column.numeric())
        return append_text(line, column.shown(row), style.separator);
    char text[32];
    // A float's own shortest form: as a double it would have twice the digits.
    const auto* narrow = std::get_if<std::vector<float>>(&column.values());
    const auto end = narrow ? std::to_chars(text, text + sizeof text, (*narrow)[row])
                            : std::to_chars(text, text + sizeof text, column.number(row));
    line.append(text, end.ptr);
}

void write_table(const std::filesystem::path& path, const Table& table, JobContext& context,
                 const Style& style) {
    std::vector<Column> columns;
    if (table.row_names())
        columns.push_back(table.row_names()->with_role(ColumnRole::Annotation));
    for (std::size_t i = 0; i < table.columns(); ++i)
        columns.push_back(table.column(i));
    AtomicFile file(path);
    std::ofstream stream(file.temporary(), std::ios::binary);
    std::string lines;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0)
            lines += style.separator;
        append_text(lines, style.heading(columns[i]), style.separator);
    }
    lines += '\n';
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i > 0)
                lines += style.separator;
            append_value(lines, columns[i], row, style);
        }
        lines += '\n';
        if ((row + 1) % rows_at_once != 0)
            continue;
        context.throw_if_cancelled();
        context.progress(static_cast<double>(row + 1) / static_cast<double>(table.rows()),
                         "Writing the table");
        stream << lines;
        lines.clear();
    }
    stream << lines;
    stream.close();
    if (!stream)
        throw Error(ErrorCode::Storage, "The table \"" + path.string() + "\" could not be written: " +
                                            std::strerror(errno) + ". Make room, or choose another place.");
    file.commit();
}

} // namespace

void write_orange_tab(const std::filesystem::path& path, const Table& table, JobContext& context) {
    write_table(path, table, context, {'\t', "?", heading});
}

void write_table_csv(const std::filesystem::path& path, const Table& table, JobContext& context) {
    write_table(path, table, context, {',', "", [](const Column& column) { return column.name(); }});
}

} // namespace eyepiece
