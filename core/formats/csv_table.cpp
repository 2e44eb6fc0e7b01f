// SPDX-License-Identifier: GPL-3.0-or-later
// CSV, TSV and other text tables: separators, quotes, encodings, decimal commas, missing values and types are
// recognised, reported, and can be overruled.
#include "core/formats/delimited_table.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace eyepiece {
namespace {

struct Named {
    const char* name;
    char sign;
};
constexpr std::array<Named, 5> separators{
    {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"bar", '|'}, {"space", ' '}}};
constexpr std::array<Named, 3> quotes{{{"double", '"'}, {"single", '\''}, {"none", '\0'}}};
constexpr std::array<Named, 2> decimals{{{"point", '.'}, {"comma", ','}}};

template<std::size_t N>
const char* name_of(const std::array<Named, N>& list, char sign) {
    return std::find_if(list.begin(), list.end(), [&](const Named& one) { return one.sign == sign; })->name;
}
template<std::size_t N>
char sign_of(const std::array<Named, N>& list, const std::string& name) {
    return std::find_if(list.begin(), list.end(), [&](const Named& one) { return name == one.name; })->sign;
}

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        parts.push_back(text.substr(at, comma - at));
        at = comma + 1;
    }
    return parts;
}

// "age:real,sex:categorical", or JSON {"age": "real"} for names with signs of their own.
std::map<std::string, ColumnType> parse_types(const std::string& text) {
    std::map<std::string, ColumnType> types;
    const auto add = [&](const std::string& name, const std::string& type) {
        const auto known = column_type_from_string(type);
        if (!known)
            throw Error(ErrorCode::BadInput,
                        "\"types\" gives the column \"" + name + "\" the type \"" + type +
                            "\": give one of real, integer, text, categorical, date, boolean.");
        types[name] = *known;
    };
    if (text.starts_with('{')) {
        const Json json = Json::parse(text, nullptr, false);
        if (!json.is_object())
            throw Error(ErrorCode::BadInput,
                        "\"types\" is not readable: give name:type,name:type or a JSON object.");
        for (const auto& [name, type] : json.items())
            add(name, type.is_string() ? type.get<std::string>() : type.dump());
    } else if (!text.empty()) {
        for (const std::string& part : split_list(text)) {
            const std::size_t colon = part.rfind(':');
            if (colon == std::string::npos)
                throw Error(ErrorCode::BadInput,
                            "\"types\" is not readable at \"" + part + "\": give name:type,name:type.");
            add(part.substr(0, colon), part.substr(colon + 1));
        }
    }
    return types;
}

class CsvTableReader final : public TableReader {
public:
    explicit CsvTableReader(bool tabs) : tabs_(tabs) {}

    std::vector<std::string> extensions() const override {
        return tabs_ ? std::vector<std::string>{".tsv", ".tab", ".txt", ".data", ".dat"}
                     : std::vector<std::string>{".csv"};
    }

    // Text has no signature: only the name says that it is a table. What is none after all is refused with
    // its line; of another name, it takes the format's.
    bool recognises(const std::filesystem::path& path, const std::string& head) const override {
        if (head.empty()) // a folder
            return false;
        return tabs_ ? name_ends(path, {".tsv", ".tab", ".txt", ".data", ".dat"}) : name_ends(path, {".csv"});
    }

    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        std::optional<TextEncoding> demanded;
        for (const TextEncoding encoding :
             {TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be, TextEncoding::Latin1})
            if (to_string(encoding) == set["encoding"].get<std::string>())
                demanded = encoding;
        DelimitedGuess guess = guess_delimited(path, tabs_, demanded);
        DelimitedOptions& chosen = guess.options;
        if (const auto name = set["separator"].get<std::string>(); name != "auto")
            chosen.dialect.separator = sign_of(separators, name);
        if (const auto name = set["quote"].get<std::string>(); name != "auto")
            chosen.dialect.quote = sign_of(quotes, name);
        if (!set["skip-lines"].is_null())
            chosen.skip_lines = set["skip-lines"].get<std::size_t>();
        guess_header_and_decimal(path, guess);
        if (const auto name = set["decimal"].get<std::string>(); name != "auto")
            chosen.decimal = sign_of(decimals, name);
        if (chosen.decimal == chosen.dialect.separator)
            throw file_error(
                ErrorCode::BadInput, path,
                "cannot have the comma both between columns and in numbers: set another separator.");
        if (const auto name = set["header"].get<std::string>(); name != "auto")
            chosen.header = name == "yes";
        if (!set["missing"].is_null())
            chosen.missing = MissingTexts(split_list(set["missing"].get<std::string>()));
        chosen.fill_short_rows = set["short-rows"] == "fill";
        if (!set["max-rows"].is_null())
            chosen.max_rows = set["max-rows"].get<std::uint64_t>();
        chosen.memory_limit = options.memory_limit;
        const auto types = parse_types(set["types"].get<std::string>());
        std::optional<DateOrder> dates;
        if (const auto name = set["dates"].get<std::string>(); name != "auto")
            dates = name == "day-first"     ? DateOrder::DayFirst
                    : name == "month-first" ? DateOrder::MonthFirst
                                            : DateOrder::YearFirst;
        std::map<std::string, ColumnType> unused = types;
        chosen.plan = [&](std::size_t, const std::string& name) {
            ColumnPlan plan;
            if (const auto known = types.find(name); known != types.end()) {
                plan.type = known->second;
                unused.erase(name);
            }
            plan.date_order = dates;
            return plan;
        };
        DelimitedTable read = read_delimited(path, chosen, context);
        if (!unused.empty())
            throw file_error(ErrorCode::BadInput, path,
                             "has no column \"" + unused.begin()->first + "\", which \"types\" names.");
        OpenedTable opened;
        opened.table = std::move(read.table);
        opened.warnings = std::move(read.warnings);
        opened.type = "table";
        opened.facts = {{"separator", name_of(separators, chosen.dialect.separator)},
                        {"decimal", name_of(decimals, chosen.decimal)},
                        {"quote", name_of(quotes, chosen.dialect.quote)},
                        {"encoding", to_string(read.encoding)},
                        {"byte_order_mark", chosen.mark > 0},
                        {"header", chosen.header},
                        {"skipped_lines", chosen.skip_lines}};
        if (read.encoding == TextEncoding::Latin1 && set["encoding"] == "auto")
            opened.warnings.push_back(
                "The text is not UTF-8 and was read as Latin-1; if names look wrong, set encoding.");
        return opened;
    }

private:
    bool tabs_; // a name that says so; the content decides all the same
};

ParameterSchema csv_parameters() {
    return {
        choice_parameter("separator", "auto", {"auto", "comma", "semicolon", "tab", "bar", "space"},
                         "Separator", "What stands between two columns; space: any run of spaces."),
        choice_parameter("decimal", "auto", {"auto", "point", "comma"}, "Decimal sign",
                         "What stands before the fraction of a number."),
        choice_parameter("header", "auto", {"auto", "yes", "no"}, "Column names",
                         "Whether the first row names the columns."),
        text_parameter(
            "missing", nullptr, "Missing values",
            "Texts that stand for a missing value, separated by commas; automatic: NA, NaN, null, ?, ... An "
            "empty field always does."),
        text_parameter(
            "types", "", "Types",
            "Types of columns that are taken wrongly: name:type,name:type, of real, integer, text, "
            "categorical, date, boolean."),
        choice_parameter("dates", "auto", {"auto", "year-first", "day-first", "month-first"}, "Dates",
                         "Which part of a date comes first."),
        choice_parameter("encoding", "auto", {"auto", "utf-8", "utf-16-le", "utf-16-be", "latin-1"},
                         "Encoding", "How letters are coded."),
        choice_parameter("quote", "auto", {"auto", "double", "single", "none"}, "Quotes",
                         "What may stand around a field that holds separators.")
            .rarely(),
        integer_parameter("skip-lines", nullptr, "Lines to skip",
                          "Lines before the column names; automatic: those at the top that begin with #.")
            .range(0, 1e9)
            .rarely(),
        choice_parameter("short-rows", "refuse", {"refuse", "fill"}, "Short rows",
                         "A row with too few fields is refused, or its end is taken as missing.")
            .rarely(),
        max_rows_parameter()};
}

} // namespace

void register_csv_reader(TableReaderRegistry& readers) {
    readers.add(
        {.name = "csv",
         .title = "CSV",
         .help = "Text with separators: commas, semicolons, tabs, bars or spaces; also packed with gzip.",
         .parameters = csv_parameters(),
         .make = [] { return std::make_unique<CsvTableReader>(false); }});
    readers.add({.name = "tsv",
                 .title = "TSV and other text",
                 .help = "As CSV, where the file's name speaks of tabs or of plain text.",
                 .parameters = csv_parameters(),
                 .make = [] { return std::make_unique<CsvTableReader>(true); }});
}

} // namespace eyepiece
