// SPDX-License-Identifier: GPL-3.0-or-later
// The form in which scikit-learn keeps iris, wine and breast cancer: the first line gives the number of rows
// and of columns and the names of the classes; the last value of each row is the number of its class.
#include "core/formats/delimited_table.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <charconv>

namespace eyepiece {
namespace {

struct SklearnHeader {
    std::uint64_t rows = 0, columns = 0;
    std::vector<std::string> classes;
};

bool whole(const std::string& text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

// The first line, and a second one that fits it.
std::optional<SklearnHeader> header_of(const std::string& head, const std::filesystem::path& path) {
    SplitRows rows;
    std::uint64_t line = 1;
    try {
        split_rows(head, {',', '"', '\n'}, head.size() < 1 << 14, line, path, rows);
    } catch (const Error&) {
        return std::nullopt;
    }
    if (rows.rows() < 2 || rows.row_size(0) < 3)
        return std::nullopt;
    SklearnHeader header;
    if (!whole(rows.fields[0].text('"'), header.rows) || !whole(rows.fields[1].text('"'), header.columns) ||
        header.rows == 0 || header.columns == 0 || rows.row_size(1) != header.columns + 1)
        return std::nullopt;
    for (std::size_t i = 2; i < rows.row_size(0); ++i) {
        header.classes.push_back(rows.fields[i].text('"'));
        double number = 0;
        if (header.classes.back().empty() || parse_number(header.classes.back(), '.', number))
            return std::nullopt;
    }
    std::uint64_t code = 0;
    if (!whole(rows.fields[rows.row_ends[1] - 1].text('"'), code) || code >= header.classes.size())
        return std::nullopt;
    return header;
}

class SklearnReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".csv"}; }
    bool recognises(const std::filesystem::path& path, const std::string& head) const override {
        return header_of(head, path).has_value();
    }

    OpenedTable read(const std::filesystem::path& path, const Json&, const TableOptions& options,
                     JobContext& context) const override {
        const auto header = header_of(read_head(path, 1 << 14), path);
        if (!header)
            throw file_error(
                ErrorCode::BadInput, path,
                "has no first line with the numbers of rows and columns and the classes; open it as csv.");
        DelimitedOptions chosen;
        chosen.header = false;
        chosen.skip_lines = 1;
        chosen.memory_limit = options.memory_limit;
        for (std::uint64_t i = 0; i < header->columns; ++i)
            chosen.names.push_back("column " + std::to_string(i + 1));
        chosen.names.push_back("class");
        chosen.plan = [&](std::size_t index, const std::string&) {
            ColumnPlan plan;
            if (index == header->columns)
                plan.type = ColumnType::Integer;
            return plan;
        };
        DelimitedTable read = read_delimited(path, chosen, context);
        if (read.table.rows() != header->rows)
            throw file_error(ErrorCode::BadInput, path,
                             "says in its first line that it has " + std::to_string(header->rows) +
                                 " rows, but has " + std::to_string(read.table.rows()) +
                                 ": is it cut short? Correct the line, or open it as csv.");
        std::vector<Column> columns(read.table.dense());
        const Column codes = columns.back();
        std::vector<std::int32_t> classes(codes.size(), -1);
        for (std::size_t row = 0; row < codes.size(); ++row) {
            const double code = codes.number(row);
            if (code < 0 || code >= static_cast<double>(header->classes.size()))
                throw file_error(ErrorCode::BadInput, path,
                                 "has the class " + codes.shown(row) + " in row " + std::to_string(row + 1) +
                                     ", but its first line names only " +
                                     std::to_string(header->classes.size()) + ".");
            if (!codes.missing(row))
                classes[row] = static_cast<std::int32_t>(code);
        }
        columns.back() =
            Column::categorical("class", std::move(classes), header->classes).with_role(ColumnRole::Target);
        OpenedTable opened;
        opened.table = Table(std::move(columns));
        opened.warnings = std::move(read.warnings);
        opened.type = "table";
        opened.facts = {{"classes", header->classes}};
        return opened;
    }
};

} // namespace

void register_sklearn_reader(TableReaderRegistry& readers) {
    readers.add(
        {.name = "scikit-learn",
         .title = "scikit-learn CSV",
         .help = "CSV whose first line gives rows, columns and class names; the last column is the class.",
         .parameters = {},
         .make = [] { return std::make_unique<SklearnReader>(); }});
}

} // namespace eyepiece
