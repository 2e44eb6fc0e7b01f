// SPDX-License-Identifier: GPL-3.0-or-later
// Orange's .tab: three lines above the rows: names, types (continuous, discrete, string, time, or a list of
// values), and flags (class, meta, ignore). The short form has one line, with "C#", "mS#" and the like before
// the names.
#include "core/formats/delimited_table.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <sstream>

namespace eyepiece {
namespace {

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \r");
    return first == std::string::npos ? std::string()
                                      : text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> found;
    for (std::string word; stream >> word;)
        found.push_back(word);
    return found;
}

struct TabColumn {
    std::string name;
    ColumnPlan plan;
    ColumnRole role = ColumnRole::Feature;
    bool ignore = false;
};

// "c", "discrete", "string" ...; anything else is a list of values, with "\ " for a space in one.
bool set_type(TabColumn& column, const std::string& type) {
    if (type == "c" || type == "continuous" || type == "numeric")
        column.plan.type = ColumnType::Real;
    else if (type == "d" || type == "discrete" || type == "categorical")
        column.plan.type = ColumnType::Categorical;
    else if (type == "s" || type == "string" || type == "text")
        column.plan.type = ColumnType::Text;
    else if (type == "t" || type == "time")
        column.plan.type = ColumnType::Date;
    else
        return type.empty();
    return true;
}

bool is_type_row(const std::vector<std::string>& fields) {
    std::size_t known = 0;
    for (const std::string& field : fields) {
        TabColumn probe;
        if (!trimmed(field).empty())
            known += set_type(probe, trimmed(field));
    }
    return known > 0 && known * 2 >= fields.size();
}

bool is_flag_row(const std::vector<std::string>& fields) {
    for (const std::string& field : fields)
        for (const std::string& flag : words(field))
            if (flag != "class" && flag != "c" && flag != "meta" && flag != "m" && flag != "ignore" &&
                flag != "i" && flag != "weight" && flag != "w" && flag != "basket" &&
                flag.find('=') == std::string::npos)
                return false;
    return true;
}

// "mS#name": m meta, c class, i ignore, w weight; then C, D, S, T.
bool set_prefix(TabColumn& column, const std::string& field) {
    const std::size_t hash = field.find('#');
    if (hash == std::string::npos || hash == 0 || hash > 3)
        return false;
    for (const char c : field.substr(0, hash))
        if (c == 'm' || c == 'w')
            column.role = ColumnRole::Annotation;
        else if (c == 'c')
            column.role = ColumnRole::Target;
        else if (c == 'i')
            column.ignore = true;
        else if (c != 'C' && c != 'D' && c != 'S' && c != 'T')
            return false;
        else
            set_type(column, std::string(1, static_cast<char>(c | 0x20)));
    column.name = field.substr(hash + 1);
    return true;
}

std::vector<std::vector<std::string>> first_rows(const std::filesystem::path& path, const std::string& head,
                                                 DelimitedOptions& options) {
    const FoundEncoding found = find_encoding(head);
    options.encoding = found.encoding;
    options.mark = found.mark;
    options.encoding_fixed = found.certain;
    options.dialect = {'\t', '"', '\n'};
    const std::string text = to_utf8(std::string_view(head).substr(found.mark), found.encoding);
    SplitRows rows;
    std::uint64_t line = 1;
    std::vector<std::vector<std::string>> result;
    // The rows have to be the first three lines; an empty flag line is no row to the splitter, so by lines.
    std::istringstream stream(text);
    std::string one;
    for (int i = 0; i < 3 && std::getline(stream, one); ++i) {
        split_rows(one, options.dialect, true, line, path, rows);
        std::vector<std::string> fields;
        for (const Field& field : rows.fields)
            fields.push_back(trimmed(field.text('"')));
        result.push_back(std::move(fields));
    }
    return result;
}

bool has_prefixes(const std::vector<std::string>& fields) {
    return std::any_of(fields.begin(), fields.end(), [](const std::string& field) {
        TabColumn probe;
        return set_prefix(probe, field);
    });
}

class OrangeReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".tab"}; }

    bool recognises(const std::filesystem::path& path, const std::string& head) const override {
        if (!name_ends(path, {".tab", ".tsv", ".txt"}))
            return false;
        try {
            DelimitedOptions options;
            const auto rows = first_rows(path, head, options);
            if (rows.empty())
                return false;
            if (has_prefixes(rows[0]))
                return true;
            return rows.size() == 3 && rows[1].size() == rows[0].size() && is_type_row(rows[1]) &&
                   is_flag_row(rows[2]);
        } catch (const Error&) {
            return false; // binary, or too long a line: no Orange
        }
    }

    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        DelimitedOptions chosen;
        // Some tables have thousands of columns: their three lines are long.
        const auto rows = first_rows(path, read_head(path, 8u << 20), chosen);
        if (rows.empty() || rows[0].empty())
            throw file_error(ErrorCode::BadInput, path,
                             "is no Orange table: it has no line of column names.");
        std::vector<TabColumn> columns(rows[0].size());
        const bool three = rows.size() == 3 && rows[1].size() == rows[0].size() && is_type_row(rows[1]) &&
                           is_flag_row(rows[2]);
        if (!three && !has_prefixes(rows[0]))
            throw file_error(ErrorCode::BadInput, path,
                             "is no Orange table: its second and third lines do not give types and flags; "
                             "open it as tsv.");
        for (std::size_t i = 0; i < columns.size(); ++i) {
            columns[i].name = rows[0][i];
            if (!three) {
                set_prefix(columns[i], rows[0][i]);
                continue;
            }
            read_type(columns[i], rows[1][i]);
            for (const std::string& flag : words(i < rows[2].size() ? rows[2][i] : std::string())) {
                if (flag == "class" || flag == "c")
                    columns[i].role = ColumnRole::Target;
                else if (flag == "meta" || flag == "m" || flag == "weight" || flag == "w")
                    columns[i].role = ColumnRole::Annotation;
                else if (flag == "ignore" || flag == "i")
                    columns[i].ignore = true;
            }
        }
        chosen.header = false;
        chosen.skip_lines = three ? 3 : 1;
        for (const TabColumn& column : columns)
            chosen.names.push_back(column.name);
        chosen.missing = MissingTexts({"?", ".", "~", "*", "NA", "nan", "NaN"});
        chosen.plan = [&](std::size_t index, const std::string&) { return columns[index].plan; };
        chosen.fill_short_rows = true; // trailing empty fields may be left out
        chosen.memory_limit = options.memory_limit;
        if (!set["max-rows"].is_null())
            chosen.max_rows = set["max-rows"].get<std::uint64_t>();
        DelimitedTable read = read_delimited(path, chosen, context);
        OpenedTable opened;
        std::vector<Column> kept;
        for (std::size_t i = 0; i < read.table.columns(); ++i)
            if (!columns[i].ignore)
                kept.push_back(read.table.dense()[i].with_role(columns[i].role));
        opened.table = Table(std::move(kept));
        opened.warnings = std::move(read.warnings);
        opened.type = "table";
        opened.facts = {{"header_lines", chosen.skip_lines}, {"encoding", to_string(read.encoding)}};
        return opened;
    }

private:
    static void read_type(TabColumn& column, const std::string& type) {
        if (set_type(column, type))
            return;
        column.plan.type = ColumnType::Categorical;
        std::string value;
        for (std::size_t i = 0; i <= type.size(); ++i) {
            if (i + 1 < type.size() && type[i] == '\\' && type[i + 1] == ' ') {
                value += ' ';
                ++i;
            } else if (i == type.size() || type[i] == ' ') {
                if (!value.empty())
                    column.plan.categories.push_back(value);
                value.clear();
            } else {
                value += type[i];
            }
        }
    }
};

} // namespace

void register_orange_reader(TableReaderRegistry& readers) {
    readers.add({.name = "orange",
                 .title = "Orange table",
                 .help = "Orange's .tab with its lines of names, types and flags: classes are targets, metas "
                         "annotations.",
                 .parameters = {max_rows_parameter()},
                 .make = [] { return std::make_unique<OrangeReader>(); }});
}

} // namespace eyepiece
